//! Fields of the organisation's own making, as people define and fill them: over HTTP and from files, on every engine.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::sync::Arc;
use support::*;
use tower::ServiceExt;
use zunke_access::staff::NewStaff;
use zunke_access::tokens::NewToken;
use zunke_access::{Role, Secret, password, staff, tokens};
use zunke_customers::import::{Files, Options, errors, run_file, undo};
use zunke_customers::{Customers, custom};
use zunke_http::App;
use zunke_kernel::Locale;
use zunke_store::testing::{TestDb, databases};

struct House {
    db: TestDb,
    router: Router,
    boss: String,
    agent: String,
}

struct Answer {
    status: u16,
    body: Value,
    text: String,
}

impl Answer {
    fn fault(&self) -> (u16, &str, &str) {
        let first = &self.body["errors"][0];
        let pick = |name: &str| first[name].as_str().or(self.body[name].as_str()).unwrap_or("");
        (self.status, self.body["code"].as_str().unwrap_or(""), pick("field"))
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }
}

impl House {
    fn all() -> Vec<Self> {
        databases().into_iter().map(Self::new).collect()
    }

    fn new(db: TestDb) -> Self {
        let app = App::new(db.db.clone(), Arc::new(|| NOW)).with(Customers::default());
        let (routes, _) = zunke_customers::routes().merge(zunke_customers::export::routes()).split_for_parts();
        let router = Router::new()
            .nest("/api/v1", routes)
            .layer(axum::middleware::from_fn_with_state(app.clone(), zunke_http::request_context))
            .with_state(app);
        let mut house = Self { db, router, boss: String::new(), agent: String::new() };
        house.boss = house.person("boss", Role::Administrator);
        house.agent = house.person("lili", Role::Agent);
        house
    }

    fn person(&self, login: &str, role: Role) -> String {
        let hash = password::hash_blocking(&Secret::new("correct horse battery")).unwrap();
        let new = NewStaff {
            login: login.into(),
            name: login.to_uppercase(),
            role,
            department: None,
            reach: Some(zunke_access::ReachKind::All),
            levels: None,
            locale: None,
        };
        self.db.write(|tx| staff::create(tx, NOW, None, &new, &hash, false)).unwrap();
        let new = NewToken { name: "test".into(), may_write: true, expires_at: None };
        let (_, secret) = tokens::create(&self.db, NOW, login, &new).unwrap();
        format!("Bearer {}", secret.reveal())
    }

    async fn call(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::AUTHORIZATION, who)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(status < 500, "{method} {path}: {text}");
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(&self.boss, "GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(&self.boss, "POST", path, body).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(&self.boss, "PATCH", path, body).await
    }

