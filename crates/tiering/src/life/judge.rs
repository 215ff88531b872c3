//! Judging one customer whose level has a life, or something on top of it: from what is on record and what he comes to
//! now, to what is written about him.

use super::border::Watch;
use super::layers::{Effective, From};
use super::notice::{self, Notice};
use super::step::{Base, Held, Kind, Step, Today, events};
use super::words;
use crate::decision::{Cause, Change, Decision, Standing};
use crate::evaluate::{Assessment, Evaluator, Scratch};
use crate::explain::Subject;
use crate::image::{Recorded, Sections};
use crate::indicator::Profile;
use crate::keep::{Ready, hash};
use crate::store::lives::Lived;
use crate::store::standings::{Asked, LifeRow, Row, Told};
use std::sync::{Arc, PoisonError};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Text};

/// Evaluators of other days that are kept ready.
const KEPT: usize = 128;

/// One customer, ready to be judged.
pub struct Case<'a> {
    pub customer: CustomerId,
    pub days: Sections<'a>,
    pub profile: Profile,
    pub recorded: &'a Recorded,
    pub lived: &'a Lived,
    pub cause: Cause,
    /// Something was taken back from him just now.
    pub taken_back: bool,
}

/// The facts as of a day on which something was judged.
struct Past {
    day: Day,
    facts: Vec<f64>,
    assessment: Assessment,
    raw: crate::evaluate::RfmRaw,
}

impl Ready {
    /// Whether levels have a life here, or this one has something on top: then [`Ready::judge_life`] judges.
    #[must_use]
    pub fn lives(&self, lived: Option<&Lived>) -> bool {
        self.book.is_some() || lived.is_some_and(|lived| !lived.layers.is_empty() || lived.known)
    }

    /// The rules as of another day, by the cuts of now.
    fn evaluator_on(&self, day: Day) -> Arc<Evaluator> {
        let mut dated = self.dated.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = dated.get(&day) {
            return Arc::clone(known);
        }
        if dated.len() >= KEPT {
            dated.clear();
        }
        let fresh = Arc::new(Evaluator::new(&self.rules, day, &self.cuts));
        dated.insert(day, Arc::clone(&fresh));
        fresh
    }

    /// From where a step starts: another look on the same day starts where the first one did.
    fn base(&self, recorded: &Recorded, lived: &Lived) -> Option<Base> {
        let as_of = self.evaluator.as_of();
        let held = lived.held.filter(|_| recorded.revision > 0)?;
        let now = Base { held, on: lived.on };
        if lived.on < as_of {
            return Some(now);
        }
        match lived.opening {
            Some(opening) if opening.on <= as_of => Some(opening),
            None if lived.on == as_of => None,
            _ => Some(now),
        }
    }

