//! What this room holds of a person: tickets with their words and files, visits, what customers keep saying.

use crate::files::TicketFiles;
use crate::store::tickets;
use crate::ticket::Ticket;
use serde_json::json;
use zunke_customers::privacy::{Class, Fate, Forgotten, Holder, Line, Removed, Section, count, execute, rows};
use zunke_kernel::id::{CustomerId, FileId, TicketId};
use zunke_kernel::{Instant, Result, Text};
use zunke_store::{Engine, Tx, Value};

/// The room of service as a holder; with the folder of the files where there is one.
#[derive(Clone, Debug, Default)]
pub struct ServiceHolder {
    pub files: Option<TicketFiles>,
}

const TABLES: &[(&str, Fate)] = &[
    ("tickets", Fate::Blanked),
    ("ticket_search", Fate::Erased),
    ("ticket_keys", Fate::Kept),
    ("ticket_events", Fate::Blanked),
    ("ticket_messages", Fate::Blanked),
    ("ticket_tasks", Fate::Blanked),
    ("ticket_links", Fate::Kept),
    ("ticket_files", Fate::Erased),
    ("ticket_queue", Fate::Kept),
    ("ticket_clocks", Fate::Kept),
    ("csat_answers", Fate::Blanked),
    ("voices", Fate::Blanked),
    ("voice_topics", Fate::Kept),
    ("voice_postings", Fate::Erased),
    ("improvement_contributors", Fate::Kept),
    ("feedback_opt_outs", Fate::Kept),
    ("return_visits", Fate::Blanked),
    ("customer_managers", Fate::Kept),
    ("hand_over_items", Fate::Blanked),
    ("visits", Fate::Blanked),
    ("visit_keys", Fate::Kept),
    ("staff_tasks", Fate::Blanked),
];

const BLANK: &str = "已匿名";
/// Tickets whose words are of no more use: nothing is due on them.
const ENDED: &str = "state IN ('closed', 'cancelled')";

