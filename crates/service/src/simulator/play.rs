//! The play itself: tickets come, are routed to a group, and whoever is free takes the next.

use super::random::Random;
use super::report::{Ended, Result, of_level};
use super::{Flow, MINUTES_MAX, Plan, Rule};
use crate::presence::State as Presence;
use crate::queue::order::{self, Facts, Order, Place};
use crate::routing::decide::{Asked, Group, Person, decide};
use crate::routing::needs::relaxed;
use crate::ticket::{NEVER, Priority};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use uuid::Uuid;
use zunke_kernel::Instant;
use zunke_kernel::id::{GroupId, StaffId};

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;
/// From here on the ids of lines are those of single managers.
const OWN_LINES: u128 = 1 << 64;
/// Tickets that one free person looks at before he waits for another.
const LOOK_MAX: usize = 500;

struct Ticket {
    level_rank: i64,
    skills: Vec<String>,
    arrives: i64,
    promise: i64,
    work: i64,
    place: Place,
    /// The number of its dedicated manager among the managers.
    manager: Option<usize>,
    /// In whose line it waits.
    line: Option<GroupId>,
    answered: Option<i64>,
}

struct Agent {
    from: i64,
    until: i64,
    /// Which crew, and so which group, he is of.
    crew: usize,
    /// His own line, where he is a dedicated manager.
    own: Option<GroupId>,
    /// Tickets that wait in it.
    in_hand: i64,
    free_at: i64,
    worked: i64,
}

impl Agent {
    fn is_on(&self, now: i64) -> bool {
        (self.from..self.until).contains(&(now % DAY))
    }
}

/// The tickets of one group (`None`: of nobody's) that wait, in both orders.
#[derive(Default)]
struct Lines {
    turn: BTreeSet<(i64, usize)>,
    guard: BTreeSet<(i64, usize)>,
}

/// Plays a plan under a rule. The same plan gives the same result.
#[must_use]
pub fn play(plan: &Plan, order: &Order, relax_minutes: i64, rule: Rule) -> Result {
    let order = &plan.order.unwrap_or(*order);
    let end = (plan.days * 1_440).min(MINUTES_MAX) * MINUTE;
    let mut tickets = tickets_of(plan, order, rule, end);
    let (groups, mut agents) = (groups_of(plan), agents_of(plan));
    let homes = homes_of(plan, &groups);
    let managers: Vec<usize> = (0..agents.len()).filter(|at| agents[*at].own.is_some()).collect();
    let mut random = Random::new(plan.seed ^ 0xC01);
    let mut lines: HashMap<Option<GroupId>, Lines> = HashMap::new();
    // Moments at which somebody may begin: a ticket comes, somebody is free, a shift begins.
    let mut moments: BinaryHeap<Reverse<i64>> = tickets.iter().map(|ticket| Reverse(ticket.arrives)).collect();
    for day in 0..plan.days {
        moments.extend(agents.iter().map(|agent| Reverse(day * DAY + agent.from)));
    }
    let (mut next, mut waiting, mut longest) = (0, 0_usize, 0_usize);
    let relax = plan.relax_minutes.unwrap_or(relax_minutes);
    while let Some(Reverse(now)) = moments.pop() {
        while moments.peek() == Some(&Reverse(now)) {
            moments.pop();
        }
        if now >= end {
            break;
        }
        while tickets.get(next).is_some_and(|ticket| ticket.arrives <= now) {
            let ticket = &mut tickets[next];
            let close = manager_of(plan, &mut agents, &managers, ticket, now);
            ticket.line = close.or_else(|| homes.get(&ticket.level_rank).copied().flatten());
            let line = lines.entry(ticket.line).or_default();
            line.turn.insert((ticket.place.turn_at.0, next));
            if ticket.place.guard_at < NEVER {
                line.guard.insert((ticket.place.guard_at.0, next));
            }
            (next, waiting) = (next + 1, waiting + 1);
        }
        longest = longest.max(waiting);
        if waiting == 0 {
            continue;
        }
        for agent in &mut agents {
            if agent.free_at > now || !agent.is_on(now) {
                continue;
            }
            let coin = random.percent();
            let at_hand = Desk { plan, groups: &groups, order, rule, relax, now };
            let Some(taken) = at_hand.pick(agent, &mut lines, &tickets, coin) else { continue };
            let ticket = &mut tickets[taken];
            if let Some(line) = lines.get_mut(&ticket.line) {
                line.turn.remove(&(ticket.place.turn_at.0, taken));
                line.guard.remove(&(ticket.place.guard_at.0, taken));
            }
            if ticket.line.is_some() && ticket.line == agent.own {
                agent.in_hand -= 1;
            }
            ticket.answered = Some(now - ticket.arrives);
            agent.free_at = now + ticket.work;
            agent.worked += ticket.work.min(end - now);
            waiting -= 1;
            moments.push(Reverse(agent.free_at));
        }
    }
    report(plan, &tickets, &agents, (end, rule, longest))
}

/// The desk at a moment.
struct Desk<'a> {
    plan: &'a Plan,
    groups: &'a [Group],
    order: &'a Order,
    rule: Rule,
    relax: i64,
    now: i64,
}