    /// Judges by what was gathered and assessed last in `scratch`. `None` where nothing is to be written.
    pub fn judge_life(&self, case: &Case<'_>, assessment: &Assessment, scratch: &mut Scratch) -> Option<Row> {
        let as_of = self.evaluator.as_of();
        let Case { recorded, lived, profile, .. } = case;
        let seen = self.evaluator.seen(&scratch.facts);
        let first_look = recorded.revision == 0 || lived.on != as_of;
        let taken_on = if case.taken_back { Some(as_of) } else { lived.taken_on };
        let base = self.base(recorded, lived);
        let mut pasts: Vec<Past> = Vec::new();
        let step = match &self.book {
            Some(book) => {
                let today = Today {
                    day: as_of,
                    taken_back: taken_on == Some(as_of),
                    approved: lived.approved,
                    falls_through: self.gate,
                    joined: profile.joined,
                };
                book.step(base.as_ref(), &today, &mut |day| {
                    if day == as_of {
                        return seen;
                    }
                    let evaluator = self.evaluator_on(day);
                    let mut then = Scratch::default();
                    evaluator.gather(case.days.clone(), &mut then);
                    let assessment = evaluator.assess(&mut then, *profile, &self.cuts);
                    let seen = evaluator.seen(&then.facts);
                    let raw = evaluator.rfm_raw(&then.gathered);
                    pasts.push(Past { day, facts: then.facts, assessment, raw });
                    seen
                })
            }
            None => self.plain(base.as_ref(), assessment.rank),
        };
        let held = step.held;
        let rank = |id| self.rules.levels.iter().find(|level| level.id == id).map(|level| level.rank);
        let effective = lived.layers.on(&held, as_of, rank);
        let standing = Standing { level: effective.level, rank: effective.rank, since: effective.since };
        let frozen = base.is_some_and(|base| as_of < base.on && step.morning == Some(base.held) && held == base.held);
        let opening = if lived.on == as_of && recorded.revision > 0 { lived.opening } else { base };
        let watched =
            self.border.as_ref().filter(|_| assessment.orders > 0).and_then(|border| {
                border.watch(&scratch.facts, seen, effective.rank, assessment.grades, assessment.score)
            });
        let keeps_life = self.book.is_some() || !lived.layers.is_empty();
        let new = Lived {
            held: Some(held),
            known: keeps_life,
            on: if frozen { lived.on } else { as_of },
            opening: if frozen { lived.opening } else { opening },
            taken_on,
            approved: lived.approved,
            watched,
            revision: recorded.revision,
            layers: lived.layers.clone(),
        };
        let notice = self.book.as_ref().and_then(|book| notice::due(book, &held, as_of));
        let due = self.due(&held, lived, as_of, step.waits);
        let fingerprint = print(self.parts(&standing, assessment), &new, notice, due);
        if recorded.revision > 0 && fingerprint == recorded.fingerprint {
            return None;
        }
        let teller = Teller { ready: self, case, assessment, scratch, pasts: &pasts, as_of };
        let told = teller.tell(&step, first_look, &standing, effective);
        let asks = teller.asks(&new, held);
        let (mut levels, life_told): (Vec<Told>, Vec<Told>) =
            told.into_iter().partition(|told| told.decision.change.moves());
        let decision = levels.pop();
        let earlier = levels.into_iter().chain(life_told).collect();
        Some(Row {
            customer: case.customer,
            standing,
            assessment: *assessment,
            fingerprint,
            revision: recorded.revision,
            potential: self.moved_potential(recorded, assessment),
            decision,
            life: Some(Box::new(LifeRow { lived: new, due, told: earlier, notice, asks, waits: step.waits })),
        })
    }

    /// Without settings for lives a level is held as long as it admits; only what lies on top is of interest.
    fn plain(&self, base: Option<&Base>, rank: u8) -> Step {
        let as_of = self.evaluator.as_of();
        let level = self.rules.level_of_rank(rank).map(|level| level.id);
        let before = base.map(|base| base.held);
        let since = before.filter(|held| held.level == level).map_or(as_of, |held| held.since);
        let held = Held { level, rank, since, ..Held::default() };
        Step { held, morning: before, ..Step::default() }
    }

    fn due(&self, held: &Held, lived: &Lived, as_of: Day, waits: bool) -> Option<Day> {
        let ends = lived.layers.ends(as_of);
        let Some(book) = &self.book else { return ends.min() };
        let close = book.next_close(held, as_of).map(|day| day.plus(1));
        let close = if waits { close } else { close.filter(|day| *day > as_of) };
        close.into_iter().chain(notice::next(book, held, as_of)).chain(ends).min()
    }
}

/// One number for all that is written of a life: equal means that nothing is to be written.
fn print(parts: [u64; 12], new: &Lived, notice: Option<Notice>, due: Option<Day>) -> i64 {
    let mut parts = parts.to_vec();
    if !new.known {
        return hash(&parts);
    }
    let day = |day: Option<Day>| day.map_or(i64::MIN, |day| i64::from(day.0)).cast_unsigned();
    let id = |id: Option<zunke_kernel::id::LevelId>| id.map_or((0, 0), |id| id.0.as_u64_pair());
    let held = new.held.unwrap_or_default();
    let level = id(held.level);
    let fallen = id(held.fallen.map(|fallen| fallen.level));
    let pending = id(held.pending.map(|pending| pending.level));
    parts.extend([
        level.0,
        level.1,
        u64::from(held.rank),
        day(Some(held.since)),
        day(held.keep_until),
        day(held.observe_until),
        fallen.0,
        fallen.1,
        day(held.fallen.map(|fallen| fallen.on)),
        pending.0,
        pending.1,
        day(held.pending.map(|pending| pending.asked)),
        u64::from(held.stands),
        day(new.taken_on),
        day(due),
        day(notice.map(|notice| notice.end)),
        notice.map_or(u64::MAX, |notice| u64::from(notice.before) << 1 | u64::from(notice.observation)),
        new.watched.map_or(0, |watch| match watch {
            Watch::Disagreement => 99,
            Watch::Borderline(rank) => u64::from(rank) + 1,
        }),
    ]);
    for layer in [&new.layers.manual, &new.layers.grant] {
        let of = id(layer.as_ref().map(|layer| layer.level));
        parts.extend([of.0, of.1, day(layer.as_ref().map(|layer| layer.from))]);
        parts.push(day(layer.as_ref().and_then(|layer| layer.until)));
    }
    hash(&parts)
}

