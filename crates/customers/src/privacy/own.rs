//! What this room holds of a person.

use super::{Class, Fate, Forgotten, Holder, Line, Removed, Section, count, execute, rows};
use crate::export::{ExportFiles, ExportId};
use crate::import::files::Files;
use crate::privacy::standing::{self, State};
use crate::query::CustomerQuery;
use crate::record::RecordContext;
use crate::store::{customers, for_each_in, identities, search};
use crate::tag::{self, At};
use serde_json::{Value as Json, json};
use zunke_kernel::id::{CustomerId, ImportId};
use zunke_kernel::search::sort_key;
use zunke_kernel::{Day, Instant, Money, Result, Zone};
use zunke_store::vault::Vault;
use zunke_store::{Tx, Value};

/// What an erased customer is called.
pub const NAMELESS: &str = "已匿名客户";

/// The room of customers as a holder; with the folders of imports and exports where there are any.
#[derive(Clone, Debug, Default)]
pub struct OwnHolder {
    pub files: Option<Files>,
    pub exports: Option<ExportFiles>,
    /// Opens what is kept of a person in the vault, for his copy.
    pub vault: Option<Vault>,
}

const TABLES: &[(&str, Fate)] = &[
    ("customers", Fate::Blanked),
    ("customer_phones", Fate::Erased),
    ("customer_emails", Fate::Erased),
    ("external_ids", Fate::Erased),
    ("customer_identities", Fate::Erased),
    ("customer_search", Fate::Erased),
    ("customer_tags", Fate::Erased),
    ("customer_tag_history", Fate::Erased),
    ("customer_fields", Fate::Erased),
    ("customer_field_history", Fate::Erased),
    ("customer_sensitive", Fate::Erased),
    ("customer_category_history", Fate::Kept),
    ("activities", Fate::Blanked),
    ("activity_keys", Fate::Kept),
    ("consents", Fate::Blanked),
    ("privacy_standings", Fate::Kept),
    ("privacy_requests", Fate::Blanked),
    ("erased_identities", Fate::Kept),
    ("duplicate_dismissals", Fate::Erased),
    ("merges", Fate::Blanked),
    ("merged_customers", Fate::Kept),
];

