//! `/voices` and `/topics`: what customers say, how often, and the rules by which it is told apart.

use crate::store::voices::list::{self, Filter, Listed};
use crate::store::voices::topics::{self, Topic};
use crate::store::voices::trend::{self, Ask, NewTerm, Point, Share};
use crate::text;
use crate::ticket::NOBODY;
use crate::voice::sentiment::{Word, feel};
use crate::voice::topic::{self, Matcher, Rule};
use crate::voice::{Sentiment, read as reading, work};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Asking, Can, Write, may, settings};
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, MessageId, TicketId, TopicId};
use zunke_kernel::{Day, Error, Instant, Locale, Zone, page};

const DAYS_MAX: i32 = 731;

/// Which voices are asked for.
#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VoiceParams {
    topic: Option<TopicId>,
    /// `positive`, `neutral` or `negative`.
    sentiment: Option<String>,
    /// Ranks of levels, parted by commas; 0: no level.
    level: Option<String>,
    product: Option<String>,
    /// The first day; ninety days back where none is given, for trends.
    from: Option<Day>,
    /// The last day; today where none is given.
    to: Option<Day>,
    limit: Option<u32>,
    after: Option<String>,
    /// For trends: `day`, `week` or `month`.
    step: Option<String>,
}

/// One thing that a customer said.
#[derive(Serialize, ToSchema)]
#[schema(as = Voice)]
pub(super) struct VoiceRow {
    message_id: MessageId,
    ticket_id: TicketId,
    number: i64,
    /// `null`: not known whose it is.
    customer_id: Option<CustomerId>,
    customer: Option<String>,
    /// The level when it was said.
    level_rank: i64,
    product: Option<String>,
    kind: String,
    channel: String,
    said_at: Instant,
    body: String,
    language: String,
    sentiment: Sentiment,
    /// −100 to 100.
    score: i64,
    /// What made the score, by the lexicon.
    words: Vec<Word>,
    topics: Vec<TopicId>,
    /// `lexicon` or `model`.
    source: String,
    /// Why the model service's reading is missing, where it was asked.
    fell_back: Option<String>,
}

impl From<Listed> for VoiceRow {
    fn from(one: Listed) -> Self {
        let voice = one.voice;
        Self {
            message_id: voice.message,
            ticket_id: voice.ticket,
            number: one.number,
            customer_id: (voice.customer != NOBODY).then_some(voice.customer),
            customer: one.customer,
            level_rank: voice.level_rank,
            product: Some(voice.product).filter(|product| !product.is_empty()),
            kind: one.kind,
            channel: one.channel,
            said_at: voice.said_at,
            body: text::cut(&one.body, 600),
            language: voice.language,
            sentiment: voice.sentiment,
            score: voice.score,
            words: voice.words,
            topics: voice.topics,
            source: voice.source,
            fell_back: voice.model_error,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = VoicePage)]
pub(super) struct VoicePage {
    items: Vec<VoiceRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl VoiceParams {
    fn sentiment(&self) -> zunke_kernel::Result<Option<Sentiment>> {
        let read = |word: &String| {
            Sentiment::read(word).ok_or_else(|| {
                let text =
                    ("情感可选：positive、neutral、negative。", "sentiment: one of positive, neutral, negative.");
                Error::invalid("filter_invalid", text.0, text.1).at("sentiment")
            })
        };
        self.sentiment.as_ref().map(read).transpose()
    }

    fn product(&self) -> Option<String> {
        self.product.as_deref().map(str::trim).filter(|product| !product.is_empty()).map(str::to_owned)
    }

    fn filter(&self, zone: &Zone) -> zunke_kernel::Result<Filter> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            check_days(from, to)?;
        }
        Ok(Filter {
            topic: self.topic,
            sentiment: self.sentiment()?,
            levels: levels(self.level.as_deref())?,
            product: self.product(),
            from: self.from.map(|day| zone.start_of(day)),
            to: self.to.map(|day| zone.start_of(day.plus(1))),
        })
    }

    fn ask(&self, today: Day) -> zunke_kernel::Result<Ask> {
        let to = self.to.unwrap_or(today);
        let from = self.from.unwrap_or_else(|| to.plus(-89));
        check_days(from, to)?;
        Ok(Ask { from, to, topic: self.topic, levels: levels(self.level.as_deref())?, product: self.product() })
    }
}

/// Days in their order, and not too many of them.
pub(super) fn check_days(from: Day, to: Day) -> zunke_kernel::Result<()> {
    if from > to {
        let text = ("开始日期不能晚于结束日期。", "The first day is after the last one.");
        return Err(Error::invalid("period_invalid", text.0, text.1).at("from"));
    }
    if to.since(from) >= DAYS_MAX {
        let text = ("期间最长两年。", "A period has at most two years.");
        return Err(Error::invalid("period_too_long", text.0, text.1).at("from"));
    }
    Ok(())
}

