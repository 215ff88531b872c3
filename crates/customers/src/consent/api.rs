//! `/customers/{id}/consents` and `/consent-texts`.

use super::{Channel, Event, Purpose, Said, Source, State, store, verdict};
use crate::privacy::standing::{self, Standing};
use crate::query::CustomerQuery;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Can, Deed, Write, may};
use zunke_http::routes;
use zunke_http::{App, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, JobId};
use zunke_kernel::{Error, Instant, Text};
use zunke_store::Tx;

const NOTE_CHARS_MAX: usize = 500;
const WORDS_CHARS_MAX: usize = 4_000;
/// A word can't have been said later than now; clocks of other systems run a little ahead.
const AHEAD_MS: i64 = 300_000;

/// The routes of consents, relative to `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(texts, publish))
}

/// What holds for one purpose and channel.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentNow)]
struct Now {
    purpose: Purpose,
    channel: Channel,
    state: State,
    since: Instant,
    source: Source,
    text_number: Option<i64>,
}

/// The consents of a customer.
#[derive(Serialize, ToSchema)]
#[schema(as = Consents)]
struct Consents {
    /// What holds now: one line for each purpose and channel that anything was said about.
    now: Vec<Now>,
    /// Everything that was said, the latest first.
    events: Vec<Event>,
    /// Where data are restricted or erased.
    standing: Option<Standing>,
}

fn consents(tx: &mut Tx, customer: CustomerId) -> zunke_kernel::Result<Consents> {
    let events = store::events(tx, customer)?;
    let mut now = Vec::new();
    for purpose in Purpose::ALL {
        let own = || events.iter().filter(|event| event.purpose == *purpose);
        let said: Vec<Said> =
            own().map(|event| Said { at: event.said_at, channel: event.channel, state: event.state }).collect();
        for channel in Channel::ALL {
            // The word that the line rests on; a channel without one follows “any”.
            let (Some(last), Some(state)) = (own().find(|event| event.channel == *channel), verdict(&said, *channel))
            else {
                continue;
            };
            let ground = own()
                .find(|event| event.state == state && [*channel, Channel::Any].contains(&event.channel))
                .unwrap_or(last);
            now.push(Now {
                purpose: *purpose,
                channel: *channel,
                state,
                since: ground.said_at,
                source: ground.source,
                text_number: ground.text_number,
            });
        }
    }
    Ok(Consents { now, events, standing: standing::of(tx, customer)? })
}

/// What a customer agreed to, and all that he said about it.
#[utoipa::path(get, path = "/customers/{id}/consents", tag = "privacy", operation_id = "list_consents",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Consents), ReadProblems))]
async fn list(
    Held(app): Held<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<Consents>> {
    let found = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&can.scope).find(tx, id)?;
            consents(tx, id)
        })
        .await?;
    Ok(axum::Json(found))
}

/// What a customer said about a purpose.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewConsent)]
struct Body {
    purpose: Purpose,
    /// At least one.
    channels: Vec<Channel>,
    state: State,
    source: Source,
    /// When it was said; now where it is left out.
    #[serde(default)]
    said_at: Option<Instant>,
    /// The version of the wording that was agreed to; the one in force where it is left out.
    #[serde(default)]
    text_number: Option<i64>,
    #[serde(default)]
    note: Option<String>,
}

/// Write down what a customer agreed to, or took back.
#[utoipa::path(post, path = "/customers/{id}/consents", tag = "privacy", operation_id = "create_consent",
    params(("id" = CustomerId, Path)), request_body = Body,
    responses((status = 201, body = Consents), WriteProblems))]
async fn create(
    Held(app): Held<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<CustomerId>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            crate::privacy::lock(tx, id)?;
            let customer = CustomerQuery::new(&actor.scope).find(tx, id)?;
            actor.scope.require(Deed::Edit, customer.headline.level_rank)?;
            standing::require_there(tx, id)?;
            let text = check(tx, now, &body)?;
            let mut channels = body.channels.clone();
            channels.sort_unstable();
            channels.dedup();
            for channel in channels {
                let event = Event {
                    id: JobId::new(now).0,
                    purpose: body.purpose,
                    channel,
                    state: body.state,
                    source: body.source,
                    said_at: body.said_at.unwrap_or(now),
                    text_number: text.as_ref().map(|text| text.number),
                    note: body.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned),
                    staff_id: Some(actor.staff),
                    recorded_at: now,
                };
                store::record(tx, id, &event, text.as_ref().map(|text| text.id))?;
            }
            let detail = json!({ "purpose": body.purpose, "channels": body.channels, "state": body.state,
                "source": body.source, "text": text.as_ref().map(|text| text.number) });
            audit.note(tx, "customer.consent", id, &detail)?;
            consents(tx, id)
        })
        .await
}

