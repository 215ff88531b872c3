//! Which column of a file is what: the mapping that a person confirms once and the product remembers by name.

use super::reader::{ReadOptions, Shape};
use super::values::{DateOrder, fold};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zunke_kernel::{Currency, Error, Result, Zone};

/// What a row of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A customer per row.
    Customers,
    /// An order or a refund per row.
    Orders,
    /// A line of an order per row; rows with the same id make one order.
    OrderLines,
    /// A call, a visit, a message per row.
    Interactions,
}

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportField)]
pub enum Field {
    /// The customer's id in the system that the file comes from.
    CustomerId,
    CustomerName,
    Phone,
    Email,
    /// Person or company.
    CustomerKind,
    Gender,
    Birthday,
    Region,
    City,
    Note,
    /// The day that the customer joined.
    JoinedDay,
    /// The name of the category in which the customer stands; in files of customers.
    CustomerCategory,
    /// The order's, refund's or interaction's id in the system that the file comes from.
    Id,
    OccurredAt,
    /// A clock time in a column of its own, beside a day in `occurred_at`.
    OccurredTime,
    Amount,
    Quantity,
    UnitPrice,
    Sku,
    Category,
    Currency,
    Channel,
    /// The order that a refund belongs to.
    OfOrder,
    Direction,
    Subject,
    Body,
}

impl Field {
    pub const ALL: [Self; 26] = [
        Self::CustomerId,
        Self::CustomerName,
        Self::Phone,
        Self::Email,
        Self::CustomerKind,
        Self::Gender,
        Self::Birthday,
        Self::Region,
        Self::City,
        Self::Note,
        Self::JoinedDay,
        Self::CustomerCategory,
        Self::Id,
        Self::OccurredAt,
        Self::OccurredTime,
        Self::Amount,
        Self::Quantity,
        Self::UnitPrice,
        Self::Sku,
        Self::Category,
        Self::Currency,
        Self::Channel,
        Self::OfOrder,
        Self::Direction,
        Self::Subject,
        Self::Body,
    ];

    /// The name in the API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CustomerId => "customer_id",
            Self::CustomerName => "customer_name",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::CustomerKind => "customer_kind",
            Self::Gender => "gender",
            Self::Birthday => "birthday",
            Self::Region => "region",
            Self::City => "city",
            Self::Note => "note",
            Self::JoinedDay => "joined_day",
            Self::CustomerCategory => "customer_category",
            Self::Id => "id",
            Self::OccurredAt => "occurred_at",
            Self::OccurredTime => "occurred_time",
            Self::Amount => "amount",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::Sku => "sku",
            Self::Category => "category",
            Self::Currency => "currency",
            Self::Channel => "channel",
            Self::OfOrder => "of_order",
            Self::Direction => "direction",
            Self::Subject => "subject",
            Self::Body => "body",
        }
    }

    /// The field of a customer that it fills, where roles may have less than all of it.
    #[must_use]
    pub fn of_customer(self) -> Option<&'static str> {
        match self {
            Self::Phone => Some("phones"),
            Self::Email => Some("emails"),
            Self::Gender | Self::Birthday | Self::Region | Self::City | Self::Note | Self::JoinedDay => {
                Some(self.code())
            }
            _ => None,
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::CustomerId => ("客户编号", "customer id"),
            Self::CustomerName => ("客户姓名", "customer name"),
            Self::Phone => ("手机号", "phone"),
            Self::Email => ("邮箱", "e-mail"),
            Self::CustomerKind => ("客户类型", "customer kind"),
            Self::Gender => ("性别", "gender"),
            Self::Birthday => ("生日", "birthday"),
            Self::Region => ("省份/地区", "region"),
            Self::City => ("城市", "city"),
            Self::Note => ("备注", "note"),
            Self::JoinedDay => ("加入日期", "joined"),
            Self::CustomerCategory => ("客户分类", "customer category"),
            Self::Id => ("单据编号", "id"),
            Self::OccurredAt => ("发生时间", "time"),
            Self::OccurredTime => ("时刻", "time of day"),
            Self::Amount => ("金额", "amount"),
            Self::Quantity => ("数量", "quantity"),
            Self::UnitPrice => ("单价", "unit price"),
            Self::Sku => ("商品编码", "product code"),
            Self::Category => ("品类", "category"),
            Self::Currency => ("币种", "currency"),
            Self::Channel => ("渠道", "channel"),
            Self::OfOrder => ("原订单号", "original order"),
            Self::Direction => ("方向", "direction"),
            Self::Subject => ("主题", "subject"),
            Self::Body => ("内容", "text"),
        }
    }
}

