//! What an attacker tries at the door of the real process: foreign sites, bodies and heads beyond reason, answers
//! that a browser could take for something else.

use crate::house::{House, operations};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The administrator's cookie, his password changed.
pub fn boss(house: &House) -> String {
    let once = house.greeting["administrator"]["one_time_password"].as_str().expect("a password").to_owned();
    let cookie = house.log_in("admin", &once);
    let change = json!({ "current": once, "new": "correct horse battery" });
    let own = [("cookie", cookie.as_str()), ("x-zunke", "1")];
    let changed = house.call("POST", "/api/v1/session/password", &own, Some(&change));
    assert!(changed.status < 300, "{}", changed.text);
    house.log_in("admin", "correct horse battery")
}

#[test]
fn no_write_by_cookie_is_taken_from_another_site() {
    let house = House::open(&[], &[]);
    let cookie = boss(&house);
    let mut tried = 0;
    for (method, path) in operations() {
        // A call that needs no login has no cookie to be abused; logging in is guarded by its origin.
        let is_open = path.contains("/public/") || path.contains("/hooks/");
        if method == "GET" || is_open || (path == "/api/v1/session" && method == "POST") {
            continue;
        }
        let answer = house.call(&method, &path, &[("cookie", &cookie)], Some(&json!({})));
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
        assert_eq!(answer.json()["code"], "cross_site_refused", "{method} {path}");
        let foreign = [("cookie", cookie.as_str()), ("x-zunke", "1"), ("sec-fetch-site", "cross-site")];
        assert_eq!(house.call(&method, &path, &foreign, Some(&json!({}))).status, 403, "{method} {path}");
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
    let login = json!({ "login": "admin", "password": "correct horse battery" });
    let other = [("origin", "https://evil.example")];
    assert_eq!(house.call("POST", "/api/v1/session", &other, Some(&login)).status, 403);
    assert_eq!(house.get("/api/v1/staff", &[("cookie", &cookie)]).status, 200, "the cookie is still good");
}

#[test]
fn every_answer_tells_the_browser_what_it_may_do_with_it() {
    let house = House::open(&[], &[]);
    for (path, kind) in [
        ("/", "page"),
        ("/customers/x", "page"),
        ("/index.html", "page"),
        ("/rules", "public"),
        ("/form/none", "public"),
        ("/api/v1/session", "api"),
        ("/api/v1/nothing", "api"),
        ("/api/v1/openapi.json", "api"),
        ("/healthz", "other"),
        ("/favicon.svg", "other"),
    ] {
        let answer = house.get(path, &[]);
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src 'self'"), kind == "page", "{path}: {policy}");
        if kind == "page" || kind == "public" {
            let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a number");
            assert!(answer.text.contains(&format!("nonce=\"{nonce}\"")), "{path}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(header("strict-transport-security"), "", "{path}: not over http");
        if kind == "api" || kind == "page" {
            assert_eq!(header("cache-control"), "no-store", "{path}");
        }
        let behind = house.get(path, &[("x-forwarded-proto", "https")]);
        assert!(behind.header("strict-transport-security").is_some_and(|held| held.contains("max-age=31536000")));
    }
}

/// Sends a body of `bytes` in pieces and reads the answer to its end.
fn send(house: &House, path: &str, headers: &str, bytes: usize) -> String {
    let address = house.greeting["url"].as_str().expect("url").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{headers}content-length: {bytes}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("send");
    let piece = vec![b' '; 1 << 16];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(piece.len());
        stream.write_all(&piece[..now]).expect("the whole body is taken");
        left -= now;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_body_too_large_is_told_so_and_not_cut_off() {
    let house = House::open(&[], &[]);
    let cookie = boss(&house);
    let own = format!("cookie: {cookie}\r\nx-zunke: 1\r\nidempotency-key: big\r\n");
    let answer = send(&house, "/api/v1/customers", &own, 12 << 20);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("body_too_large"), "{answer}");
    // Nobody without a login sends much, and each is told what is wrong.
    let answer = send(&house, "/api/v1/session", "", 1 << 20);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("64 KB"), "{answer}");
    let answer = send(&house, "/api/v1/customers", "", 12 << 20);
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("login_required"), "{answer}");
    let answer = send(&house, "/api/v1/hooks/none", "", 2 << 20);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("application/problem+json"), "{answer}");
    let answer = send(&house, "/api/v1/nothing", "", 12 << 20);
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[test]
fn a_body_nested_beyond_reason_is_malformed_and_nothing_falls_over() {
    let house = House::open(&[], &[]);
    let cookie = boss(&house);
    for body in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"name\":{}1{}}}", "[".repeat(5000), "]".repeat(5000)),
    ] {
        let answer = send_text(
            &house,
            "/api/v1/customers",
            &format!("cookie: {cookie}\r\nx-zunke: 1\r\nidempotency-key: deep\r\n"),
            &body,
        );
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 422 "), "{answer}");
    }
    assert_eq!(house.get("/healthz", &[]).status, 200);
}

