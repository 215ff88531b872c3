//! The filters of a list, from the query string to SQL.

use super::plan::Plan;
use super::{Statement, search_sql};
use crate::custom::Sight;
use crate::profile::{CustomerKind, Status};
use crate::store::{CategoryId, SegmentId, TagId, search};
use serde::Deserialize;
use std::fmt::Write;
use std::str::FromStr;
use utoipa::IntoParams;
use zunke_kernel::condition::{Condition, parse_at};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::money::shorten;
use zunke_kernel::search::{Need, needs};
use zunke_kernel::{Day, Error, Instant, Money, Result, Zone};
use zunke_store::{Engine, Tx, Value};

/// Values of one comma list.
const LIST_MAX: usize = 50;
const SEARCH_CHARS_MAX: usize = 100;

/// The filters of customer lists, as they stand in the URL. Lists are separated by commas; all filters must hold.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Name (Han in either script, pinyin, initials), phone digits, e-mail, external id.
    pub search: Option<String>,
    /// Ranks: `3,4`; 0 is "no level yet".
    pub level: Option<String>,
    /// `active` (default), `archived` or `all`.
    pub status: Option<String>,
    /// `person` or `company`.
    pub kind: Option<String>,
    /// Ids of staff, or `none`.
    pub owner: Option<String>,
    /// Ids of departments, or `none`.
    pub department: Option<String>,
    /// Ids of tags or value classes: any of them.
    pub tag: Option<String>,
    /// Ids of categories, or `none`.
    pub category: Option<String>,
    /// Ids of segments: all of them.
    pub segment: Option<String>,
    /// A condition in JSON.
    pub condition: Option<String>,
    /// RFM codes, `x` for any grade: `555,5x4`.
    pub rfm_group: Option<String>,
    pub value_class: Option<String>,
    pub city: Option<String>,
    #[param(value_type = Option<String>)]
    pub net_spend_min: Option<String>,
    #[param(value_type = Option<String>)]
    pub net_spend_max: Option<String>,
    pub orders_min: Option<i64>,
    pub orders_max: Option<i64>,
    pub score_min: Option<f64>,
    pub score_max: Option<f64>,
    pub potential_min: Option<f64>,
    pub last_order_after: Option<Day>,
    pub last_order_before: Option<Day>,
    pub joined_after: Option<Day>,
    pub joined_before: Option<Day>,
    /// Changed at this instant or later: own data, tags, owner, state. What orders do to figures is no such change.
    pub updated_since: Option<Instant>,
    /// `level`, `score`, `name`, `net_spend`, `orders`, `last_order_day`, `potential`, `created`, or `field.<key>` of an own field; `-` in front:
    /// descending. Default `-level`.
    pub sort: Option<String>,
    /// 1–500, default 50.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Of exports only: `csv`, `xlsx` or `ndjson`.
    #[param(ignore)]
    pub format: Option<String>,
}

/// One RFM code; `None` for any grade.
pub type RfmPattern = [Option<i64>; 3];

/// Filters that have been read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<Vec<Need>>,
    pub levels: Vec<i64>,
    /// `None`: whatever the status.
    pub status: Option<Status>,
    pub kind: Option<CustomerKind>,
    pub owners: Vec<StaffId>,
    pub without_owner: bool,
    pub departments: Vec<DepartmentId>,
    pub without_department: bool,
    pub tags: Vec<TagId>,
    pub categories: Vec<CategoryId>,
    pub without_category: bool,
    pub rfm: Vec<RfmPattern>,
    pub value_class: Option<String>,
    pub city: Option<String>,
    pub net_spend: (Option<Money>, Option<Money>),
    pub orders: (Option<i64>, Option<i64>),
    pub score: (Option<f64>, Option<f64>),
    pub potential_min: Option<f64>,
    pub last_order: (Option<Day>, Option<Day>),
    pub joined: (Option<Day>, Option<Day>),
    pub updated_since: Option<Instant>,
    /// Segments put in place.
    pub conditions: Vec<Condition>,
    /// The day that windows of conditions end with.
    pub today: Day,
    pub zone: Zone,
}

/// 403 where something is asked by a field that is kept from the reader: who finds by it knows it.
fn readable(params: &ListParams, sight: &Sight) -> Result<()> {
    if sight.rights.is_full() {
        return Ok(());
    }
    let need = |field: &str, at: &str| sight.rights.require_read(field).map_err(|error| error.at(at));
    if params.city.is_some() {
        need("city", "city")?;
    }
    if params.joined_after.is_some() || params.joined_before.is_some() {
        need("joined_day", "joined_after")?;
    }
    if let Some(text) = &params.search {
        if text.contains('@') {
            need("emails", "search")?;
        }
        // So many digits are no part of a name: a telephone number, or an id of another system.
        if text.chars().filter(char::is_ascii_digit).count() >= 4 {
            need("phones", "search")?;
            need("external_ids", "search")?;
        }
    }
    Ok(())
}

