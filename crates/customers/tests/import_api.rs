//! The import wizard and the export over HTTP, on every engine.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tower::ServiceExt;
use zunke_access::staff::{NewStaff, StaffChange};
use zunke_access::tokens::NewToken;
use zunke_access::{ReachKind, Role, Secret, password, staff, tokens};
use zunke_customers::Customers;
use zunke_customers::import::{self, Files, ImportJob, UndoJob};
use zunke_http::App;
use zunke_kernel::Instant;
use zunke_kernel::id::StaffId;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::{TestDb, databases};

const NOW: Instant = Instant(1_790_000_000_000);

struct House {
    db: TestDb,
    router: Router,
    folder: tempfile::TempDir,
    handlers: Vec<Arc<dyn Handler>>,
}

impl House {
    fn all() -> Vec<Self> {
        databases().into_iter().map(Self::new).collect()
    }

    fn new(db: TestDb) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let files = Files::new(folder.path().join("imports"));
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Customers::default()).with(files.clone());
        let routes = zunke_customers::routes().merge(import::routes()).merge(zunke_customers::export::routes());
        let (routes, _) = routes.split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(ImportJob { files: files.clone(), observers: Vec::new() }),
            Arc::new(UndoJob { files, observers: Vec::new() }),
        ];
        Self { db, router, folder, handlers }
    }

    fn token(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).expect("hash");
        let new = NewStaff {
            login: login.into(),
            name: login.into(),
            role,
            department: None,
            reach: None,
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).expect("staff");
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).expect("token");
        format!("Bearer {}", secret.reveal())
    }

    /// Sets what somebody may see.
    fn sees(&self, login: &str, reach: ReachKind) {
        self.change(login, |change| change.reach = zunke_http::Change::Set(reach));
    }

    fn change(&self, login: &str, edit: impl Fn(&mut StaffChange)) {
        let id = self.staff(login);
        let mut change = StaffChange::default();
        edit(&mut change);
        self.db.write(|tx| staff::change(tx, NOW, id, id, &change, |_| Ok(()))).expect("changed");
    }

    fn staff(&self, login: &str) -> StaffId {
        let sql = "SELECT staff_id FROM staff WHERE login = $1";
        let found = self.db.read(|tx| tx.query_one(sql, &[login.into()], |row| row.id(0, StaffId)));
        found.expect("staff").expect("somebody")
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        self.db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect(sql)
    }

    /// Uploads and starts a file under the mapping that is suggested for it; answers its id.
    async fn load(&self, token: &str, name: &str, text: &str) -> String {
        let (status, import) = self.upload(token, name, text.as_bytes().to_vec()).await;
        assert_eq!(status, 201, "{import}");
        let id = import["id"].as_str().expect("id").to_owned();
        let start = json!({ "mapping": import["suggested_mapping"] });
        let (status, started) = self.call(token, "POST", &format!("/imports/{id}/start"), start).await;
        assert_eq!(status, 200, "{started}");
        id
    }

    async fn raw(
        &self,
        token: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Body,
        kind: &str,
    ) -> (StatusCode, Vec<u8>) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, token)
            .header(header::CONTENT_TYPE, kind);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = self.router.clone().oneshot(request.body(body).expect("request")).await.expect("answer");
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("body").to_vec())
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let (status, bytes) = self.raw(token, method, path, None, body, "application/json").await;
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn upload(&self, token: &str, name: &str, bytes: Vec<u8>) -> (u16, Value) {
        let path = format!("/imports?file_name={name}");
        let (status, bytes) = self.raw(token, "POST", &path, None, Body::from(bytes), "application/octet-stream").await;
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn work(&self) {
        while Worker::run_once(&self.db, &self.handlers, NOW).expect("job").is_some() {}
    }
}

