//! The scope that a query puts into SQL against the plain rule, over made-up companies: trees of departments, people of
//! every reach with levels, roles held back from levels, colleagues in a group or stood in for, and customers anywhere.

mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::*;
use zunke_access::staff::NewStaff;
use zunke_access::{ReachKind, Role, directory, level_rights, staff, tree};
use zunke_customers::{CustomerQuery, Filter, Headline, ListParams, NewCustomer, Sort, headline, query};
use zunke_kernel::Zone;
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_store::Db;
use zunke_store::testing::databases;

/// Companies per engine; each is read by all of its people in several ways.
const CASES: u32 = 48;
const RANKS: i64 = 6;

/// Somebody: his role, reach, department and levels, the last two perhaps none.
#[derive(Clone, Debug)]
struct Person {
    role: usize,
    reach: Option<usize>,
    department: Option<usize>,
    levels: Option<Vec<i64>>,
}

/// A customer: owner, department, rank, and whether the search finds him.
type Placed = (Option<usize>, Option<usize>, i64, bool);

#[derive(Clone, Debug)]
struct Company {
    /// Each department's parent, among those before it.
    tree: Vec<Option<usize>>,
    people: Vec<Person>,
    /// Role and rank that are not to be seen.
    hidden: Vec<(usize, i64)>,
    customers: Vec<Placed>,
}

fn person() -> impl Strategy<Value = Person> {
    let levels = prop::option::weighted(0.4, prop::collection::vec(0..RANKS, 0..4));
    (1_usize..5, prop::option::of(0_usize..5), prop::option::weighted(0.8, 0_usize..8), levels)
        .prop_map(|(role, reach, department, levels)| Person { role, reach, department, levels })
}

fn company() -> impl Strategy<Value = Company> {
    let placed =
        (prop::option::weighted(0.8, 0_usize..5), prop::option::weighted(0.8, 0_usize..8), 0..RANKS, prop::bool::ANY);
    (
        prop::collection::vec(prop::option::weighted(0.8, 0_usize..8), 1..8),
        prop::collection::vec(person(), 1..5),
        prop::collection::vec((1_usize..5, 0..RANKS), 0..4),
        prop::collection::vec(placed, 0..24),
    )
        .prop_map(|(tree, people, hidden, customers)| Company { tree, people, hidden, customers })
}

/// Whether `person` sees the customer: the rule in plain words, without the code of the product.
fn naive(company: &Company, at: usize, (owner, department, rank, _): &Placed) -> bool {
    let person = &company.people[at];
    let reach = person.reach.map_or_else(|| ReachKind::of_role(Role::ALL[person.role]), |at| ReachKind::ALL[at]);
    let count = company.tree.len();
    let here = person.department.map(|at| at % count);
    let there = department.map(|at| at % count);
    let near = match reach {
        ReachKind::All => true,
        // No groups are made here: a group without fellows is oneself.
        ReachKind::Own | ReachKind::Group => owner.map(|owner| owner % company.people.len()) == Some(at),
        ReachKind::DepartmentOnly => here.is_some() && here == there,
        ReachKind::Department => {
            let mut above = there;
            loop {
                if above.is_none() || above == here {
                    break above.is_some();
                }
                above = above.and_then(|at| parent(&company.tree, at));
            }
        }
    };
    near && person.levels.as_ref().is_none_or(|levels| levels.contains(rank))
        && !company.hidden.contains(&(person.role, *rank))
}

/// A department's parent is always one that was made before it.
fn parent(tree: &[Option<usize>], at: usize) -> Option<usize> {
    tree[at].filter(|_| at > 0).map(|above| above % at)
}

/// Empties the company of the case before; its customers stay in the archive, which the lists don't show.
fn empty(db: &Db) {
    db.write(|tx| {
        tx.execute("UPDATE customers SET status = 'archived' WHERE status = 'active'", &[])?;
        tx.execute("DELETE FROM staff", &[])?;
        tx.execute("DELETE FROM departments", &[])?;
        tx.execute("DELETE FROM settings WHERE name = 'level_rights'", &[])
    })
    .expect("emptied");
}

