//! `/ticket-templates` and `/ticket-checklists`: the words and the steps for a level and a kind.

use crate::store::list;
use crate::store::templates::{self, Checklist, ChecklistId, Step, Template, TemplateId};
use crate::template::{self, Facts};
use crate::ticket::{Kind, Ticket};
use crate::{checklist, text, visible};
use axum::extract::State as Axum;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Can, Write, directory, may, settings};
use zunke_http::{App, Change as Field, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::TicketId;
use zunke_store::Tx;
use zunke_tiering::store::programmes;

const CHANNELS: [&str; 4] = ["any", "phone", "email", "message"];
const NAME_CHARS_MAX: usize = 60;
const BODY_CHARS_MAX: usize = 5_000;
const STEPS_MAX: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateParams {
    /// Only those that are for this ticket, filled in for it.
    ticket: Option<TicketId>,
}

/// A template, and what it says on the ticket that was asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketTemplateRow)]
pub(super) struct TemplateRow {
    #[serde(flatten)]
    template: Template,
    /// Filled in for the ticket that was asked for.
    text: Option<String>,
    /// Variables that nothing is known for on that ticket.
    missing: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketVariable)]
struct VariableRow {
    zh: String,
    en: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketTemplateList)]
pub(super) struct TemplateList {
    items: Vec<TemplateRow>,
    /// The variables that a template may hold, in braces.
    variables: Vec<VariableRow>,
}

/// Talk templates; with a ticket, those that are for it, filled in.
#[utoipa::path(get, path = "/ticket-templates", tag = "service", operation_id = "list_ticket_templates",
    params(TemplateParams), responses((status = 200, body = TemplateList), ReadProblems))]
pub(super) async fn list(
    Axum(app): Axum<App>,
    can: Can<may::ReadTickets>,
    Query(params): Query<TemplateParams>,
) -> Result<axum::Json<TemplateList>> {
    let actor = can.0.clone();
    let items = app
        .db
        .read_async(move |tx| {
            let mut all = templates::templates(tx)?;
            let Some(id) = params.ticket else {
                let row = |template| TemplateRow { template, text: None, missing: Vec::new() };
                return Ok(all.into_iter().map(row).collect());
            };
            let ticket = visible::require(tx, &actor, id)?;
            all.retain(|one| {
                checklist::fits(one.kind.as_deref(), one.levels.as_deref(), ticket.kind, ticket.level_rank)
            });
            let locale = settings::load(tx)?.locale;
            let facts = facts(tx, &actor, &ticket)?;
            all.into_iter()
                .map(|template| {
                    let (text, missing) = template::fill(&template.body, &facts, locale)?;
                    Ok(TemplateRow { template, text: Some(text), missing })
                })
                .collect()
        })
        .await?;
    let variable = |(_, zh, en): &(_, &str, &str)| VariableRow { zh: (*zh).into(), en: (*en).into() };
    Ok(axum::Json(TemplateList { items, variables: template::VARIABLES.iter().map(variable).collect() }))
}

/// What the variables stand for on a ticket.
pub(super) fn facts(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> zunke_kernel::Result<Facts> {
    let organisation = settings::load(tx)?;
    let listed = list::one(tx, ticket)?;
    let mut level = String::new();
    if let Some(id) = ticket.level_id {
        for active in programmes::active(tx)? {
            if let Some(found) = active.rules.levels.iter().find(|level| level.id == id) {
                level = found.name.get(organisation.locale).to_owned();
            }
        }
    }
    Ok(Facts {
        customer: listed.customer.map_or_else(|| ticket.sender.clone().unwrap_or_default(), |(name, ..)| name),
        level,
        number: ticket.label(),
        subject: ticket.subject.clone(),
        product: ticket.product.clone().unwrap_or_default(),
        agent: actor.name.clone(),
        organisation: organisation.name,
    })
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicketTemplate)]
pub(super) struct NewTemplate {
    #[schema(max_length = 60)]
    name: String,
    /// `any` (the default), `phone`, `email` or `message`.
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    kind: Option<Kind>,
    /// Ranks of levels; none: any.
    #[serde(default)]
    levels: Option<Vec<i64>>,
    /// With variables in braces: `{客户}` or `{customer}`.
    #[schema(max_length = 5000)]
    body: String,
}

