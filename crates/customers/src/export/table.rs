//! The customers as a table: the same for CSV and XLSX.

use crate::profile::{CustomerKind, Gender, Status};
use crate::view::Customer;
use zunke_kernel::{Day, Locale};

/// Column names, Chinese and English.
const COLUMNS: [(&str, &str); 23] = [
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
    ("价值分类", "value class"),
    ("订单数", "orders"),
    ("净消费", "net spend"),
    ("首次下单", "first order"),
    ("最近下单", "last order"),
    ("加入日期", "joined"),
    ("来源", "source"),
    ("备注", "note"),
];

pub fn head(locale: Locale) -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().map(move |(zh, en)| if locale == Locale::Zh { zh } else { en })
}

/// One customer's cells. Numbers and addresses are masked, as on the screen.
pub fn cells(customer: &Customer, locale: Locale) -> Vec<String> {
    let word = |zh: &str, en: &str| if locale == Locale::Zh { zh.to_owned() } else { en.to_owned() };
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
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
        customer.tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>().join("; "),
        if customer.level_rank > 0 { customer.level_rank.to_string() } else { String::new() },
        customer.score.map(|score| format!("{score:.1}")).unwrap_or_default(),
        if customer.rfm > 0 { customer.rfm.to_string() } else { String::new() },
        text(&customer.value_class),
        customer.orders.to_string(),
        customer.net_spend.to_string(),
        day(customer.first_order_day),
        day(customer.last_order_day),
        day(customer.joined_day),
        text(&customer.source),
        text(&customer.note),
    ]
}

/// Columns that hold numbers: in a workbook they are numbers.
pub const NUMBERS: [usize; 5] = [12, 13, 14, 16, 17];
