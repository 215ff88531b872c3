//! What the customer reads, and what is asked before anything moves.

use super::HandOver;
use crate::manager::load::{Load, Places};
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::Locale;
use zunke_kernel::id::StaffId;

/// What would move.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandOverPreview)]
pub struct Preview {
    pub customers: i64,
    pub vips: i64,
    pub tickets: i64,
    pub ticket_tasks: i64,
    pub visits: i64,
    pub tasks: i64,
    /// What becomes of those who get something.
    pub to: Vec<Becomes>,
    /// Customers for whom nobody has a place.
    pub unplaced: i64,
    /// The first of them.
    pub unplaced_names: Vec<String>,
    /// Who gets what hangs on no customer of the manager's.
    pub rest_id: Option<StaffId>,
    /// What customers are told, unless it is worded otherwise.
    pub customer_line: String,
}

/// One who gets something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HandOverBecomes)]
pub struct Becomes {
    pub staff_id: StaffId,
    pub name: String,
    pub cap: Places,
    pub before: Load,
    pub after: Load,
    pub customers: i64,
}

/// What customers are told where nobody has worded it.
#[must_use]
pub fn usual_line(locale: Locale) -> &'static str {
    match locale {
        Locale::Zh => {
            "{customer}您好：即日起，您的专属客户经理由 {to} 担任，此前由 {from} 负责的事项均已完整交接，感谢您一直以来的信任。"
        }
        Locale::En => {
            "Dear {customer}, from today {to} is your dedicated manager. Everything that {from} had in hand for you has been handed over. Thank you for your trust."
        }
    }
}

/// The line for one customer.
#[must_use]
pub fn line(hand_over: &HandOver, to: &str, customer: &str) -> String {
    // One after the other, and names last: a name that looks like a place stays a name.
    let mut said = String::with_capacity(hand_over.customer_line.len() + 32);
    let mut rest = hand_over.customer_line.as_str();
    while let Some(at) = rest.find('{') {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        let place = [("{from}", hand_over.from_name.as_str()), ("{to}", to), ("{customer}", customer)];
        match place.iter().find(|(place, _)| rest.starts_with(place)) {
            Some((place, name)) => {
                said.push_str(name);
                rest = &rest[place.len()..];
            }
            None => {
                said.push('{');
                rest = &rest[1..];
            }
        }
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::super::{HandOverId, Plan};
    use super::*;
    use zunke_kernel::Instant;

    #[test]
    fn names_stand_in_their_places_and_other_brackets_stay() {
        let staff = StaffId::new(Instant(1));
        let mut one = HandOver {
            id: HandOverId::new(Instant(1)),
            from_id: staff,
            from_name: "{to}先生".into(),
            state: "done".into(),
            plan: Plan { to_id: None, rest_id: staff, partial: false, after: None, customers_done: true },
            counts: Vec::new(),
            note: String::new(),
            customer_line: "{customer}：{from} → {to}{{}".into(),
            created_by: None,
            created_at: Instant(1),
            done_at: None,
            version: 1,
        };
        assert_eq!(line(&one, "林", "王女士"), "王女士：{to}先生 → 林{{}");
        usual_line(Locale::Zh).clone_into(&mut one.customer_line);
        assert!(line(&one, "林", "王女士").starts_with("王女士您好"));
        usual_line(Locale::En).clone_into(&mut one.customer_line);
        assert!(!line(&one, "Lin", "Ms Wang").contains("{customer}"));
    }
}