/// Which orders are refunds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cancellation {
    /// Ids that begin so are refunds: `C`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_prefix: Option<String>,
    /// A negative sum (by quantity or amount) is a refund. Without it a negative order is reported as a problem.
    pub negative: bool,
}

/// Rows to pass over, for instance closed orders by their state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    pub column: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    pub kind: Kind,
    /// The system that the file comes from: together with an id it says what is the same thing when it comes again.
    pub source: String,
    /// Field ← column name.
    pub columns: BTreeMap<Field, String>,
    /// Key of an own field ← column name; in files of customers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Field ← the same value for every row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<Field, String>,
    #[serde(default)]
    pub date_order: DateOrder,
    /// Zone of the file's clock times; the organisation's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub cancellation: Cancellation,
    /// `17850.0` in id columns means `17850`.
    #[serde(default)]
    pub drop_zero: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
    #[serde(default)]
    pub read: ReadOptions,
}

/// Fields that tell whose row it is.
pub const IDENTITY: [Field; 3] = [Field::CustomerId, Field::Phone, Field::Email];

impl Mapping {
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.columns.contains_key(&field) || self.constants.contains_key(&field)
    }

    /// Everything that stands against using this mapping on this file, in one answer.
    pub fn check(&self, shape: &Shape) -> Result<()> {
        let mut faults = self.faults();
        for (field, column) in &self.columns {
            if shape.column(column).is_none() {
                faults.push(unknown_column(column, &format!("mapping.columns.{}", field.code())));
            }
        }
        for (key, column) in &self.fields {
            if shape.column(column).is_none() {
                faults.push(unknown_column(column, &format!("mapping.fields.{key}")));
            }
        }
        if let Some(skip) = &self.skip
            && shape.column(&skip.column).is_none()
        {
            faults.push(unknown_column(&skip.column, "mapping.skip.column"));
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }

    /// What is wrong with the mapping by itself, whatever the file.
    #[must_use]
    pub fn faults(&self) -> Vec<Error> {
        let mut faults = Vec::new();
        let source = self.source.trim();
        if source.is_empty() || source.len() > 60 || source.chars().any(char::is_control) {
            faults.push(
                Error::invalid(
                    "source_invalid",
                    "请填写来源系统的名称（1 到 60 个字符），例如“pos”或“天猫”。",
                    "Name the system that the file comes from (1 to 60 characters), for instance “pos”.",
                )
                .at("mapping.source"),
            );
        }
        if !IDENTITY.iter().any(|field| self.has(*field)) {
            faults.push(
                Error::invalid(
                    "mapping_no_customer",
                    "请指定客户编号、手机号或邮箱所在的列，否则无法知道每一行属于哪位客户。",
                    "Say which column holds the customer's id, phone or e-mail; otherwise no row has a customer.",
                )
                .at("mapping.columns.customer_id"),
            );
        }
        for field in self.needed() {
            if !self.has(field) {
                let (zh, en) = field.label();
                faults.push(
                    Error::invalid(
                        "mapping_field_missing",
                        format!("请指定“{zh}”所在的列。"),
                        format!("Say which column holds the {en}."),
                    )
                    .at(format!("mapping.columns.{}", field.code())),
                );
            }
        }
        if self.kind != Kind::Customers && !self.fields.is_empty() {
            faults.push(
                Error::invalid(
                    "mapping_fields_elsewhere",
                    "自定义字段只能随客户资料文件导入。",
                    "Own fields are loaded with a file of customers only.",
                )
                .at("mapping.fields"),
            );
        }
        if self.kind != Kind::Customers && self.has(Field::CustomerCategory) {
            faults.push(
                Error::invalid(
                    "mapping_category_elsewhere",
                    "客户分类只能随客户资料文件导入。",
                    "The customer category is loaded with a file of customers only.",
                )
                .at("mapping.columns.customer_category"),
            );
        }
        let mut used: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (key, column) in &self.fields {
            if let Some(other) = used.insert(fold(column), (key, key)) {
                faults.push(
                    Error::invalid(
                        "mapping_column_twice",
                        format!("“{column}”列同时用作“{}”和“{key}”，请只选一个。", other.0),
                        format!("Column “{column}” is used both as {} and as {key}; choose one.", other.1),
                    )
                    .at(format!("mapping.fields.{key}")),
                );
            }
        }
        for (field, column) in &self.columns {
            if let Some(other) = used.insert(fold(column), field.label()) {
                let (a, b) = (other, field.label());
                faults.push(
                    Error::invalid(
                        "mapping_column_twice",
                        format!("“{column}”列同时用作“{}”和“{}”，请只选一个。", a.0, b.0),
                        format!("Column “{column}” is used both as {} and as {}; choose one.", a.1, b.1),
                    )
                    .at(format!("mapping.columns.{}", field.code())),
                );
            }
        }
        if let Some(zone) = &self.time_zone {
            faults.extend(Zone::parse(zone).err().map(|error| error.at("mapping.time_zone")));
        }
        if let Some(currency) = self.constants.get(&Field::Currency) {
            faults.extend(Currency::parse(currency).err().map(|error| error.at("mapping.constants.currency")));
        }
        faults
    }

    fn needed(&self) -> Vec<Field> {
        match self.kind {
            Kind::Customers => Vec::new(),
            Kind::Interactions => vec![Field::OccurredAt],
            Kind::Orders | Kind::OrderLines => {
                let mut needed = vec![Field::Id, Field::OccurredAt];
                if !(self.has(Field::Quantity) && self.has(Field::UnitPrice)) {
                    needed.push(Field::Amount);
                }
                needed
            }
        }
    }

    /// A mapping that the product brings along.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let columns = match name {
            // UCI Online Retail, as published.
            "online-retail" => [
                (Field::Id, "InvoiceNo"),
                (Field::Sku, "StockCode"),
                (Field::Quantity, "Quantity"),
                (Field::OccurredAt, "InvoiceDate"),
                (Field::UnitPrice, "UnitPrice"),
                (Field::CustomerId, "CustomerID"),
                (Field::Region, "Country"),
            ],
            _ => return None,
        };
        Some(Self {
            kind: Kind::OrderLines,
            source: name.to_owned(),
            columns: columns.into_iter().map(|(field, column)| (field, column.to_owned())).collect(),
            fields: BTreeMap::new(),
            constants: BTreeMap::new(),
            date_order: DateOrder::Mdy,
            time_zone: Some("Europe/London".to_owned()),
            cancellation: Cancellation { id_prefix: Some("C".to_owned()), negative: false },
            drop_zero: true,
            skip: None,
            read: ReadOptions::default(),
        })
    }

    /// Names of the mappings that the product brings along.
    pub const BUILT_IN: [&'static str; 1] = ["online-retail"];
}