impl Holder for OwnHolder {
    fn room(&self) -> &'static str {
        "customers"
    }

    fn tables(&self) -> &'static [(&'static str, Fate)] {
        TABLES
    }

    fn copy(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Section>> {
        let zone = zunke_access::settings::load(tx)?.zone();
        Ok(vec![
            profile(tx, customer)?,
            known_by(tx, customer)?,
            own_fields(tx, customer)?,
            in_vault(tx, self.vault.as_ref(), customer)?,
            tags(tx, customer)?,
            consents(tx, customer, &zone)?,
            happened(tx, customer, &zone)?,
        ])
    }

    fn erase(&self, tx: &mut Tx, now: Instant, customer: CustomerId) -> Result<Removed> {
        // Entries that went into his are him too.
        for gone in crate::merge::went_into(tx, customer)? {
            self.erase(tx, now, gone)?;
        }
        execute(tx, "UPDATE merges SET kept = '{}', reason = '' WHERE customer_id = $1", customer)?;
        let known = identities::of(tx, &[customer])?.remove(&customer).unwrap_or_default();
        super::erased::remember(tx, now, customer, &known)?;
        identities::drop_many(tx, &[customer])?;
        search::drop_many(tx, &[customer])?;
        tx.execute(
            "UPDATE customers SET name = $1, name_sort = $2, status = 'archived', gender = NULL, birthday = NULL,
               birthday_md = NULL, region = NULL, city = NULL, place_from = NULL, note = NULL, updated_at = $3,
               version = version + 1
             WHERE customer_id = $4",
            &[NAMELESS.into(), sort_key(NAMELESS).into(), now.into(), customer.into()],
        )?;
        execute(tx, "DELETE FROM duplicate_dismissals WHERE customer_id = $1", customer)?;
        execute(tx, "DELETE FROM duplicate_dismissals WHERE other_id = $1", customer)?;
        let tags = execute(tx, "DELETE FROM customer_tags WHERE customer_id = $1", customer)?
            + execute(tx, "DELETE FROM customer_tag_history WHERE customer_id = $1", customer)?;
        let fields = execute(tx, "DELETE FROM customer_sensitive WHERE customer_id = $1", customer)?
            + execute(tx, "DELETE FROM customer_fields WHERE customer_id = $1", customer)?
            + execute(tx, "DELETE FROM customer_field_history WHERE customer_id = $1", customer)?;
        let words = execute(
            tx,
            "UPDATE activities SET subject = NULL, body = NULL
             WHERE customer_id = $1 AND (subject IS NOT NULL OR body IS NOT NULL)",
            customer,
        )?;
        // What an undo of an import would bring back.
        execute(
            tx,
            "DELETE FROM import_replaced WHERE (source, source_id) IN
               (SELECT source, source_id FROM activities WHERE customer_id = $1 AND revision >= 0)",
            customer,
        )?;
        // What parting two entries again would need: it does not come to that any more.
        execute(tx, "UPDATE merges SET kept = '{}', reason = '' WHERE customer_id = $1", customer)?;
        // The first rows of files that were loaded, kept to be looked at.
        let ended = "SELECT import_id FROM imports WHERE state IN ('done', 'failed', 'cancelled', 'undone')";
        let ended = tx.query(ended, &[], |row| row.id(0, ImportId))?;
        forget_samples(tx, &ended)?;
        // Answers kept for repeated calls name him; they are forgotten after two days anyhow.
        tx.execute("DELETE FROM idempotency_keys WHERE body LIKE $1", &[format!("%{customer}%").into()])?;
        execute(tx, "UPDATE consents SET note = NULL WHERE customer_id = $1 AND note IS NOT NULL", customer)?;
        execute(
            tx,
            "UPDATE privacy_requests SET words = NULL, identity_check = NULL, answer = NULL WHERE customer_id = $1",
            customer,
        )?;
        standing::set(tx, now, customer, State::Erased, None, None)?;
        let orders =
            count(tx, "SELECT COUNT(*) FROM activities WHERE customer_id = $1 AND kind <> 'interaction'", customer)?;
        let consents = count(tx, "SELECT COUNT(*) FROM consents WHERE customer_id = $1", customer)?;
        let known = i64::try_from(known.len()).unwrap_or(0);
        Ok(Removed {
            lines: vec![
                Line::new(
                    Fate::Blanked,
                    1,
                    ("姓名、性别、生日、地区、备注", "Name, gender, birthday, place, note"),
                    (
                        "已替换为匿名标记，无法再识别到个人",
                        "Replaced by a placeholder that tells nothing of the person",
                    ),
                ),
                Line::new(
                    Fate::Erased,
                    known,
                    ("手机、邮箱、外部编号", "Phones, addresses, ids of other systems"),
                    (
                        "已删除；仅保留加密指纹，防止再次导入",
                        "Deleted; only keyed fingerprints stay, so that no file brings them back",
                    ),
                ),
                Line::new(
                    Fate::Erased,
                    fields,
                    ("自定义字段及其变更记录", "Own fields and their history"),
                    ("已删除", "Deleted"),
                ),
                Line::new(Fate::Erased, tags, ("标签及其变更记录", "Tags and their history"), ("已删除", "Deleted")),
                Line::new(
                    Fate::Blanked,
                    words,
                    ("时间线文字（标题和内容）", "Words of the time line (subject and text)"),
                    ("文字已删除，只留发生过一次互动的记录", "The words are deleted; that something happened stays"),
                ),
                Line::new(
                    Fate::Kept,
                    orders,
                    ("订单和退款的金额、日期、商品", "Amounts, days and goods of orders and refunds"),
                    (
                        "会计与税务法规要求保存，且已不能识别到个人",
                        "Bookkeeping and tax law want them kept; they tell nothing of the person any more",
                    ),
                ),
                Line::new(
                    Fate::Kept,
                    consents,
                    ("授权与撤回记录（已去除备注）", "Consents given and withdrawn (without notes)"),
                    ("用于证明处理的合法性", "Proof that the data were used lawfully"),
                ),
            ],
            files: Vec::new(),
        })
    }

    fn old(&self, tx: &mut Tx, class: Class, before: Instant) -> Result<Option<i64>> {
        let sql = match class {
            Class::Interactions => {
                "SELECT COUNT(*) FROM activities WHERE kind = 'interaction' AND occurred_at < $1
                 AND (subject IS NOT NULL OR body IS NOT NULL)"
            }
            Class::ImportFiles => {
                "SELECT COUNT(*) FROM imports WHERE COALESCE(finished_at, created_at) < $1 AND file_hash <> ''
                 AND state NOT IN ('running', 'undoing')"
            }
            _ => return Ok(None),
        };
        Ok(Some(tx.query_one(sql, &[before.into()], |row| row.int(0))?.unwrap_or(0)))
    }

    fn forget(&self, tx: &mut Tx, class: Class, before: Instant, limit: u32) -> Result<Forgotten> {
        match class {
            Class::Interactions => {
                let found: Vec<(CustomerId, Instant, uuid::Uuid)> = tx.query(
                    "SELECT customer_id, occurred_at, activity_id FROM activities WHERE kind = 'interaction'
                     AND occurred_at < $1 AND (subject IS NOT NULL OR body IS NOT NULL) LIMIT $2",
                    &[before.into(), limit.into()],
                    |row| Ok((row.id(0, CustomerId)?, row.instant(1)?, row.uuid(2)?)),
                )?;
                let keys: Vec<_> =
                    found.iter().map(|(id, at, key)| vec![(*id).into(), (*at).into(), (*key).into()]).collect();
                let rows = tx.execute_many(
                    "UPDATE activities SET subject = NULL, body = NULL
                     WHERE customer_id = $1 AND occurred_at = $2 AND activity_id = $3",
                    &keys,
                )?;
                Ok(Forgotten { rows: i64::try_from(rows).unwrap_or(0), files: Vec::new() })
            }
            Class::ImportFiles => {
                let found: Vec<ImportId> = tx.query(
                    "SELECT import_id FROM imports WHERE COALESCE(finished_at, created_at) < $1 AND file_hash <> ''
                     AND state NOT IN ('running', 'undoing') LIMIT $2",
                    &[before.into(), limit.into()],
                    |row| row.id(0, ImportId),
                )?;
                forget_samples(tx, &found)?;
                for id in &found {
                    // Without its fingerprint the same file is a new one; its columns and counts stay for the list.
                    tx.execute("UPDATE imports SET file_hash = '' WHERE import_id = $1", &[(*id).into()])?;
                    tx.execute("DELETE FROM import_replaced WHERE import_id = $1", &[(*id).into()])?;
                }
                let files = found.iter().map(|id| format!("import:{id}")).collect();
                Ok(Forgotten { rows: i64::try_from(found.len()).unwrap_or(0), files })
            }
            _ => Ok(Forgotten::default()),
        }
    }

    fn discard(&self, name: &str) -> Result<bool> {
        if let Some(id) = name.strip_prefix("export:") {
            if let (Some(files), Ok(id)) = (&self.exports, id.parse::<ExportId>()) {
                files.remove(id)?;
            }
            return Ok(true);
        }
        let Some(id) = name.strip_prefix("import:") else { return Ok(false) };
        if let (Some(files), Ok(id)) = (&self.files, id.parse::<ImportId>())
            && files.folder(id).exists()
        {
            files.remove(id);
        }
        Ok(true)
    }
}