fn send_text(house: &House, path: &str, headers: &str, body: &str) -> String {
    let address = house.greeting["url"].as_str().expect("url").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("connect");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("send");
    stream.write_all(body.as_bytes()).expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_head_too_large_is_refused_and_a_silent_connection_stands_in_nobodys_way() {
    let house = House::open(&[], &[]);
    let address = house.greeting["url"].as_str().expect("url").trim_start_matches("http://").to_owned();
    for head in [
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(200_000)),
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000)),
        format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", (0..500).map(|n| format!("x-{n}: 1\r\n")).collect::<String>()),
    ] {
        let mut stream = TcpStream::connect(&address).expect("connect");
        // The answer may come, and the line close, before all is sent.
        let _ = stream.write_all(head.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    // Two hundred that begin and never end.
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).expect("connect");
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").expect("send");
            stream
        })
        .collect();
    let started = Instant::now();
    assert_eq!(house.get("/healthz", &[]).status, 200);
    assert!(started.elapsed() < Duration::from_secs(5));
    drop(slow);
}

/// Calls with a body of any type.
fn post_bytes(house: &House, path: &str, headers: &[(&str, &str)], body: &[u8]) -> crate::house::Answer {
    let address = house.greeting["url"].as_str().expect("url").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("connect");
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.0\r\nhost: {address}\r\n{more}content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("send");
    stream.write_all(body).expect("send");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    crate::house::Answer::read(&answer)
}