fn channel(word: Option<&str>) -> zunke_kernel::Result<String> {
    let word = word.unwrap_or("any");
    if CHANNELS.contains(&word) {
        return Ok(word.to_owned());
    }
    let text = ("渠道可选：any、phone、email、message。", "channel: any, phone, email or message.");
    Err(Error::invalid("channel_invalid", text.0, text.1).at("channel"))
}

fn levels(ranks: Option<&Vec<i64>>) -> zunke_kernel::Result<Option<Vec<i64>>> {
    let Some(ranks) = ranks.filter(|ranks| !ranks.is_empty()) else { return Ok(None) };
    if ranks.iter().any(|rank| !(0..=10).contains(rank)) {
        let text = ("等级应为 0 到 10。", "Ranks of levels are 0 to 10.");
        return Err(Error::invalid("levels_invalid", text.0, text.1).at("levels"));
    }
    let mut ranks = ranks.clone();
    ranks.sort_unstable();
    ranks.dedup();
    Ok(Some(ranks))
}

fn body(words: &str) -> zunke_kernel::Result<String> {
    let words = text::required(words, "body", BODY_CHARS_MAX)?;
    template::check(&words)?;
    Ok(words)
}

/// Make a talk template. An unknown variable is refused.
#[utoipa::path(post, path = "/ticket-templates", tag = "service", operation_id = "create_ticket_template",
    request_body = NewTemplate, responses((status = 201, body = Template), WriteProblems))]
pub(super) async fn create(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(new): Json<NewTemplate>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    let template = Template {
        id: TemplateId::new(now),
        name: text::required(&new.name, "name", NAME_CHARS_MAX)?,
        channel: channel(new.channel.as_deref())?,
        kind: new.kind.map(|kind| kind.word().to_owned()),
        levels: levels(new.levels.as_ref())?,
        body: body(&new.body)?,
        version: 1,
    };
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            templates::put_template(tx, now, &template)?;
            audit.note(tx, "ticket_template.create", template.id, &serde_json::json!({ "name": template.name }))?;
            Ok(template.clone())
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketTemplatePatch)]
pub(super) struct TemplatePatch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Kind>)]
    kind: Field<Kind>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    levels: Field<Vec<i64>>,
    #[serde(default)]
    body: Option<String>,
}

/// Change a talk template.
#[utoipa::path(patch, path = "/ticket-templates/{id}", tag = "service", operation_id = "update_ticket_template",
    params(("id" = TemplateId, Path)), request_body = TemplatePatch,
    responses((status = 200, body = Template), WriteProblems))]
pub(super) async fn update(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Path(id): Path<TemplateId>,
    Json(patch): Json<TemplatePatch>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut template = templates::template(tx, id)?;
            if_match.check(template.version)?;
            if let Some(name) = &patch.name {
                template.name = text::required(name, "name", NAME_CHARS_MAX)?;
            }
            if patch.channel.is_some() {
                template.channel = channel(patch.channel.as_deref())?;
            }
            let kind = template.kind.as_deref().and_then(Kind::read);
            template.kind = patch.kind.over(kind).map(|kind| kind.word().to_owned());
            template.levels = levels(patch.levels.clone().over(template.levels).as_ref())?;
            if let Some(words) = &patch.body {
                template.body = body(words)?;
            }
            template.version += 1;
            templates::put_template(tx, now, &template)?;
            audit.note(tx, "ticket_template.update", id, &serde_json::json!({ "name": template.name }))?;
            Ok(template)
        })
        .await
}

/// Delete a talk template.
#[utoipa::path(delete, path = "/ticket-templates/{id}", tag = "service", operation_id = "delete_ticket_template",
    params(("id" = TemplateId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<TemplateId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !templates::delete_template(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "ticket_template.delete", id, &serde_json::json!({}))
        })
        .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = TicketChecklistList)]
pub(super) struct ChecklistList {
    items: Vec<Checklist>,
}

/// Checklists, in the order in which they are asked: the first that fits is put on a ticket.
#[utoipa::path(get, path = "/ticket-checklists", tag = "service", operation_id = "list_ticket_checklists",
    responses((status = 200, body = ChecklistList), ReadProblems))]
