//! Mail over encrypted connections, in and out, with servers whose certificate this machine trusts, and with ones whose
//! it does not.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;
#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod office;

use common::*;
use office::{Office, Servers};
use serde_json::json;
use zunke_service::intake::csat;
use zunke_store::testing::databases;

/// Trust is taken from the environment when the process looks for it first: each half is a process of its own.
fn in_a_process(test: &str, trusted: Option<&std::path::Path>, servers: &Servers) {
    let (imaps, smtps, _) = servers.tls.as_ref().expect("encrypted");
    let mut command = std::process::Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env("ZUNKE_TEST_PORTS", format!("{} {} {imaps} {smtps}", servers.imap, servers.smtp));
    match trusted {
        Some(certificate) => command.env("SSL_CERT_FILE", certificate),
        None => command.env_remove("SSL_CERT_FILE"),
    };
    assert!(command.status().expect("ran").success(), "{test}");
}

fn ports() -> Option<[u16; 4]> {
    let text = std::env::var("ZUNKE_TEST_PORTS").ok()?;
    let ports: Vec<u16> = text.split(' ').filter_map(|port| port.parse().ok()).collect();
    ports.try_into().ok()
}

fn server(port: u16, security: &str) -> serde_json::Value {
    json!({ "host": "localhost", "port": port, "security": security })
}

#[test]
fn mail_goes_encrypted_to_servers_that_are_trusted_and_to_no_others() {
    let servers = Servers::encrypted();
    let certificate = servers.tls.as_ref().map(|(_, _, certificate)| certificate.clone()).expect("a certificate");
    let count = databases().len();
    for turn in 0..count {
        for way in ["tls", "starttls"] {
            let mail = format!(
                "From: wang@example.com\r\nSubject: {way}\r\nMessage-ID: <{way}{turn}@example.com>\r\n\r\nhello"
            );
            servers.deliver(&format!("{way}{turn}"), mail.as_bytes());
        }
    }
    in_a_process("trusted", Some(&certificate), &servers);
    let sent = servers.sent();
    // Per database: two answers, each with its invitation to rate.
    assert_eq!(sent.len(), 4 * count, "{sent:?}");
    assert_eq!(sent.iter().filter(|mail| mail.contains("Auto-Submitted: auto-generated")).count(), sent.len() / 2);
    in_a_process("untrusted", None, &servers);
    assert_eq!(servers.sent().len(), sent.len(), "nothing more went out");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a half of the test above"]
async fn trusted() {
    let Some([imap, smtp, imaps, smtps]) = ports() else { return };
    for (way, imap, smtp) in [("tls", imaps, smtps), ("starttls", imap, smtp)] {
        for (turn, db) in databases().into_iter().enumerate() {
            let office = Office::by(db, &format!("{way}{turn}"), server(imap, way), server(smtp, way)).await;
            invited(&office, "https://crm.zunke.example").await;
        }
    }
}

/// A mail comes in, is answered and solved; the customer is asked how content he is, by mail, once.
async fn invited(office: &Office, address: &str) {
    let house = &office.house;
    let body = json!({ "base_url": address, "csat": { "mail": true } });
    let (status, answer) = house.call(&house.boss, "PUT", "/service/public", None, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(office.look(), 1);
    let ticket = office.tickets().await[0].clone();
    let path = format!("/tickets/{}", ticket["id"].as_str().expect("an id"));
    let answer = json!({ "body": "已为您处理。", "visibility": "public", "state_after": "solved" });
    house.post(&format!("{path}/messages"), answer).await;
    office.work();
    house.later(48 * HOUR);
    office.work();
    office.work();
    let whole = office.whole(&ticket["id"]).await;
    let messages = whole["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 3, "{whole}");
    assert!(messages[1..].iter().all(|one| one["delivery"] == "sent"), "{whole}");
    let token = csat::token(&office.intake.keys, ticket["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"));
    let link = format!("{address}/csat/{}", token.expect("a token"));
    assert!(messages[2]["body"].as_str().is_some_and(|body| body.contains(&link)), "{link}: {}", messages[2]);
    assert_eq!(messages[2]["automatic"], true);
    assert!(whole["ticket"]["csat"].is_null(), "asked, and not answered yet");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a half of the test above"]
async fn untrusted() {
    let Some([imap, smtp, imaps, smtps]) = ports() else { return };
    let db = databases().into_iter().next().expect("a database");
    let office = Office::by(db, "tls", server(imaps, "tls"), server(smtps, "tls")).await;
    assert!(office.try_look().is_err(), "a certificate that nobody vouches for");
    let path = format!("/mailboxes/{}/test", office.mailbox);
    let (status, tested) = office.house.call(&office.house.boss, "POST", &path, None, None).await;
    assert_eq!((status, &tested["incoming"], &tested["outgoing"]), (200, &json!(false), &json!(false)), "{tested}");
    let db = databases().into_iter().next().expect("a database");
    let office = Office::by(db, "starttls", server(imap, "starttls"), server(smtp, "starttls")).await;
    assert!(office.try_look().is_err());
    let found = office.house.get("/mailboxes").await;
    assert!(found["items"][0]["problem"]["code"].is_string(), "{found}");
}
