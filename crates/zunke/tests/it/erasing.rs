//! People who are erased by a house that is killed while it does so: each is gone wholly or not at all, and in the end all
//! of them are, with one certificate each.

use crate::house::{House, json};
use serde_json::{Value, json as value};
use std::time::{Duration, Instant as Stopwatch};
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_kernel::Instant;
use zunke_store::{Db, Engine, testing};

/// Kills that must leave somebody as he was, and kills after which he is gone though nobody was told.
const KILLS: usize = 10;
const TRIES: u32 = 40;
/// Words of the time line of each: so much is to be deleted that there is time for a kill.
const WORDS: usize = 900;

struct Company {
    url: String,
    token: String,
    db: Db,
}

/// What there is of a person, table by table, and whether he counts as erased.
#[derive(Debug, PartialEq, Eq)]
struct Rest {
    named: i64,
    phones: i64,
    words: i64,
    fingerprints: i64,
    erased: i64,
    certificates: i64,
    told: i64,
}

impl Company {
    fn new(folder: &tempfile::TempDir, server: Option<&testing::TestDb>) -> Self {
        let file = format!("sqlite:{}", folder.path().join("zunke.db").display());
        let url = server.map_or(file, |server| server.url.clone());
        json(folder.path(), Some(&url), &["migrate"]);
        let db = Db::open(&url).expect("opens");
        let hash = password::hash_blocking(&Secret::new("tea-and-porcelain-2468")).expect("hashes");
        let new = NewStaff {
            login: "boss".into(),
            name: "Boss".into(),
            role: Role::Administrator,
            department: None,
            reach: None,
            levels: None,
            locale: None,
        };
        let now = Instant(1_780_000_000_000);
        db.write(|tx| staff::create(tx, now, None, &new, &hash, false)).expect("a person");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&db, now, "boss", &new).expect("a token");
        let token = format!("Bearer {}", secret.reveal());
        Self { db, url, token }
    }

    fn open(&self, folder: tempfile::TempDir) -> House {
        House::open_in(folder, &[], &[("ZUNKE_DATABASE", &self.url)])
    }

    fn call(&self, house: &House, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("authorization", self.token.as_str())];
        let answer = house.call(method, &format!("/api/v1{path}"), &headers, Some(body));
        (answer.status, answer.json())
    }

    fn made(&self, house: &House, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(house, "POST", path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Somebody with a long time line who asks to be erased; answers the customer's id and that of the request.
    fn person(&self, house: &House, number: usize) -> (String, String) {
        let new = value!({ "name": format!("王秘密{number}"), "phones": [format!("1381234{number:04}")], "note": "喜欢桂花" });
        let customer = self.made(house, "/customers", &new)["id"].as_str().expect("an id").to_owned();
        let row = |at: usize| {
            value!({ "customer": { "id": customer }, "kind": "interaction", "source": "shop",
                "source_id": format!("{number}-{at}"), "occurred_at": "2026-03-01T08:00:00Z", "channel": "phone",
                "subject": "来电", "body": format!("秘密 {at}") })
        };
        let rows: Vec<Value> = (0..WORDS).map(row).collect();
        self.made(house, "/activities/batch", &value!({ "activities": rows }));
        let asked = value!({ "kind": "erasure", "channel": "phone", "words": "都删掉" });
        let request = self.made(house, &format!("/customers/{customer}/privacy-requests"), &asked);
        (customer, request["id"].as_str().expect("an id").to_owned())
    }

    fn rest(&self, customer: &str) -> Rest {
        let id: zunke_kernel::id::CustomerId = customer.parse().expect("an id");
        let sql = "SELECT
            (SELECT COUNT(*) FROM customers WHERE customer_id = $1 AND name LIKE '王秘密%'),
            (SELECT COUNT(*) FROM customer_phones WHERE customer_id = $1),
            (SELECT COUNT(*) FROM activities WHERE customer_id = $1 AND body IS NOT NULL),
            (SELECT COUNT(*) FROM erased_identities WHERE customer_id = $1),
            (SELECT COUNT(*) FROM privacy_standings WHERE customer_id = $1 AND state = 'erased'),
            (SELECT COUNT(*) FROM privacy_requests WHERE customer_id = $1 AND certificate IS NOT NULL),
            (SELECT COUNT(*) FROM outbox WHERE topic = 'customer.erased' AND message_key = $2)";
        let read = self.db.read(|tx| {
            tx.query_one(sql, &[id.into(), customer.into()], |row| {
                Ok(Rest {
                    named: row.int(0)?,
                    phones: row.int(1)?,
                    words: row.int(2)?,
                    fingerprints: row.int(3)?,
                    erased: row.int(4)?,
                    certificates: row.int(5)?,
                    told: row.int(6)?,
                })
            })
        });
        read.expect("read").expect("a row")
    }
}

fn whole() -> Rest {
    let words = i64::try_from(WORDS).expect("a number");
    Rest { named: 1, phones: 1, words, fingerprints: 0, erased: 0, certificates: 0, told: 0 }
}

fn gone() -> Rest {
    Rest { named: 0, phones: 0, words: 0, fingerprints: 1, erased: 1, certificates: 1, told: 1 }
}

fn killed_while_it_erases(engine: Engine) {
    let server = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match testing::database(engine) {
            Some(server) => Some(server),
            None => return,
        },
    };
    let mut folder = tempfile::tempdir().expect("a folder");
    let company = Company::new(&folder, server.as_ref());

    let body = value!({ "identity_check": "回拨", "confirm_name": "" });
    let (mut hits, mut unheard, mut number) = (0, 0, 0);
    let mut took = Duration::ZERO;
    let mut waiting: Vec<(String, String, String)> = Vec::new();
    for at in 0..TRIES {
        let house = company.open(folder);
        let (customer, request) = company.person(&house, number);
        let name = format!("王秘密{number}");
        number += 1;
        assert_eq!(company.rest(&customer), whole());
        let path = format!("/privacy/requests/{request}/carry-out");
        let mut body = body.clone();
        body["confirm_name"] = name.clone().into();
        if at == 0 {
            // Undisturbed, to know how long it takes.
            let begun = Stopwatch::now();
            company.made(&house, &path, &body);
            took = begun.elapsed();
            assert_eq!(company.rest(&customer), gone());
            folder = house.kill();
            continue;
        }
        let after = took.mul_f64(f64::from(at % 11) / 10.0);
        let (answered, ended) = house.call_and_kill(&format!("/api/v1{path}"), &company.token, &body, after);
        folder = ended;
        let rest = company.rest(&customer);
        let erased = rest == gone();
        assert!(erased || rest == whole(), "killed after {after:?} of {took:?}: {rest:?}");
        assert!(erased || !answered, "it was said to be done");
        hits += usize::from(!erased);
        unheard += usize::from(erased && !answered);
        waiting.push((customer, path, name));
        if hits + unheard >= KILLS && hits > 0 {
            break;
        }
    }
    println!("{engine:?}: {hits} kills before the end, {unheard} after it and before the answer");
    assert!(hits > 0 && hits + unheard >= KILLS, "only {hits} + {unheard} kills met it at work");

    // Asked for again, each comes to its end, and once.
    let house = company.open(folder);
    for (customer, path, name) in waiting {
        let mut body = body.clone();
        body["confirm_name"] = name.into();
        let done = company.made(&house, &path, &body);
        let again = company.made(&house, &path, &body);
        assert_eq!((&done["state"], &done["certificate"]), (&value!("done"), &again["certificate"]));
        assert_eq!(company.rest(&customer), gone());
    }
}

