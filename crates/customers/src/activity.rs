//! What happened to a customer: an order, a refund, an interaction. Append-only, with its source's own id, so that
//! what is delivered twice counts once.

use crate::identity::Identity;
use crate::profile::NewCustomer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use zunke_kernel::id::{ActivityId, CustomerId, StaffId};
use zunke_kernel::money::{ABSURD, shorten};
use zunke_kernel::{Currency, Day, Error, Instant, Money, Result};

pub const SOURCE_CHARS_MAX: usize = 60;
pub const SOURCE_ID_CHARS_MAX: usize = 120;
pub const SUBJECT_CHARS_MAX: usize = 300;
pub const BODY_CHARS_MAX: usize = 20_000;
pub const LINES_MAX: usize = 2_000;
pub const LINE_CHARS_MAX: usize = 300;
/// The largest quantity of an activity or one of its lines: above is a slip of the hand, and sums must hold.
pub const QUANTITY_MAX: i64 = 1_000_000_000;
/// Clocks of other systems run ahead; more than a day ahead is a slip.
const AHEAD_MS: i64 = 86_400_000;
/// 1900-01-01 in Shanghai or anywhere else: nothing before it is an activity.
const EARLIEST: Instant = Instant(-2_208_988_800_000 - 86_400_000);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActivityKind)]
pub enum Kind {
    Order,
    Refund,
    Interaction,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Order, Self::Refund, Self::Interaction];

    /// The word in the database and the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Refund => "refund",
            Self::Interaction => "interaction",
        }
    }

    pub(crate) fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::internal(format!("an activity of the unknown kind {word}")))
    }
}

/// Who spoke to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer came to us.
    Inbound,
    /// We went to the customer.
    Outbound,
}

impl Direction {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound].into_iter().find(|direction| direction.word() == word)
    }
}

/// One line of an order or refund.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The product line, which stickiness counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default)]
    pub quantity: i64,
    #[serde(default)]
    pub amount: Money,
}

/// Whose activity it is.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerRef {
    Id(CustomerId),
    /// The customer with this identity; where there is none, `create` is made (it then has this identity), or the
    /// row is refused where `create` is `None`.
    Identity {
        identity: Identity,
        create: Option<Box<NewCustomer>>,
    },
}

/// An activity as it is delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewActivity {
    pub customer: CustomerRef,
    pub kind: Kind,
    /// The system it comes from: `shop`, `erp`, `online-retail`.
    pub source: String,
    /// Its id there; together with the source it counts once.
    pub source_id: String,
    /// The higher revision of the same id wins, in whatever order they arrive. 0 where the source has none.
    pub revision: i64,
    pub occurred_at: Instant,
    /// Needed for orders and refunds, never negative.
    pub amount: Option<Money>,
    /// The organisation's own where none is given.
    pub currency: Option<Currency>,
    pub quantity: Option<i64>,
    /// `phone`, `wechat`, `store` …
    pub channel: Option<String>,
    pub direction: Option<Direction>,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub staff_id: Option<StaffId>,
    /// Of a refund: the order's id in the same source.
    pub of_source_id: Option<String>,
    pub lines: Vec<Line>,
}

impl NewActivity {
    /// An activity with nothing but what each must have.
    pub fn new(
        customer: CustomerRef,
        kind: Kind,
        source: impl Into<String>,
        source_id: impl Into<String>,
        occurred_at: Instant,
    ) -> Self {
        Self {
            customer,
            kind,
            source: source.into(),
            source_id: source_id.into(),
            revision: 0,
            occurred_at,
            amount: None,
            currency: None,
            quantity: None,
            channel: None,
            direction: None,
            subject: None,
            body: None,
            staff_id: None,
            of_source_id: None,
            lines: Vec::new(),
        }
    }

    #[must_use]
    pub fn amount(mut self, amount: Money) -> Self {
        self.amount = Some(amount);
        self
    }