impl Desk<'_> {
    /// The ticket that somebody who is free takes: what [`crate::queue::claim::next`] does, on lines in memory.
    fn pick(
        &self,
        agent: &Agent,
        lines: &mut HashMap<Option<GroupId>, Lines>,
        tickets: &[Ticket],
        coin: u8,
    ) -> Option<usize> {
        let mine = [agent.own.or(Some(self.groups[agent.crew].id)), None, Some(self.groups[agent.crew].id)];
        let guards = self.rule == Rule::House && order::guards_first(self.order, coin);
        if guards && let Some(found) = self.guarded(agent, lines, &mine, tickets) {
            return Some(found);
        }
        let first =
            |line: &Lines| line.turn.iter().take(LOOK_MAX).copied().find(|(_, at)| self.able(agent, &tickets[*at]));
        let found = mine.iter().filter_map(|group| lines.get(group).and_then(first)).min().map(|(_, at)| at);
        found.or_else(|| (!guards && self.rule == Rule::House).then(|| self.guarded(agent, lines, &mine, tickets))?)
    }

    fn guarded(
        &self,
        agent: &Agent,
        lines: &mut HashMap<Option<GroupId>, Lines>,
        mine: &[Option<GroupId>],
        tickets: &[Ticket],
    ) -> Option<usize> {
        let mut best: Option<(i64, usize)> = None;
        for group in mine {
            let Some(line) = lines.get_mut(group) else { continue };
            // A broken promise is guarded no more.
            while let Some(&(at, ticket)) = line.guard.first()
                && tickets[ticket].arrives + tickets[ticket].promise <= self.now
            {
                line.guard.remove(&(at, ticket));
            }
            let open = line.guard.range(..=(self.now, usize::MAX)).take(LOOK_MAX);
            let fits = open.copied().find(|(_, at)| {
                let ticket = &tickets[*at];
                let due = Instant(ticket.arrives + ticket.promise);
                ticket.place.guarded(due, Instant(self.now)) && self.able(agent, ticket)
            });
            best = match (best, fits) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        best.map(|(_, at)| at)
    }

    fn able(&self, agent: &Agent, ticket: &Ticket) -> bool {
        let given_up = relaxed(self.now - ticket.arrives, self.relax, ticket.skills.len());
        let skills = &self.plan.staff[agent.crew].skills;
        ticket.skills[..ticket.skills.len() - given_up].iter().all(|skill| skills.contains(skill))
    }
}

/// The line of the ticket's dedicated manager, or of the one who stands in for him, where routing gives it to either now.
fn manager_of(plan: &Plan, agents: &mut [Agent], managers: &[usize], ticket: &Ticket, now: i64) -> Option<GroupId> {
    let first = ticket.manager? % managers.len().max(1);
    // Who comes after him in the list stands in for him.
    let two: Vec<usize> =
        [first, first + 1].iter().filter_map(|at| managers.get(at % managers.len().max(1)).copied()).collect();
    let id = |at: &usize| StaffId(Uuid::from_u128(*at as u128 + 1));
    let person = |at: &usize| {
        let agent = &agents[*at];
        let crew = &plan.staff[agent.crew];
        Person {
            id: id(at),
            name: String::new(),
            active: true,
            presence: Presence::Online,
            absent: false,
            on_shift: agent.is_on(now),
            skills: crew.skills.clone(),
            levels: None,
            capacity: crew.capacity,
            load: agent.in_hand + i64::from(agent.free_at > now),
        }
    };
    let people: Vec<Person> = two.iter().map(person).collect();
    let asked = Asked {
        level_rank: ticket.level_rank,
        skills: ticket.skills.clone(),
        manager: two.first().map(id),
        deputies: two.get(1).map(id).into_iter().collect(),
        ..Asked::default()
    };
    let routed = decide(&asked, &[], &people);
    let at = *two.iter().find(|at| Some(id(at)) == routed.staff)?;
    agents[at].in_hand += 1;
    agents[at].own
}

fn tickets_of(plan: &Plan, order: &Order, rule: Rule, end: i64) -> Vec<Ticket> {
    let mut random = Random::new(plan.seed);
    let mut tickets = Vec::new();
    for flow in &plan.flows {
        if flow.per_hour > 0.0 {
            let gap = 60.0 * MINUTE as f64 / flow.per_hour;
            let mut at = random.wait(gap);
            while at < end as f64 {
                let minute = (at as i64 % DAY) / MINUTE;
                if (flow.from_minute..flow.until_minute).contains(&minute) {
                    tickets.push(ticket(flow, at as i64, &mut random, order, rule));
                }
                at += random.wait(gap);
            }
        }
    }
    for crowd in &plan.crowds {
        // The level's first flow says what a crowd of it is promised.
        if let Some(flow) = plan.flows.iter().find(|flow| flow.level_rank == crowd.level_rank) {
            let at = crowd.at_minute * MINUTE;
            tickets.extend((0..crowd.tickets).map(|_| ticket(flow, at, &mut random, order, rule)));
        }
    }
    tickets.sort_by_key(|ticket| ticket.arrives);
    given_managers(plan, &mut tickets);
    tickets
}

