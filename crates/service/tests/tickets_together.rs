//! Tickets that belong together, files, words and steps; and many at once.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use axum::body::Body;
use axum::http::{Request, header};
use common::*;
use serde_json::{Value, json};
use std::path::Path;
use tower::ServiceExt;
use zunke_service::files::{FILE_BYTES_MAX, TicketFiles};
use zunke_service::open::{NewTicket, Outcome, Sender};
use zunke_service::ticket::{Channel, Kind};
use zunke_service::{Context, Hooks, NewMessage, open, reply};
use zunke_store::testing::{TestDb, databases};

fn ids(whole: &Value, list: &str) -> Vec<String> {
    whole[list].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_merged_duplicate_keeps_the_earliest_opening_and_later_words_find_their_way() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 2, None, None);
        let first = house.ticket(customer, "complaint", "漏发").await;
        let opened_at = house.get(&format!("/tickets/{first}")).await["ticket"]["opened_at"].clone();
        house.later(HOUR);
        let second = house.ticket(customer, "complaint", "还是漏发").await;
        let other = house.ticket(house.customer("别人", 0, None, None), "praise", "好").await;
        let (one, two) = (format!("/tickets/{first}"), format!("/tickets/{second}"));
        for (into, code) in [
            (&first, "merge_itself"),
            (&other, "merge_customers_differ"),
            (&format!("tkt_{}", "0".repeat(32)), "not_found"),
        ] {
            assert_eq!(house.refused("POST", &format!("{one}/merge"), json!({ "into": into })).await.1, code);
        }
        let kept = house.post(&format!("{one}/merge"), json!({ "into": second })).await;
        assert_eq!(kept["opened_at"], opened_at, "as old as the older of the two");
        let (gone, kept) = (house.get(&one).await, house.get(&two).await);
        assert_eq!(
            (gone["ticket"]["state"].as_str(), &gone["ticket"]["merged_into"]),
            (Some("cancelled"), &json!(second))
        );
        assert_eq!(
            (gone["messages"].as_array().map(Vec::len), kept["messages"].as_array().map(Vec::len)),
            (Some(0), Some(2))
        );
        assert_eq!(kept["links"][0]["kind"], "duplicate");
        // What is said on the one that went is said on the other.
        let said = house
            .post(
                &format!("{one}/messages"),
                json!({ "body": "怎么样了", "visibility": "public", "from_customer": true }),
            )
            .await;
        assert_eq!(said["ticket_id"], json!(second));
        assert_eq!(house.refused("PATCH", &one, json!({ "state": "open" })).await.1, "ticket_merged");
        assert_eq!(house.refused("POST", &format!("{one}/merge"), json!({ "into": second })).await.1, "ticket_merged");
        let third = house.ticket(customer, "complaint", "第三次").await;
        let into = json!({ "into": first });
        assert_eq!(house.refused("POST", &format!("/tickets/{third}/merge"), into).await.1, "target_merged");
        // An unknown sender's ticket that goes into a customer's becomes his.
        let nobody = house.post("/tickets", json!({ "kind": "complaint", "body": "是我" })).await;
        let nobody = nobody["id"].as_str().expect("an id").to_owned();
        house.post(&format!("/tickets/{nobody}/merge"), json!({ "into": second })).await;
        let gone = house.get(&format!("/tickets/{nobody}")).await;
        assert_eq!(gone["ticket"]["customer"]["id"], json!(customer));
    }
}

#[tokio::test]
async fn some_messages_become_a_ticket_of_their_own_and_two_are_linked() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 2, None, None);
        let id = house.ticket(customer, "complaint", "两件事").await;
        let path = format!("/tickets/{id}");
        house.later(HOUR);
        house
            .post(
                &format!("{path}/messages"),
                json!({ "body": "另外，发票呢", "visibility": "public", "from_customer": true }),
            )
            .await;
        let messages = ids(&house.get(&path).await, "messages");
        let split = format!("{path}/split");
        assert_eq!(
            house.refused("POST", &split, json!({ "message_ids": messages, "subject": "发票" })).await.1,
            "messages_all"
        );
        let new =
            house.post(&split, json!({ "message_ids": [messages[1]], "subject": "发票", "kind": "question" })).await;
        assert_eq!(
            (new["subject"].as_str(), new["kind"].as_str(), &new["parent_id"]),
            (Some("发票"), Some("question"), &json!(id))
        );
        let whole = house.get(&format!("/tickets/{}", new["id"].as_str().expect("an id"))).await;
        assert_eq!(ids(&whole, "messages"), messages[1..]);
        assert_eq!(whole["ticket"]["opened_at"], whole["messages"][0]["at"]);
        assert_eq!(ids(&house.get(&path).await, "messages"), messages[..1]);
        let other = house.ticket(customer, "praise", "谢谢").await;
        let linked = format!("{path}/links");
        assert_eq!(house.refused("POST", &linked, json!({ "other_id": id, "kind": "related" })).await.1, "link_itself");
        assert_eq!(
            house.refused("POST", &linked, json!({ "other_id": other, "kind": "x" })).await.1,
            "link_kind_invalid"
        );
        house.post(&linked, json!({ "other_id": other, "kind": "related" })).await;
        house.post(&linked, json!({ "other_id": other, "kind": "related" })).await;
        assert_eq!(house.get(&format!("/tickets/{other}")).await["links"].as_array().map(Vec::len), Some(1));
    }
}

