//! The record of who did what: whole, checked by the program and by a script that knows nothing of it, and found out when
//! it was touched.

use crate::house::{House, json, run};
use serde_json::{Value, json as body};
use std::path::Path;
use std::process::Command;
use zunke_store::Db;

fn script(arguments: &[&str]) -> (bool, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify-audit.py");
    let done = Command::new("python3").arg(path).args(arguments).output().expect("python3");
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn the_record_is_checked_by_the_program_and_by_a_script_and_what_was_touched_is_found() {
    let mut house = House::open(&[], &[]);
    let once = house.greeting["admin"]["password"].as_str().or(house.greeting["password"].as_str()).map(str::to_owned);
    let url = format!("sqlite:{}", house.folder.path().join("data/zunke.db").display());
    let folder = house.folder.path().to_owned();
    let once = once.unwrap_or_else(|| {
        let made = json(&folder, Some(&url), &["user", "password", "--login", "admin"]);
        made["one_time_password"].as_str().expect("a password").to_owned()
    });
    let cookie = house.log_in("admin", &once);
    let own = [("cookie", cookie.as_str()), ("x-zunke", "1")];
    let change = body!({ "current": once, "new": "only-for-this-run-7" });
    assert_eq!(house.call("POST", "/api/v1/session/password", &own, Some(&change)).status / 100, 2);
    let cookie = house.log_in("admin", "only-for-this-run-7");
    let own = [("cookie", cookie.as_str()), ("x-zunke", "1")];
    // A change whose handler says nothing of it: it is in the record nevertheless, with whence it came.
    let made = house.call("POST", "/api/v1/tags", &own, Some(&body!({ "name": "重点" })));
    assert_eq!(made.status, 201, "{}", made.text);
    let all = house.get("/api/v1/audit", &own).json();
    let newest = &all["items"][0];
    assert_eq!(newest["address"], "127.0.0.1", "{newest}");
    let opened = house.get("/api/v1/audit?action=session.open", &own).json();
    assert_eq!(opened["items"][0]["address"], "127.0.0.1", "a sign-in says whence it came: {opened}");
    let refused = house.call("POST", "/api/v1/tags", &own, Some(&body!({ "name": "" })));
    assert_eq!(refused.status, 422);
    assert_eq!(
        house.get("/api/v1/audit", &own).json()["items"][0]["seq"],
        newest["seq"],
        "what was refused is no change"
    );
    let checked = house.get("/api/v1/audit/verify", &own).json();
    assert_eq!((&checked["entries"], &checked["broken_at"]), (&newest["seq"], &Value::Null));
    let exported = house.call("POST", "/api/v1/audit/export", &own, None);
    assert_eq!(
        (exported.status, exported.text.lines().count() as i64),
        (200, newest["seq"].as_i64().expect("a number") + 1)
    );
    let packed = house.packed("POST", "/api/v1/audit/export", &own);
    assert!(packed.ends_with(b"\r\n0\r\n\r\n"), "a packed file comes to its end");
    // The second file is in the record too.
    let checked = house.get("/api/v1/audit/verify", &own).json();
    assert!(house.end());

    let known = checked["head"].as_str().expect("a hash");
    assert_eq!(json(&folder, Some(&url), &["audit", "verify", "--head", known])["ok"], true);
    let file = folder.join("audit.ndjson");
    let file = file.to_str().expect("a path");
    json(&folder, Some(&url), &["audit", "export", file]);
    assert!(!run(&folder, Some(&url), &["audit", "export", file]).status.success(), "a file that is there stays");
    assert!(script(&[file]).0 && script(&[file, known]).0);
    assert!(!script(&[file, &"ab".repeat(32)]).0, "a hash that was never there");
    let text = std::fs::read_to_string(file).expect("the file");
    std::fs::write(file, text.replacen("127.0.0.1", "127.0.0.2", 1)).expect("written");
    assert!(!script(&[file]).0, "another address");

    let db = Db::open(&url).expect("opens");
    let verify =
        |arguments: &[&str]| run(&folder, Some(&url), &[&["audit", "verify"], arguments].concat()).status.success();
    assert!(verify(&[]) && !verify(&["--head", "12"]));
    // Somebody with the database in his hands cuts the end off and makes the head fit: only who knew the hash sees it.
    db.write(|tx| {
        tx.execute("DELETE FROM audit WHERE seq > 3", &[])?;
        tx.execute("UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)", &[])
    })
    .expect("cut");
    assert!(verify(&[]) && !verify(&["--head", known]));
    db.write(|tx| tx.execute("UPDATE audit SET detail = '{\"name\":\"x\"}' WHERE seq = 2", &[])).expect("touched");
    assert!(!verify(&[]));
}
