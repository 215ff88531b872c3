//! Talk templates and checklists, as they are kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::DepartmentId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

zunke_kernel::id_type!(/** A talk template. */ TemplateId, "tpl");
zunke_kernel::id_type!(/** A checklist. */ ChecklistId, "chk");

/// A talk template (话术).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketTemplate)]
pub struct Template {
    pub id: TemplateId,
    pub name: String,
    /// `any`, `phone`, `email` or `message`.
    pub channel: String,
    /// The kind that it is for; `null`: any.
    pub kind: Option<String>,
    /// The levels that it is for, as ranks; `null`: any.
    pub levels: Option<Vec<i64>>,
    pub body: String,
    pub version: i64,
}

/// One step of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketStep)]
pub struct Step {
    pub title: String,
    /// The department that does it; none: whoever has the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<DepartmentId>,
    /// The words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Must be done before the ticket is solved.
    #[serde(default)]
    pub required: bool,
}

/// A checklist (SOP). The first one that fits a ticket, by place, is put on it when it is opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketChecklist)]
pub struct Checklist {
    pub id: ChecklistId,
    pub name: String,
    pub kind: Option<String>,
    pub levels: Option<Vec<i64>>,
    pub steps: Vec<Step>,
    /// The lower, the sooner it is asked.
    pub place: i64,
    pub version: i64,
}

impl Template {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.id(0, TemplateId)?,
            name: row.text(1)?,
            channel: row.text(2)?,
            kind: row.opt_text(3)?,
            levels: row.opt_json(4)?,
            body: row.text(5)?,
            version: row.int(6)?,
        })
    }
}

impl Checklist {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.id(0, ChecklistId)?,
            name: row.text(1)?,
            kind: row.opt_text(2)?,
            levels: row.opt_json(3)?,
            steps: row.json(4)?,
            place: row.int(5)?,
            version: row.int(6)?,
        })
    }
}

const TEMPLATE: &str = "template_id, name, channel, kind, levels, body, version";
const CHECKLIST: &str = "checklist_id, name, kind, levels, steps, place, version";

/// All templates, by name.
pub fn templates(tx: &mut Tx) -> Result<Vec<Template>> {
    let sql = format!("SELECT {TEMPLATE} FROM ticket_templates WHERE archived = $1 ORDER BY name_key");
    tx.query(&sql, &[false.into()], Template::read)
}

/// One template.
pub fn template(tx: &mut Tx, id: TemplateId) -> Result<Template> {
    let sql = format!("SELECT {TEMPLATE} FROM ticket_templates WHERE template_id = $1 AND archived = $2");
    tx.query_one(&sql, &[id.0.into(), false.into()], Template::read)?.ok_or_else(Error::not_found)
}

fn key(name: &str) -> String {
    zunke_kernel::search::fold(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json<T: Serialize>(value: &T) -> Result<Value> {
    Ok(Value::Text(serde_json::to_string(value).map_err(Error::internal)?))
}

fn levels(levels: Option<&Vec<i64>>) -> Result<Value> {
    levels.map_or(Ok(Value::Null), json)
}

/// 409 where another one has this name.
fn require_free(tx: &mut Tx, table: &str, id: &str, name: &str, own: uuid::Uuid) -> Result<()> {
    let sql = format!("SELECT 1 FROM {table} WHERE name_key = $1 AND {id} <> $2");
    if tx.query_one(&sql, &[key(name).into(), own.into()], |row| row.int(0))?.is_none() {
        return Ok(());
    }
    Err(Error::conflict("name_taken", "已有同名项，请换一个名称。", "There is one of this name; choose another.")
        .at("name"))
}

/// Writes a template, new or changed.
pub fn put_template(tx: &mut Tx, now: Instant, template: &Template) -> Result<()> {
    require_free(tx, "ticket_templates", "template_id", &template.name, template.id.0)?;
    tx.execute(
        "INSERT INTO ticket_templates (template_id, name, name_key, channel, kind, levels, body, archived, version,
           updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (template_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
           channel = excluded.channel, kind = excluded.kind, levels = excluded.levels, body = excluded.body,
           version = excluded.version, updated_at = excluded.updated_at",
        &[
            template.id.0.into(),
            template.name.as_str().into(),
            key(&template.name).into(),
            template.channel.as_str().into(),
            template.kind.clone().into(),
            levels(template.levels.as_ref())?,
            template.body.as_str().into(),
            false.into(),
            template.version.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Takes a template away.
pub fn delete_template(tx: &mut Tx, id: TemplateId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM ticket_templates WHERE template_id = $1", &[id.0.into()])? == 1)
}

/// All checklists, in the order in which they are asked.
pub fn checklists(tx: &mut Tx) -> Result<Vec<Checklist>> {
    let sql = format!("SELECT {CHECKLIST} FROM ticket_checklists WHERE archived = $1 ORDER BY place, name_key");
    tx.query(&sql, &[false.into()], Checklist::read)
}

/// One checklist.
pub fn checklist(tx: &mut Tx, id: ChecklistId) -> Result<Checklist> {
    let sql = format!("SELECT {CHECKLIST} FROM ticket_checklists WHERE checklist_id = $1 AND archived = $2");
    tx.query_one(&sql, &[id.0.into(), false.into()], Checklist::read)?.ok_or_else(Error::not_found)
}

/// Writes a checklist, new or changed.
pub fn put_checklist(tx: &mut Tx, now: Instant, list: &Checklist) -> Result<()> {
    require_free(tx, "ticket_checklists", "checklist_id", &list.name, list.id.0)?;
    tx.execute(
        "INSERT INTO ticket_checklists (checklist_id, name, name_key, kind, levels, steps, place, archived, version,
           updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (checklist_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
           kind = excluded.kind, levels = excluded.levels, steps = excluded.steps, place = excluded.place,
           version = excluded.version, updated_at = excluded.updated_at",
        &[
            list.id.0.into(),
            list.name.as_str().into(),
            key(&list.name).into(),
            list.kind.clone().into(),
            levels(list.levels.as_ref())?,
            json(&list.steps)?,
            list.place.into(),
            false.into(),
            list.version.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Takes a checklist away; tickets keep the steps that they have.
pub fn delete_checklist(tx: &mut Tx, id: ChecklistId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM ticket_checklists WHERE checklist_id = $1", &[id.0.into()])? == 1)
}