impl Holder for ServiceHolder {
    fn room(&self) -> &'static str {
        "service"
    }

    fn tables(&self) -> &'static [(&'static str, Fate)] {
        TABLES
    }

    fn copy(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Section>> {
        Ok(vec![said(tx, customer)?, answers(tx, customer)?, visits(tx, customer)?, names_of_files(tx, customer)?])
    }

    fn pending(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Text>> {
        let sql = "SELECT COUNT(*) FROM tickets WHERE customer_id = $1 AND state IN ('new', 'open', 'waiting', 'held')";
        let open = count(tx, sql, customer)?;
        Ok(if open == 0 {
            Vec::new()
        } else {
            vec![Text::new(
                format!("还有 {open} 张工单未解决，请先处理完"),
                format!("{open} tickets are not solved yet; please bring them to an end first"),
            )]
        })
    }

    fn erase(&self, tx: &mut Tx, _: Instant, customer: CustomerId) -> Result<Removed> {
        let tickets = count(tx, "SELECT COUNT(*) FROM tickets WHERE customer_id = $1", customer)?;
        let files: Vec<String> =
            tx.query("SELECT file_id FROM ticket_files WHERE customer_id = $1", &[customer.into()], |row| {
                Ok(format!("ticket:{}", row.id(0, FileId)?))
            })?;
        unindex(tx, customer)?;
        tx.execute(
            "UPDATE tickets SET subject = $1, sender = NULL, sender_keys = NULL, last_words = NULL, region = NULL,
               version = version + 1 WHERE customer_id = $2",
            &[BLANK.into(), customer.into()],
        )?;
        let words = i64::try_from(tx.execute(
            "UPDATE ticket_messages SET body = $1, quoted = NULL, delivery_detail = NULL,
               author = CASE WHEN side = 'customer' THEN $1 ELSE author END WHERE customer_id = $2",
            &[BLANK.into(), customer.into()],
        )?)
        .unwrap_or(i64::MAX);
        blank_events(tx, customer)?;
        mails(tx, customer)?;
        tx.execute(
            "UPDATE ticket_tasks SET title = $1, result = NULL, version = version + 1 WHERE customer_id = $2",
            &[BLANK.into(), customer.into()],
        )?;
        execute(tx, "DELETE FROM ticket_files WHERE customer_id = $1", customer)?;
        execute(tx, "UPDATE csat_answers SET comment = NULL WHERE customer_id = $1", customer)?;
        let params = [customer.into()];
        let sql =
            "DELETE FROM voice_postings WHERE ticket_id IN (SELECT ticket_id FROM tickets WHERE customer_id = $1)";
        tx.execute(sql, &params)?;
        execute(
            tx,
            "UPDATE voices SET words = '[]', terms = '[]', model_error = NULL,
               model = CASE WHEN model = 'waiting' THEN 'none' ELSE model END WHERE customer_id = $1",
            customer,
        )?;
        execute(tx, "UPDATE return_visits SET note = NULL, version = version + 1 WHERE customer_id = $1", customer)?;
        let visits = execute(
            tx,
            "UPDATE visits SET purpose = NULL, notes = NULL, reason = NULL,
               state = CASE WHEN state = 'planned' THEN 'cancelled' ELSE state END, version = version + 1
             WHERE customer_id = $1",
            customer,
        )?;
        tx.execute(
            "UPDATE staff_tasks SET title = $1, note = NULL,
               state = CASE WHEN state = 'open' THEN 'cancelled' ELSE state END, version = version + 1
             WHERE customer_id = $2",
            &[BLANK.into(), customer.into()],
        )?;
        tx.execute(
            "UPDATE hand_over_items SET title = $1, detail = '{}' WHERE customer_id = $2",
            &[BLANK.into(), customer.into()],
        )?;
        let deleted = ("文字已删除", "The words are deleted");
        Ok(Removed {
            lines: vec![
                Line::new(
                    Fate::Blanked,
                    words,
                    ("工单的主题和全部消息", "Subjects and all messages of tickets"),
                    deleted,
                ),
                Line::new(
                    Fate::Erased,
                    i64::try_from(files.len()).unwrap_or(0),
                    ("工单附件", "Files of tickets"),
                    ("已从数据库和磁盘删除", "Deleted from the database and the disk"),
                ),
                Line::new(
                    Fate::Blanked,
                    visits,
                    ("拜访和回访记录中的文字", "Words of visits and return visits"),
                    deleted,
                ),
                Line::new(
                    Fate::Kept,
                    tickets,
                    ("工单的时间、状态、时效和评分", "Times, states, clocks and scores of tickets"),
                    (
                        "用于服务质量统计，已不能识别到个人",
                        "For the statistics of service; they tell nothing of the person any more",
                    ),
                ),
            ],
            files,
        })
    }

    fn old(&self, tx: &mut Tx, class: Class, before: Instant) -> Result<Option<i64>> {
        let sql = match class {
            Class::TicketTexts => {
                format!("SELECT COUNT(*) FROM tickets WHERE {ENDED} AND updated_at < $1 AND last_words IS NOT NULL")
            }
            Class::TicketFiles => format!(
                "SELECT COUNT(*) FROM ticket_files f JOIN tickets t ON t.customer_id = f.customer_id
                   AND t.ticket_id = f.ticket_id WHERE t.{ENDED} AND t.updated_at < $1 AND f.added_at < $1"
            ),
            Class::VisitNotes => "SELECT COUNT(*) FROM visits WHERE state <> 'planned' AND done_at < $1
                 AND (notes IS NOT NULL OR purpose IS NOT NULL)"
                .to_owned(),
            _ => return Ok(None),
        };
        Ok(Some(tx.query_one(&sql, &[before.into()], |row| row.int(0))?.unwrap_or(0)))
    }

    fn forget(&self, tx: &mut Tx, class: Class, before: Instant, limit: u32) -> Result<Forgotten> {
        match class {
            Class::TicketTexts => texts(tx, before, limit),
            Class::TicketFiles => {
                let sql = format!(
                    "SELECT f.customer_id, f.ticket_id, f.file_id FROM ticket_files f JOIN tickets t
                       ON t.customer_id = f.customer_id AND t.ticket_id = f.ticket_id
                     WHERE t.{ENDED} AND t.updated_at < $1 AND f.added_at < $1 LIMIT $2"
                );
                let found = tx.query(&sql, &[before.into(), limit.into()], |row| {
                    Ok((row.uuid(0)?, row.uuid(1)?, row.id(2, FileId)?))
                })?;
                let keys: Vec<Vec<Value>> = found
                    .iter()
                    .map(|(customer, ticket, file)| vec![(*customer).into(), (*ticket).into(), (*file).into()])
                    .collect();
                let sql = "DELETE FROM ticket_files WHERE customer_id = $1 AND ticket_id = $2 AND file_id = $3";
                let gone = tx.execute_many(sql, &keys)?;
                let files = found.iter().map(|(_, _, file)| format!("ticket:{file}")).collect();
                Ok(Forgotten { rows: i64::try_from(gone).unwrap_or(0), files })
            }
            Class::VisitNotes => {
                let found = tx.query(
                    "SELECT customer_id, visit_id FROM visits WHERE state <> 'planned' AND done_at < $1
                     AND (notes IS NOT NULL OR purpose IS NOT NULL) LIMIT $2",
                    &[before.into(), limit.into()],
                    |row| Ok(vec![row.uuid(0)?.into(), row.uuid(1)?.into()]),
                )?;
                let sql = "UPDATE visits SET notes = NULL, purpose = NULL, version = version + 1
                           WHERE customer_id = $1 AND visit_id = $2";
                Ok(Forgotten { rows: i64::try_from(tx.execute_many(sql, &found)?).unwrap_or(0), files: Vec::new() })
            }
            _ => Ok(Forgotten::default()),
        }
    }

    fn discard(&self, name: &str) -> Result<bool> {
        let Some(id) = name.strip_prefix("ticket:") else { return Ok(false) };
        if let (Some(files), Ok(id)) = (&self.files, id.parse::<FileId>()) {
            files.remove(id);
        }
        Ok(true)
    }
}

/// Takes a customer's tickets out of the search.
fn unindex(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "DELETE FROM ticket_search WHERE rowid IN (SELECT number FROM tickets WHERE customer_id = $1)"
        }
        Engine::Postgres => "DELETE FROM ticket_search WHERE customer_id = $1",
    };
    tx.execute(sql, &[customer.into()])?;
    Ok(())
}

