//! Whom somebody meets: for each reach, every operation about one customer or ticket near and far; and no answer to
//! anybody holds a customer beyond his reach.

use super::bodies::{about, names_somebody};
use super::world::{World, headers};
use super::{Operation, compare, nothing, operations};
use crate::house::{Answer, House};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zunke_access::tokens::Limits;
use zunke_access::{ReachKind, Role, directory};
use zunke_kernel::id::{CustomerId, StaffId};

const HEAD: &str = "\
# Whom each reach meets in every operation about one customer or ticket. Moved by ZUNKE_BLESS=1 only; see docs/access.md.
# Six customers: his own, a colleague's of his department, one of the department below, one of a fellow of his group,
# one far away, and one of his own at level 5. o: he is answered otherwise than about an id of nobody. -: to the byte
# the same as about nobody. .: a change to somebody within reach, which is not tried here.
# `levels` is the reach `all` with the levels up to 4.
# operation                                                    own    group  dep.   below  all    levels";

/// Each reach, and which of the six are within it.
const REACHES: [(ReachKind, Option<&str>, [bool; 6]); 6] = [
    (ReachKind::Own, None, [true, false, false, false, false, true]),
    (ReachKind::Group, None, [true, false, false, true, false, true]),
    (ReachKind::DepartmentOnly, None, [true, true, false, false, false, true]),
    (ReachKind::Department, None, [true, true, true, false, false, true]),
    (ReachKind::All, None, [true; 6]),
    (ReachKind::All, Some("[0,1,2,3,4]"), [true, true, true, true, true, false]),
];

/// What is in nobody's answer who may not see the customer.
fn canary(at: usize) -> String {
    format!("金丝雀{}", ["甲木", "乙火", "丙土", "丁金", "戊水", "己日"][at])
}

struct Company {
    world: World,
    house: House,
    boss: String,
    me: StaffId,
    mine: String,
    ids: Vec<CustomerId>,
    customers: Vec<String>,
    tickets: Vec<String>,
}

impl Company {
    fn made() -> Self {
        let world = World::demo(40);
        let east = world.department("东", None);
        let below = world.department("东一", Some(east));
        let west = world.department("西", None);
        let manager = Role::OperationsManager;
        let boss = world.person("matrix-boss", Role::Administrator, None, None, None);
        let me = world.person("matrix-me", manager, Some(east), None, None);
        let [peer, fellow, stranger] =
            ["matrix-peer", "matrix-fellow", "matrix-far"].map(|name| world.person(name, manager, None, None, None));
        let ids: Vec<CustomerId> = world.customers().into_iter().take(6).collect();
        for (at, (owner, department, rank)) in [
            (me, east, 1_i64),
            (peer, east, 1),
            (peer, below, 1),
            (fellow, west, 1),
            (stranger, west, 1),
            (me, east, 5),
        ]
        .into_iter()
        .enumerate()
        {
            world.execute(
                "UPDATE customers SET owner_id = $1, department_id = $2, level_rank = $3 WHERE customer_id = $4",
                &[owner.into(), department.into(), rank.into(), ids[at].into()],
            );
        }
        let boss = world.token(boss, true, &Limits::default());
        let mine = world.token(me, true, &Limits::default());
        let house = world.open();
        let customers: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let as_boss = headers(Some(&boss));
        let mut tickets = Vec::new();
        for (at, id) in customers.iter().enumerate() {
            let path = format!("/api/v1/customers/{id}");
            let tag = house.get(&path, &as_boss).header("etag").unwrap_or_default().to_owned();
            let with_tag = [as_boss[0], ("if-match", tag.as_str())];
            let renamed = house.call("PATCH", &path, &with_tag, Some(&json!({"name": canary(at)})));
            assert_eq!(renamed.status, 200, "{}", renamed.text);
            let about = json!({"kind": "question", "body": format!("{} 想问一件事", canary(at)), "customer_id": id});
            let made = house.call("POST", "/api/v1/tickets", &as_boss, Some(&about));
            assert!(made.status < 300, "{}", made.text);
            let ticket = made.json();
            let ticket = ticket["id"].as_str().or_else(|| ticket["ticket"]["id"].as_str()).expect("a ticket");
            tickets.push(ticket.to_owned());
            let visit = json!({"customer_id": id, "kind": "visit", "state": "planned", "purpose": canary(at)});
            let made = house.call("POST", "/api/v1/visits", &as_boss, Some(&visit));
            assert!(made.status < 300, "{}", made.text);
        }
        let group = json!({"name": "小组", "members": [
            {"staff_id": me, "from": "2020-01-01"}, {"staff_id": fellow, "from": "2020-01-01"}]});
        let made = house.call("POST", "/api/v1/staff-groups", &as_boss, Some(&group));
        assert!(made.status < 300, "{}", made.text);
        Self { world, house, boss, me, mine, ids, customers, tickets }
    }

