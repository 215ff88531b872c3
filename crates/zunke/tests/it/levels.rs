//! Rights by level over the whole API: customers of a level that a role may not see are in no list and no count, and
//! their ids answer like ids of nobody; those that it may see but not change stay as they are.

use crate::house::{Answer, House, operations, zunke};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_kernel::Instant;
use zunke_kernel::id::CustomerId;
use zunke_store::testing::{TestDb, databases};

const CUSTOMERS: &str = "90";
const NOBODY: &str = "cus_00000000000070008000000000000000";
/// Lists as long as they get; every other one is asked as it is.
const LONG: [&str; 13] = [
    "/customers?limit=500",
    "/customers?limit=500&status=all&sort=-level",
    "/customers/export?format=csv",
    "/category-moves?limit=100",
    "/tiering/changes?limit=500",
    "/tiering/potentials?limit=100",
    "/tiering/observations?limit=500",
    "/tiering/observations?limit=500&sort=-net_spend",
    "/tiering/keeps?limit=500&within_days=366",
    "/tiering/queue?limit=500",
    "/tiering/queue?limit=500&state=decided",
    "/tiering/ltv/customers?limit=500",
    "/imports?limit=100",
];

struct Company {
    house: House,
    db: TestDb,
    boss: String,
    clerk: String,
    by_rank: BTreeMap<i64, Vec<String>>,
}

fn token(db: &TestDb, login: &str, role: Role) -> String {
    let hash = password::hash_blocking(&Secret::new("tea-and-porcelain-2468")).expect("hashes");
    let new = NewStaff {
        login: login.into(),
        name: login.into(),
        role,
        department: None,
        reach: None,
        levels: None,
        locale: None,
    };
    let now = Instant(1_780_000_000_000);
    db.write(|tx| staff::create(tx, now, None, &new, &hash, false)).expect("a person");
    let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
    let (_, secret) = tokens::create(&db.db, now, login, &new).expect("a token");
    format!("Bearer {}", secret.reveal())
}

impl Company {
    fn new(db: TestDb) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made =
            zunke(folder.path(), Some(&db.url)).args(["demo", "--customers", CUSTOMERS]).output().expect("a demo");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (boss, clerk) = (token(&db, "boss", Role::Administrator), token(&db, "clerk", Role::OperationsManager));
        let url = db.url.clone();
        let house = House::open_in(folder, &[], &[("ZUNKE_DATABASE", &url)]);
        let mut company = Self { house, db, boss, clerk, by_rank: BTreeMap::new() };
        for one in company.list(&company.boss, "/customers?limit=500") {
            let (id, rank) =
                (one["id"].as_str().expect("an id").to_owned(), one["level_rank"].as_i64().expect("a rank"));
            company.by_rank.entry(rank).or_default().push(id);
        }
        company
    }

    fn call(&self, token: &str, method: &str, path: &str, version: Option<i64>, body: Option<&Value>) -> Answer {
        let path = if path.starts_with("/api/") { path.to_owned() } else { format!("/api/v1{path}") };
        let version = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("authorization", token)];
        headers.extend(version.as_deref().map(|version| ("if-match", version)));
        self.house.call(method, &path, &headers, body)
    }

    fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.call(token, "GET", path, None, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    fn list(&self, token: &str, path: &str) -> Vec<Value> {
        self.get(token, path)["items"].as_array().expect("items").clone()
    }

    /// Holds a level back from operations managers.
    fn hold_back(&self, hidden: i64, untouchable: i64) {
        let right = |rank: i64, see: bool| {
            json!({"role": "operations_manager", "rank": rank, "see": see, "edit": false, "categorise": false,
                "archive": false})
        };
        let body = json!({"rights": [right(hidden, false), right(untouchable, true)]});
        let answer = self.call(&self.boss, "PUT", "/level-rights", Some(0), Some(&body));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// A rise of this customer that waits for approval.
    fn ask(&self, customer: &str) -> String {
        let customer: CustomerId = serde_json::from_value(json!(customer)).expect("an id");
        let item = CustomerId::new(Instant(1_780_000_000_000));
        self.db
            .write(|tx| {
                tx.execute(
                    "INSERT INTO level_queue (item_id, customer_id, programme_id, kind, state, from_level, to_level,
                       asked_on, why, score, rfm, version)
                     SELECT $1, s.customer_id, s.programme_id, 'upgrade', 'open', s.level_id, s.level_id, 20000,
                       '{\"zh\":\"测试\",\"en\":\"test\"}', 1.0, 0, 1
                     FROM standings s JOIN programmes p ON p.programme_id = s.programme_id
                     WHERE s.customer_id = $2 ORDER BY s.programme_id LIMIT 1",
                    &[item.into(), customer.into()],
                )
            })
            .expect("an item");
        item.to_string().trim_start_matches("cus_").to_owned()
    }
}