#[test]
fn killed_while_it_erases_a_person_is_there_or_gone_on_sqlite() {
    killed_while_it_erases(Engine::Sqlite);
}

#[test]
fn killed_while_it_erases_a_person_is_there_or_gone_on_postgresql() {
    killed_while_it_erases(Engine::Postgres);
}

/// A backup knows whom it knew: restored, it gives nobody back who was erased since.
fn a_backup_brings_nobody_back(engine: Engine) {
    let server = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match testing::database(engine) {
            Some(server) => Some(server),
            None => return,
        },
    };
    let folder = tempfile::tempdir().expect("a folder");
    let company = Company::new(&folder, server.as_ref());
    let house = company.open(folder);
    let people: Vec<(String, String)> = (0..2).map(|number| company.person(&house, number)).collect();
    let folder = house.kill();
    let file = folder.path().join("zunke.backup");
    let file = file.to_str().expect("a path");
    json(folder.path(), Some(&company.url), &["backup", file]);

    // One who is in the backup and one who came later are erased.
    let house = company.open(folder);
    let late = company.person(&house, 2);
    let mut certificates = Vec::new();
    for (number, (customer, request)) in [(0, &people[0]), (2, &late)] {
        let body = value!({ "identity_check": "回拨", "confirm_name": format!("王秘密{number}") });
        let done = company.made(&house, &format!("/privacy/requests/{request}/carry-out"), &body);
        certificates.push(done["certificate"].clone());
        assert_eq!(company.rest(customer), gone());
    }
    let folder = house.kill();
    let (old, token) = (company.url.clone(), company.token.clone());
    drop(company);
    // PostgreSQL takes a backup into a new database, and is told which one was the old.
    let fresh = server.as_ref().and_then(|_| testing::database(engine));
    if let Some(fresh) = &fresh {
        // As `CREATE DATABASE` leaves it.
        for sql in ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"] {
            fresh.write(|tx| tx.execute(sql, &[])).expect("empty");
        }
    }
    let url = fresh.as_ref().map_or_else(|| old.clone(), |fresh| fresh.url.clone());
    let how = if fresh.is_some() { vec!["--erased-in", old.as_str()] } else { vec!["--replace"] };
    let restored = json(folder.path(), Some(&url), &[&["restore", file][..], how.as_slice()].concat());
    assert_eq!(restored["erased_again"], 1, "{restored}");

    let company = Company { db: Db::open(&url).expect("opens"), url, token };
    assert_eq!(company.rest(&people[0].0), gone());
    assert_eq!(company.rest(&people[1].0), whole());
    let house = company.open(folder);
    let path = format!("/api/v1/privacy/requests/{}", people[0].1);
    let shown = house.get(&path, &[("authorization", &company.token)]).json();
    assert_eq!((&shown["state"], &shown["certificate"]), (&value!("done"), &certificates[0]), "the same certificate");
    for number in [0, 2] {
        let new = value!({ "name": "又来", "phones": [format!("1381234{number:04}")] });
        let (status, answer) = company.call(&house, "POST", "/customers", &new);
        assert_eq!((status, answer["code"].as_str()), (409, Some("customer_erased")), "{answer}");
    }
}

#[test]
fn a_backup_brings_nobody_back_on_sqlite() {
    a_backup_brings_nobody_back(Engine::Sqlite);
}

#[test]
fn a_backup_brings_nobody_back_on_postgresql() {
    a_backup_brings_nobody_back(Engine::Postgres);
}
