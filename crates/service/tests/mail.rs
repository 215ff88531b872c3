//! Mail in and out, with a real IMAP and a real SMTP server. On every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;
#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod office;

use common::*;
use office::{Office, Servers};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use tokio::task::block_in_place;
use zunke_service::intake::listen::{self, Limits};

use zunke_store::testing::databases;

fn header(mail: &str, name: &str) -> String {
    let mut lines =
        mail.lines().skip_while(|line| !line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
    let mut value = lines.next().unwrap_or("").split_once(':').map_or("", |(_, value)| value).trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push_str(line.trim());
    }
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_becomes_a_ticket_and_its_answers_find_it() {
    let servers = Servers::start();
    for (turn, db) in databases().into_iter().enumerate() {
        let office = Office::open(db, &servers, &format!("service{turn}")).await;
        let before = servers.sent().len();
        let first = "From: Wang <wang@example.com>\r\nTo: service@zunke.example\r\nSubject: =?GBK?B?v+y13cPO09DK1bW9?=\r\n\
            Message-ID: <first@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n";
        office.deliver(&servers, first, "三天没收到\r\n\r\n-- \r\n王小明".as_bytes());
        assert_eq!((office.look(), office.look()), (1, 0));
        office.deliver(&servers, first, "三天没收到".as_bytes());
        assert_eq!(office.look(), 0, "the same mail again");
        let tickets = office.tickets().await;
        assert_eq!(tickets.len(), 1);
        let id = tickets[0]["id"].clone();
        let whole = office.whole(&id).await;
        assert_eq!(whole["messages"][0]["body"], "三天没收到");
        assert_eq!(whole["messages"][0]["quoted"], "--\n王小明");
        assert_eq!((tickets[0]["channel"].as_str(), tickets[0]["sender"].as_str()), (Some("email"), Some("Wang")));
        let path = format!("/tickets/{}", id.as_str().expect("an id"));
        let answer = json!({ "body": "正在为您查询。", "visibility": "public", "state_after": "waiting" });
        office.house.later(HOUR);
        office.house.post(&format!("{path}/messages"), answer).await;
        assert_eq!(office.whole(&id).await["messages"][1]["delivery"], "waiting");
        office.work();
        office.work();
        let sent = servers.sent()[before..].to_vec();
        assert_eq!(sent.len(), 1, "sent once");
        assert_eq!(office.whole(&id).await["messages"][1]["delivery"], "sent");
        assert_eq!(header(&sent[0], "In-Reply-To"), "<first@example.com>");
        assert_eq!(header(&sent[0], "To"), "wang@example.com");
        assert!(header(&sent[0], "Reply-To").contains("service+1-"), "{}", sent[0]);
        let ours = header(&sent[0], "Message-ID");
        office.house.later(HOUR);
        let headers = format!(
            "From: wang@example.com\r\nSubject: Re: x\r\nMessage-ID: <second@example.com>\r\nIn-Reply-To: {ours}\r\n"
        );
        office.deliver(
            &servers,
            &headers,
            b"thanks, still nothing\r\n\r\nOn 2027-01-18 service@zunke.example wrote:\r\n> hello\r\n",
        );
        assert_eq!(office.look(), 1);
        let whole = office.whole(&id).await;
        assert_eq!(
            (whole["messages"][2]["body"].as_str(), whole["ticket"]["state"].as_str()),
            (Some("thanks, still nothing"), Some("open"))
        );
        let reply_to = header(&sent[0], "Reply-To");
        let token =
            reply_to.split("service+").nth(1).and_then(|rest| rest.split('@').next()).expect("a token").to_owned();
        let headers = format!(
            "From: other@example.com\r\nSubject: [#{token}] photo\r\nMessage-ID: <third@example.com>\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n"
        );
        office.deliver(
            &servers,
            &headers,
            b"--x\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--x\r\nContent-Type: text/plain\r\n\
            Content-Disposition: attachment; filename=note.txt\r\n\r\nhello\r\n--x--\r\n",
        );
        let guessed = "From: evil@example.com\r\nSubject: [#1-0000000000] x\r\nMessage-ID: <fourth@example.com>\r\n";
        office.deliver(&servers, guessed, b"guessed");
        assert_eq!(office.look(), 2);
        let whole = office.whole(&id).await;
        assert_eq!(whole["messages"].as_array().map(Vec::len), Some(4), "by the token");
        assert_eq!(whole["files"][0]["name"], "note.txt");
        assert_eq!(office.tickets().await.len(), 2, "a guessed token is none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_could_not_be_kept_are_named_on_the_ticket() {
    let servers = Servers::start();
    for (turn, db) in databases().into_iter().enumerate() {
        let office = Office::open(db, &servers, &format!("files{turn}")).await;
        let mail = |id: &str| {
            format!(
                "From: wang@example.com\r\nSubject: {id}\r\nMessage-ID: <{id}@example.com>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/mixed; boundary=x\r\n"
            )
        };
        let part = |name: &str, bytes: &[u8]| {
            let head = format!(
                "--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename={name}\r\n\r\n"
            );
            [head.as_bytes(), bytes, b"\r\n"].concat()
        };
        let words = "--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n屏幕碎了，照片见附件\r\n";
        // 8-bit text, so that a file just above the limit fits into a mail just below it.
        let line = [&[b'a'; 998][..], b"\r\n"].concat();
        let large = line.repeat(21 * 1024 * 1024 / line.len());
        let whole = [words.as_bytes(), &part("big.txt", &large), &part("ok.txt", b"hello"), b"--x--\r\n"].concat();
        office.deliver(&servers, &mail("large"), &whole);
        let program = [words.as_bytes(), &part("photo.png", b"MZ\x90\0\x03\0\0\0"), b"--x--\r\n"].concat();
        office.deliver(&servers, &mail("program"), &program);
        let huge = [words.as_bytes(), &part("film.txt", &large), &part("film2.txt", &large), b"--x--\r\n"].concat();
        office.deliver(&servers, &mail("huge"), &huge);
        assert_eq!(office.look(), 3);
        for (subject, files, said) in [("large", 1, "big.txt"), ("program", 0, "photo.png"), ("huge", 0, "25 MB")] {
            let tickets = office.tickets().await;
            let ticket = tickets.iter().find(|one| one["subject"] == subject).expect("a ticket");
            let whole = office.whole(&ticket["id"]).await;
            assert_eq!(whole["files"].as_array().map(Vec::len), Some(files), "{subject}");
            let messages = whole["messages"].as_array().expect("messages");
            assert_eq!(messages.len(), 2, "{subject}");
            assert_eq!(messages[0]["body"], "屏幕碎了，照片见附件", "{subject}");
            assert!(messages[1]["body"].as_str().is_some_and(|body| body.contains(said)), "{subject}: {}", messages[1]);
            assert_eq!((&messages[1]["side"], &messages[1]["visibility"]), (&json!("system"), &json!("internal")));
            assert_eq!(ticket["state"], "new", "no state changes by it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_open_nothing_and_stop_no_clock() {
    let servers = Servers::start();
    for (turn, db) in databases().into_iter().enumerate() {
        let office = Office::open(db, &servers, &format!("machine{turn}")).await;
        let from = |subject: &str, id: &str, more: &str| {
            format!(
                "From: wang@example.com\r\nSubject: {subject}\r\nMessage-ID: <{id}@example.com>\r\n\
                Content-Type: text/plain; charset=utf-8\r\n{more}"
            )
        };
        office.deliver(&servers, &from("help", "m1", ""), b"help me");
        assert_eq!(office.look(), 1);
        let id = office.tickets().await[0]["id"].clone();
        let path = format!("/tickets/{}", id.as_str().expect("an id"));
        office
            .house
            .post(
                &format!("{path}/messages"),
                json!({ "body": "好的", "visibility": "public", "state_after": "waiting" }),
            )
            .await;
        office.work();
        let ours = header(servers.sent().last().expect("sent"), "Message-ID");
        for at in 0..10 {
            let more = format!("In-Reply-To: {ours}\r\nAuto-Submitted: auto-replied\r\n");
            office.deliver(&servers, &from("away", &format!("auto{at}"), &more), b"I am away");
        }
        office.deliver(&servers, &from("自动回复：收到", "auto-new", ""), b"away");
        office.deliver(&servers, "From: service@zunke.example\r\nSubject: loop\r\nMessage-ID: <own@x>\r\n", b"loop");
        office.deliver(&servers, "Subject: nobody\r\n", b"no sender");
        assert_eq!(office.look(), 3, "so many of a day, then it is a loop");
        let whole = office.whole(&id).await;
        assert_eq!(whole["ticket"]["state"], "waiting", "a machine changes no state");
        assert_eq!(office.tickets().await.len(), 1, "no flood");
        let refused = office.house.get("/mailboxes").await["refused"].as_array().expect("refused").clone();
        let reasons = |word: &str| refused.iter().filter(|one| one["reason"] == word).count();
        assert_eq!((reasons("machine"), reasons("own"), reasons("unreadable")), (8, 1, 1));
        let report = format!(
            "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nMessage-ID: <r@mx>\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
            Diagnostic-Code: smtp; 550 unknown\r\n\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {ours}\r\n\r\n--x--\r\n"
        );
        servers.deliver(&office.user, report.as_bytes());
        office.look();
        let message = office.whole(&id).await["messages"][1].clone();
        assert_eq!(
            (message["delivery"].as_str(), message["delivery_detail"].as_str()),
            (Some("failed"), Some("smtp; 550 unknown"))
        );
        for at in 0..30 {
            office.deliver(&servers, &from("flood", &format!("flood{at}"), "").replace("wang@", "flood@"), b"again");
        }
        office.look();
        assert!(office.tickets().await.len() <= 21, "one address opens only so many in an hour");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_mailbox_is_said() {
    let servers = Servers::start();
    for (turn, db) in databases().into_iter().enumerate() {
        let office = Office::open(db, &servers, &format!("trial{turn}")).await;
        let path = format!("/mailboxes/{}", office.mailbox);
        let trial = office.house.post(&format!("{path}/test"), json!({})).await;
        assert_eq!((trial["incoming"].as_bool(), trial["outgoing"].as_bool()), (Some(true), Some(true)), "{trial}");
        office.house.patch(&path, json!({ "password": "wrong" })).await;
        let trial = office.house.post(&format!("{path}/test"), json!({})).await;
        assert_eq!(trial["incoming_problem"]["code"], "mail_login_failed", "{trial}");
        let imap = json!({ "host": "127.0.0.1", "port": servers.imap, "security": "none", "user": office.user });
        let with =
            |imap: Value, folder: &str| json!({ "password": "secret", "settings": { "imap": imap, "folder": folder } });
        office.house.patch(&path, with(imap.clone(), "Nowhere")).await;
        let trial = office.house.post(&format!("{path}/test"), json!({})).await;
        assert_eq!(trial["incoming_problem"]["code"], "mail_folder_failed", "{trial}");
        let mut tls = imap;
        tls["security"] = json!("tls");
        office.house.patch(&path, with(tls, "INBOX")).await;
        let trial = office.house.post(&format!("{path}/test"), json!({})).await;
        assert_eq!(trial["incoming_problem"]["code"], "mail_tls_failed", "{trial}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_takes_what_is_ours_and_refuses_the_rest() {
    let servers = Servers::start();
    for (turn, db) in databases().into_iter().enumerate() {
        let office = Office::open(db, &servers, &format!("listen{turn}")).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let now = office.house.now();
        let limits = Limits { bytes: 5_000, ..Limits::default() };
        let served = tokio::spawn(listen::serve(
            listener,
            office.house.db.db.clone(),
            office.intake.clone(),
            Arc::new(move || now),
            limits,
        ));
        let talk = move |lines: &str| {
            let lines = lines.to_owned();
            block_in_place(|| {
                let mut stream = TcpStream::connect(address).expect("connected");
                stream.write_all(lines.replace('\n', "\r\n").as_bytes()).expect("sent");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("answered");
                answer.lines().map(|line| line.chars().take(3).collect::<String>()).collect::<Vec<_>>().join(" ")
            })
        };
        let mail = "From: wang@example.com\nMessage-ID: <l1@example.com>\nSubject: hi\n\nhello\n..dot\n.\n";
        let begin = "EHLO x\nMAIL FROM:<wang@example.com>\nRCPT TO:<service@zunke.example>\nDATA\n";
        assert_eq!(talk(&format!("{begin}{mail}QUIT\n")), "220 250 250 250 250 250 354 250 221");
        assert_eq!(
            talk(&format!("{begin}{mail}QUIT\n")),
            "220 250 250 250 250 250 354 250 221",
            "again: taken, and nothing new"
        );
        let tickets = office.tickets().await;
        assert_eq!(tickets.len(), 1);
        assert_eq!(office.whole(&tickets[0]["id"]).await["messages"][0]["body"], "hello\n.dot");
        assert!(
            talk("EHLO x\nMAIL FROM:<a@b.c>\nRCPT TO:<other@zunke.example>\nQUIT\n").ends_with("550 221"),
            "no relay"
        );
        assert!(talk("EHLO x\nMAIL FROM:<a@b.c> SIZE=9999\nQUIT\n").ends_with("552 221"));
        assert!(talk("EHLO x\nDATA\nVRFY a\nQUIT\n").ends_with("503 502 221"));
        assert!(
            talk(&format!(
                "{begin}{}\n.\nQUIT\n",
                "x".repeat(60).as_str().to_owned() + &"\nyyyyyyyyyyyyyyyyyyy".repeat(400)
            ))
            .ends_with("354 552 221")
        );
        assert!(talk(&format!("{}\nQUIT\n", "x".repeat(5000))).contains("500"));
        served.abort();
    }
}