    /// A field of each kind.
    async fn define(&self) {
        let choices = json!([{"label": {"zh": "油性", "en": "oily"}}, {"label": {"zh": "干性", "en": ""}}, {"label": {"zh": "敏感", "en": ""}}]);
        for body in [
            json!({"kind": "text", "name": {"zh": "车牌", "en": ""}, "key": "plate", "max": "8"}),
            json!({"kind": "number", "name": {"zh": "身高", "en": "height"}, "unit": "cm", "decimals": 1, "min": "30", "max": "250"}),
            json!({"kind": "money", "name": {"zh": "预算", "en": ""}, "key": "budget", "min": "0"}),
            json!({"kind": "date", "name": {"zh": "装修日", "en": ""}, "key": "built"}),
            json!({"kind": "choice", "name": {"zh": "肤质", "en": ""}, "choices": choices}),
            json!({"kind": "choices", "name": {"zh": "关注", "en": ""}, "key": "cares", "choices": choices}),
            json!({"kind": "yes_no", "name": {"zh": "有车", "en": ""}, "key": "car"}),
            json!({"kind": "person", "name": {"zh": "顾问", "en": ""}, "key": "adviser"}),
        ] {
            let made = self.post("/fields", body).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
    }

    async fn field(&self, key: &str) -> Value {
        let all = self.get("/fields?all=true").await.body;
        all["items"].as_array().unwrap().iter().find(|field| field["key"] == key).unwrap().clone()
    }

    fn staff(&self, login: &str) -> String {
        self.db
            .read(|tx| {
                tx.query_one("SELECT staff_id FROM staff WHERE login = $1", &[login.into()], |row| {
                    row.id(0, zunke_kernel::id::StaffId)
                })
            })
            .unwrap()
            .unwrap()
            .to_string()
    }

    async fn names(&self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let items = page.body["items"].as_array().unwrap();
        items.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }
}

fn url(condition: &Value) -> String {
    let text = condition.to_string();
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_field_is_defined_once_keeps_its_key_and_its_kind_once_there_are_values() {
    for house in House::all() {
        house.define().await;
        let skin = house.field("fu_zhi").await;
        assert_eq!(
            (&skin["label"]["en"], &skin["choices"][0]["id"], &skin["used"]),
            (&json!("肤质"), &json!("c1"), &json!(false))
        );
        for (body, expected) in [
            (json!({"kind": "text", "name": {"zh": " 肤 质", "en": ""}}), (201, "", "")),
            (json!({"kind": "text", "name": {"zh": "肤质", "en": ""}}), (409, "name_taken", "name")),
            (json!({"kind": "text", "name": {"zh": "新", "en": ""}, "key": "plate"}), (409, "key_taken", "key")),
            (json!({"kind": "text", "name": {"zh": "新", "en": ""}, "key": "Plate!"}), (422, "key_invalid", "key")),
            (json!({"kind": "choice", "name": {"zh": "新", "en": ""}}), (422, "choices_invalid", "choices")),
            (json!({"kind": "colour", "name": {"zh": "新", "en": ""}}), (422, "json_invalid", "")),
            (json!({"kind": "date", "name": {"zh": "新", "en": ""}, "min": "soon"}), (422, "limit_invalid", "min")),
        ] {
            let answer = house.post("/fields", body.clone()).await;
            assert_eq!((answer.fault().0, answer.fault().1), (expected.0, expected.1), "{body} {}", answer.text);
        }
        let path = format!("/fields/{}", skin["id"].as_str().unwrap());
        assert_eq!(house.patch(&path, json!({"kind": "choices"})).await.status, 200, "nobody has a value yet");
        assert_eq!(house.patch(&path, json!({"kind": "choice"})).await.status, 200);
        let who = house.post("/customers", json!({"name": "甲", "fields": {"fu_zhi": "c2"}})).await;
        assert_eq!((who.status, &who.body["fields"]), (201, &json!({"fu_zhi": "c2"})), "{}", who.text);
        assert_eq!(house.patch(&path, json!({"kind": "text"})).await.fault(), (409, "field_kind_fixed", "kind"));
        let retired =
            house.patch(&path, json!({"choices": [skin["choices"][0], {"label": {"zh": "中性", "en": ""}}]})).await;
        let told: Vec<_> = retired.body["choices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["id"].as_str().unwrap(), one["retired"] == json!(true)))
            .collect();
        assert_eq!(told, [("c1", false), ("c4", false), ("c2", true), ("c3", true)]);
        let own = format!("/customers/{}", who.id());
        assert_eq!(
            house.patch(&own, json!({"fields": {"fu_zhi": "c3"}})).await.fault(),
            (422, "field_choice_retired", "fields.fu_zhi")
        );
        assert_eq!(house.patch(&own, json!({"fields": {"fu_zhi": "c2"}})).await.status, 200, "who has it keeps it");
        assert_eq!(house.post(&format!("{path}/archive"), json!({})).await.body["archived"], true);
        assert_eq!(house.get(&own).await.body["fields"], json!({}));
        assert_eq!(
            house.patch(&own, json!({"fields": {"fu_zhi": "c1"}})).await.fault(),
            (422, "field_unknown", "fields.fu_zhi")
        );
        house.post(&format!("{path}/restore"), json!({})).await;
        assert_eq!(house.get(&own).await.body["fields"], json!({"fu_zhi": "c2"}), "its values came back with it");
        let order = json!({"ids": [house.field("car").await["id"], house.field("plate").await["id"]]});
        assert_eq!(house.call(&house.boss, "PUT", "/fields/order", order).await.status, 200);
        let first: Vec<Value> = house.get("/fields").await.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .take(3)
            .map(|field| field["key"].clone())
            .collect();
        assert_eq!(first, ["car", "plate", "height"]);
        let denied =
            house.call(&house.agent, "POST", "/fields", json!({"kind": "text", "name": {"zh": "x", "en": ""}})).await;
        assert_eq!(denied.status, 403);
    }
}

#[tokio::test]
async fn values_are_checked_by_kind_and_every_fault_names_its_field() {
    for house in House::all() {
        house.define().await;
        let boss = house.staff("boss");
        let good = json!({"plate": " 沪A12345 ", "height": 165.5, "budget": "1234.50", "built": "2026-01-02",
            "fu_zhi": "c1", "cares": ["c3", "c1", "c3"], "car": true, "adviser": boss});
        let made = house.post("/customers", json!({"name": "甲", "fields": good})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.body["fields"]["cares"], json!(["c1", "c3"]), "once each, in the field's order");
        assert_eq!(
            (&made.body["fields"]["plate"], &made.body["fields"]["height"]),
            (&json!("沪A12345"), &json!(165.5))
        );
        let path = format!("/customers/{}", made.id());
        for (key, value, code) in [
            ("nothing", json!(1), "field_unknown"),
            ("plate", json!("123456789"), "field_out_of_range"),
            ("plate", json!(5), "field_value_invalid"),
            ("height", json!("tall"), "field_value_invalid"),
            ("height", json!(165.55), "field_out_of_range"),
            ("height", json!(20), "field_out_of_range"),
            ("budget", json!("-1"), "field_out_of_range"),
            ("budget", json!([]), ""),
            ("built", json!("2026-02-30"), "field_value_invalid"),
            ("fu_zhi", json!("oily"), "field_choice_unknown"),
            ("cares", json!(["c1", "c9"]), "field_choice_unknown"),
            ("car", json!("yes"), "field_value_invalid"),
            ("adviser", json!("stf_00000000000000000000000000000009"), "staff_unknown"),
        ] {
            let answer = house.patch(&path, json!({"fields": {key: value}})).await;
            if code.is_empty() {
                assert_eq!(answer.status, 200);
            } else {
                assert_eq!(answer.fault(), (422, code, format!("fields.{key}").as_str()), "{value}");
            }
        }
        let both = house.patch(&path, json!({"fields": {"car": 1, "height": 1}})).await;
        assert_eq!(both.body["errors"].as_array().map(Vec::len), Some(2), "{}", both.text);
        let gone = house.patch(&path, json!({"fields": {"car": null, "plate": ""}})).await;
        assert_eq!((gone.body["fields"].get("car"), gone.body["fields"].get("plate")), (None, None));
        let history = house.get(&format!("{path}/fields/history")).await.body;
        let keys: Vec<_> =
            history["items"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
        assert!(keys.contains(&"car") && keys.contains(&"budget"), "{history}");
        // Required ones are asked of people.
        let car = house.field("car").await;
        house.patch(&format!("/fields/{}", car["id"].as_str().unwrap()), json!({"required": true})).await;
        assert_eq!(
            house.post("/customers", json!({"name": "乙"})).await.fault(),
            (422, "field_required", "fields.car")
        );
        assert_eq!(
            house.patch(&path, json!({"city": "上海"})).await.status,
            200,
            "what is not touched is not asked for"
        );
        assert_eq!(
            house.patch(&path, json!({"fields": {"car": null}})).await.fault(),
            (422, "field_required", "fields.car")
        );
    }
}

#[tokio::test]
async fn a_restricted_field_is_not_there_for_others() {
    for house in House::all() {
        house.define().await;
        let budget = house.field("budget").await;
        house.patch(&format!("/fields/{}", budget["id"].as_str().unwrap()), json!({"restricted": true})).await;
        let who = house.post("/customers", json!({"name": "甲", "fields": {"budget": "10", "car": true}})).await;
        let path = format!("/customers/{}", who.id());
        let seen = house.call(&house.agent, "GET", &path, Value::Null).await;
        assert_eq!(seen.body["fields"], json!({"car": true}));
        assert!(!house.call(&house.agent, "GET", "/fields", Value::Null).await.text.contains("budget"));
        assert!(!house.call(&house.agent, "GET", "/conditions/fields", Value::Null).await.text.contains("budget"));
        let asked = url(&json!({"field": "field.budget", "op": "gte", "value": "1"}));
        for path in [format!("/customers?condition={asked}"), "/customers?sort=field.budget".into()] {
            assert_eq!(house.call(&house.agent, "GET", &path, Value::Null).await.status, 422);
            assert_eq!(house.get(&path).await.status, 200);
        }
        let set = house.call(&house.agent, "PATCH", &path, json!({"fields": {"budget": "1"}})).await;
        assert_eq!(set.fault(), (422, "field_unknown", "fields.budget"));
    }
}

#[tokio::test]
async fn lists_filter_and_sort_by_own_fields_and_pages_lose_and_double_none() {
    for house in House::all() {
        house.define().await;
        let skins = [None, Some("c2"), Some("c1"), Some("c3"), Some("c2"), None, Some("c1")];
        for (at, name) in ["a", "b", "c", "d", "e", "f", "g"].iter().enumerate() {
            let mut fields = json!({"car": at % 2 == 0});
            if let Some(skin) = skins[at] {
                fields["fu_zhi"] = json!(skin);
                fields["height"] = json!(150 + (at * 37) % 50);
                fields["plate"] = json!(format!("沪{}", 9 - at));
            }
            house.post("/customers", json!({"name": name, "fields": fields})).await;
        }
        assert!(house.names("/customers?sort=field.height").await.starts_with("d g c b e"), "who has none comes last");
        assert!(house.names("/customers?sort=-field.height").await.starts_with("e b c g d"), "in either direction");
        assert!(house.names("/customers?sort=field.plate").await.starts_with("g e d c b"));
        let order = |names: String| {
            let at = |name: &str| usize::from(name.as_bytes()[0] - b'a');
            names.split(' ').map(|name| skins[at(name)].unwrap_or("-")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order(house.names("/customers?sort=field.fu_zhi").await), "c1 c1 c2 c2 c3 - -");
        assert_eq!(order(house.names("/customers?sort=-field.fu_zhi").await), "c3 c2 c2 c1 c1 - -");
        for sort in ["field.height", "-field.height", "field.plate", "field.fu_zhi", "-field.fu_zhi", "field.car"] {
            let whole = house.names(&format!("/customers?sort={sort}")).await;
            let (mut found, mut after) = (Vec::new(), String::new());
            loop {
                let page = house.get(&format!("/customers?sort={sort}&limit=2&after={after}")).await;
                assert_eq!(page.status, 200, "{}", page.text);
                found.extend(
                    page.body["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()),
                );
                match page.body["next"].as_str() {
                    Some(next) => next.clone_into(&mut after),
                    None => break,
                }
            }
            assert_eq!(found.join(" "), whole, "{sort}");
        }
        let oily = url(
            &json!({"all": [{"field": "field.fu_zhi", "op": "in", "value": ["c1"]}, {"field": "field.car", "op": "eq", "value": true}]}),
        );
        assert_eq!(house.names(&format!("/customers?condition={oily}&sort=-field.height")).await, "c g");
        assert_eq!(house.get(&format!("/customers/count?condition={oily}")).await.body["count"], 2);
        for bad in ["field.nothing", "field.cares", "field.adviser"] {
            assert_eq!(house.get(&format!("/customers?sort={bad}")).await.fault().1, "sort_invalid");
        }
        // A segment of them, told by their names, goes on when the field is archived.
        let segment = house
            .post(
                "/segments",
                json!({"name": "油皮", "condition": {"field": "field.fu_zhi", "op": "in", "value": ["c1"]}}),
            )
            .await;
        assert!(segment.text.contains("肤质") && segment.text.contains("oily"), "{}", segment.text);
        let skin = house.field("fu_zhi").await;
        house.post(&format!("/fields/{}/archive", skin["id"].as_str().unwrap()), json!({})).await;
        assert_eq!(house.get(&format!("/customers/count?segment={}", segment.id())).await.body["count"], 2);
        let file = house.get("/customers/export?format=csv&sort=field.height").await.text;
        let head = file.lines().next().unwrap();
        assert!(head.ends_with(",车牌,height,预算,装修日,关注,有车,顾问"), "{head}");
        assert!(file.contains(",沪8,187,,,,no,"), "{file}");
        // As inputs of scores.
        let heights = house.db.read(|tx| {
            let mut sum = (0, 0.0);
            custom::for_each_number(tx, "height", context().today, &mut |_, value| {
                sum = (sum.0 + 1, sum.1 + value);
                Ok(())
            })?;
            Ok(sum)
        });
        assert_eq!(heights.unwrap(), (5, 187.0 + 174.0 + 161.0 + 198.0 + 172.0));
    }
}

#[tokio::test]
async fn a_file_of_customers_fills_own_fields_as_people_write_them_and_its_undo_brings_back_what_stood() {
    for house in House::all() {
        house.define().await;
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("imports"));
        let load = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let mapping = serde_json::from_value(json!({"kind": "customers", "source": "crm", "columns": {"customer_id": "编号", "customer_name": "姓名"},
                "fields": {"car": "有车", "budget": "预算", "built": "装修", "cares": "关注", "fu_zhi": "肤质", "adviser": "顾问", "height": "身高"}}))
            .unwrap();
            run_file(&house.db, &|| NOW, &path, &mapping, &[], &Options { files: &files, by: None }, &|_| {}).unwrap()
        };
        let head = "编号,姓名,有车,预算,装修,关注,肤质,顾问,身高\n";
        let first = load(
            "a.csv",
            &format!(
                "{head}1,甲,是,\"¥1,234.50\",2026/1/2,油性、敏感,oily,LILI,165cm\n2,乙,否,3万,2026年3月4日,\"干性;敏感\",c2,boss,\n"
            ),
        );
        assert_eq!((first.progress.accepted, first.progress.customers_created), (2, 2));
        let of = |name: &str| {
            let path =
                format!("/customers?search={}", name.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>());
            let house = &house;
            async move { house.get(&path).await.body["items"][0]["fields"].clone() }
        };
        let one = json!({"car": true, "budget": "1234.50", "built": "2026-01-02", "cares": ["c1", "c3"], "fu_zhi": "c1",
            "adviser": house.staff("lili"), "height": 165});
        assert_eq!(of("甲").await, one);
        assert_eq!(of("乙").await["budget"], "30000.00");
        let second = load(
            "b.csv",
            &format!("{head}1,甲,否,,,干性,,,\n2,乙,大概,1,,,,,\n3,丙,,,,不知道,,,\n4,丁,,,,,,谁,\n5,戊,,,,,,,9\n"),
        );
        assert_eq!((second.progress.accepted, second.progress.customers_changed), (1, 1), "{:?}", second.progress);
        let changed = of("甲").await;
        assert_eq!(
            (&changed["car"], &changed["cares"], &changed["budget"]),
            (&json!(false), &json!(["c2"]), &json!("1234.50"))
        );
        let import = house.db.read(|tx| zunke_customers::import::store::find(tx, second.import_id)).unwrap();
        let reader = house.db.read(|tx| custom::Reader::load(tx, &custom::Sight::all())).unwrap();
        let mut out = Vec::new();
        errors::write(&import, &files, &zunke_kernel::Zone::default(), reader, Locale::Zh, &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        for part in [
            "“有车”列的“大概”不是“是”或“否”",
            "没有选项“不知道”，可选：油性",
            "没有姓名或登录名为此的在职员工",
            "“身高”应在 30 到 250 之间",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
        house.db.write(|tx| zunke_customers::import::run::undo(tx, second.import_id, None, NOW)).unwrap();
        undo::undo(&house.db, second.import_id, None, &[], &|| NOW.plus_ms(1), &|_, _| Ok(())).unwrap();
        assert_eq!(of("甲").await, one, "what stood before came back");
        let wrong =
            json!({"kind": "orders", "source": "crm", "columns": {"customer_id": "编号"}, "fields": {"car": "有车"}});
        let mapping: zunke_customers::import::Mapping = serde_json::from_value(wrong).unwrap();
        assert!(mapping.faults().iter().any(|fault| fault.code == "mapping_fields_elsewhere"));
    }
}
