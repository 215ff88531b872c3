//! Keeping standings true: from a customer's days to what is written about him. One path serves the single customer
//! in the transaction of his activity, and everyone in an evaluation.

use crate::bucket::Entry;
use crate::decision::{self, Cause, Situation, Standing};
use crate::evaluate::{Assessment, Evaluator, Scratch};
use crate::explain::Subject;
use crate::image::{Recorded, Sections};
use crate::indicator::{Profile, ProfileSource, Source};
use crate::inputs;
use crate::life::border::Border;
use crate::life::judge::Case;
use crate::life::{Book, Validity};
use crate::potential;
use crate::rfm::{CubeCuts, group_of};
use crate::rules::{Fixed, Rules};
use crate::store::buckets::{self, Years};
use crate::store::lives::{self, Lived};
use crate::store::programmes::{self, Active};
use crate::store::standings::{self, Row, Told};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use zunke_customers::headline::{self, Headline};
use zunke_customers::privacy::standing;
use zunke_kernel::id::{CustomerId, ProgrammeId, VersionId};
use zunke_kernel::{Currency, Day, Error, Instant, Result};
use zunke_store::Tx;

/// A programme's rules, ready as of a day.
#[derive(Clone, Debug)]
pub struct Ready {
    pub programme: ProgrammeId,
    pub is_primary: bool,
    pub version: VersionId,
    pub rules: Arc<Rules>,
    pub cuts: Arc<CubeCuts>,
    pub evaluator: Evaluator,
    pub currency: Currency,
    /// How levels are held, where the rules say so.
    pub book: Option<Book>,
    pub border: Option<Border>,
    /// Levels may be lost up to this day; until a run has opened the gate, none.
    pub gate: Day,
    /// Those who keep their level because their data are not to be used; filled in where everybody is judged.
    pub frozen: Arc<HashSet<CustomerId>>,
    /// The rules as of other days, made when they are needed.
    pub(crate) dated: Arc<Mutex<HashMap<Day, Arc<Evaluator>>>>,
}

impl Ready {
    #[must_use]
    pub fn new(active: &Active, as_of: Day, currency: Currency) -> Self {
        Self {
            programme: active.programme,
            is_primary: active.is_primary,
            version: active.version,
            rules: Arc::clone(&active.rules),
            cuts: Arc::clone(&active.cuts),
            evaluator: Evaluator::new(&active.rules, as_of, &active.cuts),
            currency,
            book: Book::of(&active.rules),
            border: Border::of(&active.rules),
            gate: Day(i32::MIN / 2),
            frozen: Arc::default(),
            dated: Arc::default(),
        }
    }

    /// The same, with the gate as it stands.
    pub fn load(tx: &mut Tx, active: &Active, as_of: Day, currency: Currency) -> Result<Self> {
        let mut ready = Self::new(active, as_of, currency);
        if ready.book.is_some() {
            ready.gate = lives::gate(tx, ready.programme)?;
        }
        Ok(ready)
    }

