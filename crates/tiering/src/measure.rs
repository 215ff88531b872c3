//! Measures: what activities add up to, per customer and day. Every measure is a sum, so that an activity
//! can be taken out again exactly, and the order of arrival makes no difference.

use serde::{Deserialize, Serialize};
use zunke_kernel::{Day, Text};

/// A built-in measure of one customer and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Orders placed.
    Orders,
    /// What the orders came to, before refunds.
    GrossSpend,
    /// Refunds and cancellations.
    Refunds,
    /// What was given back; positive.
    RefundAmount,
    /// Gross spend less refunds, each on its own day; may be negative.
    NetSpend,
    /// Pieces ordered.
    Quantity,
    /// Contacts in either direction: calls, visits, messages.
    Contacts,
    /// Contacts that the customer began.
    InboundContacts,
    /// Product lines (categories) ordered from.
    ProductLines,
}

/// What a number counts, and so how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The organisation's currency.
    Money,
    /// Times or pieces.
    Count,
    Days,
    Months,
    Years,
    /// A fraction of 1, shown in per cent.
    Share,
    /// 0 to 100.
    Points,
    /// 1 to 5.
    Grade,
}

impl Measure {
    pub const ALL: [Self; 9] = [
        Self::Orders,
        Self::GrossSpend,
        Self::Refunds,
        Self::RefundAmount,
        Self::NetSpend,
        Self::Quantity,
        Self::Contacts,
        Self::InboundContacts,
        Self::ProductLines,
    ];

    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::GrossSpend => "gross_spend",
            Self::Refunds => "refunds",
            Self::RefundAmount => "refund_amount",
            Self::NetSpend => "net_spend",
            Self::Quantity => "quantity",
            Self::Contacts => "contacts",
            Self::InboundContacts => "inbound_contacts",
            Self::ProductLines => "product_lines",
        }
    }

    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Orders => Text::new("订单数", "Orders"),
            Self::GrossSpend => Text::new("消费总额", "Gross spend"),
            Self::Refunds => Text::new("退款次数", "Refunds"),
            Self::RefundAmount => Text::new("退款金额", "Refund amount"),
            Self::NetSpend => Text::new("净消费额", "Net spend"),
            Self::Quantity => Text::new("购买件数", "Quantity"),
            Self::Contacts => Text::new("互动次数", "Contacts"),
            Self::InboundContacts => Text::new("客户主动互动次数", "Contacts by the customer"),
            Self::ProductLines => Text::new("产品线数", "Product lines"),
        }
    }

    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::GrossSpend | Self::RefundAmount | Self::NetSpend => Unit::Money,
            _ => Unit::Count,
        }
    }
}

/// What one customer did on one day, or the change of it (then any value may be negative). Money is in
/// ten-thousandths of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayValues {
    pub orders: i64,
    pub gross: i64,
    pub refunds: i64,
    pub refund_amount: i64,
    pub quantity: i64,
    pub contacts: i64,
    pub inbound: i64,
    /// Code of a product line → orders with it, ascending by code, no zero counts.
    pub lines: Vec<(u32, i64)>,
}

impl DayValues {
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Adds `other` times `sign` (+1 or −1).
    pub fn add(&mut self, other: &Self, sign: i64) {
        self.orders += sign * other.orders;
        self.gross += sign * other.gross;
        self.refunds += sign * other.refunds;
        self.refund_amount += sign * other.refund_amount;
        self.quantity += sign * other.quantity;
        self.contacts += sign * other.contacts;
        self.inbound += sign * other.inbound;
        for (code, count) in &other.lines {
            match self.lines.binary_search_by_key(code, |(code, _)| *code) {
                Ok(at) => {
                    self.lines[at].1 += sign * count;
                    if self.lines[at].1 == 0 {
                        self.lines.remove(at);
                    }
                }
                Err(at) => self.lines.insert(at, (*code, sign * count)),
            }
        }
    }
}

/// The code of a product line: 24 bits of FNV-1a over its trimmed name. Two lines of 100 share a code with a
/// probability of 0.03 %; then they count as one.
#[must_use]
pub fn line_code(category: &str) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in category.trim().to_lowercase().bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash >> 24) ^ (hash & 0x00ff_ffff)
}

/// A change of one customer's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub day: Day,
    pub values: DayValues,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_and_taken_away_leaves_nothing() {
        let order = DayValues { orders: 1, gross: 99, lines: vec![(3, 1), (9, 2)], ..DayValues::default() };
        let mut day = DayValues::default();
        day.add(&order, 1);
        day.add(&order, 1);
        assert_eq!(day.lines, vec![(3, 2), (9, 4)]);
        day.add(&order, -1);
        day.add(&order, -1);
        assert!(day.is_zero());
    }

    #[test]
    fn a_product_line_is_one_in_any_spelling_of_case_and_edge_blanks() {
        assert_eq!(line_code(" 护肤 "), line_code("护肤"));
        assert_eq!(line_code("Skin Care"), line_code("skin care"));
        assert_ne!(line_code("护肤"), line_code("彩妆"));
    }
}