/// Words in the events of tickets: subjects, reasons, notes, titles. What clocks and reports are computed from stays.
fn blank_events(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    for (kind, detail) in
        [("subject_changed", json!({ "from": BLANK, "to": BLANK })), ("note", json!({ "text": BLANK }))]
    {
        tx.execute(
            "UPDATE ticket_events SET detail = $1 WHERE customer_id = $2 AND kind = $3",
            &[detail.to_string().into(), customer.into(), kind.into()],
        )?;
    }
    let found = tx.query(
        "SELECT ticket_id, seq, detail FROM ticket_events WHERE customer_id = $1
         AND kind IN ('state_changed', 'urgent', 'manual_due', 'task', 'assigned', 'released')",
        &[customer.into()],
        |row| Ok((row.id(0, TicketId)?, row.int(1)?, row.json::<serde_json::Value>(2)?)),
    )?;
    let mut changed: Vec<Vec<Value>> = Vec::new();
    for (ticket, seq, mut detail) in found {
        let mut touched = false;
        if let Some(object) = detail.as_object_mut() {
            for field in ["reason", "title", "why"] {
                if let Some(text) = object.get_mut(field).filter(|text| text.is_string()) {
                    *text = json!(BLANK);
                    touched = true;
                }
            }
        }
        if touched {
            changed.push(vec![detail.to_string().into(), customer.into(), ticket.into(), seq.into()]);
        }
    }
    let sql = "UPDATE ticket_events SET detail = $1 WHERE customer_id = $2 AND ticket_id = $3 AND seq = $4";
    tx.execute_many(sql, &changed)?;
    Ok(())
}

/// Mails keep the number by which the same one is known again; address and subject go.
fn mails(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    let ids = tx.query("SELECT ticket_id FROM tickets WHERE customer_id = $1", &[customer.into()], |row| {
        Ok(vec![row.uuid(0)?.into()])
    })?;
    tx.execute_many("UPDATE ticket_mails SET address = '', subject = '' WHERE ticket_id = $1", &ids)?;
    tx.execute_many("DELETE FROM hook_threads WHERE ticket_id = $1", &ids)?;
    Ok(())
}

