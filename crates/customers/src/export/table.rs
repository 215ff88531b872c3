//! The customers as a table: the same for CSV and XLSX.

use crate::custom::{self, CustomField, FieldKind, Sight};
use crate::profile::{CustomerKind, Gender, Status};
use crate::store::categories;
use crate::view::Customer;
use crate::{CategoryId, GivenTag};
use std::collections::HashMap;
use zunke_access::{FieldRight, directory};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Locale, Result};
use zunke_store::Tx;

/// Column names, Chinese and English.
const COLUMNS: [(&str, &str); 24] = [
    ("客户编号", "id"),
    ("姓名", "name"),
    ("类型", "kind"),
    ("状态", "status"),
    ("性别", "gender"),
    ("生日", "birthday"),
    ("省份/地区", "region"),
    ("城市", "city"),
    ("手机", "phones"),
    ("邮箱", "emails"),
    ("外部编号", "external ids"),
    ("标签", "tags"),
    ("等级", "level"),
    ("综合评分", "score"),
    ("RFM", "rfm"),
    ("价值分类", "value classes"),
    ("订单数", "orders"),
    ("净消费", "net spend"),
    ("首次下单", "first order"),
    ("最近下单", "last order"),
    ("加入日期", "joined"),
    ("来源", "source"),
    ("备注", "note"),
    ("客户分类", "category"),
];

fn head(locale: Locale) -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().map(move |(zh, en)| if locale == Locale::Zh { zh } else { en })
}

/// One customer's cells. Numbers and addresses are masked, as on the screen.
fn cells(customer: &Customer, categories: &HashMap<CategoryId, String>, locale: Locale) -> Vec<String> {
    let word = |zh: &str, en: &str| if locale == Locale::Zh { zh.to_owned() } else { en.to_owned() };
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let names = |tags: &[GivenTag]| tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>().join("; ");
    vec![
        customer.id.to_string(),
        customer.name.clone(),
        match customer.kind {
            CustomerKind::Person => word("个人", "person"),
            CustomerKind::Company => word("企业", "company"),
        },
        match customer.status {
            Status::Active => word("正常", "active"),
            Status::Archived => word("已归档", "archived"),
        },
        match customer.gender {
            Some(Gender::Female) => word("女", "female"),
            Some(Gender::Male) => word("男", "male"),
            Some(Gender::Other) => word("其他", "other"),
            None => String::new(),
        },
        day(customer.birthday),
        text(&customer.region),
        text(&customer.city),
        customer.phones.join("; "),
        customer.emails.join("; "),
        customer.external_ids.iter().map(|id| format!("{}:{}", id.source, id.value)).collect::<Vec<_>>().join("; "),
        names(&customer.tags),
        if customer.level_rank > 0 { customer.level_rank.to_string() } else { String::new() },
        customer.score.map(|score| format!("{score:.1}")).unwrap_or_default(),
        if customer.rfm > 0 { customer.rfm.to_string() } else { String::new() },
        names(&customer.value_classes),
        customer.orders.to_string(),
        customer.net_spend.to_string(),
        day(customer.first_order_day),
        day(customer.last_order_day),
        day(customer.joined_day),
        text(&customer.source),
        text(&customer.note),
        customer.category_id.and_then(|id| categories.get(&id).cloned()).unwrap_or_default(),
    ]
}

/// Columns that hold numbers: in a workbook they are numbers.
const NUMBERS: [usize; 5] = [12, 13, 14, 16, 17];

/// The columns of the fields of the organisation's own making, behind the others; and the names that columns show.
pub struct Own {
    fields: Vec<CustomField>,
    names: HashMap<StaffId, String>,
    categories: HashMap<CategoryId, String>,
}

impl Own {
    /// Those in use that this reader sees.
    pub fn load(tx: &mut Tx, sight: &Sight) -> Result<Self> {
        let fields = custom::fields(tx, sight, FieldRight::Read)?;
        let named = fields.iter().any(|field| field.kind == FieldKind::Person);
        let people = if named { directory::staff_called(tx)? } else { Vec::new() };
        let categories = categories::all(tx)?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Self { fields, names: people.into_iter().map(|(id, name, _)| (id, name)).collect(), categories })
    }

    pub fn head(&self, locale: Locale) -> Vec<String> {
        let own = self.fields.iter().map(|field| field.label.get(locale).to_owned());
        head(locale).map(str::to_owned).chain(own).collect()
    }

    pub fn cells(&self, customer: &Customer, locale: Locale) -> Vec<String> {
        let mut cells = cells(customer, &self.categories, locale);
        cells.extend(self.fields.iter().map(|field| {
            let value = customer.fields.get(&field.key).and_then(|json| custom::read_stored(field, json));
            value.map(|value| custom::shown(field, &value, &self.names, locale)).unwrap_or_default()
        }));
        cells
    }

    /// Whether a column holds numbers.
    pub fn is_number(&self, column: usize) -> bool {
        let own = column.checked_sub(COLUMNS.len()).and_then(|at| self.fields.get(at));
        NUMBERS.contains(&column) || own.is_some_and(|field| matches!(field.kind, FieldKind::Number | FieldKind::Money))
    }
}