    /// Judges one customer against what is on record; `None` where nothing is to be written.
    pub fn judge<'a>(
        &self,
        customer: CustomerId,
        days: impl Iterator<Item = Entry<'a>>,
        profile: Profile,
        recorded: &Recorded,
        cause: Cause,
        scratch: &mut Scratch,
    ) -> Option<Row> {
        self.evaluator.gather(days, scratch);
        let assessment = self.evaluator.assess(scratch, profile, &self.cuts);
        self.compare(customer, assessment, recorded, cause, scratch)
    }

    /// The second half of [`Ready::judge`], for who has assessed already.
    pub fn compare(
        &self,
        customer: CustomerId,
        assessment: Assessment,
        recorded: &Recorded,
        cause: Cause,
        scratch: &Scratch,
    ) -> Option<Row> {
        let standing = (recorded.revision > 0).then_some(Standing {
            level: recorded.level,
            rank: recorded.rank,
            since: recorded.since,
        });
        let situation = Situation {
            standing,
            assessment: &assessment,
            ladder: &self.evaluator.levels,
            version: self.version,
            as_of: self.evaluator.as_of(),
            cause,
        };
        let outcome = decision::decide(&situation);
        let fingerprint = hash(&self.parts(&outcome.standing, &assessment));
        if recorded.revision > 0 && fingerprint == recorded.fingerprint {
            return None;
        }
        let decision = outcome.decision.filter(|decision| !decision.silent).map(|decision| {
            let subject = Subject {
                rules: &self.rules,
                evaluator: &self.evaluator,
                cuts: &self.cuts,
                facts: &scratch.facts,
                assessment: &assessment,
                raw: self.evaluator.rfm_raw(&scratch.gathered),
                since: Some(outcome.standing.since),
                currency: self.currency,
            };
            let sentence = subject.sentence();
            let reason = serde_json::to_string(&sentence).unwrap_or_else(|_| "{}".into());
            Told { decision, reason, inputs: self.inputs(&scratch.facts) }
        });
        Some(Row {
            customer,
            standing: outcome.standing,
            assessment,
            fingerprint,
            revision: recorded.revision,
            potential: self.moved_potential(recorded, &assessment),
            decision,
            life: None,
        })
    }

    /// The potential that lists are to show, where it isn't the one on record. Lists show the primary programme's.
    #[must_use]
    pub fn moved_potential(&self, recorded: &Recorded, assessment: &Assessment) -> Option<f64> {
        let moved = self.is_primary && potential::code(assessment.potential) != recorded.potential;
        moved.then_some(assessment.potential)
    }

    /// What every standing is told apart by. The primary programme's potential stands apart.
    pub(crate) fn parts(&self, standing: &Standing, assessment: &Assessment) -> [u64; 12] {
        let day = |day: Option<Day>| day.map_or(i64::MIN, |day| i64::from(day.0)).cast_unsigned();
        let level = standing.level.map_or((0, 0), |level| level.0.as_u64_pair());
        [
            level.0,
            level.1,
            u64::from(standing.rank),
            i64::from(standing.since.0).cast_unsigned(),
            assessment.score.to_bits(),
            assessment.loyalty.to_bits(),
            u64::from(assessment.grades.code()),
            if self.is_primary { 0 } else { assessment.potential.to_bits() },
            assessment.orders.cast_unsigned(),
            assessment.net_spend.0.cast_unsigned(),
            day(assessment.first_order),
            day(assessment.last_order),
        ]
    }

    /// Every fact by its id, as JSON; a fact without a value is null.
    pub(crate) fn inputs(&self, facts: &[f64]) -> String {
        let ids = self.rules.indicators.iter().map(|indicator| &*indicator.id).chain(Fixed::ALL.map(Fixed::id));
        let map: serde_json::Map<String, serde_json::Value> =
            ids.zip(facts).map(|(id, value)| (id.to_owned(), serde_json::json!(value))).collect();
        serde_json::Value::Object(map).to_string()
    }

    /// The headline that follows from a row.
    #[must_use]
    pub fn headline(&self, row: &Row) -> Headline {
        let Row { standing, assessment, .. } = row;
        Headline {
            level_rank: i64::from(standing.rank),
            level_id: standing.level,
            level_since: standing.level.map(|_| standing.since),
            score: Some(assessment.score),
            rfm: i64::from(assessment.grades.code()),
            value_class: group_of(&self.rules.rfm.groups, assessment.grades).map(|group| group.id.clone()),
            as_of: Some(self.evaluator.as_of()),
            ..life(row.customer, assessment)
        }
    }

    fn asks_profile(&self) -> bool {
        self.book.as_ref().is_some_and(|book| book.life.validity == Validity::JoiningAnniversary)
            || self.rules.indicators.iter().any(|known| known.source == Source::Profile(ProfileSource::JoinedYears))
    }
}

/// What the whole life says, whatever the rules.
fn life(customer: CustomerId, assessment: &Assessment) -> Headline {
    Headline {
        orders: assessment.orders,
        net_spend: assessment.net_spend,
        first_order_day: assessment.first_order,
        last_order_day: assessment.last_order,
        ..Headline::empty(customer)
    }
}

/// FNV-1a over 64 bits.
pub(crate) fn hash(parts: &[u64]) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash.cast_signed()
}

/// The code of [`write`]'s refusal.
pub const CHANGED: &str = "standing_changed";

/// When and for whom something is kept.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub now: Instant,
    pub as_of: Day,
    pub currency: Currency,
    pub cause: Cause,
}

/// Evaluates these customers in every active programme and writes what changed. They must be locked; `years` holds
/// their days (a customer without any may be missing). Answers how many standings were written.
pub fn keep(
    tx: &mut Tx,
    moment: &Moment,
    customers: &[CustomerId],
    years: &HashMap<CustomerId, Years>,
) -> Result<usize> {
    keep_taken(tx, moment, customers, years, &HashSet::new())
}

