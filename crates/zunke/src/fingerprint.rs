//! What two databases with the same history have in common, whatever ids they gave out and whenever they were filled:
//! a hash over each customer with his identities, headline, standings, daily measures and activities. Two loads that
//! should come to the same are compared by it. Decisions are not in it: how often a level changed on the way depends on
//! the way.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use zunke_kernel::{Error, Result};
use zunke_store::{Row, Tx, Uuid};

/// Where the parts of a customer stand, and what each says apart from ids and moments of this database. Texts are
/// quoted, so that no two parts read alike.
const PARTS: [(&str, Part); 5] = [
    (
        "SELECT customer_id, kind, name, status, level_rank, level_since, score, rfm, value_class, orders, net_spend,
           first_order_day, last_order_day,
           (SELECT p.potential FROM customer_potentials p WHERE p.customer_id = c.customer_id), region, city, place_from
         FROM customers c",
        |row| {
            Ok(format!(
                "{:?}",
                (
                    (row.text(1)?, row.text(2)?, row.text(3)?, row.int(4)?, row.opt_int(5)?, row.real(6)?, row.int(7)?),
                    (row.opt_text(8)?, row.int(9)?, row.int(10)?, row.int(11)?, row.int(12)?, row.opt_real(13)?),
                    (row.opt_text(14)?, row.opt_text(15)?, row.opt_int(16)?),
                )
            ))
        },
    ),
    ("SELECT customer_id, kind, source, value FROM customer_identities", |row| {
        Ok(format!("{:?}", (row.text(1)?, row.text(2)?, row.text(3)?)))
    }),
    ("SELECT customer_id, level_rank, since, score, loyalty, rfm, potential FROM standings", |row| {
        Ok(format!("{:?}", (row.int(1)?, row.int(2)?, row.real(3)?, row.real(4)?, row.int(5)?, row.real(6)?)))
    }),
    ("SELECT customer_id, year, days FROM measure_buckets", |row| {
        Ok(format!("{:?}", (row.int(1)?, row.bytes(2)?)))
    }),
    (
        "SELECT customer_id, source, source_id, kind, occurred_at, day, amount, quantity, channel, direction, of_source_id,
           lines
         FROM activities",
        |row| {
            Ok(format!(
                "{:?}",
                (
                    (row.text(1)?, row.text(2)?, row.text(3)?, row.int(4)?, row.int(5)?, row.opt_int(6)?),
                    (row.opt_int(7)?, row.opt_text(8)?, row.opt_text(9)?, row.opt_text(10)?, row.opt_text(11)?),
                )
            ))
        },
    ),
];

type Part = fn(&Row<'_>) -> Result<String>;

/// 64 hexadecimal digits, the same on both engines. Reads everything; some 100 bytes for each customer are in memory.
pub fn of(tx: &mut Tx) -> Result<String> {
    let mut customers: HashMap<Uuid, Sums> = HashMap::new();
    for (at, (sql, part)) in PARTS.iter().enumerate() {
        tx.for_each(sql, &[], |row| {
            let id = row.uuid(0)?;
            if at == 0 {
                customers.insert(id, Sums::default());
            }
            let sums =
                customers.get_mut(&id).ok_or_else(|| Error::internal(format!("rows without a customer: {id}")))?;
            sums.add(&Sha256::digest(format!("{at}{}", part(row)?)).into());
            Ok(())
        })?;
    }
    let mut all = Sums::default();
    for customer in customers.into_values() {
        all.add(&customer.digest());
    }
    Ok(all.digest().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A sum of hashes: the same in whatever order they come, and a part that is there twice counts twice.
#[derive(Clone, Copy, Default)]
struct Sums(u128, u128, u64);

impl Sums {
    fn add(&mut self, hash: &[u8; 32]) {
        let (mut high, mut low) = ([0; 16], [0; 16]);
        high.copy_from_slice(&hash[..16]);
        low.copy_from_slice(&hash[16..]);
        self.0 = self.0.wrapping_add(u128::from_le_bytes(high));
        self.1 = self.1.wrapping_add(u128::from_le_bytes(low));
        self.2 += 1;
    }

    fn digest(self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update(self.1.to_le_bytes());
        hash.update(self.2.to_le_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_parts_is_nothing_and_their_number_something() {
        let sum = |parts: &[u8]| {
            let mut sums = Sums::default();
            parts.iter().for_each(|part| sums.add(&[*part; 32]));
            sums.digest()
        };
        assert_eq!(sum(&[1, 2, 3]), sum(&[3, 1, 2]));
        assert_ne!(sum(&[1, 2]), sum(&[1, 2, 2]));
        assert_ne!(sum(&[]), sum(&[0]));
    }
}