pub(super) async fn list_checklists(
    Axum(app): Axum<App>,
    _can: Can<may::ReadTickets>,
) -> Result<axum::Json<ChecklistList>> {
    Ok(axum::Json(ChecklistList { items: app.db.read_async(templates::checklists).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicketChecklist)]
pub(super) struct NewChecklist {
    #[schema(max_length = 60)]
    name: String,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    levels: Option<Vec<i64>>,
    /// 1 to 50.
    steps: Vec<Step>,
    #[serde(default)]
    place: i64,
}

fn steps(tx: &mut Tx, steps: &[Step]) -> zunke_kernel::Result<Vec<Step>> {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        let (zh, en) =
            (format!("请填写 1 到 {STEPS_MAX} 个步骤。"), format!("A checklist has 1 to {STEPS_MAX} steps."));
        return Err(Error::invalid("steps_invalid", zh, en).at("steps"));
    }
    let mut checked = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let title = text::required(&step.title, &format!("steps[{at}].title"), text::SUBJECT_CHARS_MAX)?;
        if let Some(department) = step.department_id {
            directory::require_department(tx, department, &format!("steps[{at}].department_id"))?;
        }
        if let Some(template) = step.template_id {
            templates::template(tx, template).map_err(|_| {
                Error::invalid("template_unknown", "没有该话术。", "There is no such template.")
                    .at(format!("steps[{at}].template_id"))
            })?;
        }
        checked.push(Step { title, ..step.clone() });
    }
    Ok(checked)
}

/// Make a checklist.
#[utoipa::path(post, path = "/ticket-checklists", tag = "service", operation_id = "create_ticket_checklist",
    request_body = NewChecklist, responses((status = 201, body = Checklist), WriteProblems))]
pub(super) async fn create_checklist(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Json(new): Json<NewChecklist>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    let (name, ranks) = (text::required(&new.name, "name", NAME_CHARS_MAX)?, levels(new.levels.as_ref())?);
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let list = Checklist {
                id: ChecklistId::new(now),
                name: name.clone(),
                kind: new.kind.map(|kind| kind.word().to_owned()),
                levels: ranks.clone(),
                steps: steps(tx, &new.steps)?,
                place: new.place.clamp(0, 100_000),
                version: 1,
            };
            templates::put_checklist(tx, now, &list)?;
            audit.note(tx, "ticket_checklist.create", list.id, &serde_json::json!({ "name": list.name }))?;
            Ok(list)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketChecklistPatch)]
pub(super) struct ChecklistPatch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Kind>)]
    kind: Field<Kind>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    levels: Field<Vec<i64>>,
    #[serde(default)]
    steps: Option<Vec<Step>>,
    #[serde(default)]
    place: Option<i64>,
}

/// Change a checklist; tickets keep the steps that they have.
#[utoipa::path(patch, path = "/ticket-checklists/{id}", tag = "service", operation_id = "update_ticket_checklist",
    params(("id" = ChecklistId, Path)), request_body = ChecklistPatch,
    responses((status = 200, body = Checklist), WriteProblems))]
pub(super) async fn update_checklist(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    if_match: IfMatch,
    Path(id): Path<ChecklistId>,
    Json(patch): Json<ChecklistPatch>,
) -> Result<Response> {
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut list = templates::checklist(tx, id)?;
            if_match.check(list.version)?;
            if let Some(name) = &patch.name {
                list.name = text::required(name, "name", NAME_CHARS_MAX)?;
            }
            let kind = list.kind.as_deref().and_then(Kind::read);
            list.kind = patch.kind.over(kind).map(|kind| kind.word().to_owned());
            list.levels = levels(patch.levels.clone().over(list.levels).as_ref())?;
            if let Some(new) = &patch.steps {
                list.steps = steps(tx, new)?;
            }
            list.place = patch.place.unwrap_or(list.place).clamp(0, 100_000);
            list.version += 1;
            templates::put_checklist(tx, now, &list)?;
            audit.note(tx, "ticket_checklist.update", id, &serde_json::json!({ "name": list.name }))?;
            Ok(list)
        })
        .await
}

/// Delete a checklist; tickets keep the steps that they have.
#[utoipa::path(delete, path = "/ticket-checklists/{id}", tag = "service", operation_id = "delete_ticket_checklist",
    params(("id" = ChecklistId, Path)), responses((status = 204), WriteProblems))]
pub(super) async fn delete_checklist(
    Axum(app): Axum<App>,
    write: Write<may::ManageService>,
    Path(id): Path<ChecklistId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !templates::delete_checklist(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "ticket_checklist.delete", id, &serde_json::json!({}))
        })
        .await
}