impl Filter {
    /// Reads the filters of a list. Segments are looked up and put in place.
    pub fn read(tx: &mut Tx, params: &ListParams, today: Day, zone: Zone) -> Result<Self> {
        Self::read_for(tx, params, today, zone, &Sight::open())
    }

    /// As [`Self::read`], for somebody who may ask for restricted fields too.
    pub fn read_for(tx: &mut Tx, params: &ListParams, today: Day, zone: Zone, sight: &Sight) -> Result<Self> {
        readable(params, sight)?;
        let mut filter = Self { today, zone, status: Some(Status::Active), ..Self::default() };
        if let Some(text) = params.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            if text.chars().count() > SEARCH_CHARS_MAX {
                return Err(Error::invalid(
                    "search_too_long",
                    format!("搜索内容最多 {SEARCH_CHARS_MAX} 个字。"),
                    format!("A search has at most {SEARCH_CHARS_MAX} characters."),
                )
                .at("search"));
            }
            filter.search = Some(needs(text));
        }
        filter.levels = list(params.level.as_deref(), "level", |word| {
            word.parse::<i64>().ok().filter(|rank| (0..=super::RANK_MAX).contains(rank))
        })?;
        filter.levels.sort_unstable();
        filter.levels.dedup();
        if let Some(word) = &params.status {
            filter.status = match word.as_str() {
                "all" => None,
                word => Some(Status::read(word).ok_or_else(|| refused("status", word))?),
            };
        }
        if let Some(word) = &params.kind {
            filter.kind = Some(CustomerKind::read(word).ok_or_else(|| refused("kind", word))?);
        }
        (filter.owners, filter.without_owner) = ids(params.owner.as_deref(), "owner")?;
        (filter.departments, filter.without_department) = ids(params.department.as_deref(), "department")?;
        (filter.categories, filter.without_category) = ids(params.category.as_deref(), "category")?;
        filter.tags = list(params.tag.as_deref(), "tag", |word| word.parse().ok())?;
        filter.rfm = list(params.rfm_group.as_deref(), "rfm_group", rfm_pattern)?;
        filter.value_class.clone_from(&params.value_class);
        filter.city.clone_from(&params.city);
        filter.net_spend = (
            money(params.net_spend_min.as_deref(), "net_spend_min")?,
            money(params.net_spend_max.as_deref(), "net_spend_max")?,
        );
        filter.orders = (params.orders_min, params.orders_max);
        filter.score = (params.score_min, params.score_max);
        filter.potential_min = params.potential_min;
        filter.last_order = (params.last_order_after, params.last_order_before);
        filter.joined = (params.joined_after, params.joined_before);
        filter.updated_since = params.updated_since;
        for segment in list::<SegmentId>(params.segment.as_deref(), "segment", |word| word.parse().ok())? {
            filter.conditions.push(crate::segment::condition(tx, segment).map_err(|error| error.at("segment"))?);
        }
        if let Some(text) = &params.condition {
            let json = serde_json::from_str(text).map_err(|_| {
                Error::invalid("condition_invalid", "条件应为 JSON。", "The condition must be JSON.").at("condition")
            })?;
            let condition = parse_at(&json, &crate::custom::of_viewer(tx, sight)?, "condition")?;
            filter.conditions.push(crate::segment::expanded(tx, &condition).map_err(|error| error.at("condition"))?);
        }
        Ok(filter)
    }

    /// The search in the language of the engine, where one is asked.
    pub(crate) fn question(&self, engine: Engine) -> Option<String> {
        self.search.as_ref().filter(|needs| !needs.is_empty()).map(|needs| search::question(engine, needs))
    }

    pub(crate) fn write(&self, sql: &mut String, statement: &mut Statement, plan: &Plan) {
        if self.search.as_ref().is_some_and(Vec::is_empty) {
            // Only signs were typed: nobody is called so.
            sql.push_str(" AND 1 = 0");
        }
        if let Some(question) = self.question(statement.engine) {
            let place = statement.bind(question);
            let _ = write!(sql, " AND {}", search_sql(statement.engine, &place, plan));
        }
        let mut test = |column: &str, sign: &str, value: Option<Value>| {
            if let Some(value) = value {
                let place = statement.bind(value);
                let _ = write!(sql, " AND {column} {sign} {place}");
            }
        };
        test("c.status", "=", self.status.map(|status| status.word().into()));
        test("c.kind", "=", self.kind.map(|kind| kind.word().into()));
        test("c.value_class", "=", self.value_class.as_deref().map(Value::from));
        test("c.city", "=", self.city.as_deref().map(Value::from));
        test("c.net_spend", ">=", self.net_spend.0.map(Value::from));
        test("c.net_spend", "<=", self.net_spend.1.map(Value::from));
        test("c.orders", ">=", self.orders.0.map(Value::from));
        test("c.orders", "<=", self.orders.1.map(Value::from));
        test("c.score", ">=", self.score.0.map(Value::from));
        test("c.score", "<=", self.score.1.map(Value::from));
        // Below the least score stand those who have none.
        test("c.score", ">=", self.score.1.map(|_| Value::Real(0.0)));
        test("c.last_order_day", ">=", self.last_order.0.map(Value::from));
        test("c.last_order_day", "<=", self.last_order.1.map(Value::from));
        test("c.last_order_day", ">", self.last_order.1.map(|_| Value::Int(crate::headline::NO_DAY)));
        test("c.joined_day", ">=", self.joined.0.map(Value::from));
        test("c.joined_day", "<=", self.joined.1.map(Value::from));
        test("c.updated_at", ">=", self.updated_since.map(Value::from));
        if let Some(least) = self.potential_min {
            let least = statement.bind(least);
            let _ = write!(
                sql,
                " AND c.customer_id IN (SELECT p.customer_id FROM customer_potentials p WHERE p.potential >= {least})"
            );
        }
        write_ids(
            sql,
            statement,
            "c.owner_id",
            self.owners.iter().map(|id| (*id).into()).collect(),
            self.without_owner,
        );
        let departments = self.departments.iter().map(|id| (*id).into()).collect();
        let column = format!("{}c.department_id", if plan.has_common_department { plan.engine_off() } else { "" });
        write_ids(sql, statement, &column, departments, self.without_department);
        write_ids(
            sql,
            statement,
            "c.category_id",
            self.categories.iter().map(|id| Value::Uuid(id.0)).collect(),
            self.without_category,
        );
        if !self.tags.is_empty() {
            let list = statement.list(self.tags.iter().map(|tag| Value::Uuid(tag.0)));
            let _ = write!(
                sql,
                " AND EXISTS (SELECT 1 FROM customer_tags t WHERE t.customer_id = c.customer_id AND t.tag_id IN ({list}))"
            );
        }
        if !self.rfm.is_empty() {
            let patterns: Vec<String> = self.rfm.iter().map(|pattern| rfm_sql(pattern, statement)).collect();
            let _ = write!(sql, " AND ({})", patterns.join(" OR "));
        }
    }
}