pub(super) fn levels(text: Option<&str>) -> zunke_kernel::Result<Vec<i64>> {
    let mut found = Vec::new();
    for word in text.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let rank = i64::from_str(word).ok().filter(|rank| (0..=20).contains(rank)).ok_or_else(|| {
            let text = ("等级应为 0 到 20 的序号，用逗号分隔。", "Levels are ranks from 0 to 20, parted by commas.");
            Error::invalid("filter_invalid", text.0, text.1).at("level")
        })?;
        found.push(rank);
    }
    Ok(found)
}

/// What customers said, the latest first.
#[utoipa::path(get, path = "/voices", tag = "service", operation_id = "list_voices", params(VoiceParams),
    responses((status = 200, body = VoicePage), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<VoiceParams>,
) -> Result<axum::Json<VoicePage>> {
    let limit = page::limit(asked.limit)?;
    let actor = can.0;
    let found = app
        .db
        .read_async(move |tx| {
            let zone = settings::load(tx)?.zone();
            let filter = asked.filter(&zone)?;
            list::list(tx, &actor, &filter, limit, asked.after.as_deref())
        })
        .await?;
    let items = found.items.into_iter().map(VoiceRow::from).collect();
    Ok(axum::Json(VoicePage { items, next: found.next }))
}

/// How often, and how it felt.
#[derive(Serialize, ToSchema)]
#[schema(as = VoiceTrend)]
pub(super) struct Trend {
    from: Day,
    to: Day,
    /// By step and level, in order.
    points: Vec<Point>,
    topics: Vec<Share>,
    /// The twenty that are named most.
    products: Vec<Share>,
    /// Terms that rose most and stand in no topic yet.
    rising: Vec<NewTerm>,
}

/// The trend of a period: by day (or week, or month) and level, by topic and product, and the words that are new.
#[utoipa::path(get, path = "/voices/trend", tag = "service", operation_id = "get_voice_trend", params(VoiceParams),
    responses((status = 200, body = Trend), ReadProblems))]
pub(super) async fn trend(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Query(asked): Query<VoiceParams>,
) -> Result<axum::Json<Trend>> {
    let (actor, now) = (can.0, app.now());
    let step = asked.step.clone().unwrap_or_else(|| "day".to_owned());
    if !["day", "week", "month"].contains(&step.as_str()) {
        return Err(Error::invalid(
            "filter_invalid",
            "step 可选：day、week、month。",
            "step: one of day, week, month.",
        )
        .at("step")
        .into());
    }
    let found = app
        .db
        .read_async(move |tx| {
            let organisation = settings::load(tx)?;
            let zone = organisation.zone();
            let ask = asked.ask(settings::today(&organisation, now))?;
            let points = gathered(trend::by_day(tx, &actor, &ask, &zone)?, &step);
            let known = topics::matchers(tx)?;
            let rising = if trend::by_counters(&actor) {
                let mut rising = trend::rising(tx, &ask, 3, 60)?;
                rising.retain(|term| !known.iter().any(|(_, matcher)| matcher.names(&term.term)));
                rising.truncate(20);
                rising
            } else {
                Vec::new()
            };
            Ok(Trend {
                from: ask.from,
                to: ask.to,
                points,
                topics: trend::by_topic(tx, &actor, &ask, &zone)?,
                products: trend::by_product(tx, &actor, &ask, &zone, 20)?,
                rising,
            })
        })
        .await?;
    Ok(axum::Json(found))
}

/// Days gathered to weeks (from Monday) or months.
fn gathered(points: Vec<Point>, step: &str) -> Vec<Point> {
    let begins = |day: Day| match step {
        // Day 0 was a Thursday.
        "week" => Day(day.0 - (day.0 + 3).rem_euclid(7)),
        "month" => day.plus(1 - i32::from(day.date().day())),
        _ => day,
    };
    let mut all: std::collections::BTreeMap<(Day, i64), Point> = std::collections::BTreeMap::new();
    for point in points {
        let day = begins(point.day);
        let sum = all.entry((day, point.level_rank)).or_insert(Point {
            day,
            level_rank: point.level_rank,
            ..Point::default()
        });
        sum.positive += point.positive;
        sum.neutral += point.neutral;
        sum.negative += point.negative;
    }
    all.into_values().collect()
}

#[derive(Serialize, ToSchema)]
#[schema(as = VoiceTopicList)]
pub(super) struct TopicList {
    items: Vec<Topic>,
    /// Where the look through earlier voices stands, after a change of topics: a job.
    #[schema(value_type = Option<Object>)]
    retag: Option<serde_json::Value>,
}

/// The topics, with their rules.
#[utoipa::path(get, path = "/topics", tag = "service", operation_id = "list_topics",
    responses((status = 200, body = TopicList), ReadProblems))]
pub(super) async fn list_topics(State(app): State<App>, _can: Can<may::ReadTickets>) -> Result<axum::Json<TopicList>> {
    let found = app
        .db
        .read_async(|tx| {
            let retag = work::last_retag(tx)?.map(|job| json!({ "state": job.state, "progress": job.progress }));
            Ok(TopicList { items: topics::all(tx)?, retag })
        })
        .await?;
    Ok(axum::Json(found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoiceTopicNew)]
pub(super) struct TopicBody {
    #[schema(max_length = 60)]
    name: String,
    rules: Vec<Rule>,
}

fn name(said: &str) -> zunke_kernel::Result<String> {
    text::required(said, "name", 60)
}

/// Make a topic. What was said before is looked through for it.
#[utoipa::path(post, path = "/topics", tag = "service", operation_id = "create_topic", request_body = TopicBody,
    responses((status = 201, body = Topic), WriteProblems))]