/// The entries that were merged into a customer's, and into theirs.
pub fn merged_into(tx: &mut Tx, customer: CustomerId) -> Result<Vec<CustomerId>> {
    let mut found = vec![customer];
    let mut at = 0;
    while let Some(one) = found.get(at).copied() {
        let sql = "SELECT customer_id FROM merged_customers WHERE into_id = $1";
        for other in tx.query(sql, &[one.into()], |row| row.id(0, CustomerId))? {
            if !found.contains(&other) {
                found.push(other);
            }
        }
        at += 1;
    }
    found.remove(0);
    Ok(found)
}

/// Takes the first rows of files out of what is kept of their imports.
fn forget_samples(tx: &mut Tx, imports: &[ImportId]) -> Result<()> {
    let ids: Vec<Value> = imports.iter().map(|id| (*id).into()).collect();
    let mut changed: Vec<Vec<Value>> = Vec::new();
    let sql = "SELECT import_id, inspection FROM imports WHERE import_id IN ({list})";
    for_each_in(tx, sql, &[], &ids, &mut |row| {
        let mut inspection: Json = row.json(1)?;
        let sample =
            inspection.get_mut("sample").filter(|sample| sample.as_array().is_some_and(|rows| !rows.is_empty()));
        if let Some(sample) = sample {
            *sample = json!([]);
            changed.push(vec![inspection.to_string().into(), row.id(0, ImportId)?.into()]);
        }
        Ok(())
    })?;
    tx.execute_many("UPDATE imports SET inspection = $1 WHERE import_id = $2", &changed)?;
    Ok(())
}