fn on_disk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(on_disk(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

async fn send(house: &House, path: &str, length: Option<u64>, body: Body) -> (u16, Value) {
    let mut request = Request::post(format!("/api/v1{path}")).header(header::AUTHORIZATION, &house.boss.token);
    if let Some(length) = length {
        request = request.header(header::CONTENT_LENGTH, length);
    }
    let response = house.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 30_000_000).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_file_comes_in_whole_and_true_or_leaves_nothing() {
    for db in databases() {
        let folder = tempfile::tempdir().expect("a folder");
        let house = House::with(db, |app| app.with(TicketFiles::new(folder.path())));
        let id = house.ticket(house.customer("王小明", 2, None, None), "complaint", "破损").await;
        let files = format!("/tickets/{id}/files");
        let png = [&b"\x89PNG\r\n\x1a\n"[..], &[7; 5_000]].concat();
        let name = format!("{}.png", "破".repeat(83));
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (status, file) = send(&house, &format!("{files}?name={escaped}"), None, Body::from(png.clone())).await;
        assert_eq!((status, file["name"].as_str(), file["bytes"].as_i64()), (201, Some(name.as_str()), Some(5_008)));
        assert_eq!(file["media_type"], "image/png");
        // 2 GB is refused before a byte is read: this body never ends.
        let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let (status, refused) = send(&house, &format!("{files}?name=a.png"), Some(2 << 30), never).await;
        assert_eq!((status, refused["code"].as_str()), (413, Some("file_too_large")));
        // One that doesn't say how large it is, as soon as it is too large.
        let pieces = (0..30).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 1 << 20]));
        let many = Body::from_stream(futures_util::stream::iter(pieces));
        const { assert!(FILE_BYTES_MAX < 30 << 20) };
        assert_eq!(send(&house, &format!("{files}?name=a.png"), None, many).await.0, 413);
        // One that breaks off.
        let broken = vec![Ok(png.clone()), Err(std::io::Error::other("gone"))];
        let broken = Body::from_stream(futures_util::stream::iter(broken));
        assert_eq!(send(&house, &format!("{files}?name=a.png"), None, broken).await.1["code"], "upload_broken");
        for (name, body, code) in [
            ("a.png", &b"MZ this is no picture"[..], "file_disguised"),
            ("a.exe", b"MZ", "file_type_refused"),
            ("%2E%2E%2F", b"x", "file_name_invalid"),
            ("a.txt", b"", "file_empty"),
        ] {
            let (_, refused) = send(&house, &format!("{files}?name={name}"), None, Body::from(body)).await;
            assert_eq!(refused["code"], code, "{name}");
        }
        let path = format!("{files}?name=..%2F..%2Fetc%2Fnotes.txt");
        let (_, text) = send(&house, &path, None, Body::from("您好")).await;
        assert_eq!(text["name"], "notes.txt");
        assert_eq!(on_disk(folder.path()).len(), 2, "only the two whole files: {:?}", on_disk(folder.path()));
        // Out again: to be saved, never shown.
        let request = Request::get(format!("/api/v1{files}/{}", file["id"].as_str().expect("an id")))
            .header(header::AUTHORIZATION, &house.boss.token)
            .body(Body::empty())
            .expect("a request");
        let response = house.router.clone().oneshot(request).await.expect("an answer");
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert!(header("content-disposition").starts_with("attachment; filename*=UTF-8''%E7%A0%B4"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        let bytes = axum::body::to_bytes(response.into_body(), 30_000).await.expect("a body");
        assert_eq!(bytes, png);
        // Words take the file with them, once.
        let words = json!({ "body": "见照片", "visibility": "public", "files": [file["id"]] });
        let said = house.post(&format!("/tickets/{id}/messages"), words.clone()).await;
        let whole = house.get(&format!("/tickets/{id}")).await;
        let bound =
            whole["files"].as_array().expect("files").iter().find(|one| one["id"] == file["id"]).expect("the file");
        assert_eq!(bound["message_id"], said["message_id"]);
        assert_eq!(house.refused("POST", &format!("/tickets/{id}/messages"), words).await.1, "file_unknown");
    }
}

#[tokio::test]
async fn words_and_steps_are_for_a_level_and_a_kind() {
    for db in databases() {
        let house = House::new(db);
        let bad = json!({ "name": "问候", "body": "{客户名}您好" });
        let refused = house.refused("POST", "/ticket-templates", bad).await;
        assert_eq!((refused.1.as_str(), refused.2.as_str()), ("template_variable_unknown", "body"));
        let words = json!({ "name": "投诉致歉", "kind": "complaint", "levels": [3, 4], "channel": "phone",
            "body": "{客户}您好，{公司}非常抱歉，工单{工单号}（{产品}）由{客服}跟进。" });
        let template = house.post("/ticket-templates", words.clone()).await;
        assert_eq!(house.refused("POST", "/ticket-templates", words).await.1, "name_taken");
        let steps = json!({ "name": "高等级投诉", "kind": "complaint", "levels": [3, 4], "steps": [
            { "title": "一小时内致电", "required": true, "template_id": template["id"] }, { "title": "登记原因" } ] });
        let list = house.post("/ticket-checklists", steps).await;
        for (body, code) in [
            (json!({ "name": "空", "steps": [] }), "steps_invalid"),
            (json!({ "name": "空", "steps": [{ "title": " " }] }), "field_required"),
            (
                json!({ "name": "空", "steps": [{ "title": "x", "template_id": format!("tpl_{}", "0".repeat(32)) }] }),
                "template_unknown",
            ),
            (json!({ "name": "空", "levels": [11], "steps": [{ "title": "x" }] }), "levels_invalid"),
        ] {
            assert_eq!(house.refused("POST", "/ticket-checklists", body).await.1, code);
        }
        let high = house.ticket(house.customer("王小明", 3, None, None), "complaint", "破损").await;
        let low = house.ticket(house.customer("李雷", 1, None, None), "complaint", "破损").await;
        assert_eq!(house.get(&format!("/tickets/{low}")).await["tasks"], json!([]));
        let path = format!("/tickets/{high}");
        let tasks = house.get(&path).await["tasks"].clone();
        assert_eq!((tasks[0]["title"].as_str(), tasks[1]["title"].as_str()), (Some("一小时内致电"), Some("登记原因")));
        let offered = house.get(&format!("/ticket-templates?ticket={high}")).await;
        let text = offered["items"][0]["text"].as_str().expect("filled in");
        assert!(text.starts_with("王小明您好") && text.contains("#1") && text.ends_with("由boss跟进。"), "{text}");
        assert_eq!(offered["items"][0]["missing"], json!(["产品"]));
        assert_eq!(house.get(&format!("/ticket-templates?ticket={low}")).await["items"], json!([]));
        // Not solved before the required step is done.
        let refused = house.refused("PATCH", &path, json!({ "state": "solved" })).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "steps_open"));
        let step = format!("/tasks/{}", tasks[0]["id"].as_str().expect("an id"));
        assert_eq!(house.refused("PATCH", &step, json!({ "state": "cancelled" })).await.1, "step_required");
        house.patch(&step, json!({ "state": "done" })).await;
        let said = json!({ "visibility": "public", "template_id": template["id"], "state_after": "solved" });
        assert_eq!(house.post(&format!("{path}/messages"), said).await["state"], "solved");
        let whole = house.get(&path).await;
        assert!(whole["messages"][1]["body"].as_str().is_some_and(|body| body.starts_with("王小明您好")));
        let edit = format!("/ticket-checklists/{}", list["id"].as_str().expect("an id"));
        let changed = house.patch(&edit, json!({ "levels": null, "place": 3 })).await;
        assert_eq!((&changed["levels"], changed["version"].as_i64()), (&Value::Null, Some(2)));
        for path in [edit, format!("/ticket-templates/{}", template["id"].as_str().expect("an id"))] {
            assert_eq!(house.call(&house.boss, "DELETE", &path, None, None).await.0, 204);
            assert_eq!(house.call(&house.boss, "DELETE", &path, None, None).await.0, 404);
        }
        let view = house.post("/ticket-views", json!({ "name": "我的投诉", "content": { "kind": "complaint" } })).await;
        let path = format!("/ticket-views/{}", view["id"].as_str().expect("an id"));
        assert_eq!(house.patch(&path, json!({ "name": "投诉", "shared": true })).await["version"], 2);
        assert_eq!(
            house.refused("POST", "/ticket-views", json!({ "name": "x", "content": 1 })).await.1,
            "view_invalid"
        );
        assert_eq!(house.get("/ticket-views").await["items"][0]["name"], "投诉");
        assert_eq!(house.call(&house.boss, "DELETE", &path, None, None).await.0, 204);
    }
}