/// What the API asks of one customer: method, path, body, and what it says where this may not be changed (`None`: it is
/// only looked at).
fn of_one(level: &str) -> Vec<(&'static str, &'static str, Option<Value>, Option<&'static str>)> {
    let layer = json!({"level_id": level, "reason": "试", "until": "2199-01-01"});
    let edit = Some("level_not_editable");
    vec![
        ("GET", "", None, None),
        ("GET", "/category/history", None, None),
        ("GET", "/fields/history", None, None),
        ("GET", "/level", None, None),
        ("GET", "/level/on?day=2026-05-01", None, None),
        ("GET", "/levels", None, None),
        ("GET", "/ltv", None, None),
        ("GET", "/preferences", None, None),
        ("GET", "/programmes", None, None),
        ("GET", "/tags/history", None, None),
        ("GET", "/timeline", None, None),
        ("POST", "/level/what-if", Some(json!({"orders": [{"amount": "10"}]})), None),
        ("POST", "/level/manual", Some(layer.clone()), edit),
        ("DELETE", "/level/manual", None, edit),
        ("POST", "/level/grant", Some(layer), edit),
        ("DELETE", "/level/grant", None, edit),
        ("PATCH", "", Some(json!({"note": "新", "fields": {}})), edit),
        ("PUT", "/tags", Some(json!({"tags": []})), edit),
        ("POST", "/archive", None, Some("level_not_archivable")),
        ("POST", "/restore", None, Some("level_not_archivable")),
        ("POST", "/reveal", None, None),
    ]
}