fn profile(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let one = CustomerQuery::system().find(tx, customer)?;
    let mut section =
        Section::new("profile", ("基本资料", "Profile"), &[("field", "项目", "Field"), ("value", "内容", "Value")]);
    let mut put = |zh: &str, value: Json| {
        if !value.is_null() {
            section.push([json!(zh), value]);
        }
    };
    put("姓名 Name", json!(one.name));
    put("类型 Kind", json!(one.kind.word()));
    put("性别 Gender", json!(one.gender.map(crate::Gender::word)));
    put("生日 Birthday", json!(one.birthday));
    put("地区 Region", json!(one.region));
    put("城市 City", json!(one.city));
    put("备注 Note", json!(one.note));
    put("来源 Source", json!(one.source));
    put("加入日期 Joined", json!(one.joined_day));
    put("建档时间 Created", json!(one.created_at));
    Ok(section)
}

fn known_by(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns = [("kind", "类型", "Kind"), ("source", "来源系统", "System"), ("value", "内容", "Value")];
    let section = Section::new("identities", ("联系方式和编号", "Contact details and ids"), &columns);
    let sql = "SELECT kind, source, value FROM customer_identities WHERE customer_id = $1 ORDER BY place";
    rows(tx, section, sql, customer, |row| Ok(vec![json!(row.text(0)?), json!(row.text(1)?), json!(row.text(2)?)]))
}

fn own_fields(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let columns = [("field", "字段", "Field"), ("value", "内容", "Value")];
    let mut section = Section::new("fields", ("补充资料", "Further details"), &columns);
    let row = CustomerQuery::system().find(tx, customer)?;
    let shown = crate::view::complete_one_for(tx, row, &crate::custom::Sight::all())?;
    let labels = crate::custom::fields(tx, &crate::custom::Sight::all(), zunke_access::FieldRight::Masked)?;
    let values = serde_json::to_value(&shown.fields).unwrap_or_default();
    for (key, value) in values.as_object().into_iter().flatten() {
        let label = labels.iter().find(|field| field.key == *key).map_or(key.as_str(), |field| field.label.zh.as_str());
        section.push([json!(label), value.clone()]);
    }
    Ok(section)
}