#[tokio::test]
async fn many_are_changed_at_once_and_one_that_is_refused_holds_up_no_other() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 2, None, None);
        let (one, two) =
            (house.ticket(customer, "praise", "一").await, house.ticket(customer, "complaint", "二").await);
        let missing = format!("tkt_{}", "0".repeat(32));
        let body = json!({ "ids": [one, two, missing], "change": { "state": "cancelled" } });
        let done = house.post("/tickets/bulk", body).await;
        let outcome = |id: &str| {
            let all = done["results"].as_array().expect("results");
            all.iter().find(|one| one["id"] == json!(id)).expect("a result").clone()
        };
        assert_eq!(outcome(&one)["ticket"]["state"], "cancelled");
        assert_eq!(outcome(&two)["code"], "reason_required");
        assert_eq!(outcome(&missing)["code"], "not_found");
        assert_eq!(house.get(&format!("/tickets/{two}")).await["ticket"]["state"], "new");
        for ids in [json!([]), json!(vec![one.clone(); 201])] {
            assert_eq!(
                house.refused("POST", "/tickets/bulk", json!({ "ids": ids, "change": {} })).await.1,
                "ids_invalid"
            );
        }
    }
}

/// Does the same from many threads at once.
fn at_once<T: Send>(db: &TestDb, threads: usize, work: impl Fn(&zunke_store::Db, usize) -> T + Sync) -> Vec<T> {
    let db = &db.db;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|at| {
                scope.spawn({
                    let work = &work;
                    move || work(db, at)
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().expect("a thread")).collect()
    })
}