#[test]
fn an_attachment_is_only_ever_saved() {
    let house = House::open(&[], &[]);
    let cookie = boss(&house);
    let own = [("cookie", cookie.as_str()), ("x-zunke", "1")];
    let ticket = house.call("POST", "/api/v1/tickets", &own, Some(&json!({ "kind": "question", "body": "看附件" })));
    assert_eq!(ticket.status, 201, "{}", ticket.text);
    let id = ticket.json()["id"].as_str().or(ticket.json()["ticket"]["id"].as_str()).expect("an id").to_owned();
    let files = format!("/api/v1/tickets/{id}/files");
    let page = b"<!doctype html><script>alert(1)</script>".as_slice();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".as_slice();
    for (name, bytes) in [
        ("x.html", page),
        ("x.svg", svg),
        ("x.xml", svg),
        ("x.js", b"alert(1)".as_slice()),
        ("x.png", page),
        ("x.pdf", svg),
        ("x.exe", b"MZ\x90\x00".as_slice()),
        ("x.jpg.html", page),
        ("x.docx", b"MZ\x90\x00".as_slice()),
    ] {
        let answer = post_bytes(&house, &format!("{files}?name={name}"), &own, bytes);
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
    // A text may say anything; it is handed out to be saved, as what it is, by a name that is ours.
    for name in ["a.txt", "../../b.txt", "c%22%0d%0aset-cookie:x=1.txt", "%E5%90%8D.txt"] {
        let answer = post_bytes(&house, &format!("{files}?name={name}"), &own, page);
        if answer.status == 422 {
            continue;
        }
        assert_eq!(answer.status, 201, "{name}: {}", answer.text);
        let file = answer.json()["id"].as_str().expect("an id").to_owned();
        let got = house.get(&format!("{files}/{file}"), &own);
        let header = |name: &str| got.header(name).unwrap_or_default().to_owned();
        assert_eq!(got.status, 200, "{}", got.text);
        assert!(header("content-type").starts_with("text/plain"), "{name}: {}", header("content-type"));
        assert!(header("content-disposition").starts_with("attachment; "), "{name}: {}", header("content-disposition"));
        assert!(!header("content-disposition").contains(['"', '/', '\\']), "{}", header("content-disposition"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").starts_with("sandbox"), "{}", header("content-security-policy"));
        assert_eq!(header("set-cookie"), "");
    }
}

/// Every operation that answers a table that a spreadsheet opens.
fn tables() -> Vec<String> {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).expect("docs/openapi.json");
    let mut found = Vec::new();
    for methods in document["paths"].as_object().expect("paths").values() {
        for operation in methods.as_object().expect("methods").values() {
            let kinds =
                operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
            let mut kinds =
                kinds.flat_map(|(_, response)| response["content"].as_object().into_iter().flat_map(|all| all.keys()));
            if kinds.any(|kind| kind == "text/csv" || kind.contains("spreadsheet")) {
                found.push(operation["operationId"].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Cells that a spreadsheet would run.
fn formulas(csv: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let cells = reader.records().flat_map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>());
    let number = |cell: &str| cell.parse::<f64>().is_ok();
    cells.filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !number(cell)).collect()
}

#[test]
fn no_export_holds_a_formula() {
    // A new one must be tried here too.
    assert_eq!(tables(), ["download_import_errors", "export_customers", "export_service_report", "get_export_file"]);
    let house = House::open(&[], &[]);
    let cookie = boss(&house);
    let own = [("cookie", cookie.as_str()), ("x-zunke", "1")];
    let bad =
        ["=HYPERLINK(\"http://evil.example\")", "+1+cmd|' /C calc'!A0", "-2+3+cmd|x", "@SUM(1)", "＝1+1", " =1+1"];
    for name in bad {
        let body = json!({ "name": name, "city": name, "note": name, "region": name, "source": "x" });
        let made = house.call("POST", "/api/v1/customers", &own, Some(&body));
        assert_eq!(made.status, 201, "{}", made.text);
        let staff = json!({ "login": format!("s{}", name.len()), "name": name, "role": "agent" });
        house.call("POST", "/api/v1/staff", &own, Some(&staff));
        house.call(
            "POST",
            "/api/v1/tickets",
            &own,
            Some(&json!({ "kind": "question", "body": name, "subject": name })),
        );
    }
    let customers = house.get("/api/v1/customers/export?format=csv", &own);
    assert!(customers.status == 200 && customers.text.contains("HYPERLINK"), "{}", customers.text);
    assert_eq!(formulas(customers.text.trim_start_matches('\u{feff}')), Vec::<String>::new());
    for report in ["team", "levels", "kinds", "assignees", "tickets", "by_assignee", "service", "overview"] {
        let answer = house.get(&format!("/api/v1/service/reports/{report}/export?format=csv"), &own);
        if answer.status == 200 {
            assert_eq!(formulas(answer.text.trim_start_matches('\u{feff}')), Vec::<String>::new(), "{report}");
        }
    }
    // What could not be loaded is given back as a file.
    let file = "编号,姓名,性别,生日\n=1+1,=cmd|x,@x,not-a-day\n2,+SUM(1),-y+1,1990-99-99\n3,李,女,1990-01-01\n";
    let import = post_bytes(&house, "/api/v1/imports?file_name=x.csv", &own, file.as_bytes());
    assert_eq!(import.status, 201, "{}", import.text);
    let id = import.json()["id"].as_str().expect("an id").to_owned();
    let mapping = json!({ "kind": "customers", "source": "x", "columns": { "customer_id": "编号", "customer_name": "姓名", "birthday": "生日" } });
    let started =
        house.call("POST", &format!("/api/v1/imports/{id}/start"), &own, Some(&json!({ "mapping": mapping })));
    assert!(started.status < 300, "{}", started.text);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let state =
            house.get(&format!("/api/v1/imports/{id}"), &own).json()["state"].as_str().unwrap_or_default().to_owned();
        if !["queued", "waiting", "running", "started", "pending"].contains(&state.as_str()) || Instant::now() > until {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let errors = house.get(&format!("/api/v1/imports/{id}/errors"), &own);
    assert!(errors.status == 200 && errors.text.contains("cmd"), "{}", errors.text);
    assert_eq!(formulas(errors.text.trim_start_matches('\u{feff}')), Vec::<String>::new());
    // The export that is asked for, as a file of its own.
    let asked = house.call("POST", "/api/v1/exports", &own, Some(&json!({ "format": "csv", "reason": "核对名单" })));
    assert_eq!(asked.status, 201, "{}", asked.text);
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    let until = Instant::now() + Duration::from_secs(60);
    let file = loop {
        let file = house.get(&format!("/api/v1/exports/{id}/file"), &own);
        if file.status == 200 || Instant::now() > until {
            break file;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(file.status == 200 && file.text.contains("HYPERLINK"), "{}", file.text);
    assert_eq!(formulas(file.text.trim_start_matches('\u{feff}')), Vec::<String>::new());
}
