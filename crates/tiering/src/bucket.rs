//! The packed form of one customer's year: the days on which something happened, with their measures.
//!
//! A day is `gap` (varint: days since the day before, the first one since 1 January), a mask byte, and only the
//! values that the mask names, each a zigzag varint. An ordinary day with one order takes 5 to 7 bytes. The empty
//! text of bytes is the empty year, so a year whose activities are all taken out again is gone.

use crate::measure::{DayValues, Delta};
use zunke_kernel::{Day, Error, Result};

const ONE_ORDER: u8 = 1;
const ORDERS: u8 = 1 << 1;
const GROSS: u8 = 1 << 2;
/// The gross amount is kept in hundredths: set where it has no finer part.
const HUNDREDTHS: u8 = 1 << 3;
const REFUNDS: u8 = 1 << 4;
const QUANTITY: u8 = 1 << 5;
const CONTACTS: u8 = 1 << 6;
const LINES: u8 = 1 << 7;
/// One order and nothing else, without a finer part than hundredths.
const PLAIN: u8 = ONE_ORDER | GROSS | HUNDREDTHS;

/// A day as it is read, without copying: `lines` holds packed pairs, see [`lines`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry<'a> {
    pub day: i32,
    pub orders: i64,
    pub gross: i64,
    pub refunds: i64,
    pub refund_amount: i64,
    pub quantity: i64,
    pub contacts: i64,
    pub inbound: i64,
    pub(crate) lines: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The product lines of the day and the orders with them.
    #[must_use]
    pub fn lines(&self) -> Lines<'a> {
        Lines { rest: self.lines, code: 0 }
    }
}

/// Reads the packed days of one year in order. Stops at the first byte that makes no sense: what this room wrote
/// always reads to its end, and [`check`] tells the difference.
#[derive(Clone)]
pub struct Days<'a> {
    rest: &'a [u8],
    day: i32,
}

impl<'a> Days<'a> {
    /// `first` is 1 January of the year.
    #[must_use]
    pub fn new(bytes: &'a [u8], first: Day) -> Self {
        Self { rest: bytes, day: first.0 }
    }
}

impl<'a> Iterator for Days<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        let mut rest = self.rest;
        let gap = take(&mut rest)?;
        let (&mask, after) = rest.split_first()?;
        rest = after;
        #[expect(clippy::cast_possible_truncation, reason = "a gap within one year")]
        let gap = gap as i32;
        self.day = self.day.wrapping_add(gap);
        let mut entry = Entry { day: self.day, orders: i64::from(mask & ONE_ORDER), ..Entry::default() };
        if mask & ORDERS != 0 {
            entry.orders = signed(&mut rest)?;
        }
        if mask & GROSS != 0 {
            entry.gross = signed(&mut rest)?.wrapping_mul(if mask & HUNDREDTHS == 0 { 1 } else { 100 });
        }
        if mask & QUANTITY != 0 {
            entry.quantity = signed(&mut rest)?;
        }
        if mask & REFUNDS != 0 {
            entry.refunds = signed(&mut rest)?;
            entry.refund_amount = signed(&mut rest)?;
        }
        if mask & CONTACTS != 0 {
            entry.contacts = signed(&mut rest)?;
            entry.inbound = signed(&mut rest)?;
        }
        if mask & LINES != 0 {
            let size = usize::try_from(take(&mut rest)?).ok()?;
            let (lines, after) = rest.split_at_checked(size)?;
            entry.lines = lines;
            rest = after;
        }
        self.rest = rest;
        Some(entry)
    }

    /// The same days as [`Days::next`] gives, with a short way for the day that most days are: one order in hundredths.
    #[inline]
    fn fold<B, F: FnMut(B, Entry<'a>) -> B>(mut self, init: B, mut each: F) -> B {
        let mut done = init;
        loop {
            let mut rest = self.rest;
            if let Some(gap) = take(&mut rest)
                && let Some((&PLAIN, mut after)) = rest.split_first()
                && let Some(gross) = signed(&mut after)
            {
                #[expect(clippy::cast_possible_truncation, reason = "a gap within one year")]
                let gap = gap as i32;
                self.day = self.day.wrapping_add(gap);
                self.rest = after;
                let gross = gross.wrapping_mul(100);
                done = each(done, Entry { day: self.day, orders: 1, gross, ..Entry::default() });
                continue;
            }
            match self.next() {
                Some(entry) => done = each(done, entry),
                None => return done,
            }
        }
    }
}

/// Reads packed product lines: code and number of orders.
pub struct Lines<'a> {
    rest: &'a [u8],
    code: u32,
}