/// Like [`keep`], told from whom something was taken back just now: a refund, a correction downwards.
pub fn keep_taken(
    tx: &mut Tx,
    moment: &Moment,
    customers: &[CustomerId],
    years: &HashMap<CustomerId, Years>,
    taken: &HashSet<CustomerId>,
) -> Result<usize> {
    let active = programmes::active(tx)?;
    let frozen = standing::among(tx, customers, &[standing::State::Restricted])?;
    let free: Vec<CustomerId>;
    let customers = if frozen.is_empty() {
        customers
    } else {
        // What they bought is written down, or the books would be wrong; their level stays as it is.
        let (held, others): (Vec<CustomerId>, Vec<CustomerId>) = customers.iter().partition(|id| frozen.contains(id));
        headline::write_facts(tx, &bare(moment.as_of, &held, years))?;
        free = others;
        &free
    };
    let ready: Result<Vec<Ready>> =
        active.iter().map(|active| Ready::load(tx, active, moment.as_of, moment.currency)).collect();
    let ready = ready?;
    if !ready.iter().any(|ready| ready.is_primary) {
        headline::write_many(tx, &bare(moment.as_of, customers, years))?;
    }
    if ready.is_empty() {
        return Ok(0);
    }
    let recorded = standings::read(tx, customers)?;
    let mut potentials = HashMap::new();
    if ready.iter().any(|ready| ready.is_primary) {
        potentials = headline::potentials(tx, customers)?;
    }
    let lived = if ready.iter().any(|ready| ready.book.is_some()) || lives::any(tx)? {
        lives::read(tx, customers)?
    } else {
        HashMap::new()
    };
    let joined = if ready.iter().any(Ready::asks_profile) { standings::joined(tx, customers)? } else { HashMap::new() };
    let mut scratch = Scratch::default();
    let mut written = 0;
    let nothing = Vec::new();
    let new = Lived::default();
    for ready in &ready {
        let mut rows = Vec::new();
        // Of those about whom nothing else has changed.
        let mut moved = Vec::new();
        let attributes = inputs::attributes(tx, &ready.evaluator.plan, customers)?;
        for customer in customers {
            let sections = buckets::sections(years.get(customer).unwrap_or(&nothing));
            let profile = Profile {
                joined: joined.get(customer).copied(),
                attributes: attributes.get(customer).copied().unwrap_or_default(),
            };
            let mut known = recorded.get(&(*customer, ready.programme)).copied().unwrap_or_default();
            if ready.is_primary {
                known.potential = potential::code(potentials.get(customer).copied().unwrap_or(0.0));
            }
            let days = Sections::new(&sections);
            let lived = lived.get(&(*customer, ready.programme));
            if ready.lives(lived) {
                ready.evaluator.gather(days.clone(), &mut scratch);
                let assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
                let case = Case {
                    customer: *customer,
                    days,
                    profile,
                    recorded: &known,
                    lived: lived.unwrap_or(&new),
                    cause: moment.cause,
                    taken_back: taken.contains(customer),
                };
                let row = ready.judge_life(&case, &assessment, &mut scratch);
                if row.is_none() {
                    moved.extend(ready.moved_potential(&known, &assessment).map(|potential| (*customer, potential)));
                }
                rows.extend(row);
            } else {
                ready.evaluator.gather(days, &mut scratch);
                let assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
                let row = ready.compare(*customer, assessment, &known, moment.cause, &scratch);
                if row.is_none() {
                    moved.extend(ready.moved_potential(&known, &assessment).map(|potential| (*customer, potential)));
                }
                rows.extend(row);
            }
        }
        written += rows.len();
        write(tx, moment, ready, &rows)?;
        headline::write_potentials(tx, &moved)?;
    }
    Ok(written)
}

/// Writes rows and, for the primary programme, headlines.
///
/// # Errors
/// [`CHANGED`], where one of the standings is no longer the one that its row was reckoned from. Nothing of the whole
/// may stay then.
pub fn write(tx: &mut Tx, moment: &Moment, ready: &Ready, rows: &[Row]) -> Result<()> {
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.customer).collect();
    let frozen = standing::among(tx, &ids, &[standing::State::Restricted])?;
    let free: Vec<Row>;
    let rows = if frozen.is_empty() {
        rows
    } else {
        // Restricted since they were judged.
        free = rows.iter().filter(|row| !frozen.contains(&row.customer)).cloned().collect();
        &free
    };
    let written = standings::write(tx, moment.now, moment.as_of, ready, rows)?;
    if written < rows.len() as u64 {
        return Err(Error::conflict(
            CHANGED,
            "客户的等级刚刚有变化，请重试。",
            "A level has just changed; please try again.",
        ));
    }
    if ready.is_primary {
        let headlines: Vec<Headline> = rows.iter().map(|row| ready.headline(row)).collect();
        headline::write_many(tx, &headlines)?;
        let moved: Vec<_> = rows.iter().filter_map(|row| Some((row.customer, row.potential?))).collect();
        headline::write_potentials(tx, &moved)?;
    }
    Ok(())
}

/// The facts of the whole life alone: before there are any rules, and of those who are not judged.
fn bare(as_of: Day, customers: &[CustomerId], years: &HashMap<CustomerId, Years>) -> Vec<Headline> {
    let plan = crate::indicator::Plan::new(&[], as_of);
    let mut gathered = crate::indicator::Gathered::default();
    let nothing = Vec::new();
    let mut rows = Vec::with_capacity(customers.len());
    for customer in customers {
        let sections = buckets::sections(years.get(customer).unwrap_or(&nothing));
        plan.gather(Sections::new(&sections), &mut gathered);
        let life = gathered.sums(0);
        rows.push(Headline {
            orders: life.orders,
            net_spend: zunke_kernel::Money(life.net()),
            first_order_day: life.first_order(),
            last_order_day: life.last_order(),
            as_of: Some(as_of),
            ..Headline::empty(*customer)
        });
    }
    rows
}