#[test]
fn a_level_that_is_held_back_is_nowhere_and_one_that_may_only_be_seen_stays_as_it_is() {
    for db in databases() {
        let company = Company::new(db);
        let ranks: Vec<i64> = company.by_rank.keys().copied().filter(|rank| *rank > 0).collect();
        assert!(ranks.len() >= 3, "{ranks:?}");
        let (hidden, untouchable, free) = (ranks[ranks.len() - 1], ranks[ranks.len() - 2], ranks[0]);
        let hidden_ids: BTreeSet<String> = company.by_rank[&hidden].iter().cloned().collect();
        let total: usize = company.by_rank.values().map(Vec::len).sum();
        let seen = (total - hidden_ids.len()) as u64;
        let (secret, locked) = (company.by_rank[&hidden][0].clone(), company.by_rank[&untouchable][0].clone());
        let waiting = company.ask(&secret);
        let names = |text: &str| hidden_ids.iter().any(|id| text.contains(id.as_str()));
        let all = |token: &str| {
            let mut paths: Vec<String> = LONG.iter().map(|path| format!("/api/v1{path}")).collect();
            paths.extend(
                operations()
                    .into_iter()
                    .filter(|(method, path)| method == "GET" && !path.contains(NOBODY))
                    .map(|it| it.1),
            );
            paths.into_iter().map(|path| (company.call(token, "GET", &path, None, None), path)).collect::<Vec<_>>()
        };
        let before = company.list(&company.boss, "/customers?limit=500");
        let told: BTreeSet<String> = all(&company.boss)
            .into_iter()
            .filter_map(|(answer, path)| {
                // The page of rules is off until somebody turns it on.
                let may_be_closed = path.starts_with("/api/v1/session") || path == "/api/v1/public/rules";
                assert!(answer.status == 200 || may_be_closed, "{path}: {}", answer.text);
                names(&answer.text).then_some(path)
            })
            .collect();
        for path in ["/customers?limit=500", "/tiering/changes?limit=500", "/tiering/queue?limit=500"] {
            assert!(told.contains(&format!("/api/v1{path}")), "{path} shows this level to who may see it: {told:?}");
        }
        company.hold_back(hidden, untouchable);
        for (answer, path) in all(&company.clerk) {
            let closed = answer.status == 404 && path == "/api/v1/public/rules";
            assert!(closed || matches!(answer.status, 200 | 403), "{path}: {}", answer.text);
            assert!(!names(&answer.text), "{path} names customers of a level that is held back: {}", answer.text);
        }
        sums(&company, seen);
        everyone_is_for_who_sees_everyone(&company);
        let level = {
            let overview = company.get(&company.boss, "/tiering/overview");
            let levels = overview["levels"].as_array().expect("levels").clone();
            let one = levels.iter().find(|level| level["rank"] == json!(free)).expect("a level");
            one["level_id"].as_str().or(one["id"].as_str()).expect("its id").to_owned()
        };
        for (method, part, body, fault) in of_one(&level) {
            let ask = |id: &str, version: Option<i64>| {
                company.call(&company.clerk, method, &format!("/customers/{id}{part}"), version, body.as_ref())
            };
            let version = (part.is_empty() || part == "/tags").then_some(1).filter(|_| method != "GET");
            let (own, none) = (ask(&secret, version), ask(NOBODY, version));
            assert_eq!((own.status, none.status), (404, 404), "{method} {part}: {} {}", own.text, none.text);
            assert_eq!(own.json()["detail"], none.json()["detail"], "{method} {part}");
            let version = company.get(&company.boss, &format!("/customers/{locked}"))["version"].as_i64();
            let answer = ask(&locked, version.filter(|_| part.is_empty() || part == "/tags"));
            match fault {
                Some(fault) => {
                    let said = (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned());
                    assert_eq!(said, (403, fault.to_owned()), "{method} {part}: {}", answer.text);
                }
                None => assert_eq!(answer.status, 200, "{method} {part}: {}", answer.text),
            }
        }
        many_at_once(&company, &secret, &locked, &waiting);
        let touched = |all: &[Value]| -> Vec<Value> {
            let kept = |one: &&Value| one["level_rank"] == json!(hidden) || one["level_rank"] == json!(untouchable);
            all.iter().filter(kept).cloned().collect()
        };
        let after = company.list(&company.boss, "/customers?limit=500");
        assert_eq!(touched(&after), touched(&before), "nothing of them has changed");
        let free = &company.by_rank[&free][0];
        let body = json!({"level_id": level, "reason": "试"});
        let answer =
            company.call(&company.clerk, "POST", &format!("/customers/{free}/level/manual"), None, Some(&body));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// Every count is one of those who are seen.
fn sums(company: &Company, seen: u64) {
    let clerk = |path: &str| company.get(&company.clerk, path);
    let sum = |items: &Value, field: &str| -> u64 {
        items.as_array().expect("a list").iter().map(|item| item[field].as_u64().unwrap_or(0)).sum()
    };
    assert_eq!(clerk("/customers/count")["count"], json!(seen));
    assert_eq!(clerk("/session")["setup"]["customers"], json!(seen));
    let overview = clerk("/tiering/overview");
    assert_eq!(overview["total"], json!(seen), "{overview}");
    assert_eq!(sum(&overview["levels"], "customers"), seen);
    let rfm = clerk("/tiering/rfm");
    assert_eq!(sum(&rfm["cells"], "customers") + rfm["unrated"].as_u64().expect("unrated"), seen);
    assert_eq!(sum(&clerk("/tiering/staircase")["steps"], "customers"), seen);
    let categories = clerk("/categories");
    assert_eq!(sum(&categories["items"], "customers") + categories["without"].as_u64().expect("without"), seen);
    assert!(clerk("/tiering/ltv")["seen"]["customers"].as_u64().expect("seen") <= seen);
    let queue = clerk("/tiering/queue?limit=500");
    let counted = sum(&queue["open"], "items");
    assert_eq!(counted, queue["items"].as_array().expect("items").len() as u64, "{queue}");
    let whole = sum(&company.get(&company.boss, "/tiering/queue")["open"], "items");
    assert!(counted < whole, "the item of one who is not seen is not counted: {counted} of {whole}");
    for kind in ["tag", "value_class"] {
        for tag in company.list(&company.clerk, &format!("/tags?kind={kind}")) {
            let listed = clerk(&format!("/customers/count?tag={}", tag["id"].as_str().expect("an id")));
            assert_eq!(tag["customers"], listed["count"], "{tag}");
        }
    }
    let preview = json!({"condition": {"field": "level_rank", "op": "gte", "value": 0}});
    let counted = company.call(&company.clerk, "POST", "/segments/count", None, Some(&preview));
    if counted.status == 200 {
        assert!(counted.json()["total"].as_u64().is_none_or(|total| total == seen), "{}", counted.text);
    }
}

/// What counts or moves everyone is not for who sees only some.
fn everyone_is_for_who_sees_everyone(company: &Company) {
    let programme = company.list(&company.clerk, "/tiering/programmes")[0]["id"].as_str().expect("an id").to_owned();
    for (method, path, body) in [
        ("GET", "/tiering/runs".to_owned(), None),
        ("GET", "/tiering/runs/00000000000070008000000000000000".to_owned(), None),
        ("POST", "/tiering/runs".to_owned(), Some(json!({"kind": "daily"}))),
        ("POST", "/tiering/runs/00000000000070008000000000000000/approve".to_owned(), Some(json!({}))),
        ("POST", "/tiering/evaluations".to_owned(), Some(json!({}))),
        ("POST", format!("/tiering/programmes/{programme}/publish"), Some(json!({"note": "试"}))),
    ] {
        let answer = company.call(&company.clerk, method, &path, None, body.as_ref());
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
    }
    for part in ["simulate", "simulate/movers", "simulate/load"] {
        let path = format!("/tiering/programmes/{programme}/{part}");
        let answer = company.call(&company.clerk, "POST", &path, None, Some(&json!({})));
        assert!(matches!(answer.status, 200 | 403), "{part}: {}", answer.text);
        let told = company.by_rank.values().next_back().expect("a level").iter().any(|id| answer.text.contains(id));
        assert!(!told, "{part}: {}", answer.text);
    }
}

/// Bulk operations pass over whom the caller may not see or not change.
fn many_at_once(company: &Company, secret: &str, locked: &str, waiting: &str) {
    let made =
        company.call(&company.boss, "POST", "/categories", None, Some(&json!({"name": "分厂", "colour": "#1677ff"})));
    assert_eq!(made.status, 201, "{}", made.text);
    let category = made.json()["id"].clone();
    let made =
        company.call(&company.boss, "POST", "/tags", None, Some(&json!({"name": "试标签", "colour": "#1677ff"})));
    assert_eq!(made.status, 201, "{}", made.text);
    let tag = made.json()["id"].clone();
    for (path, body) in [
        ("/customers/bulk/category", json!({"customers": [secret, locked], "category_id": category})),
        ("/customers/bulk/tags", json!({"customers": [secret, locked], "add": [tag], "remove": []})),
    ] {
        let answer = company.call(&company.clerk, "POST", path, None, Some(&body));
        assert!(answer.status < 500 && answer.status != 401 && answer.status != 422, "{path}: {}", answer.text);
        assert!(!answer.text.contains(secret), "{path}: {}", answer.text);
    }
    let body = json!({"ids": [waiting, NOBODY.trim_start_matches("cus_")], "decision": "approve", "reason": "试"});
    let answer = company.call(&company.clerk, "POST", "/tiering/queue/decide", None, Some(&body)).json();
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results[0]["outcome"], "refused", "{answer}");
    assert_eq!(results[0]["error"], results[1]["error"], "as one that is not there: {answer}");
}
