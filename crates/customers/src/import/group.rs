//! Makes one order of its lines: they may stand far apart in the file, and bear several minutes.

use super::draft::{Line, Person, Sale, SaleLine};
use super::plan::Plan;
use super::problem::Reason;
use super::values::Decimal;
use std::collections::HashMap;

/// Lines kept with an order; its sum and quantity are of all its lines.
pub const LINES_KEPT: usize = 200;

/// One row of an order, as it was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    Line {
        row: u64,
        person: Box<Person>,
        line: Line,
    },
    /// A faulty row of this order.
    Faulty {
        id: String,
    },
}

/// An order made of its rows, or the reason why all of them are left out.
#[derive(Debug)]
pub struct Grouped {
    pub rows: Vec<u64>,
    pub id: String,
    pub made: Result<(Person, Sale), Reason>,
}

#[derive(Default)]
struct Gathered {
    faulty: bool,
    lines: Vec<(u64, Box<Person>, Line)>,
}

/// Groups rows into orders, the earliest first. The order is total, so a resumed import meets the same sequence.
#[must_use]
pub fn orders(asides: Vec<Aside>, plan: &Plan) -> Vec<Grouped> {
    let mut groups: HashMap<String, Gathered> = HashMap::new();
    for aside in asides {
        match aside {
            Aside::Faulty { id } => groups.entry(id).or_default().faulty = true,
            Aside::Line { row, person, mut line } => {
                let id = std::mem::take(&mut line.id);
                groups.entry(id).or_default().lines.push((row, person, line));
            }
        }
    }
    let mut orders: Vec<_> = groups
        .into_iter()
        .filter(|(_, gathered)| !gathered.lines.is_empty())
        .map(|(id, gathered)| {
            let at = gathered.lines.iter().map(|(_, _, line)| line.at).min().unwrap_or_default();
            (at, order(id, gathered, plan))
        })
        .collect();
    orders.sort_by(|(at, one), (other_at, other)| (at, &one.id).cmp(&(other_at, &other.id)));
    orders.into_iter().map(|(_, order)| order).collect()
}

fn order(id: String, gathered: Gathered, plan: &Plan) -> Grouped {
    let rows = gathered.lines.iter().map(|(row, ..)| *row).collect();
    let made = if gathered.faulty { Err(Reason::OtherRow) } else { make(&id, gathered.lines, plan) };
    Grouped { rows, id, made }
}

