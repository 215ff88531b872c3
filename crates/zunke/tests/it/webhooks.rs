//! A house that is killed while it tells another system what happened: nothing is lost, of each customer everything comes
//! in order, and only what was on its way at that moment comes twice.

use crate::house::{run, zunke};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Stopwatch};
use zunke_hooks::emit::{Wishes, emit};
use zunke_hooks::event::{EventType, NewEvent};
use zunke_hooks::settings::{self, Settings};
use zunke_hooks::store::webhooks;
use zunke_hooks::webhook::{Webhook, WebhookId};
use zunke_kernel::Instant;
use zunke_service::intake::Keys;
use zunke_service::intake::signature::{self, Signed};
use zunke_store::{Db, Engine, testing};

const CUSTOMERS: usize = 60;
const EACH: usize = 8;
const KILLS: usize = 6;
/// Calls to one receiver at one time.
const AWAY: usize = 8;
const PATIENCE: Duration = Duration::from_secs(120);

/// What was heard: id, customer, which of his.
type Heard = Arc<Mutex<Vec<(String, String, u64)>>>;

fn receiver(secret: String) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let heard = Heard::default();
    let ears = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (ears, secret) = (ears.clone(), secret.clone());
            std::thread::spawn(move || listen(stream, &secret, &ears));
        }
    });
    (url, heard)
}

fn listen(mut stream: TcpStream, secret: &str, heard: &Heard) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let of = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let mut body = vec![0; of("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let (id, timestamp, signature) = (of("webhook-id"), of("webhook-timestamp"), of("webhook-signature"));
    let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
    let at = Instant(timestamp.parse::<i64>().unwrap_or(0) * 1_000);
    let holds = signature::check(secret, signed, &body, at).is_ok();
    std::thread::sleep(Duration::from_millis(10));
    let message: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    if let (true, Some(customer), Some(number)) =
        (holds, message["data"]["customer_id"].as_str(), message["data"]["number"].as_u64())
    {
        heard.lock().expect("heard").push((id, customer.to_owned(), number));
    }
    let status = if holds { "204 Heard" } else { "401 Wrong" };
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
}

fn killed_while_it_tells(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match testing::database(engine) {
            Some(server) => Some(server),
            None => return,
        },
    };
    let file = format!("sqlite:{}", folder.path().join("zunke.db").display());
    let url = server.as_ref().map_or(file, |server| server.url.clone());
    assert!(run(folder.path(), Some(&url), &["migrate"]).status.success());
    let db = Db::open(&url).expect("opens");
    #[expect(clippy::disallowed_methods, reason = "beside a process that reads the clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    let now = Instant(i64::try_from(now.as_millis()).expect("a time"));
    let secret = signature::new_secret().expect("a secret");
    let (address, heard) = receiver(secret.clone());
    let id = WebhookId::new(now);
    let webhook = Webhook {
        id,
        name: "ERP".into(),
        url: address,
        events: [EventType::CustomerChanged].into(),
        active: true,
        stopped: None,
        old_until: None,
        failures: 0,
        failing_since: None,
        open_at: None,
        succeeded_at: None,
        created_by: None,
        created_at: now,
        version: 1,
        secret: Keys::in_folder(&folder.path().join("data")).seal(&Webhook::about(id), &secret).expect("sealed"),
        old_secret: None,
    };
    let allowed = Settings { allowed_networks: vec!["127.0.0.1".into()], version: 0 };
    db.write(|tx| {
        webhooks::insert(tx, &webhook)?;
        settings::save(tx, now, &allowed)?;
        let wishes = Wishes::load(tx)?;
        for number in 0..EACH {
            let all: Vec<NewEvent> = (0..CUSTOMERS)
                .map(|customer| NewEvent {
                    kind: EventType::CustomerChanged,
                    key: format!("cus_{customer}"),
                    data: json!({ "customer_id": format!("cus_{customer}"), "number": number }),
                })
                .collect();
            emit(tx, now, &wishes, &all)?;
        }
        Ok(())
    })
    .expect("kept");

    let waiting = || {
        let sql = "SELECT COUNT(*) FROM webhook_deliveries WHERE state <> 'delivered'";
        db.read(|tx| tx.query_one(sql, &[], |row| row.int(0))).expect("asked").unwrap_or(0)
    };
    for kill in 0..=KILLS {
        // As if the leases of the dead had run out.
        db.write(|tx| tx.execute("UPDATE webhook_deliveries SET due_at = 0 WHERE state = 'pending'", &[]))
            .expect("leases");
        let mut house = zunke(folder.path(), Some(&url))
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let (begun, before) = (Stopwatch::now(), heard.lock().expect("heard").len());
        loop {
            assert!(begun.elapsed() < PATIENCE, "{} still wait", waiting());
            assert!(house.try_wait().expect("state").is_none(), "the house ended by itself");
            let enough = if kill < KILLS { heard.lock().expect("heard").len() > before + 20 } else { waiting() == 0 };
            if enough {
                break;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        assert!(kill == KILLS || waiting() > 0, "the kill met it at work");
        // SIGKILL.
        house.kill().expect("kill");
        house.wait().expect("an end");
        // What was sent in the last moment arrives yet.
        std::thread::sleep(Duration::from_millis(200));
    }
    let heard = heard.lock().expect("heard").clone();
    let ids: HashSet<&str> = heard.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids.len(), CUSTOMERS * EACH, "nothing is lost");
    let twice = heard.len() - ids.len();
    println!("{engine:?}: {KILLS} kills, {twice} of {} came twice", ids.len());
    assert!(twice <= KILLS * AWAY, "{twice} came twice");
    let mut told: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (_, customer, number) in &heard {
        let mine = told.entry(customer).or_default();
        if mine.last() != Some(number) {
            mine.push(*number);
        }
    }
    let order: Vec<u64> = (0..EACH as u64).collect();
    assert!(told.values().all(|mine| *mine == order), "of each customer in order");
}

#[test]
fn killed_while_it_tells_nothing_is_lost_and_the_order_holds_on_sqlite() {
    killed_while_it_tells(Engine::Sqlite);
}

#[test]
fn killed_while_it_tells_nothing_is_lost_and_the_order_holds_on_postgresql() {
    killed_while_it_tells(Engine::Postgres);
}