impl Iterator for Lines<'_> {
    type Item = (u32, i64);

    fn next(&mut self) -> Option<(u32, i64)> {
        let gap = u32::try_from(take(&mut self.rest)?).ok()?;
        let count = signed(&mut self.rest)?;
        self.code = self.code.wrapping_add(gap);
        Some((self.code, count))
    }
}

#[inline]
fn take(rest: &mut &[u8]) -> Option<u64> {
    let (&first, after) = rest.split_first()?;
    if first < 0x80 {
        *rest = after;
        return Some(u64::from(first));
    }
    // Amounts are of two or three bytes.
    if let [_, second, after @ ..] = *rest
        && *second < 0x80
    {
        *rest = after;
        return Some(u64::from(first & 0x7f) | u64::from(*second) << 7);
    }
    if let [_, second, third, after @ ..] = *rest
        && *third < 0x80
    {
        *rest = after;
        return Some(u64::from(first & 0x7f) | u64::from(*second & 0x7f) << 7 | u64::from(*third) << 14);
    }
    take_long(rest)
}

fn take_long(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (at, &byte) in rest.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *rest = &rest[at + 1..];
            return Some(value);
        }
    }
    None
}

#[inline]
fn signed(rest: &mut &[u8]) -> Option<i64> {
    take(rest).map(|value| (value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// The year that a day belongs to, and its 1 January.
#[must_use]
pub fn year_of(day: Day) -> (i16, Day) {
    let year = day.year();
    (year, first_of(year))
}

/// 1 January of a year.
#[must_use]
pub fn first_of(year: i16) -> Day {
    Day::from_ymd(year, 1, 1).unwrap_or_default()
}

/// Whether the bytes read to their end and rise day by day.
#[must_use]
pub fn check(bytes: &[u8], first: Day) -> bool {
    let mut days = Days::new(bytes, first);
    let mut last = first.0 - 1;
    for entry in &mut days {
        if entry.day <= last || entry.day >= first.0 + 366 {
            return false;
        }
        last = entry.day;
    }
    days.rest.is_empty()
}

/// Unpacks a year into days and values.
#[must_use]
pub fn unpack(bytes: &[u8], first: Day) -> Vec<(Day, DayValues)> {
    Days::new(bytes, first)
        .map(|entry| {
            let values = DayValues {
                orders: entry.orders,
                gross: entry.gross,
                refunds: entry.refunds,
                refund_amount: entry.refund_amount,
                quantity: entry.quantity,
                contacts: entry.contacts,
                inbound: entry.inbound,
                lines: entry.lines().collect(),
            };
            (Day(entry.day), values)
        })
        .collect()
}

/// Packs days (ascending) into a year; days with nothing are left out.
#[must_use]
pub fn pack(days: &[(Day, DayValues)], first: Day) -> Vec<u8> {
    let mut out = Vec::with_capacity(days.len() * 8);
    let mut last = first.0;
    let mut lines = Vec::new();
    for (day, values) in days.iter().filter(|(_, values)| !values.is_zero()) {
        put(&mut out, u64::try_from(day.0 - last).unwrap_or(0));
        last = day.0;
        let hundredths = values.gross % 100 == 0;
        let mut mask = 0;
        for (bit, is) in [
            (ONE_ORDER, values.orders == 1),
            (ORDERS, values.orders != 0 && values.orders != 1),
            (GROSS, values.gross != 0),
            (HUNDREDTHS, values.gross != 0 && hundredths),
            (REFUNDS, values.refunds != 0 || values.refund_amount != 0),
            (QUANTITY, values.quantity != 0),
            (CONTACTS, values.contacts != 0 || values.inbound != 0),
            (LINES, !values.lines.is_empty()),
        ] {
            if is {
                mask |= bit;
            }
        }
        out.push(mask);
        if mask & ORDERS != 0 {
            put_signed(&mut out, values.orders);
        }
        if mask & GROSS != 0 {
            put_signed(&mut out, if hundredths { values.gross / 100 } else { values.gross });
        }
        if mask & QUANTITY != 0 {
            put_signed(&mut out, values.quantity);
        }
        if mask & REFUNDS != 0 {
            put_signed(&mut out, values.refunds);
            put_signed(&mut out, values.refund_amount);
        }
        if mask & CONTACTS != 0 {
            put_signed(&mut out, values.contacts);
            put_signed(&mut out, values.inbound);
        }
        if mask & LINES != 0 {
            lines.clear();
            let mut code = 0;
            for (next, count) in &values.lines {
                put(&mut lines, u64::from(next - code));
                put_signed(&mut lines, *count);
                code = *next;
            }
            put(&mut out, lines.len() as u64);
            out.extend_from_slice(&lines);
        }
    }
    out
}

/// Adds changes to a packed year, in any order. All `deltas` must lie in the year that begins at `first`.
///
/// # Errors
/// `bucket_damaged` (internal) where the stored bytes don't read: better no answer than a wrong sum.
pub fn apply<'a>(bytes: &[u8], first: Day, deltas: impl IntoIterator<Item = &'a Delta>) -> Result<Vec<u8>> {
    if !check(bytes, first) {
        return Err(Error::internal(format!("measure bucket of the year beginning {first} is damaged")));
    }
    let mut days = unpack(bytes, first);
    for delta in deltas {
        match days.binary_search_by_key(&delta.day, |(day, _)| *day) {
            Ok(at) => days[at].1.add(&delta.values, 1),
            Err(at) => days.insert(at, (delta.day, delta.values.clone())),
        }
    }
    Ok(pack(&days, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = DayValues> {
        (
            0..4_i64,
            prop_oneof![Just(0), 0..50_000_000_i64, any::<i32>().prop_map(|value| i64::from(value) * 100)],
            0..2_i64,
            0..5_000_000_i64,
            0..200_i64,
            0..3_i64,
            prop::collection::btree_map(0..0x00ff_ffff_u32, 1..3_i64, 0..4),
        )
            .prop_map(|(orders, gross, refunds, refund_amount, quantity, contacts, lines)| DayValues {
                orders,
                gross,
                refunds,
                refund_amount,
                quantity,
                contacts,
                inbound: contacts / 2,
                lines: lines.into_iter().collect(),
            })
    }

    fn deltas() -> impl Strategy<Value = Vec<Delta>> {
        let first = first_of(2024).0;
        prop::collection::vec(
            (first..first + 366, values()).prop_map(|(day, values)| Delta { day: Day(day), values }),
            0..40,
        )
    }

    proptest! {
        #[test]
        fn any_order_and_any_split_of_the_same_changes_packs_the_same_bytes(
            changes in deltas(),
            shuffled in any::<prop::sample::Index>(),
        ) {
            let first = first_of(2024);
            let whole = apply(&[], first, &changes).expect("applies");
            let mut one_by_one = Vec::new();
            let mut turned = changes.clone();
            if !turned.is_empty() {
                let at = shuffled.index(turned.len());
                turned.rotate_left(at);
                turned.reverse();
            }
            for change in &turned {
                one_by_one = apply(&one_by_one, first, [change]).expect("applies");
            }
            prop_assert_eq!(&whole, &one_by_one);
            prop_assert!(check(&whole, first));
            prop_assert_eq!(pack(&unpack(&whole, first), first), whole);
        }

        #[test]
        fn a_change_and_its_inverse_leave_the_bytes_as_they_were(base in deltas(), changes in deltas()) {
            let first = first_of(2024);
            let before = apply(&[], first, &base).expect("applies");
            let after = apply(&before, first, &changes).expect("applies");
            let inverse: Vec<Delta> = changes
                .iter()
                .map(|change| {
                    let mut values = DayValues::default();
                    values.add(&change.values, -1);
                    Delta { day: change.day, values }
                })
                .collect();
            prop_assert_eq!(apply(&after, first, &inverse).expect("applies"), before);
        }

        #[test]
        fn bytes_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let first = first_of(2023);
            for entry in Days::new(&bytes, first) {
                let _ = entry.lines().count();
            }
            let _ = check(&bytes, first);
        }
    }

    #[test]
    fn an_ordinary_day_takes_five_to_seven_bytes() {
        let days: Vec<(Day, DayValues)> = (0..20)
            .map(|at| {
                let values =
                    DayValues { orders: 1, gross: 1_234_500 + at * 7_300, quantity: 3, ..DayValues::default() };
                (first_of(2026).plus(i32::try_from(at).expect("small") * 17), values)
            })
            .collect();
        let bytes = pack(&days, first_of(2026));
        assert!(bytes.len() <= 20 * 7, "{} bytes", bytes.len());
    }

    #[test]
    fn a_damaged_year_is_refused_and_not_added_to() {
        assert_eq!(apply(&[0x80], first_of(2024), []).expect_err("cut off").kind, zunke_kernel::Kind::Internal);
        assert!(!check(&[0xff, 0xff, 0x03, 0x01], first_of(2024)), "a day beyond the year");
    }
}