fn make(id: &str, mut lines: Vec<(u64, Box<Person>, Line)>, plan: &Plan) -> Result<(Person, Sale), Reason> {
    lines.sort_by_key(|(row, ..)| *row);
    let mut sum = 0i128;
    let mut scale = 4;
    for (_, _, line) in &lines {
        scale = scale.max(line.amount.scale);
    }
    let mut person = Person::default();
    for (at, (_, other, line)) in lines.iter().enumerate() {
        sum = line.amount.at_scale(scale).and_then(|value| sum.checked_add(value)).ok_or(Reason::ValueInvalid)?;
        if at == 0 {
            person = (**other).clone();
        } else if person.key != other.key || person.phone != other.phone || person.email != other.email {
            return Err(Reason::CustomersDiffer);
        }
    }
    let (refund, amount) = plan.sign(id, Decimal { mantissa: sum, scale })?;
    let sign = if refund && sum < 0 { -1 } else { 1 };
    let quantity =
        lines.iter().map(|(_, _, line)| line.quantity).collect::<Option<Vec<_>>>().map(|all| all.iter().sum::<i64>());
    let kept = lines.iter().take(LINES_KEPT).map(|(_, _, line)| {
        let money = line.amount.at_scale(4).and_then(|value| i64::try_from(value).ok()).unwrap_or(0);
        SaleLine {
            sku: line.sku.clone(),
            category: line.category.clone(),
            quantity: line.quantity.map(|quantity| quantity * sign),
            amount: zunke_kernel::Money(money * sign),
        }
    });
    let first = |pick: fn(&Line) -> Option<&String>| lines.iter().find_map(|(_, _, line)| pick(line)).cloned();
    let sale = Sale {
        id: id.to_owned(),
        at: lines.iter().map(|(_, _, line)| line.at).min().unwrap_or_default(),
        refund,
        amount,
        currency: lines.iter().find_map(|(_, _, line)| line.currency),
        channel: first(|line| line.channel.as_ref()),
        of_order: first(|line| line.of_order.as_ref()),
        quantity: quantity.map(|quantity| quantity * sign),
        lines: kept.collect(),
    };
    Ok((person, sale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::draft::Draft;
    use crate::import::mapping::Mapping;
    use crate::import::reader::{Format, Row, Shape};
    use zunke_kernel::{Instant, Zone};

    fn plan() -> Plan {
        let columns =
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];
        let shape = Shape {
            format: Format::Csv,
            packed: false,
            encoding: None,
            delimiter: Some(','),
            sheet: None,
            header_row: 1,
            columns: columns.map(str::to_owned).to_vec(),
            from_1904: false,
        };
        let mapping = Mapping::built_in("online-retail").expect("built in");
        Plan::new(&mapping, &shape, &Zone::default(), Instant(1_700_000_000_000)).expect("fits")
    }

    fn aside(plan: &Plan, number: u64, cells: &[&str]) -> Aside {
        match plan.draft(&Row::of(number, cells)) {
            Ok(Draft::Line(person, line)) => Aside::Line { row: number, person: Box::new(person), line },
            Ok(_) => panic!("a line"),
            Err(_) => Aside::Faulty { id: plan.id_of(&Row::of(number, cells)).expect("id") },
        }
    }

    #[test]
    fn lines_apart_make_one_exact_order_at_the_earliest_minute() {
        let plan = plan();
        let rows = [
            aside(&plan, 2, &["1", "A", "", "3", "2010-12-01 08:27:00", "0.001", "17850.0", "UK"]),
            aside(&plan, 3, &["2", "A", "", "1", "2010-12-01 08:00:00", "5", "9.0", "UK"]),
            aside(&plan, 9, &["1", "B", "", "2", "2010-12-01 08:26:00", "2.55", "17850.0", "UK"]),
            aside(&plan, 10, &["1", "B", "", "2", "2010-12-01 08:26:00", "2.55", "17850.0", "UK"]),
        ];
        let orders = orders(rows.to_vec(), &plan);
        assert_eq!(orders.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
        let (person, sale) = orders[1].made.as_ref().expect("made");
        assert_eq!(person.key.as_deref(), Some("17850"));
        assert_eq!((sale.amount.to_string(), sale.quantity, sale.lines.len()), ("10.203".into(), Some(7), 3));
        assert_eq!(sale.at.to_string(), "2010-12-01T08:26:00.000Z");
        assert!(!sale.refund);
    }

    #[test]
    fn a_cancellation_is_a_refund_with_a_positive_amount() {
        let plan = plan();
        let orders =
            orders(vec![aside(&plan, 2, &["C1", "A", "", "-2", "2010-12-01 08:27:00", "4.5", "7.0", "UK"])], &plan);
        let (_, sale) = orders[0].made.as_ref().expect("made");
        assert_eq!((sale.refund, sale.amount.to_string(), sale.quantity), (true, "9.00".into(), Some(2)));
        assert_eq!(sale.lines[0].amount.to_string(), "9.00");
    }

    #[test]
    fn an_order_is_taken_whole_or_not_at_all() {
        let plan = plan();
        let rows = vec![
            aside(&plan, 2, &["1", "A", "", "3", "2010-12-01 08:27:00", "1", "7.0", "UK"]),
            aside(&plan, 3, &["1", "A", "", "drei", "2010-12-01 08:27:00", "1", "7.0", "UK"]),
            aside(&plan, 4, &["2", "A", "", "3", "2010-12-01 08:27:00", "1", "7.0", "UK"]),
            aside(&plan, 5, &["2", "A", "", "3", "2010-12-01 08:27:00", "1", "8.0", "UK"]),
            aside(&plan, 6, &["3", "A", "", "-3", "2010-12-01 08:27:00", "1", "8.0", "UK"]),
            aside(&plan, 7, &["4", "A", "", "3", "2010-12-01 08:27:00", "1", "", "UK"]),
        ];
        let reasons: Vec<_> = orders(rows, &plan).into_iter().map(|order| (order.id, order.made.err())).collect();
        assert_eq!(
            reasons,
            [
                ("1".to_owned(), Some(Reason::OtherRow)),
                ("2".to_owned(), Some(Reason::CustomersDiffer)),
                ("3".to_owned(), Some(Reason::NegativeOrder)),
            ]
        );
    }
}