pub(super) async fn create_topic(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<TopicBody>,
) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    let (name, rules) = (name(&body.name)?, topic::checked(&body.rules)?);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            if topics::all(tx)?.len() >= topic::TOPICS_MAX {
                let text = ("主题最多 200 个。", "There are at most 200 topics.");
                return Err(Error::conflict("topics_full", text.0, text.1));
            }
            let new =
                Topic { id: TopicId::new(now), name: name.clone(), rules: rules.clone(), archived: false, version: 1 };
            if !topics::insert(tx, now, &new)? {
                return Err(topics::name_taken());
            }
            work::retag_later(tx, now, Some(by))?;
            audit.note(tx, "topic.create", new.id, &json!(new))?;
            Ok(new)
        })
        .await
}

/// Make the topics to begin with, those whose names are not taken.
#[utoipa::path(post, path = "/topics/starters", tag = "service", operation_id = "create_starter_topics",
    responses((status = 200, body = TopicList), WriteProblems))]
pub(super) async fn starters(State(app): State<App>, write: Write<may::ManageService>) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let locale = settings::load(tx)?.locale;
            for (zh, en, words) in topic::STARTERS {
                let name = if locale == Locale::Zh { zh } else { en };
                let any = words.iter().map(|word| (*word).to_owned()).collect();
                let rules = vec![Rule { any, ..Rule::default() }];
                let new = Topic { id: TopicId::new(now), name: name.to_owned(), rules, archived: false, version: 1 };
                topics::insert(tx, now, &new)?;
            }
            work::retag_later(tx, now, Some(by))?;
            audit.note(tx, "topics.starters", "topics", &json!({}))?;
            Ok(TopicList { items: topics::all(tx)?, retag: None })
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoiceTopicChange)]
pub(super) struct TopicChange {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    rules: Option<Vec<Rule>>,
    #[serde(default)]
    archived: Option<bool>,
}

/// Change a topic. What was said before is looked through again.
#[utoipa::path(patch, path = "/topics/{id}", tag = "service", operation_id = "update_topic",
    params(("id" = TopicId, Path)), request_body = TopicChange, responses((status = 200, body = Topic), WriteProblems))]
pub(super) async fn update_topic(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Path(id): Path<TopicId>,
    if_match: IfMatch,
    Json(body): Json<TopicChange>,
) -> Result<Response> {
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    let (name, rules) =
        (body.name.as_deref().map(name).transpose()?, body.rules.as_deref().map(topic::checked).transpose()?);
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut topic = topics::find(tx, id)?.ok_or_else(Error::not_found)?;
            if_match.check(topic.version)?;
            let before = (topic.rules.clone(), topic.archived);
            topic.name = name.clone().unwrap_or(topic.name);
            topic.rules = rules.clone().unwrap_or(topic.rules);
            topic.archived = body.archived.unwrap_or(topic.archived);
            topics::save(tx, now, &topic)?;
            topic.version += 1;
            if before != (topic.rules.clone(), topic.archived) {
                work::retag_later(tx, now, Some(by))?;
            }
            audit.note(tx, "topic.change", id, &json!(topic))?;
            Ok(topic)
        })
        .await
}

/// Words to be tried on the rules.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoiceTry)]
pub(super) struct TryBody {
    #[schema(max_length = 4000)]
    text: String,
    /// Rules that are not saved yet.
    #[serde(default)]
    rules: Option<Vec<Rule>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VoiceTried)]
pub(super) struct Tried {
    sentiment: Sentiment,
    score: i64,
    words: Vec<Word>,
    topics: Vec<TopicId>,
    terms: Vec<String>,
    /// Whether the rules that were sent fit.
    fits: Option<bool>,
}

/// How a text would be read: its feeling and why, its topics.
#[utoipa::path(post, path = "/voices/try", tag = "service", operation_id = "try_voice", request_body = TryBody,
    responses((status = 200, body = Tried), ReadProblems))]
pub(super) async fn try_text(
    State(app): State<App>,
    _asking: Asking<may::ReadTickets>,
    Json(body): Json<TryBody>,
) -> Result<axum::Json<Tried>> {
    text::required(&body.text, "text", 4_000)?;
    let fits = match &body.rules {
        Some(rules) => Some(Matcher::new(&topic::checked(rules)?).fits(&crate::voice::segment::plain(&body.text))),
        None => None,
    };
    let found = app
        .db
        .read_async(move |tx| {
            let known = topics::matchers(tx)?;
            let read = reading::read(&body.text, &known);
            let sentiment = feel(&body.text).sentiment();
            Ok(Tried { sentiment, score: read.score, words: read.words, topics: read.topics, terms: read.terms, fits })
        })
        .await?;
    Ok(axum::Json(found))
}