/// Words of tickets that ended long ago.
fn texts(tx: &mut Tx, before: Instant, limit: u32) -> Result<Forgotten> {
    let sql = format!(
        "SELECT {} FROM tickets t WHERE t.{ENDED} AND t.updated_at < $1 AND t.last_words IS NOT NULL LIMIT $2",
        tickets::columns("t")
    );
    let found: Vec<Ticket> = tx.query(&sql, &[before.into(), limit.into()], tickets::read)?;
    let keys = || found.iter().map(|one| vec![Value::from(one.customer), one.id.into(), BLANK.into()]);
    tx.execute_many(
        "UPDATE ticket_messages SET body = $3, quoted = NULL WHERE customer_id = $1 AND ticket_id = $2",
        &keys().collect::<Vec<_>>(),
    )?;
    let short: Vec<Vec<Value>> = found.iter().map(|one| vec![one.customer.into(), one.id.into()]).collect();
    let rows = tx.execute_many(
        "UPDATE tickets SET last_words = NULL, version = version + 1 WHERE customer_id = $1 AND ticket_id = $2",
        &short,
    )?;
    tx.execute_many("UPDATE csat_answers SET comment = NULL WHERE customer_id = $1 AND ticket_id = $2", &short)?;
    Ok(Forgotten { rows: i64::try_from(rows).unwrap_or(0), files: Vec::new() })
}

fn said(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns = [
        ("ticket", "工单", "Ticket"),
        ("subject", "主题", "Subject"),
        ("at", "时间", "When"),
        ("side", "谁说的", "Who"),
        ("text", "内容", "Text"),
    ];
    // What staff said among themselves is theirs, not the person's.
    let sql = "SELECT t.number, t.subject, m.at, m.side, m.body FROM ticket_messages m JOIN tickets t
               ON t.customer_id = m.customer_id AND t.ticket_id = m.ticket_id
               WHERE m.customer_id = $1 AND m.visibility = 'public' ORDER BY m.at, m.seq";
    rows(tx, Section::new("tickets", ("工单和消息", "Tickets and messages"), &columns), sql, customer, |row| {
        Ok(vec![
            json!(row.int(0)?),
            json!(row.text(1)?),
            json!(row.instant(2)?),
            json!(row.text(3)?),
            json!(row.text(4)?),
        ])
    })
}

fn answers(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns = [("at", "时间", "When"), ("score", "评分", "Score"), ("comment", "评语", "Comment")];
    let sql = "SELECT answered_at, score, comment FROM csat_answers WHERE customer_id = $1 ORDER BY answered_at";
    rows(tx, Section::new("csat", ("满意度评价", "Satisfaction"), &columns), sql, customer, |row| {
        Ok(vec![json!(row.instant(0)?), json!(row.int(1)?), json!(row.opt_text(2)?)])
    })
}

fn visits(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns =
        [("day", "日期", "Day"), ("kind", "方式", "Kind"), ("purpose", "目的", "Purpose"), ("notes", "记录", "Notes")];
    let sql = "SELECT day, kind, purpose, notes FROM visits WHERE customer_id = $1 AND state = 'done' ORDER BY day";
    rows(tx, Section::new("visits", ("拜访记录", "Visits"), &columns), sql, customer, |row| {
        Ok(vec![json!(row.day(0)?), json!(row.text(1)?), json!(row.opt_text(2)?), json!(row.opt_text(3)?)])
    })
}

fn names_of_files(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns = [
        ("name", "文件名", "Name"),
        ("bytes", "大小", "Bytes"),
        ("at", "时间", "When"),
        ("sha256", "SHA-256", "SHA-256"),
    ];
    let sql = "SELECT name, bytes, added_at, sha256 FROM ticket_files WHERE customer_id = $1 ORDER BY added_at";
    rows(tx, Section::new("files", ("附件", "Files"), &columns), sql, customer, |row| {
        Ok(vec![json!(row.text(0)?), json!(row.int(1)?), json!(row.instant(2)?), json!(row.text(3)?)])
    })
}
