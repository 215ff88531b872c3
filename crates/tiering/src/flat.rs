//! Days as plain words: day, orders and money of each day side by side in eight bytes, so that sums over a window are one
//! straight run without unpacking. Whoever has refunds, odd amounts or hundreds of orders in a day has no such words, and
//! is read from his packed days.

use crate::bucket::Entry;

/// Bytes of a day.
pub const WORD: usize = 8;

/// The days of a customer with orders, as words: bits 0 to 15 the day since 1970, 16 to 23 the orders, 24 to 63 their
/// gross in hundredths of the currency, signed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flat<'a>(&'a [u8]);

/// A day of [`Flat`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatDay {
    pub day: i32,
    pub orders: i64,
    /// In ten-thousandths, as everywhere.
    pub gross: i64,
}

/// What a day says beside its orders and their money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing: the word says all.
    Whole,
    /// Contacts, pieces, lines: the word says what sums need.
    Sums,
    /// There is no word for it.
    Not,
}

impl<'a> Flat<'a> {
    #[must_use]
    pub fn new(words: &'a [u8]) -> Self {
        Self(words)
    }
}

impl Iterator for Flat<'_> {
    type Item = FlatDay;

    #[inline]
    fn next(&mut self) -> Option<FlatDay> {
        let (word, rest) = self.0.split_first_chunk::<WORD>()?;
        self.0 = rest;
        let word = i64::from_le_bytes(*word);
        let day = (word & 0xffff) as i32;
        Some(FlatDay { day, orders: word >> 16 & 0xff, gross: (word >> 24) * 100 })
    }
}

/// Writes the word of a day, where there is one; a day without orders needs none.
pub fn put(out: &mut Vec<u8>, entry: &Entry<'_>) -> Fit {
    let more = entry.quantity != 0 || entry.contacts != 0 || entry.inbound != 0 || !entry.lines.is_empty();
    let hundredths = entry.gross / 100;
    let fits = (0..=0xffff).contains(&entry.day)
        && (0..=0xff).contains(&entry.orders)
        && entry.gross % 100 == 0
        && (entry.orders > 0 || entry.gross == 0)
        && hundredths.unsigned_abs() < 1 << 39
        && entry.refunds == 0
        && entry.refund_amount == 0;
    if !fits {
        return Fit::Not;
    }
    if entry.orders > 0 {
        let word = i64::from(entry.day) | entry.orders << 16 | hundredths << 24;
        out.extend_from_slice(&word.to_le_bytes());
    }
    if more { Fit::Sums } else { Fit::Whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i32, orders: i64, gross: i64) -> Entry<'static> {
        Entry { day, orders, gross, ..Entry::default() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let days =
            [day(0, 1, 0), day(20_000, 1, 1_234_500), day(0xffff, 255, -100), day(300, 2, ((1 << 39) - 1) * 100)];
        let mut words = Vec::new();
        for day in &days {
            assert_eq!(put(&mut words, day), Fit::Whole);
        }
        let read: Vec<(i32, i64, i64)> = Flat::new(&words).map(|day| (day.day, day.orders, day.gross)).collect();
        assert_eq!(read, days.map(|day| (day.day, day.orders, day.gross)));
    }

    #[test]
    fn what_a_word_cannot_say_has_none_and_what_sums_do_not_need_is_told() {
        let mut words = Vec::new();
        let not = [
            day(-1, 1, 100),
            day(0x1_0000, 1, 100),
            day(1, 256, 100),
            day(1, 1, 101),
            day(1, 1, (1 << 39) * 100),
            day(1, 0, 100),
            Entry { refunds: 1, refund_amount: 500, ..day(1, 1, 100) },
        ];
        for day in &not {
            assert_eq!(put(&mut words, day), Fit::Not, "{day:?}");
        }
        assert!(words.is_empty());
        assert_eq!(put(&mut words, &Entry { contacts: 1, ..day(1, 0, 0) }), Fit::Sums);
        assert!(words.is_empty(), "no order, no word");
        assert_eq!(put(&mut words, &Entry { quantity: 3, ..day(1, 1, 100) }), Fit::Sums);
    }
}