fn write_ids(sql: &mut String, statement: &mut Statement, column: &str, ids: Vec<Value>, without: bool) {
    if ids.is_empty() && !without {
        return;
    }
    let list = statement.list(ids);
    let or = if without { format!(" OR {column} IS NULL") } else { String::new() };
    let _ = write!(sql, " AND ({column} IN ({list}){or})");
}

fn rfm_sql(pattern: &RfmPattern, statement: &mut Statement) -> String {
    let grades = ["c.rfm / 100", "(c.rfm / 10) % 10", "c.rfm % 10"];
    let mut parts = vec!["c.rfm > 0".to_owned()];
    for (grade, wanted) in grades.iter().zip(pattern) {
        if let Some(wanted) = wanted {
            parts.push(format!("{grade} = {}", statement.bind(*wanted)));
        }
    }
    format!("({})", parts.join(" AND "))
}

fn rfm_pattern(word: &str) -> Option<RfmPattern> {
    let mut pattern = [None; 3];
    if word.chars().count() != 3 {
        return None;
    }
    for (place, letter) in word.chars().enumerate() {
        pattern[place] = match letter {
            'x' | '*' => None,
            '1'..='9' => letter.to_digit(10).map(i64::from),
            _ => return None,
        };
    }
    Some(pattern)
}

fn list<T>(text: Option<&str>, field: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let words: Vec<&str> = text.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.len() > LIST_MAX {
        return Err(Error::invalid(
            "filter_invalid",
            format!("最多选择 {LIST_MAX} 项。"),
            format!("Choose at most {LIST_MAX}."),
        )
        .at(field));
    }
    words.into_iter().map(|word| read(word).ok_or_else(|| refused(field, word))).collect()
}

fn ids<T: FromStr>(text: Option<&str>, field: &str) -> Result<(Vec<T>, bool)> {
    let read: Vec<Option<T>> =
        list(text, field, |word| if word == "none" { Some(None) } else { word.parse().ok().map(Some) })?;
    let without = read.iter().any(Option::is_none);
    Ok((read.into_iter().flatten().collect(), without))
}

fn money(text: Option<&str>, field: &str) -> Result<Option<Money>> {
    text.map(Money::parse).transpose().map_err(|error| error.at(field))
}

fn refused(field: &str, word: &str) -> Error {
    Error::invalid(
        "filter_invalid",
        format!("筛选值“{}”无效，请重新选择。", shorten(word)),
        format!("The filter value “{}” is not valid; choose again.", shorten(word)),
    )
    .at(field)
}
