//! `/tiering/programmes`: rules as versions, from a template over a draft to what is published.

use crate::evaluate::{Evaluator, Scratch};
use crate::image::Image;
use crate::inputs;
use crate::rfm::CubeCuts;
use crate::rules::Rules;
use crate::sense::{self, Told};
use crate::store::load;
use crate::store::programmes::{self as table, Programme};
use crate::store::versions::{self, Version};
use crate::templates::{self, Percentiles, Template, percentiles};
use crate::validate::sound;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Write, may, settings};
use zunke_http::{App, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::id::ProgrammeId;
use zunke_kernel::{Day, Error, Text};
use zunke_store::{Tx, audit};

/// The templates to start from.
#[utoipa::path(get, path = "/tiering/templates", tag = "tiering", operation_id = "list_templates",
    responses((status = 200, body = Vec<Template>), ReadProblems))]
pub(super) async fn templates(_: Can<may::ReadTiering>) -> axum::Json<Vec<Template>> {
    axum::Json(templates::all())
}

#[derive(Serialize, ToSchema)]
pub(super) struct Programmes {
    items: Vec<Programme>,
    next: Option<String>,
}

/// All programmes, the primary one first and those set aside last.
#[utoipa::path(get, path = "/tiering/programmes", tag = "tiering", operation_id = "list_programmes",
    responses((status = 200, body = Programmes), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ReadTiering>) -> Result<axum::Json<Programmes>> {
    let items = app.db.read_async(table::list).await?;
    Ok(axum::Json(Programmes { items, next: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProgramme {
    /// `own_data`, `retail`, `b2b` or `annual_plan`.
    template: String,
    /// The template's name where none is given.
    #[serde(default)]
    name: Option<Text>,
}

/// A programme with its rules.
#[derive(Serialize, ToSchema)]
pub(super) struct Whole {
    #[serde(flatten)]
    programme: Programme,
    /// The draft's version, the ETag.
    version: i64,
    /// What decides levels now.
    rules: Option<Rules>,
    /// What is being edited, where it differs.
    draft: Option<Rules>,
    /// Faults of the draft.
    faults: Vec<Told>,
    /// What waits for its day.
    scheduled: Option<Version>,
}

pub(super) fn whole(tx: &mut Tx, id: ProgrammeId) -> zunke_kernel::Result<Whole> {
    let programme = table::find(tx, id)?;
    let rules = match programme.published {
        Some(version) => Some(table::rules(tx, version)?.as_ref().clone()),
        None => None,
    };
    let draft = table::draft(tx, id)?;
    let faults = match (&draft, &rules) {
        (Some(draft), _) => sense::told(inputs::check(tx, draft)?),
        // Published rules go on without what is gone; it is only said.
        (None, Some(rules)) => sense::told(inputs::gone(tx, rules)?),
        (None, None) => Vec::new(),
    };
    let scheduled = versions::scheduled(tx, id)?;
    Ok(Whole { version: programme.draft_version, programme, rules, draft, faults, scheduled })
}

/// Make a programme from a template. It starts as a draft: nothing happens to customers before it is published.
#[utoipa::path(post, path = "/tiering/programmes", tag = "tiering", operation_id = "create_programme",
    request_body = NewProgramme, responses((status = 201, body = Whole), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Json(new): Json<NewProgramme>,
) -> Result<Response> {
    // Rules decide about everyone: they are for who may see everyone.
    write.actor.scope.require_everyone()?;
    let Some(face) = templates::face(&new.template) else {
        let choices = templates::IDS.join(", ");
        return Err(Error::invalid(
            "template_unknown",
            format!("没有该模板，可选：{choices}。"),
            format!("There is no such template; choose one of: {choices}."),
        )
        .at("template")
        .into());
    };
    let name = new.name.unwrap_or(face.name);
    check_name(&name)?;
    let own = if face.from_own_data { own_percentiles(&app).await? } else { None };
    let (now, by) = (write.now, write.actor.staff);
    let template = new.template;
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let rules = templates::build(&template, now, own.as_ref()).ok_or_else(Error::not_found)?;
            let id = table::create(tx, now, &name, &template, &rules)?;
            audit::write(
                tx,
                now,
                Some(by),
                "programme.create",
                &id.to_string(),
                &serde_json::json!({"template": template}),
            )?;
            whole(tx, id)
        })
        .await
}

pub(super) fn check_name(name: &Text) -> zunke_kernel::Result<()> {
    let length = |text: &str| (1..=60).contains(&text.trim().chars().count());
    if !length(&name.zh) || !length(&name.en) {
        return Err(
            Error::invalid("name_invalid", "名称应为 1 到 60 个字符。", "A name has 1 to 60 characters.").at("name")
        );
    }
    Ok(())
}

/// What the company's own buyers are like, in the year up to today, or up to the last order where that is long ago.
async fn own_percentiles(app: &App) -> Result<Option<Percentiles>> {
    let db = app.db.clone();
    let now = app.now();
    let found = tokio::task::spawn_blocking(move || {
        let today = db.read(|tx| Ok(settings::today(&settings::load(tx)?, now)))?;
        let image = load::image(&db, None)?;
        Ok::<_, Error>(percentiles_of(&image, today))
    });
    Ok(found.await.map_err(Error::internal)??)
}

/// Draws the percentiles from an image.
pub(crate) fn percentiles_of(image: &Image, today: Day) -> Option<Percentiles> {
    let last = image
        .partitions
        .iter()
        .flat_map(|partition| {
            (0..partition.len()).filter_map(|at| {
                partition.days(at).filter(|day| day.orders > 0).map(|day| day.day).filter(|day| *day <= today.0).last()
            })
        })
        .max()?;
    let rules = templates::build("retail", zunke_kernel::Instant(0), None)?;
    let evaluator = Evaluator::new(&rules, Day(last), &CubeCuts::middle());
    let place = |id: &str| rules.fact(id);
    let (spend, order, orders) = (place("net_spend_365")?, place("per_order_365")?, place("orders_365")?);
    let mut columns: [Vec<f64>; 3] = Default::default();
    let mut scratch = Scratch::default();
    for partition in &image.partitions {
        for at in 0..partition.len() {
            evaluator.gather(partition.days(at), &mut scratch);
            evaluator.assess(&mut scratch, partition.profile(at, &evaluator.plan), &CubeCuts::middle());
            if scratch.facts[orders] > 0.0 {
                for (column, fact) in columns.iter_mut().zip([spend, order, orders]) {
                    column.push(scratch.facts[fact]);
                }
            }
        }
    }
    let [mut spend, mut order, mut orders] = columns;
    Some(Percentiles {
        net_spend: percentiles(&mut spend)?,
        per_order: percentiles(&mut order)?,
        orders: percentiles(&mut orders)?,
    })
}

/// One programme: the published rules and the draft.
#[utoipa::path(get, path = "/tiering/programmes/{id}", tag = "tiering", operation_id = "get_programme",
    params(("id" = ProgrammeId, Path)), responses((status = 200, body = Whole), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ReadTiering>,
    Path(id): Path<ProgrammeId>,
) -> Result<Versioned<Whole>> {
    let whole = app.db.read_async(move |tx| whole(tx, id)).await?;
    Ok(Versioned(whole.version, whole))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    rules: Rules,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Saved {
    /// The new ETag.
    version: i64,
    sound: bool,
    faults: Vec<Told>,
}

/// Save the draft. It may still have faults; those keep it from being published.
#[utoipa::path(put, path = "/tiering/programmes/{id}/draft", tag = "tiering", operation_id = "save_draft",
    params(("id" = ProgrammeId, Path)), request_body = Draft,
    responses((status = 200, body = Saved), WriteProblems))]
pub(super) async fn save_draft(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    if_match: IfMatch,
    Path(id): Path<ProgrammeId>,
    Json(draft): Json<Draft>,
) -> Result<Response> {
    write.actor.scope.require_everyone()?;
    let version = if_match.required()?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            let version = table::save_draft(tx, id, version, Some(&draft.rules))?;
            let faults = inputs::check(tx, &draft.rules)?;
            Ok(Saved { version, sound: sound(&faults), faults: sense::told(faults) })
        })
        .await
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Check {
    /// The stored draft (or, without one, the published rules) where none are given.
    rules: Option<Rules>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    sound: bool,
    faults: Vec<Told>,
}

/// Look for faults of rules: errors keep them from being published, warnings don't.
#[utoipa::path(post, path = "/tiering/programmes/{id}/validate", tag = "tiering", operation_id = "validate_rules",
    params(("id" = ProgrammeId, Path)), request_body = Check,
    responses((status = 200, body = Checked), WriteProblems))]
pub(super) async fn validate_rules(
    State(app): State<App>,
    _: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(check): Json<Check>,
) -> Result<axum::Json<Checked>> {
    let faults = app.db.read_async(move |tx| {
        let rules = current(tx, id, check.rules)?;
        inputs::check(tx, &rules)
    });
    let faults = faults.await?;
    Ok(axum::Json(Checked { sound: sound(&faults), faults: sense::told(faults) }))
}

/// The rules given, or the draft, or what is published.
pub(super) fn current(tx: &mut Tx, id: ProgrammeId, given: Option<Rules>) -> zunke_kernel::Result<Rules> {
    let programme = table::find(tx, id)?;
    if let Some(rules) = given {
        return Ok(rules);
    }
    if let Some(draft) = table::draft(tx, id)? {
        return Ok(draft);
    }
    let version = programme.published.ok_or_else(Error::not_found)?;
    Ok(table::rules(tx, version)?.as_ref().clone())
}