fn extract() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/online-retail-extract.csv.gz");
    std::fs::read(path).expect("extract")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_goes_from_the_upload_to_the_undo() {
    for house in House::all() {
        let boss = house.token("boss", Role::OperationsManager);
        let (status, import) = house.upload(&boss, "..%2F..%2F%E8%AE%A2%E5%8D%95.csv.gz", extract()).await;
        assert_eq!(status, 201, "{import}");
        assert_eq!(
            (import["file_name"].as_str(), import["rows_estimated"].as_u64()),
            (Some("订单.csv.gz"), Some(13_044))
        );
        let id = import["id"].as_str().expect("id").to_owned();
        let mapping = import["suggested_mapping"].clone();
        assert_eq!(mapping["kind"], "order_lines");

        let (status, preview) =
            house.call(&boss, "POST", &format!("/imports/{id}/preview"), json!({ "mapping": mapping })).await;
        assert_eq!((status, preview["rows"].as_array().map(Vec::len)), (200, Some(50)), "{preview}");
        let (status, listed) = house.call(&boss, "GET", "/customers/count", Value::Null).await;
        assert_eq!((status, listed["count"].as_i64()), (200, Some(0)), "a preview makes nobody");
        let (status, wrong) = house
            .call(
                &boss,
                "POST",
                &format!("/imports/{id}/start"),
                json!({ "mapping": { "kind": "orders", "source": "x", "columns": { "id": "nowhere" } } }),
            )
            .await;
        assert_eq!((status, wrong["errors"].as_array().map(Vec::len) > Some(1)), (422, true), "{wrong}");

        let start = json!({ "mapping": mapping, "save_as": "英国零售" });
        let (status, started) = house.call(&boss, "POST", &format!("/imports/{id}/start"), start.clone()).await;
        assert_eq!((status, started["state"].as_str()), (200, Some("running")), "{started}");
        let (status, twice) = house.call(&boss, "POST", &format!("/imports/{id}/start"), start).await;
        assert_eq!((status, twice["code"].as_str()), (409, Some("import_state")));
        house.work();
        let (_, done) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!(
            (done["orders"].as_u64(), done["refunds"].as_u64(), done["order_sum"].as_str()),
            (Some(513), Some(110), Some("273763.004"))
        );
        assert_eq!(done["skipped"]["no_customer"], 1_027);

        let (status, errors) =
            house.raw(&boss, "GET", &format!("/imports/{id}/errors"), None, Body::empty(), "text/plain").await;
        let errors = String::from_utf8(errors).expect("text");
        assert_eq!((status.as_u16(), errors.matches("缺少客户").count()), (200, 1_027));

        let (_, mappings) = house.call(&boss, "GET", "/import-mappings", Value::Null).await;
        let names: Vec<_> =
            mappings["items"].as_array().expect("items").iter().map(|item| item["name"].clone()).collect();
        assert_eq!(names, ["online-retail", "英国零售"]);

        let (status, csv) =
            house.raw(&boss, "GET", "/customers/export?format=csv", None, Body::empty(), "text/plain").await;
        assert_eq!((status.as_u16(), String::from_utf8(csv).expect("text").lines().count()), (200, 140));
        let (status, xlsx) =
            house.raw(&boss, "GET", "/customers/export?format=xlsx", None, Body::empty(), "text/plain").await;
        assert!(status.is_success() && xlsx.starts_with(b"PK"));
        let (status, wrong) = house.call(&boss, "GET", "/customers/export?format=pdf", Value::Null).await;
        assert_eq!((status, wrong["code"].as_str()), (422, Some("format_unknown")));

        let (status, _) = house.call(&boss, "POST", &format!("/imports/{id}/undo"), Value::Null).await;
        assert_eq!(status, 200);
        house.work();
        let (_, undone) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(
            (undone["state"].as_str(), undone["customers_removed"].as_u64()),
            (Some("undone"), Some(139)),
            "{undone}"
        );
        let (_, counted) = house.call(&boss, "GET", "/customers/count", Value::Null).await;
        assert_eq!(counted["count"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_import_goes_on_and_a_repeated_upload_is_one() {
    for house in House::all() {
        let boss = house.token("boss", Role::Administrator);
        let (_, import) = house.upload(&boss, "a.csv.gz", extract()).await;
        let id = import["id"].as_str().expect("id").to_owned();
        let start = json!({ "mapping": import["suggested_mapping"] });
        house.call(&boss, "POST", &format!("/imports/{id}/start"), start).await;
        let (status, cancelled) = house.call(&boss, "POST", &format!("/imports/{id}/cancel"), Value::Null).await;
        assert_eq!((status, cancelled["state"].as_str()), (200, Some("cancelled")), "{cancelled}");
        house.work();
        let (_, counted) = house.call(&boss, "GET", "/customers/count", Value::Null).await;
        assert_eq!(counted["count"], 0);
        let (status, _) = house.call(&boss, "POST", &format!("/imports/{id}/resume"), Value::Null).await;
        assert_eq!(status, 200);
        house.work();
        let (_, done) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!((done["state"].as_str(), done["accepted"].as_u64()), (Some("done"), Some(12_017)), "{done}");

        let mut ids = Vec::new();
        for _ in 0..2 {
            let body = Body::from("会员号,姓名\n1,王\n");
            let (status, bytes) =
                house.raw(&boss, "POST", "/imports?file_name=b.csv", Some("k1"), body, "text/csv").await;
            assert_eq!(status, StatusCode::CREATED);
            ids.push(serde_json::from_slice::<Value>(&bytes).expect("json")["id"].clone());
        }
        assert_eq!(ids[0], ids[1]);
        let folders = std::fs::read_dir(house.folder.path().join("imports")).expect("folder").count();
        assert_eq!(folders, 2, "the second copy is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_cancelled_before_its_start_waits_for_a_mapping_again() {
    for house in House::all() {
        let boss = house.token("boss", Role::Administrator);
        let (_, import) = house.upload(&boss, "b.csv", "会员号,姓名\n1,王\n".into()).await;
        let id = import["id"].as_str().expect("id").to_owned();
        let act = |word: &str| format!("/imports/{id}/{word}");
        house.call(&boss, "POST", &act("cancel"), Value::Null).await;
        let (status, back) = house.call(&boss, "POST", &act("resume"), Value::Null).await;
        assert_eq!((status, back["state"].as_str()), (200, Some("uploaded")), "{back}");
        let (status, twice) = house.call(&boss, "POST", &act("resume"), Value::Null).await;
        assert_eq!((status, twice["code"].as_str()), (409, Some("import_state")));
        assert_eq!(house.texts("SELECT kind FROM jobs WHERE state = 'queued'").len(), 0, "nothing to run yet");
        let start = json!({ "mapping": import["suggested_mapping"] });
        house.call(&boss, "POST", &act("start"), start).await;
        house.work();
        let (_, done) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!((done["state"].as_str(), done["accepted"].as_u64()), (Some("done"), Some(1)), "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_and_wrong_people_are_refused_and_leave_nothing() {
    for house in House::all() {
        let boss = house.token("boss", Role::Administrator);
        for (bytes, code) in [
            (b"".to_vec(), "file_empty"),
            (b"%PDF-1.7".to_vec(), "file_type_wrong"),
            (b"<html></html>".to_vec(), "file_type_html"),
            (b"a,b\n".to_vec(), "file_no_rows"),
        ] {
            let (status, problem) = house.upload(&boss, "x.csv", bytes).await;
            assert_eq!((status, problem["code"].as_str()), (422, Some(code)), "{problem}");
        }
        assert_eq!(std::fs::read_dir(house.folder.path().join("imports")).map_or(0, Iterator::count), 0);
        let agent = house.token("agent", Role::Agent);
        let (status, _) = house.upload(&agent, "x.csv", b"a,b\n1,2\n".to_vec()).await;
        assert_eq!(status, 403);
        for path in ["/imports", "/import-mappings", "/customers/export"] {
            assert_eq!(house.call(&agent, "GET", path, Value::Null).await.0, 403, "{path}");
        }
        let nobody = "/imports/imp_00000000000000000000000000000000";
        assert_eq!(house.call(&boss, "GET", nobody, Value::Null).await.0, 404);
        assert_eq!(house.call(&boss, "POST", &format!("{nobody}/undo"), Value::Null).await.0, 404);
        assert_eq!(house.call(&boss, "GET", "/imports/wrong/errors", Value::Null).await.0, 404);
        assert_eq!(house.call(&boss, "DELETE", "/import-mappings/none", Value::Null).await.0, 404);
        assert_eq!(house.call(&boss, "GET", "/imports?after=zz", Value::Null).await.0, 422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_misunderstood_is_read_again_and_its_columns_are_mapped_anew() {
    for house in House::all() {
        let boss = house.token("boss", Role::Administrator);
        let text = "序号,备注\n会员号,姓名\n7,王芳\n".as_bytes().to_vec();
        let (status, import) = house.upload(&boss, "people.csv", text).await;
        assert_eq!((status, &import["columns"]), (201, &json!(["会员号", "姓名"])), "{import}");
        let path = format!("/imports/{}/inspect", import["id"].as_str().expect("id"));
        let (status, first) = house.call(&boss, "POST", &path, json!({ "read": { "header_row": 1 } })).await;
        assert_eq!((status, &first["columns"]), (200, &json!(["序号", "备注"])), "{first}");
        let (status, again) = house.call(&boss, "POST", &path, json!({ "read": { "header_row": 2 } })).await;
        assert_eq!((status, &again["columns"]), (200, &json!(["会员号", "姓名"])), "{again}");
        let mapping = &again["suggested_mapping"];
        assert_eq!((&mapping["columns"]["customer_id"], &mapping["read"]["header_row"]), (&json!("会员号"), &json!(2)));

        for (read, expected) in [
            (json!({ "header_row": 99 }), 422),
            (json!({ "encoding": "klingon" }), 422),
            (json!({ "sheet": 3 }), 422),
            (json!({ "colour": "red" }), 422),
        ] {
            let (status, problem) = house.call(&boss, "POST", &path, json!({ "read": read })).await;
            assert_eq!(status, expected, "{read}: {problem}");
        }
        let kept = house.call(&boss, "GET", path.trim_end_matches("/inspect"), Value::Null).await.1;
        assert_eq!(kept["columns"], json!(["会员号", "姓名"]), "what was refused changed nothing");
        let start = path.replace("inspect", "start");
        assert_eq!(house.call(&boss, "POST", &start, json!({ "mapping": mapping })).await.0, 200);
        house.work();
        let (status, problem) = house.call(&boss, "POST", &path, json!({ "read": {} })).await;
        assert_eq!((status, problem["code"].as_str()), (409, Some("import_started")));
        let nobody = "/imports/imp_00000000000000000000000000000000/inspect";
        assert_eq!(house.call(&boss, "POST", nobody, json!({ "read": {} })).await.0, 404);
    }
}

const PEOPLE: &str = "会员号,姓名,手机\n1,王芳,13800138000\n2,李雷,13800138001\n";
const ORDERS: &str = "订单号,会员号,金额,下单时间\nA1,1,100,2026-01-02\nA2,9,200,2026-01-03\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_import_sees_and_changes_no_more_than_the_one_who_started_it() {
    for house in House::all() {
        let (boss, narrow) = (house.token("boss", Role::Administrator), house.token("narrow", Role::OperationsManager));
        house.sees("narrow", ReachKind::Own);
        let theirs = house.load(&boss, "people.csv", PEOPLE).await;
        house.work();
        assert_eq!(house.texts("SELECT name FROM customers ORDER BY name"), ["李雷", "王芳"]);

        // His file names one customer of others, under the same source, and one who isn't there.
        let (_, import) = house.upload(&narrow, "orders.csv", ORDERS.into()).await;
        let mut mapping = import["suggested_mapping"].clone();
        let (_, first) = house.call(&boss, "GET", &format!("/imports/{theirs}"), Value::Null).await;
        mapping["source"] = first["mapping"]["source"].clone();
        let mine = import["id"].as_str().expect("id").to_owned();
        let body = json!({ "mapping": mapping });
        let (status, seen) = house.call(&narrow, "POST", &format!("/imports/{mine}/preview"), body.clone()).await;
        assert_eq!((status, seen["rows"][0]["will"].as_str()), (200, Some("skip")), "{seen}");
        assert!(seen["rows"][0]["customer_id"].is_null(), "{seen}");
        assert_eq!(seen["rows"][1]["will"], "order");
        house.call(&narrow, "POST", &format!("/imports/{mine}/start"), body).await;
        house.work();
        let (_, done) = house.call(&narrow, "GET", &format!("/imports/{mine}"), Value::Null).await;
        assert_eq!((done["state"].as_str(), done["accepted"].as_u64()), (Some("done"), Some(1)), "{done}");
        assert_eq!(done["skipped"], json!({ "refused": 1 }));
        let said = done["refusals"]["2"]["zh"].as_str().expect("a text").to_owned();
        assert!(said.contains("找不到客户") && !said.contains("cus_"), "{said}");
        assert_eq!(house.texts("SELECT source_id FROM activities"), ["A2"]);
        let (_, counted) = house.call(&narrow, "GET", "/customers/count", Value::Null).await;
        assert_eq!(counted["count"], 1, "what he made is his own");

        // A file of customers neither renames nor claims those of others.
        let more = "会员号,姓名,手机\n1,张冠李戴,13800138009\n5,新人,13800138001\n";
        house.load(&narrow, "people.csv", more).await;
        house.work();
        let names = house.texts("SELECT name FROM customers ORDER BY name");
        assert!(names.contains(&"王芳".to_owned()) && !names.contains(&"张冠李戴".to_owned()), "{names:?}");
        assert_eq!(house.texts("SELECT phone FROM customer_phones WHERE phone = '+8613800138009'").len(), 0);

        // Others' files are not there for him, in any way; his are for those who see all.
        for (method, path) in
            [("GET", ""), ("GET", "/errors"), ("POST", "/undo"), ("POST", "/cancel"), ("POST", "/resume")]
        {
            let (status, problem) = house.call(&narrow, method, &format!("/imports/{theirs}{path}"), Value::Null).await;
            assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")), "{path}");
        }
        for path in ["preview", "start"] {
            let body = json!({ "mapping": first["mapping"] });
            let (status, _) = house.call(&narrow, "POST", &format!("/imports/{theirs}/{path}"), body).await;
            assert_eq!(status, 404, "{path}");
        }
        let (_, listed) = house.call(&narrow, "GET", "/imports", Value::Null).await;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
        let (_, listed) = house.call(&boss, "GET", "/imports", Value::Null).await;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(3));

        // His undo takes back all that is his: the customer that he made among it.
        house.call(&narrow, "POST", &format!("/imports/{mine}/undo"), Value::Null).await;
        house.work();
        let (_, undone) = house.call(&narrow, "GET", &format!("/imports/{mine}"), Value::Null).await;
        assert_eq!((undone["state"].as_str(), undone["withdrawn"].as_u64()), (Some("undone"), Some(1)), "{undone}");
        assert_eq!(undone["customers_removed"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_refuses_what_recording_would_refuse() {
    for house in House::all() {
        let boss = house.token("boss", Role::Administrator);
        let text = "订单号,会员号,金额,下单时间,币种\n1,a,5,2026-01-02,USD\n2,a,5,2026-01-02,CNY\n";
        let (_, import) = house.upload(&boss, "o.csv", text.into()).await;
        let path = format!("/imports/{}/preview", import["id"].as_str().expect("id"));
        let (_, seen) = house.call(&boss, "POST", &path, json!({ "mapping": import["suggested_mapping"] })).await;
        assert_eq!(seen["counts"], json!({ "order": 1, "skip": 1 }), "{seen}");
        let said = seen["rows"][0]["problems"][0]["text"]["zh"].as_str().expect("a text");
        assert!(said.contains("请先换算"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_what_its_starter_no_longer_sees_and_says_so() {
    for house in House::all() {
        let (boss, narrow) = (house.token("boss", Role::Administrator), house.token("narrow", Role::OperationsManager));
        house.sees("narrow", ReachKind::Own);
        let id = house.load(&narrow, "orders.csv", ORDERS).await;
        house.work();
        assert_eq!(house.texts("SELECT source_id FROM activities ORDER BY source_id"), ["A1", "A2"]);
        // One of the two customers is given to somebody else.
        let other = house.staff("boss");
        let sql = "UPDATE customers SET owner_id = $1 WHERE customer_id = (SELECT customer_id FROM activities WHERE source_id = 'A1')";
        house.db.write(|tx| tx.execute(sql, &[other.into()])).expect("given away");
        house.call(&narrow, "POST", &format!("/imports/{id}/undo"), Value::Null).await;
        house.work();
        let (_, stopped) = house.call(&narrow, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(
            (stopped["state"].as_str(), stopped["error"]["code"].as_str()),
            (Some("failed"), Some("undo_out_of_reach")),
            "{stopped}"
        );
        assert_eq!(house.texts("SELECT source_id FROM activities"), ["A1"]);
        // Who sees all goes on with the undo, not with the import.
        house.call(&boss, "POST", &format!("/imports/{id}/resume"), Value::Null).await;
        house.work();
        let (_, undone) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(undone["state"], "undone", "{undone}");
        assert_eq!(house.texts("SELECT source_id FROM activities").len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_somebody_who_has_left_stops_and_another_goes_on_with_it() {
    for house in House::all() {
        let (boss, gone) = (house.token("boss", Role::Administrator), house.token("gone", Role::OperationsManager));
        let id = house.load(&gone, "orders.csv", ORDERS).await;
        house.change("gone", |change| change.active = Some(false));
        house.work();
        let (_, stopped) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(
            (stopped["state"].as_str(), stopped["error"]["code"].as_str()),
            (Some("failed"), Some("starter_gone")),
            "{stopped}"
        );
        assert_eq!(house.texts("SELECT name FROM customers").len(), 0);
        house.call(&boss, "POST", &format!("/imports/{id}/resume"), Value::Null).await;
        house.work();
        let (_, done) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!((done["state"].as_str(), done["accepted"].as_u64()), (Some("done"), Some(2)), "{done}");

        // An undo whose job was cancelled can be asked for again.
        house.call(&boss, "POST", &format!("/imports/{id}/undo"), Value::Null).await;
        let (status, twice) = house.call(&boss, "POST", &format!("/imports/{id}/undo"), Value::Null).await;
        assert_eq!((status, twice["code"].as_str()), (409, Some("import_state")));
        house
            .db
            .write(|tx| tx.execute("UPDATE jobs SET state = 'cancelled' WHERE state = 'queued'", &[]))
            .expect("jobs");
        let (status, _) = house.call(&boss, "POST", &format!("/imports/{id}/undo"), Value::Null).await;
        assert_eq!(status, 200);
        house.work();
        let (_, undone) = house.call(&boss, "GET", &format!("/imports/{id}"), Value::Null).await;
        assert_eq!(undone["state"], "undone", "{undone}");
    }
}
