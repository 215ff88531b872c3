//! The tree of departments under many random moves: paths always say where a department stands.

use crate::common::houses;
use std::collections::HashMap;
use zunke_access::tree;
use zunke_http::Change;
use zunke_kernel::id::{DepartmentId, StaffId};

/// A small generator of repeatable numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).expect("small")).expect("small")
    }
}

#[test]
fn after_any_moves_each_path_is_the_way_from_the_root_and_no_move_makes_a_circle() {
    for house in houses() {
        let by = StaffId::new(house.now());
        let mut dice = Dice(0x5eed_2026);
        let mut parents: HashMap<DepartmentId, Option<DepartmentId>> = HashMap::new();
        let mut ids: Vec<DepartmentId> = Vec::new();
        let (mut moved, mut refused) = (0, 0);
        for step in 0..300 {
            house.wait_secs(1);
            let now = house.now();
            let to = ids.get(dice.below(ids.len() + 1)).copied();
            if ids.len() < 20 {
                let name = format!("D{step}");
                if let Ok(made) = house.db.write(|tx| tree::create(tx, now, None, &name, to)) {
                    parents.insert(made.id, to);
                    ids.push(made.id);
                }
                continue;
            }
            let id = ids[dice.below(ids.len())];
            let change = to.map_or(Change::Clear, Change::Set);
            match house.db.write(|tx| tree::change(tx, now, by, id, (None, change), |_| Ok(()))) {
                Ok(_) => {
                    parents.insert(id, to);
                    moved += 1;
                }
                Err(error) => {
                    assert!(["department_cycle", "department_too_deep"].contains(&error.code), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(moved > 50 && refused > 20, "{moved} moved, {refused} refused");
        let way = |mut id: DepartmentId| {
            let mut way = vec![id];
            while let Some(parent) = parents[&id] {
                way.push(parent);
                assert!(way.len() <= ids.len(), "a circle");
                id = parent;
            }
            way.iter().rev().map(|id| format!("{}/", id.0.simple())).collect::<String>()
        };
        let stored = house
            .db
            .read(|tx| {
                tx.query("SELECT department_id, parent_id, path FROM departments", &[], |row| {
                    Ok((row.id(0, DepartmentId)?, row.opt_id(1, DepartmentId)?, row.text(2)?))
                })
            })
            .expect("departments");
        assert_eq!(stored.len(), ids.len());
        for (id, parent, path) in stored {
            assert_eq!((parent, path), (parents[&id], way(id)));
        }
    }
}
