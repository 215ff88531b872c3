//! What a person puts on top of the computed level: a manual level stands above everything, a temporary grant lifts and
//! never lowers. What is beneath goes on untouched and comes out again when they end.

use super::step::Held;
use zunke_kernel::Day;
use zunke_kernel::id::{LevelId, StaffId};

/// One layer on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub level: LevelId,
    pub from: Day,
    /// The last day of it; none: until it is taken away.
    pub until: Option<Day>,
    pub reason: String,
    pub by: Option<StaffId>,
}

/// What lies on top of one customer's computed level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    pub manual: Option<Layer>,
    pub grant: Option<Layer>,
}

/// Which layer a level comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LevelSource)]
pub enum From {
    #[default]
    Computed,
    Manual,
    Grant,
}

/// The level that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    pub level: Option<LevelId>,
    pub rank: u8,
    pub since: Day,
    pub from: From,
}

impl Layer {
    #[must_use]
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Layers {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.manual.is_none() && self.grant.is_none()
    }

    /// The level that counts on a day. `rank` knows the ranks of today's levels; a layer on one that is gone is none.
    #[must_use]
    pub fn on(&self, held: &Held, day: Day, rank: impl Fn(LevelId) -> Option<u8>) -> Effective {
        let beneath = Effective { level: held.level, rank: held.rank, since: held.since, from: From::Computed };
        let layer = |layer: &Option<Layer>, from: From| {
            let layer = layer.as_ref().filter(|layer| layer.holds(day))?;
            Some(Effective { level: Some(layer.level), rank: rank(layer.level)?, since: layer.from, from })
        };
        layer(&self.manual, From::Manual)
            .or_else(|| layer(&self.grant, From::Grant).filter(|grant| grant.rank > held.rank))
            .unwrap_or(beneath)
    }

    /// The first days without a layer that holds on `day`.
    pub fn ends(&self, day: Day) -> impl Iterator<Item = Day> {
        let end = move |layer: &Option<Layer>| {
            layer.as_ref().filter(|layer| layer.holds(day)).and_then(|layer| layer.until).map(|until| until.plus(1))
        };
        end(&self.manual).into_iter().chain(end(&self.grant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(rank: u8) -> LevelId {
        LevelId(uuid::Uuid::from_u128(u128::from(rank)))
    }

    fn layer(rank: u8, until: Option<i32>) -> Option<Layer> {
        Some(Layer { level: id(rank), from: Day(10), until: until.map(Day), reason: "why".into(), by: None })
    }

    fn on(layers: &Layers, held: u8, day: i32) -> (u8, From) {
        let held = Held { level: Some(id(held)), rank: held, since: Day(1), ..Held::default() };
        let known = |level: LevelId| (1..=4).find(|rank| id(*rank) == level);
        let effective = layers.on(&held, Day(day), known);
        (effective.rank, effective.from)
    }

    #[test]
    fn a_grant_that_ends_while_a_manual_level_stands_changes_nothing_and_beneath_both_life_goes_on() {
        let layers = Layers { manual: layer(2, Some(30)), grant: layer(4, Some(20)) };
        assert_eq!(on(&layers, 3, 15), (2, From::Manual), "manual above everything, also below what is computed");
        assert_eq!(on(&layers, 3, 20), (2, From::Manual));
        assert_eq!(on(&layers, 3, 25), (2, From::Manual), "the grant has ended unseen");
        assert_eq!(on(&layers, 1, 31), (1, From::Computed), "what became of it meanwhile comes out");
        assert_eq!(layers.ends(Day(15)).collect::<Vec<_>>(), [Day(31), Day(21)]);
        assert_eq!(layers.ends(Day(25)).collect::<Vec<_>>(), [Day(31)]);
    }

    #[test]
    fn a_grant_lifts_and_never_lowers_and_its_last_day_belongs_to_it() {
        let layers = Layers { grant: layer(3, Some(20)), manual: None };
        assert_eq!(on(&layers, 2, 20), (3, From::Grant));
        assert_eq!(on(&layers, 2, 21), (2, From::Computed));
        assert_eq!(on(&layers, 4, 20), (4, From::Computed));
        assert_eq!(on(&layers, 2, 9), (2, From::Computed), "not before it begins");
    }

    #[test]
    fn a_layer_on_a_level_that_is_gone_is_none() {
        let layers = Layers { manual: layer(9, None), grant: None };
        assert_eq!(on(&layers, 2, 20), (2, From::Computed));
    }
}