    /// The rules that need nothing but the row itself. `own` is the organisation's currency.
    pub fn check(&self, now: Instant, own: Currency) -> Result<()> {
        let mut faults = Vec::new();
        let mut text = |value: &str, field: &str, max: usize, needed: bool| {
            let length = value.chars().count();
            if needed && value.trim().is_empty() {
                faults.push(
                    Error::invalid("field_required", "此项必填。", "This field is required.").at(field.to_owned()),
                );
            } else if length > max || value.contains('\0') {
                faults.push(
                    Error::invalid(
                        "text_too_long",
                        format!("最多 {max} 个字符，收到 {length} 个。"),
                        format!("At most {max} characters, got {length}."),
                    )
                    .at(field.to_owned()),
                );
            }
        };
        text(&self.source, "source", SOURCE_CHARS_MAX, true);
        text(&self.source_id, "source_id", SOURCE_ID_CHARS_MAX, true);
        text(self.subject.as_deref().unwrap_or(""), "subject", SUBJECT_CHARS_MAX, false);
        text(self.body.as_deref().unwrap_or(""), "body", BODY_CHARS_MAX, false);
        text(self.channel.as_deref().unwrap_or(""), "channel", SOURCE_CHARS_MAX, false);
        text(self.of_source_id.as_deref().unwrap_or(""), "of_source_id", SOURCE_ID_CHARS_MAX, false);
        for (at, line) in self.lines.iter().take(LINES_MAX).enumerate() {
            for (value, name) in [(&line.sku, "sku"), (&line.name, "name"), (&line.category, "category")] {
                if let Some(value) =
                    value.as_deref().filter(|value| value.len() > LINE_CHARS_MAX || value.contains('\0'))
                {
                    text(value, &format!("lines[{at}].{name}"), LINE_CHARS_MAX, false);
                }
            }
        }
        faults.extend(self.amount_fault(own));
        faults.extend(self.quantity.and_then(quantity_fault).map(|fault| fault.at("quantity")));
        for (at, line) in self.lines.iter().take(LINES_MAX).enumerate() {
            faults.extend(quantity_fault(line.quantity).map(|fault| fault.at(format!("lines[{at}].quantity"))));
            if line.amount.0.unsigned_abs() > ABSURD.unsigned_abs() {
                faults.push(absurd(line.amount).at(format!("lines[{at}].amount")));
            }
        }
        if self.occurred_at.0 > now.0.saturating_add(AHEAD_MS) {
            faults.push(
                Error::invalid(
                    "occurred_in_future",
                    format!("发生时间 {} 在未来，请检查日期。", self.occurred_at),
                    format!("It is dated {}, in the future; check the date.", self.occurred_at),
                )
                .at("occurred_at"),
            );
        } else if self.occurred_at < EARLIEST {
            faults.push(
                Error::invalid(
                    "occurred_too_early",
                    "发生时间早于 1900 年，请检查日期。",
                    "It is dated before 1900; check the date.",
                )
                .at("occurred_at"),
            );
        }
        if self.revision < 0 {
            faults.push(
                Error::invalid("revision_invalid", "版本号不能为负数。", "The revision must not be negative.")
                    .at("revision"),
            );
        }
        if self.lines.len() > LINES_MAX {
            faults.push(
                Error::invalid(
                    "lines_too_many",
                    format!("明细最多 {LINES_MAX} 行。"),
                    format!("At most {LINES_MAX} lines."),
                )
                .at("lines"),
            );
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }

    fn amount_fault(&self, own: Currency) -> Option<Error> {
        if let Some(currency) = self.currency.filter(|currency| *currency != own) {
            return Some(
                Error::invalid(
                    "currency_not_own",
                    format!("本组织以 {} 结算，不能记录 {} 金额，请先换算。", own.code(), currency.code()),
                    format!("Amounts are kept in {}; please convert {} first.", own.code(), currency.code()),
                )
                .at("currency"),
            );
        }
        let fault = match (self.kind, self.amount) {
            (Kind::Interaction, None) => return None,
            (Kind::Interaction, Some(_)) => Error::invalid(
                "amount_not_here",
                "互动记录不带金额，金额请记为订单或退款。",
                "An interaction has no amount; record an order or a refund for it.",
            ),
            (_, None) => {
                Error::invalid("amount_required", "订单和退款必须有金额。", "Orders and refunds need an amount.")
            }
            (Kind::Order, Some(amount)) if amount.0 < 0 => Error::invalid(
                "amount_negative",
                format!("订单金额不能为负数（{amount}），退货请记为退款。"),
                format!("An order's amount must not be negative ({amount}); record a refund for a return."),
            ),
            (Kind::Refund, Some(amount)) if amount.0 < 0 => Error::invalid(
                "amount_negative",
                format!("退款金额请填正数（收到 {amount}）。"),
                format!("Write a refund's amount as a positive number (got {amount})."),
            ),
            (_, Some(amount)) if amount.0 > ABSURD => absurd(amount),
            _ => return None,
        };
        Some(fault.at("amount"))
    }

    /// A fingerprint of what counts: two deliveries with the same one are the same.
    pub(crate) fn content_hash(&self, customer: CustomerId, lines: Option<&str>) -> i64 {
        let mut hash = Sha256::new();
        let mut put = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        put(customer.0.as_bytes());
        put(self.kind.word().as_bytes());
        put(&self.occurred_at.0.to_le_bytes());
        put(&self.amount.map_or([0; 9], |amount| {
            let mut bytes = [1; 9];
            bytes[1..].copy_from_slice(&amount.0.to_le_bytes());
            bytes
        }));
        put(&self.quantity.unwrap_or(0).to_le_bytes());
        put(self.direction.map_or("", Direction::word).as_bytes());
        for text in [&self.channel, &self.subject, &self.body, &self.of_source_id] {
            put(text.as_deref().unwrap_or("").as_bytes());
        }
        put(self.staff_id.map_or([0; 16], |staff| *staff.0.as_bytes()).as_slice());
        put(lines.unwrap_or("").as_bytes());
        let digest = hash.finalize();
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        i64::from_le_bytes(head)
    }
}

/// An activity as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    pub id: ActivityId,
    pub customer_id: CustomerId,
    pub kind: Kind,
    pub occurred_at: Instant,
    /// The day of it in the organisation's zone.
    pub day: Day,
    pub source: String,
    pub source_id: String,
    pub revision: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<StaffId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    pub recorded_at: Instant,
}

/// What became of one delivered row.
#[derive(Clone, Debug)]
pub enum Outcome {
    Recorded(ActivityId),
    /// Already here, word for word.
    Duplicate(ActivityId),
    /// A newer version of it took the place of the older.
    Replaced(ActivityId),
    /// A newer revision is already here; this one changes nothing.
    Stale(ActivityId),
    Refused(Error),
}

/// What changed for one customer; observers move measures and levels by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub customer: CustomerId,
    pub before: Option<Activity>,
    pub after: Option<Activity>,
}

/// A text as an error message can hold it.
pub(crate) fn named(identity: &Identity) -> String {
    shorten(&identity.shown())
}
fn absurd(amount: Money) -> Error {
    Error::invalid(
        "amount_absurd",
        format!("金额 {amount} 过大，请检查是否多写了几位。"),
        format!("The amount {amount} is too large; check for extra digits."),
    )
}

fn quantity_fault(quantity: i64) -> Option<Error> {
    (quantity.unsigned_abs() > QUANTITY_MAX.unsigned_abs()).then(|| {
        Error::invalid(
            "quantity_absurd",
            format!("数量 {quantity} 过大，请检查是否多写了几位。"),
            format!("The quantity {quantity} is too large; check for extra digits."),
        )
    })
}