/// What is kept of him in the vault, in full: it is his.
fn in_vault(tx: &mut Tx, vault: Option<&Vault>, customer: CustomerId) -> Result<Section> {
    let columns = [("field", "字段", "Field"), ("value", "内容", "Value")];
    let mut section = Section::new("sensitive", ("敏感信息", "Sensitive details"), &columns);
    if let Some(vault) = vault {
        for (field, value) in crate::sensitive::all_of(tx, vault, customer)? {
            section.push([json!(field.name.zh), json!(value)]);
        }
    }
    Ok(section)
}

fn tags(tx: &mut Tx, customer: CustomerId) -> Result<Section> {
    let section = Section::new("tags", ("标签", "Tags"), &[("tag", "标签", "Tag"), ("since", "打标时间", "Since")]);
    let sql = "SELECT t.name, c.tagged_at FROM customer_tags c JOIN tags t ON t.tag_id = c.tag_id
               WHERE c.customer_id = $1 ORDER BY c.tagged_at";
    rows(tx, section, sql, customer, |row| Ok(vec![json!(row.text(0)?), json!(row.instant(1)?)]))
}

fn consents(tx: &mut Tx, customer: CustomerId, zone: &Zone) -> Result<Section> {
    let columns = [
        ("said_at", "时间", "When"),
        ("purpose", "用途", "Purpose"),
        ("channel", "渠道", "Channel"),
        ("state", "意思", "State"),
        ("source", "来源", "Source"),
        ("text", "文本版本", "Text version"),
    ];
    let section = Section::new("consents", ("授权记录", "Consents"), &columns);
    let sql = "SELECT said_at, purpose, channel, state, source, text_number FROM consents WHERE customer_id = $1
               ORDER BY said_at, consent_id";
    rows(tx, section, sql, customer, |row| {
        Ok(vec![
            json!(zone.day_of(row.instant(0)?)),
            json!(row.text(1)?),
            json!(row.text(2)?),
            json!(row.text(3)?),
            json!(row.text(4)?),
            json!(row.opt_int(5)?),
        ])
    })
}

fn happened(tx: &mut Tx, customer: CustomerId, zone: &Zone) -> Result<Section> {
    let columns = [
        ("day", "日期", "Day"),
        ("kind", "类型", "Kind"),
        ("number", "单号", "Number"),
        ("amount", "金额", "Amount"),
        ("channel", "渠道", "Channel"),
        ("subject", "主题", "Subject"),
        ("text", "内容", "Text"),
        ("lines", "明细", "Lines"),
    ];
    let section = Section::new("activities", ("订单和互动", "Orders and interactions"), &columns);
    let sql = "SELECT occurred_at, kind, source_id, amount, channel, subject, body, lines FROM activities
               WHERE customer_id = $1 ORDER BY occurred_at, activity_id";
    rows(tx, section, sql, customer, |row| {
        let day: Day = zone.day_of(row.instant(0)?);
        let amount: Option<Money> = row.opt_money(3)?;
        Ok(vec![
            json!(day),
            json!(row.text(1)?),
            json!(row.text(2)?),
            json!(amount),
            json!(row.opt_text(4)?),
            json!(row.opt_text(5)?),
            json!(row.opt_text(6)?),
            row.opt_json::<Json>(7)?.unwrap_or_default(),
        ])
    })
}

/// Rules of tags and the rooms above follow, as after every change of a customer.
pub fn follow(tx: &mut Tx, context: &RecordContext, customer: CustomerId) -> Result<()> {
    tag::refresh_all(tx, &At::of(context), &[customer])
}

/// Be alone with a customer until the end of the transaction; 404 where there is none.
pub fn lock(tx: &mut Tx, customer: CustomerId) -> Result<()> {
    if customers::lock(tx, &[customer])?.is_empty() {
        return Err(zunke_kernel::Error::not_found());
    }
    Ok(())
}