/// Puts into words what a step has done.
struct Teller<'a> {
    ready: &'a Ready,
    case: &'a Case<'a>,
    assessment: &'a Assessment,
    scratch: &'a Scratch,
    pasts: &'a [Past],
    as_of: Day,
}

impl Teller<'_> {
    /// Speaks with the facts of an event: as of the day whose end brought it, or of now.
    fn with<T>(&self, judged: Day, rank: u8, speak: impl FnOnce(&Subject<'_>) -> T) -> T {
        let past = self.pasts.iter().rfind(|past| past.day == judged);
        let ready = self.ready;
        let evaluator;
        let (evaluator, facts, assessment, raw) = match past {
            Some(past) => {
                evaluator = ready.evaluator_on(past.day);
                (&*evaluator, &past.facts, &past.assessment, past.raw)
            }
            None => {
                let raw = ready.evaluator.rfm_raw(&self.scratch.gathered);
                (&ready.evaluator, &self.scratch.facts, self.assessment, raw)
            }
        };
        let assessment = Assessment { rank, ..*assessment };
        speak(&Subject {
            rules: &ready.rules,
            evaluator,
            cuts: &ready.cuts,
            facts,
            assessment: &assessment,
            raw,
            since: None,
            currency: ready.currency,
        })
    }

    fn told(&self, change: Change, from: Option<Standing>, to: Standing, day: Day, judged: Day, reason: &Text) -> Told {
        let past = self.pasts.iter().rfind(|past| past.day == judged);
        let (facts, of) = past.map_or((&self.scratch.facts, self.assessment), |past| (&past.facts, &past.assessment));
        Told {
            decision: Decision {
                change,
                cause: self.case.cause,
                from,
                to,
                version: self.ready.version,
                as_of: day,
                score: of.score,
                grades: of.grades,
                silent: false,
            },
            reason: serde_json::to_string(reason).unwrap_or_else(|_| "{}".into()),
            inputs: self.ready.inputs(facts),
        }
    }

    fn tell(&self, step: &Step, first_look: bool, standing: &Standing, effective: Effective) -> Vec<Told> {
        let Case { recorded, lived, .. } = self.case;
        let rules = &self.ready.rules;
        let rank = |id| rules.levels.iter().find(|level| level.id == id).map(|level| level.rank);
        let known = recorded.revision > 0;
        let mut at = known.then_some(Standing { level: recorded.level, rank: recorded.rank, since: recorded.since });
        let evening = if first_look { step.morning } else { lived.held };
        let live = events(evening.as_ref(), &step.held, self.as_of);
        let passed = if first_look { &step.passed[..] } else { &[] };
        let mut all = Vec::new();
        let dated = passed.iter().map(|event| (event, event.day.plus(-1)));
        for (event, judged) in dated.chain(live.iter().map(|event| (event, self.as_of))) {
            let shown = lived.layers.on(&event.after, event.day, rank);
            let to = Standing { level: shown.level, rank: shown.rank, since: shown.since };
            let change = change(event.kind);
            let unseen = change.moves() && at.is_some_and(|at| at.level == to.level);
            let reason = self.with(judged, event.after.rank, |subject| {
                if unseen {
                    words::beneath(rules, &event.after, to.level)
                } else {
                    words::reason(subject, self.ready.book.as_ref(), event)
                }
            });
            if !(change == Change::Entered && at.is_none() && self.lowest(to.rank)) {
                let change = if unseen { Change::Beneath } else { change };
                all.push(self.told(change, at, to, event.day, judged, &reason));
            }
            at = Some(to);
        }
        // What is left is the work of a layer that began or ended.
        let before = at.and_then(|at| at.level);
        if before != standing.level && (at.is_some() || effective.from != From::Computed) {
            let layer = match effective.from {
                From::Manual => lived.layers.manual.as_ref(),
                From::Grant => lived.layers.grant.as_ref(),
                From::Computed => None,
            };
            let reason = words::layered(rules, effective.from, layer, standing.level, self.as_of);
            let change = match (at.filter(|at| at.level.is_some()), standing.level) {
                (_, None) => Change::Left,
                (None, Some(_)) => Change::Entered,
                (Some(at), Some(_)) if standing.rank > at.rank => Change::Raised,
                (Some(at), Some(_)) if standing.rank < at.rank => Change::Lowered,
                _ => Change::Moved,
            };
            all.push(self.told(change, at, *standing, self.as_of, self.as_of, &reason));
        }
        all
    }

    fn lowest(&self, rank: u8) -> bool {
        self.ready.evaluator.levels.first().is_none_or(|lowest| lowest.rank == rank)
    }

    /// Items that the queue gets: a rise that was not asked for before, and a borderline that was not seen before.
    fn asks(&self, new: &Lived, held: Held) -> Vec<Asked> {
        let lived = self.case.lived;
        let rules = &self.ready.rules;
        let mut asks = Vec::new();
        let before = lived.held.and_then(|held| held.pending);
        if before != held.pending {
            let why = held.pending.map(|pending| {
                let name = words::name(rules, Some(pending.level));
                self.with(self.as_of, pending.rank, |subject| {
                    let sentence = subject.sentence();
                    Text::new(
                        format!("达到{}的条件：{}", name.zh, sentence.zh),
                        format!("Meets the conditions of {}: {}", name.en, sentence.en),
                    )
                })
            });
            asks.push(Asked { kind: "upgrade", to: held.pending.map(|pending| (pending.level, pending.asked)), why });
        }
        if lived.watched.map(Watch::kind) != new.watched.map(Watch::kind) {
            asks.extend(lived.watched.map(|gone| Asked { kind: gone.kind(), to: None, why: None }));
        }
        if lived.watched != new.watched
            && let Some(watch) = new.watched
        {
            let (to, why) = self.watched(watch, new.held.map_or(0, |held| held.rank));
            asks.push(Asked { kind: watch.kind(), to: to.map(|to| (to, self.as_of)), why: Some(why) });
        }
        asks
    }

    fn watched(&self, watch: Watch, held: u8) -> (Option<zunke_kernel::id::LevelId>, Text) {
        let rules = &self.ready.rules;
        match watch {
            Watch::Borderline(rank) => {
                let to = rules.level_of_rank(rank);
                let why = self.with(self.as_of, held, |subject| match to {
                    Some(level) if rank > held => {
                        let short = words::short(subject, &subject.missing(level));
                        Text::new(
                            format!("距{}只差一点：{}。", level.name.zh, short.zh),
                            format!("Only just below {}: {}.", level.name.en, short.en),
                        )
                    }
                    _ => {
                        let level = rules.level_of_rank(held);
                        let name = words::name(rules, level.map(|level| level.id));
                        Text::new(
                            format!("刚过{}的门槛，略少即不达标。", name.zh),
                            format!("Only just over the threshold of {}; a little less would not do.", name.en),
                        )
                    }
                });
                (to.map(|level| level.id), why)
            }
            Watch::Disagreement => {
                let grades = self.assessment.grades;
                let score = crate::face::number(self.assessment.score);
                let to = rules.level_of_rank(held).map(|level| level.id);
                let code = grades.code();
                (
                    to,
                    Text::new(
                        format!("RFM 为 {code}，综合评分 {score} 分，两者判断相差较大。"),
                        format!("RFM {code} and a composite score of {score} disagree widely."),
                    ),
                )
            }
        }
    }
}

fn change(kind: Kind) -> Change {
    match kind {
        Kind::Entered => Change::Entered,
        Kind::Raised => Change::Raised,
        Kind::Returned => Change::Returned,
        Kind::Renewed => Change::Kept,
        Kind::Observed => Change::Observed,
        Kind::Recovered => Change::Recovered,
        Kind::Lowered => Change::Lowered,
        Kind::Left => Change::Left,
        Kind::Moved => Change::Moved,
        Kind::Asked => Change::Asked,
    }
}