    fn reach(&self, kind: ReachKind, levels: Option<&str>) {
        self.world.execute(
            "UPDATE staff SET reach = $1, levels = $2 WHERE staff_id = $3",
            &[kind.word().into(), levels.map(str::to_owned).into(), self.me.into()],
        );
        // What was done before may have had his level looked at.
        self.world.execute("UPDATE customers SET level_rank = 5 WHERE customer_id = $1", &[self.ids[5].into()]);
    }

    /// The one of the six ids that an operation is about, by its path.
    fn placed(&self, operation: &Operation, at: usize) -> Option<&str> {
        let path = operation.path.trim_start_matches("/api/v1");
        if path.starts_with("/customers/{id}") {
            Some(&self.customers[at])
        } else if path.starts_with("/tickets/{id}") {
            Some(&self.tickets[at])
        } else {
            None
        }
    }
}

/// The answer without what differs from call to call: the id that was asked for, the number of the request.
fn plain(answer: &Answer, asked: &[&str]) -> String {
    let mut text = format!("{} {}", answer.status, answer.text);
    for id in asked {
        text = text.replace(id, "<id>");
    }
    let mut whole = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("req_") {
        whole.push_str(before);
        rest = after.trim_start_matches(|one: char| one.is_ascii_hexdigit());
    }
    whole + rest
}

fn prefix(id: &str) -> String {
    nothing(id.split('_').next().unwrap_or("cus"))
}

/// Whether `me` is answered otherwise about one of the six than about nobody.
fn differs(company: &Company, operation: &Operation, at: usize) -> Option<(String, String)> {
    let (customer, ticket) = (company.customers[at].as_str(), company.tickets[at].as_str());
    let ask = |customer: &str, ticket: &str, path: &str| {
        let body = operation.body.as_ref().map(|body| about(body, customer, ticket));
        let body = body.or_else(|| operation.takes_body.then(|| json!({})));
        let with = [("authorization", company.mine.as_str()), ("if-match", "\"1\"")];
        let answer = company.house.call(&operation.method, path, &with, body.as_ref());
        assert!(answer.status < 500, "{}: {}", operation.name(), answer.text);
        plain(&answer, &[path, customer, ticket])
    };
    let (here, gone) = match company.placed(operation, at) {
        Some(id) => (operation.called(id), operation.called(&prefix(id))),
        // About somebody in its body: in the path, somebody he does see.
        None => (operation.called(&company.customers[0]), operation.called(&company.customers[0])),
    };
    let about_him = ask(customer, ticket, &here);
    let about_nobody = ask(&nothing("cus"), &nothing("tkt"), &gone);
    (about_him != about_nobody).then_some((about_him, about_nobody))
}

#[test]
fn every_reach_meets_whom_the_table_says_and_the_others_are_as_nobody() {
    let company = Company::made();
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    let mut holes = Vec::new();
    let all: Vec<Operation> = operations()
        .into_iter()
        .filter(|one| company.placed(one, 0).is_some() || one.body.as_ref().is_some_and(names_somebody))
        .collect();
    for (kind, levels, within) in REACHES {
        company.reach(kind, levels);
        for operation in &all {
            let mut cell = String::new();
            for (at, within) in within.iter().enumerate() {
                if *within && operation.method != "GET" {
                    cell.push('.');
                    continue;
                }
                let found = differs(&company, operation, at);
                cell.push(if found.is_some() { 'o' } else { '-' });
                if let (false, Some((him, nobody))) = (*within, found) {
                    let cut = |text: &str| text.chars().take(300).collect::<String>();
                    holes.push(format!(
                        "{} by {}{levels:?}, customer {at}\n    him:    {}\n    nobody: {}",
                        operation.name(),
                        kind.word(),
                        cut(&him),
                        cut(&nobody)
                    ));
                }
            }
            let row = rows.entry(operation.name()).or_default();
            row.push_str(&cell);
            row.push(' ');
        }
    }
    assert!(holes.is_empty(), "somebody beyond reach is not as nobody:\n{}", holes.join("\n"));
    compare("matrix-eyes.txt", HEAD, &rows);
}

