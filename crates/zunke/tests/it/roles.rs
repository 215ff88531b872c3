//! Each role at each operation: nothing breaks, and nobody is sent away without a reason.

use crate::house::{House, json, operations};

const PASSWORD: &str = "tea-and-porcelain-2468";

#[test]
fn every_role_gets_an_answer_at_every_operation_and_writes_are_for_those_who_may() {
    let folder = tempfile::tempdir().expect("folder");
    let made = {
        let mut command = crate::house::zunke(folder.path(), None);
        command.env("ZUNKE_DEMO_PASSWORD", PASSWORD).args(["demo", "--customers", "60", "--json"]);
        let output = command.output().expect("the demo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")
    };
    assert_eq!(made["result"]["done"], 60);
    let stats = json(folder.path(), None, &["stats"]);
    assert_eq!(stats["customers"], 60);
    let house = House::open_in(folder, &[], &[]);
    for login in ["ops", "data", "care", "east1"] {
        let cookie = house.log_in(login, PASSWORD);
        let headers = [("cookie", cookie.as_str()), ("x-zunke", "1")];
        let customers = house.get("/api/v1/customers/count", &headers).json()["count"].clone();
        let setup = house.get("/api/v1/session", &headers).json()["setup"]["customers"].clone();
        assert_eq!(setup, customers, "{login} is told of more than he may see");
        assert_eq!(customers == 60, login != "east1", "{login} sees {customers}");
        let (mut opened, mut refused) = (0, 0);
        for (method, path) in operations() {
            if path.starts_with("/api/v1/session") {
                continue;
            }
            let body = serde_json::json!({});
            let body = (method != "GET" && method != "DELETE").then_some(&body);
            let answer = house.call(&method, &path, &headers, body);
            assert!(answer.status < 500 && answer.status != 401, "{login} {method} {path}: {}", answer.text);
            if answer.status >= 400 {
                assert!(answer.json()["code"].is_string(), "{login} {method} {path}: {}", answer.text);
            }
            opened += u32::from(answer.status == 200 && method == "GET");
            refused += u32::from(answer.status == 403);
        }
        assert!(opened > 8, "{login} sees {opened}");
        assert!(refused > 0, "{login} may do everything");
        assert_eq!(house.get("/api/v1/audit", &headers).status, 403, "{login} reads the audit record");
    }
}

#[test]
fn the_demo_is_made_once_and_never_in_a_company_of_somebody_else() {
    let folder = tempfile::tempdir().expect("folder");
    json(folder.path(), None, &["demo", "--customers", "30"]);
    let first = json(folder.path(), None, &["stats", "--fingerprint"]);
    json(folder.path(), None, &["demo", "--customers", "30"]);
    assert_eq!(json(folder.path(), None, &["stats", "--fingerprint"]), first, "asked twice, made once");
    let other = tempfile::tempdir().expect("folder");
    json(other.path(), None, &["demo", "--customers", "30"]);
    let second = json(other.path(), None, &["stats", "--fingerprint"]);
    assert_eq!(second["fingerprint"], first["fingerprint"], "the same seed on the same day is the same company");
}