fn unknown_column(column: &str, field: &str) -> Error {
    Error::invalid(
        "mapping_column_unknown",
        format!("文件中没有名为“{column}”的列。"),
        format!("The file has no column “{column}”."),
    )
    .at(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_mapping_is_sound_and_reads_back_from_json() {
        let mapping = Mapping::built_in("online-retail").expect("built in");
        assert!(mapping.faults().is_empty());
        let json = serde_json::to_string(&mapping).expect("json");
        assert_eq!(serde_json::from_str::<Mapping>(&json).expect("reads"), mapping);
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).expect("json"), field.code());
        }
    }

    #[test]
    fn a_wrong_mapping_names_all_its_faults_at_once() {
        let mut mapping = Mapping::built_in("online-retail").expect("built in");
        mapping.source = " ".into();
        mapping.time_zone = Some("Mars/Base".into());
        mapping.columns.remove(&Field::CustomerId);
        mapping.columns.remove(&Field::OccurredAt);
        mapping.columns.insert(Field::Channel, "country".into());
        let codes: Vec<_> = mapping.faults().iter().map(|fault| fault.code).collect();
        assert_eq!(
            codes,
            [
                "source_invalid",
                "mapping_no_customer",
                "mapping_field_missing",
                "mapping_column_twice",
                "time_zone_unknown"
            ]
        );
        assert!(serde_json::from_str::<Mapping>(r#"{"kind":"orders","source":"x","columns":{"wrong":"A"}}"#).is_err());
    }
}