/// Every address to look at for an operation: with ids that are there, and with its search and its longest page.
fn addresses(company: &Company, operation: &Operation, lists: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut all = Vec::new();
    if company.placed(operation, 0).is_some() {
        all.extend((0..6).filter_map(|at| company.placed(operation, at)).map(|id| operation.called(id)));
    } else if let Some((list, _)) = operation.path.split_once("/{") {
        let known = lists.get(list).map(Vec::as_slice).unwrap_or_default();
        all.extend(known.iter().take(3).map(|id| operation.called(id)));
    } else {
        all.push(operation.called(""));
    }
    let mut more = Vec::new();
    for path in &all {
        let join = if path.contains('?') { '&' } else { '?' };
        if operation.takes("limit") {
            more.push(format!("{path}{join}limit=200"));
        }
        if operation.takes("search") {
            more.push(format!("{path}{join}search=%E9%87%91%E4%B8%9D%E9%9B%80"));
        }
    }
    all.extend(more);
    all
}

/// The ids of every list, as an administrator sees them.
fn lists(company: &Company, reads: &[Operation]) -> BTreeMap<String, Vec<String>> {
    let mut lists = BTreeMap::new();
    for operation in reads.iter().filter(|one| !one.path.contains('{') && !one.path.ends_with("/stream")) {
        let answer = company.house.get(&operation.called(""), &headers(Some(&company.boss))).json();
        let items = answer["items"].as_array().or_else(|| answer.as_array()).cloned().unwrap_or_default();
        let ids = items.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned).collect();
        lists.insert(operation.path.clone(), ids);
    }
    lists
}

#[test]
fn no_answer_to_anybody_holds_a_customer_beyond_his_reach() {
    let company = Company::made();
    let reads: Vec<Operation> = operations().into_iter().filter(|one| one.method == "GET").collect();
    let lists = lists(&company, &reads);
    assert!(lists.values().filter(|ids| !ids.is_empty()).count() > 15, "lists with something in them: {lists:?}");
    let everybody: Vec<(String, Value)> = {
        let list = company.house.get("/api/v1/customers?limit=200&status=all", &headers(Some(&company.boss))).json();
        list["items"].as_array().expect("customers").iter().map(|one| (one["id"].to_string(), one.clone())).collect()
    };
    assert!(everybody.len() >= 40, "{}", everybody.len());
    let mut leaks = Vec::new();
    for (kind, levels, within) in REACHES.into_iter().filter(|(_, levels, within)| levels.is_some() || !within[4]) {
        company.reach(kind, levels);
        let mut beyond: Vec<String> = (0..6)
            .filter(|at| !within[*at])
            .flat_map(|at| [canary(at), company.customers[at].clone(), company.tickets[at].clone()])
            .collect();
        // Whoever else is beyond the scope by its own rule, by his id.
        let scope = company
            .world
            .db
            .read(|tx| directory::standing(tx, company.me, super::world::now()))
            .expect("a scope")
            .expect("somebody")
            .scope;
        let sql = "SELECT customer_id, owner_id, department_id, level_rank FROM customers";
        let far = company.world.db.read(|tx| {
            tx.query(sql, &[], |row| {
                let owner = row.opt_id(1, StaffId)?;
                let department = row.opt_id(2, zunke_kernel::id::DepartmentId)?;
                Ok((row.id(0, CustomerId)?, scope.sees(owner, department, row.int(3)?)))
            })
        });
        beyond.extend(far.expect("customers").into_iter().filter(|(_, seen)| !seen).map(|(id, _)| id.to_string()));
        for operation in &reads {
            for path in addresses(&company, operation, &lists) {
                let answer = company.house.get(&path, &headers(Some(&company.mine)));
                if answer.status >= 400 {
                    continue;
                }
                if let Some(found) = beyond.iter().find(|one| answer.text.contains(one.as_str())) {
                    let at = answer.text.find(found.as_str()).unwrap_or_default();
                    let near: String =
                        answer.text[..at].chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect();
                    leaks.push(format!("{path} to {}{levels:?}: …{near}{found}", kind.word()));
                }
            }
        }
    }
    assert!(leaks.is_empty(), "customers beyond reach are in answers:\n{}", leaks.join("\n"));
}