#[tokio::test]
async fn the_same_message_from_twenty_at_once_is_one_ticket() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 2, None, None);
        let outcomes = at_once(&house.db, 20, |db, _| {
            let mut new = NewTicket::new(Sender::Known(customer), Kind::Question, Channel::Message, "在吗", NOW);
            new.source = Some(("wecom".into(), "msg-1".into()));
            db.write(|tx| {
                let cx = Context::load(tx, NOW, None)?;
                open(tx, &cx, &new, &Hooks::default())
            })
            .expect("opened or the same")
        });
        assert_eq!(outcomes.iter().filter(|one| matches!(one, Outcome::Opened(_))).count(), 1);
        assert!(outcomes.iter().all(|one| one.ticket() == outcomes[0].ticket()));
        assert_eq!(house.get("/tickets").await["items"].as_array().map(Vec::len), Some(1));
        let timeline = house.get(&format!("/customers/{customer}/timeline")).await;
        assert_eq!(timeline["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn twenty_writers_on_one_ticket_lose_no_event_and_double_no_number() {
    for db in databases() {
        let house = House::new(db);
        let id = house.ticket(house.customer("王小明", 2, None, None), "question", "在吗").await;
        let ticket: zunke_kernel::id::TicketId = id.parse().expect("an id");
        let customers: Vec<_> = (0..20).map(|at| house.customer(&format!("客户{at}"), 0, None, None)).collect();
        at_once(&house.db, 20, |db, at| {
            let mut said = NewMessage::from_customer(Channel::Message, format!("第{at}句"), NOW);
            // Every second one is delivered twice.
            said.source = Some(("wecom".into(), format!("word-{}", at / 2)));
            db.write(|tx| {
                let cx = Context::load(tx, NOW, None)?;
                reply(tx, &cx, ticket, &said, &Hooks::default())
            })
            .expect("said");
            let new = NewTicket::new(Sender::Known(customers[at]), Kind::Question, Channel::Api, "新的", NOW);
            db.write(|tx| {
                let cx = Context::load(tx, NOW, None)?;
                open(tx, &cx, &new, &Hooks::default())
            })
            .expect("opened");
        });
        let whole = house.get(&format!("/tickets/{id}")).await;
        assert_eq!(whole["messages"].as_array().map(Vec::len), Some(11));
        let said: Vec<i64> =
            whole["events"].as_array().expect("events").iter().filter_map(|one| one["seq"].as_i64()).collect();
        assert_eq!(said, (0..i64::try_from(said.len()).expect("few")).collect::<Vec<_>>(), "no gap, no double");
        let page = house.get("/tickets?limit=500").await;
        let mut numbers: Vec<i64> =
            page["items"].as_array().expect("items").iter().filter_map(|one| one["number"].as_i64()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 21, "each has its own number");
    }
}

#[tokio::test]
async fn a_list_that_is_paged_loses_and_doubles_none() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 2, None, None);
        for at in 0..23 {
            house.ticket(customer, "question", &format!("第{at}个")).await;
        }
        for sort in ["due", "turn", "-opened", "-updated"] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let page = house.get(&format!("/tickets?sort={sort}&limit=5{after}")).await;
                seen.extend(ids(&page, "items"));
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!((all, seen.len()), (23, 23), "{sort}");
        }
    }
}
