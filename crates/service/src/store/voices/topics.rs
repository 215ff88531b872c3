//! Topics and their rules.

use crate::voice::topic::{Matcher, Rule};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::TopicId;
use zunke_kernel::search::fold;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

/// A topic as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = VoiceTopic)]
pub struct Topic {
    pub id: TopicId,
    pub name: String,
    pub rules: Vec<Rule>,
    /// No longer looked for; what was found stays counted.
    pub archived: bool,
    pub version: i64,
}

const COLUMNS: &str = "topic_id, name, rules, archived, version";

fn read(row: &Row) -> Result<Topic> {
    Ok(Topic {
        id: row.id(0, TopicId)?,
        name: row.text(1)?,
        rules: row.json(2)?,
        archived: row.bool(3)?,
        version: row.int(4)?,
    })
}

/// Every topic, in the order of making.
pub fn all(tx: &mut Tx) -> Result<Vec<Topic>> {
    tx.query(&format!("SELECT {COLUMNS} FROM topics ORDER BY archived, created_at, topic_id"), &[], read)
}

pub fn find(tx: &mut Tx, id: TopicId) -> Result<Option<Topic>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM topics WHERE topic_id = $1"), &[id.into()], read)
}

/// What texts are asked by.
pub fn matchers(tx: &mut Tx) -> Result<Vec<(TopicId, Matcher)>> {
    Ok(all(tx)?
        .into_iter()
        .filter(|topic| !topic.archived)
        .map(|topic| (topic.id, Matcher::new(&topic.rules)))
        .collect())
}

/// Writes a new topic; `false` where its name is taken.
pub fn insert(tx: &mut Tx, now: Instant, topic: &Topic) -> Result<bool> {
    let rules = serde_json::to_string(&topic.rules).map_err(Error::internal)?;
    let written = tx.execute(
        "INSERT INTO topics (topic_id, name, name_key, rules, archived, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $6) ON CONFLICT (name_key) DO NOTHING",
        &[
            topic.id.into(),
            topic.name.as_str().into(),
            fold(&topic.name).into(),
            rules.into(),
            topic.archived.into(),
            now.into(),
        ],
    )?;
    Ok(written == 1)
}

/// Writes a topic over the version that was read.
pub fn save(tx: &mut Tx, now: Instant, topic: &Topic) -> Result<()> {
    let key = fold(&topic.name);
    let taken = tx.query_one(
        "SELECT 1 FROM topics WHERE name_key = $1 AND topic_id <> $2",
        &[key.as_str().into(), topic.id.into()],
        |row| row.int(0),
    )?;
    if taken.is_some() {
        return Err(name_taken());
    }
    let rules = serde_json::to_string(&topic.rules).map_err(Error::internal)?;
    let written = tx.execute(
        "UPDATE topics SET name = $1, name_key = $2, rules = $3, archived = $4, version = version + 1, updated_at = $5
         WHERE topic_id = $6 AND version = $7",
        &[
            topic.name.as_str().into(),
            key.into(),
            rules.into(),
            topic.archived.into(),
            now.into(),
            topic.id.into(),
            topic.version.into(),
        ],
    )?;
    if written == 1 { Ok(()) } else { Err(Error::stale()) }
}

#[must_use]
pub fn name_taken() -> Error {
    Error::conflict("topic_name_taken", "已有同名主题。", "There is a topic of this name already.").at("name")
}