fn made(db: &Db, company: &Company) -> (Vec<StaffId>, Vec<CustomerId>) {
    empty(db);
    let mut departments: Vec<DepartmentId> = Vec::new();
    for at in 0..company.tree.len() {
        let above = parent(&company.tree, at).map(|above| departments[above]);
        let made = db.write(|tx| tree::create(tx, NOW, None, &format!("部门{at}"), above)).expect("a department");
        departments.push(made.id);
    }
    let people: Vec<StaffId> = company
        .people
        .iter()
        .enumerate()
        .map(|(at, person)| {
            let new = NewStaff {
                login: format!("person{at}"),
                name: format!("员工{at}"),
                role: Role::ALL[person.role],
                department: person.department.map(|at| departments[at % departments.len()]),
                reach: person.reach.map(|at| ReachKind::ALL[at]),
                levels: person.levels.clone(),
                locale: None,
            };
            db.write(|tx| staff::create(tx, NOW, None, &new, "none", false)).expect("somebody").id
        })
        .collect();
    let rights: Vec<serde_json::Value> = company
        .hidden
        .iter()
        .map(|(role, rank)| {
            serde_json::json!({"role": Role::ALL[*role], "rank": rank, "see": false, "edit": false,
                "categorise": false, "archive": false})
        })
        .collect();
    db.write(|tx| {
        tx.execute(
            "INSERT INTO settings (name, content, version, updated_at) VALUES ('level_rights', $1, 1, $2)",
            &[serde_json::Value::from(rights.clone()).to_string().into(), NOW.into()],
        )
    })
    .expect("the rights");
    let mut heads = Vec::new();
    let ids: Vec<CustomerId> = company
        .customers
        .iter()
        .map(|(owner, department, rank, found)| {
            let new = NewCustomer {
                owner_id: owner.map(|at| people[at % people.len()]),
                department_id: department.map(|at| departments[at % departments.len()]),
                ..NewCustomer::named(if *found { "王小明" } else { "陈东" })
            };
            let id = create(db, &new).expect("a customer");
            heads.push(Headline { level_rank: *rank, score: Some(50.0), ..Headline::empty(id) });
            id
        })
        .collect();
    db.write(|tx| headline::write_many(tx, &heads)).expect("the levels");
    assert_eq!(db.read(level_rights::load).expect("rights").rights.len(), company.hidden.len());
    (people, ids)
}

fn check(db: &Db, company: &Company) {
    let (people, ids) = made(db, company);
    for (at, person) in people.iter().enumerate() {
        let standing = db.read(|tx| directory::standing(tx, *person, NOW)).expect("read").expect("somebody");
        let scope = standing.scope;
        let expected = |found: bool| -> Vec<CustomerId> {
            let within = company.customers.iter().zip(&ids).filter(|(placed, _)| naive(company, at, placed));
            let mut ids: Vec<CustomerId> = within.filter(|(placed, _)| !found || placed.3).map(|(_, id)| *id).collect();
            ids.sort();
            ids
        };
        for (search, sort) in
            [(false, "-level"), (false, "name"), (false, "-created"), (true, "-level"), (true, "name")]
        {
            let params = ListParams { search: search.then(|| "wxm".into()), ..ListParams::default() };
            let query = db
                .read(|tx| {
                    let filter = Filter::read(tx, &params, context().today, Zone::default())?;
                    CustomerQuery::new(&scope).filter(filter).sort(Sort::read(sort)?).page(Some(100), None)
                })
                .expect("a query");
            let mut listed: Vec<CustomerId> =
                db.read(|tx| query.list(tx)).expect("a list").items.into_iter().map(|row| row.id).collect();
            let mut streamed = Vec::new();
            db.read(|tx| {
                query.for_each(tx, |row| {
                    streamed.push(row.id);
                    Ok(())
                })
            })
            .expect("a stream");
            listed.sort();
            streamed.sort();
            let right = expected(search);
            assert_eq!(listed, right, "list of {at} by {sort}, search {search}: {scope:?}");
            assert_eq!(streamed, right, "export of {at} by {sort}, search {search}: {scope:?}");
            let counted = db.read(|tx| query.count(tx)).expect("a count");
            assert_eq!(counted, right.len() as i64, "count of {at}, search {search}: {scope:?}");
        }
        let mut within = db.read(|tx| query::within(tx, &scope, &ids)).expect("within");
        within.sort();
        assert_eq!(within, expected(false), "within {scope:?}");
    }
}

#[test]
fn what_sql_lets_through_is_what_the_plain_rule_lets_through() {
    for db in databases() {
        let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&company(), |company| {
            check(&db, &company);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{:?}: {error}", db.engine());
        }
    }
}