fn ticket(flow: &Flow, arrives: i64, random: &mut Random, order: &Order, rule: Rule) -> Ticket {
    let promise = flow.promise_minutes * MINUTE;
    let at = Instant(arrives);
    let facts = Facts {
        level_rank: flow.level_rank,
        priority: Priority::Normal,
        urgent: false,
        opened_at: at,
        since: at,
        due_at: Instant(arrives + promise),
    };
    let place = match rule {
        Rule::House => order::place(order, &facts),
        // A head start that no age makes up for.
        Rule::VipsFirst => Place { turn_at: at.plus_ms(-flow.level_rank * 1_000 * DAY), guard_at: NEVER },
        Rule::Arrival => Place { turn_at: at, guard_at: NEVER },
    };
    // Work takes between half and one and a half times the average, so that nobody's day is a clockwork.
    let work = (flow.work_minutes * MINUTE as f64 * (0.5 + random.unit())) as i64;
    Ticket {
        level_rank: flow.level_rank,
        skills: flow.skill.iter().cloned().collect(),
        arrives,
        promise,
        work: work.max(1),
        place,
        manager: None,
        line: None,
        answered: None,
    }
}

/// Which manager each customer with one has: drawn apart, so that plans without managers play as they always did.
fn given_managers(plan: &Plan, tickets: &mut [Ticket]) {
    let managers = plan.staff.iter().filter(|crew| crew.manages).map(|crew| crew.people).sum::<i64>();
    let managed = |rank: i64| plan.flows.iter().any(|flow| flow.managed && flow.level_rank == rank);
    let mut random = Random::new(plan.seed ^ 0xDA7A);
    for ticket in tickets.iter_mut().filter(|ticket| managers > 0 && managed(ticket.level_rank)) {
        ticket.manager = Some(((random.unit() * managers as f64) as usize).min(managers as usize - 1));
    }
}

fn groups_of(plan: &Plan) -> Vec<Group> {
    let group = |(at, crew): (usize, &super::Crew)| Group {
        id: GroupId(Uuid::from_u128(at as u128 + 1)),
        name: format!("{}", at + 1),
        levels: crew.levels.clone(),
        members: vec![StaffId(Uuid::from_u128(at as u128 + 1))],
        pushes: false,
    };
    plan.staff.iter().enumerate().map(group).collect()
}

/// Into whose queue a ticket of each level goes: what routing decides for it. Where several crews serve a level, or none
/// does, it goes into everybody's.
fn homes_of(plan: &Plan, groups: &[Group]) -> HashMap<i64, Option<GroupId>> {
    let people: Vec<Person> = groups
        .iter()
        .zip(&plan.staff)
        .map(|(group, crew)| Person {
            id: group.members[0],
            name: group.name.clone(),
            active: true,
            presence: Presence::Online,
            absent: false,
            on_shift: true,
            skills: crew.skills.clone(),
            levels: None,
            capacity: i64::MAX / 20_000,
            load: 0,
        })
        .collect();
    let home = |flow: &Flow| {
        let serves = |group: &&Group| group.levels.as_ref().is_some_and(|levels| levels.contains(&flow.level_rank));
        let own: Vec<Group> = groups.iter().filter(serves).cloned().collect();
        let asked = Asked { level_rank: flow.level_rank, ..Asked::default() };
        let routed = decide(&asked, &own, &people);
        let home = if own.len() == 1 { routed.group } else { None };
        (flow.level_rank, home)
    };
    plan.flows.iter().map(home).collect()
}

fn agents_of(plan: &Plan) -> Vec<Agent> {
    let crews = plan.staff.iter().enumerate().flat_map(|(crew, of)| (0..of.people).map(move |_| (crew, of)));
    let agent = |(at, (crew, of)): (usize, (usize, &super::Crew))| Agent {
        from: of.from_minute * MINUTE,
        until: of.until_minute * MINUTE,
        crew,
        own: of.manages.then(|| GroupId(Uuid::from_u128(OWN_LINES + at as u128))),
        in_hand: 0,
        free_at: 0,
        worked: 0,
    };
    crews.enumerate().map(agent).collect()
}

fn report(plan: &Plan, tickets: &[Ticket], agents: &[Agent], (end, rule, longest): (i64, Rule, usize)) -> Result {
    let ended: Vec<Ended> = tickets
        .iter()
        .map(|ticket| Ended {
            level_rank: ticket.level_rank,
            waited: ticket.answered,
            room: end - ticket.arrives,
            promise: ticket.promise,
        })
        .collect();
    let mut ranks: Vec<i64> = plan.flows.iter().map(|flow| flow.level_rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let there: i64 = agents.iter().map(|agent| (agent.until - agent.from) * plan.days).sum();
    let worked: i64 = agents.iter().map(|agent| agent.worked).sum();
    Result {
        rule,
        levels: ranks.into_iter().rev().map(|rank| of_level(rank, &ended)).collect(),
        busy_percent: (worked as f64 / there.max(1) as f64 * 1_000.0).round() / 10.0,
        longest_queue: longest as i64,
    }
}