fn check(tx: &mut Tx, now: Instant, body: &Body) -> zunke_kernel::Result<Option<store::Text>> {
    let mut faults = Vec::new();
    if body.channels.is_empty() {
        let text = ("请至少选择一个渠道。", "Choose at least one channel.");
        faults.push(Error::invalid("channels_missing", text.0, text.1).at("channels"));
    }
    if body.said_at.is_some_and(|at| at > now.plus_ms(AHEAD_MS) || at < Instant(0)) {
        let text = ("时间不能晚于现在。", "It can't have been said later than now.");
        faults.push(Error::invalid("said_at_invalid", text.0, text.1).at("said_at"));
    }
    if body.note.as_deref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        faults.push(
            Error::invalid(
                "note_too_long",
                format!("备注最多 {NOTE_CHARS_MAX} 个字。"),
                format!("A note has at most {NOTE_CHARS_MAX} characters."),
            )
            .at("note"),
        );
    }
    let text = store::text(tx, body.purpose, body.text_number)?;
    if body.text_number.is_some() && text.is_none() {
        let text = ("没有这个版本的授权文本。", "There is no such version of the wording.");
        faults.push(Error::invalid("text_unknown", text.0, text.1).at("text_number"));
    } else if body.state == State::Given && text.is_none() {
        let text = (
            "该用途还没有授权文本，请先在“设置 › 隐私”中发布。",
            "This purpose has no wording yet; publish one under Settings › Privacy first.",
        );
        faults.push(Error::invalid("text_missing", text.0, text.1).at("purpose"));
    }
    Error::gather(faults).map_or(Ok(text), Err)
}

/// Wordings of all purposes.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentTexts)]
struct Texts {
    items: Vec<store::Text>,
}

/// The wordings that people agree to, all versions; of each purpose the one in force first.
#[utoipa::path(get, path = "/consent-texts", tag = "privacy", operation_id = "list_consent_texts",
    responses((status = 200, body = Texts), ReadProblems))]
async fn texts(Held(app): Held<App>, _: Can<may::ReadCustomers>) -> Result<axum::Json<Texts>> {
    Ok(axum::Json(Texts { items: app.db.read_async(store::texts).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewConsentText)]
struct TextBody {
    purpose: Purpose,
    /// In both languages.
    words: Text,
}

/// Publish the next version of a purpose's wording. Who agreed to an earlier one, agreed to that one.
#[utoipa::path(post, path = "/consent-texts", tag = "privacy", operation_id = "publish_consent_text",
    request_body = TextBody, responses((status = 201, body = store::Text), WriteProblems))]
async fn publish(
    Held(app): Held<App>,
    write: Write<may::ManagePrivacy>,
    Json(body): Json<TextBody>,
) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    let words = Text { zh: body.words.zh.trim().to_owned(), en: body.words.en.trim().to_owned() };
    let mut faults = Vec::new();
    for (text, field) in [(&words.zh, "words.zh"), (&words.en, "words.en")] {
        if text.is_empty() || text.chars().count() > WORDS_CHARS_MAX {
            faults.push(
                Error::invalid(
                    "words_invalid",
                    format!("授权文本应为 1 到 {WORDS_CHARS_MAX} 个字。"),
                    format!("The wording has 1 to {WORDS_CHARS_MAX} characters."),
                )
                .at(field),
            );
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error.into());
    }
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let text = store::publish(tx, now, by, body.purpose, &words)?;
            let detail = json!({ "purpose": text.purpose, "number": text.number });
            audit.note(tx, "consent_text.publish", body.purpose.word(), &detail)?;
            Ok(text)
        })
        .await
}
