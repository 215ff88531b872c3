//! What the law gives a person, held over HTTP on both engines: the register and its clock, erasure that is whole and
//! happens once, restriction, consents, retention, exports that a second person agrees to.

mod common;

use common::{DAY, House, NOW};
use serde_json::{Value, json};
use std::sync::Arc;
use zunke_access::Role;
use zunke_customers::RecordContext;
use zunke_customers::consent::{Channel, Purpose, consented};
use zunke_customers::import::mapping::{Cancellation, Field, Kind, Mapping};
use zunke_customers::import::reader::ReadOptions;
use zunke_customers::import::values::DateOrder;
use zunke_customers::import::{Files, Options, run_file};
use zunke_customers::privacy::{Fate, Holder, Removed, Section};
use zunke_kernel::Instant;
use zunke_kernel::id::CustomerId;
use zunke_privacy::erase;
use zunke_store::Tx;
use zunke_store::testing::databases;

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

async fn asked(house: &House, customer: &str, kind: &str) -> Value {
    let body = json!({ "kind": kind, "channel": "phone", "words": "王秘密本人来电" });
    house.post(&format!("/customers/{customer}/privacy-requests"), body).await
}

async fn solved_ticket(house: &House, customer: &str) -> String {
    let ticket = house
        .post(
            "/tickets",
            json!({ "customer_id": customer, "kind": "complaint", "channel": "phone", "subject": "秘密投诉",
                "body": "我的秘密电话是 13812345678" }),
        )
        .await;
    let id = id_of(&ticket);
    house.post(&format!("/tickets/{id}/messages"), json!({ "body": "秘密已处理", "visibility": "public" })).await;
    id
}

#[tokio::test]
async fn an_erasure_leaves_the_sums_and_nothing_of_the_person() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        house
            .post(
                &format!("/customers/{id}/consents"),
                json!({ "purpose": "marketing", "channels": ["sms"],
            "state": "given", "source": "counter", "note": "秘密口头" }),
            )
            .await;
        let ticket = solved_ticket(&house, &id).await;
        let request = asked(&house, &id, "erasure").await;
        let path = format!("/privacy/requests/{}", id_of(&request));
        let body = json!({ "identity_check": "回拨秘密手机", "answer": "按秘密要求", "confirm_name": "王秘密" });

        // What is open comes first, and a slip of the hand erases nobody.
        let refused = house.refused("POST", &format!("{path}/carry-out"), body.clone()).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "erasure_pending"));
        let preview = house.get(&format!("{path}/preview")).await;
        assert_eq!(preview["pending"].as_array().map(Vec::len), Some(1));
        house.done("PATCH", &format!("/tickets/{ticket}"), json!({ "state": "solved" })).await;
        for (wrong, field) in [
            (json!({ "identity_check": " ", "confirm_name": "王秘密" }), "identity_check"),
            (json!({ "identity_check": "回拨" }), "confirm_name"),
            (json!({ "identity_check": "回拨", "confirm_name": "王某" }), "confirm_name"),
        ] {
            let refused = house.refused("POST", &format!("{path}/carry-out"), wrong).await;
            assert_eq!((refused.0, refused.2.as_str()), (422, field));
        }
        assert!(!house.places_of("秘密").is_empty() && !house.places_of("13812345678").is_empty());

        let done = house.post(&format!("{path}/carry-out"), body.clone()).await;
        assert_eq!(done["state"], "done");
        let certificate = done["certificate"].clone();
        assert!(certificate["lines"].as_array().is_some_and(|lines| lines.len() >= 10), "{certificate}");
        assert_eq!(certificate["fingerprint"].as_str().map(str::len), Some(64));
        house.work();
        for secret in ["秘密", "13812345678", "geheim", "杭州"] {
            assert_eq!(house.places_of(secret), [] as [String; 0], "{secret} is still there");
        }
        // The sums stay, the person is nowhere to be found.
        let kept = house.get(&format!("/customers/{id}")).await;
        assert_eq!(
            (&kept["name"], &kept["status"], &kept["phones"]),
            (&json!("已匿名客户"), &json!("archived"), &json!([]))
        );
        let orders = house.db.read(|tx| {
            tx.query_one(
                "SELECT COUNT(*), CAST(SUM(amount) AS BIGINT) FROM activities WHERE kind = 'order'",
                &[],
                |row| Ok((row.int(0)?, row.int(1)?)),
            )
        });
        assert_eq!(orders.expect("sums"), Some((1, 8_800_000)));
        for search in ["秘密", "13812345678", "王秘密"] {
            let found = house.get(&format!("/customers/count?status=all&search={}", percent(search))).await;
            assert_eq!(found["count"], 0, "{search}");
        }
        // Once more: the same certificate.
        let again = house.post(&format!("{path}/carry-out"), body).await;
        assert_eq!(again["certificate"], certificate);
        // Nobody writes to him any more.
        let (status, code, _) = house.refused("PATCH", &format!("/customers/{id}"), json!({ "note": "又来" })).await;
        assert_eq!((status, code.as_str()), (409, "customer_erased"));
        let words = json!({ "body": "您好", "visibility": "public" });
        assert_eq!(house.refused("POST", &format!("/tickets/{ticket}/messages"), words).await.1, "customer_erased");
        let new = json!({ "customer_id": id, "kind": "question", "channel": "phone", "body": "还在吗" });
        assert_eq!(house.refused("POST", "/tickets", new).await.1, "customer_erased");
        let row = json!({ "customer": { "id": id }, "kind": "interaction", "source": "x", "source_id": "9",
            "occurred_at": NOW, "body": "还在" });
        let result = house.post("/activities/batch", json!({ "activities": [row] })).await;
        assert_eq!(result["results"][0]["outcome"], "refused", "{result}");
    }
}

fn moment(value: &Value) -> Instant {
    serde_json::from_value(value.clone()).expect("an instant")
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn who_was_erased_does_not_come_back_with_a_file_or_another_system() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let request = asked(&house, &id, "erasure").await;
        let body = json!({ "identity_check": "身份证", "confirm_name": "王秘密" });
        house.post(&format!("/privacy/requests/{}/carry-out", id_of(&request)), body).await;
        for (body, field) in [
            (json!({ "name": "王", "phones": ["+86 138 1234 5678"] }), "phones"),
            (json!({ "name": "王", "emails": ["Geheim@Example.cn"] }), "emails"),
            (json!({ "name": "王", "external_ids": [{ "source": "shop", "value": "geheim-77" }] }), "external_ids"),
        ] {
            let refused = house.refused("POST", "/customers", body).await;
            assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), (409, "customer_erased", field));
        }
        let row = json!({ "customer": { "external": { "source": "shop", "value": "geheim-77" },
            "create": { "name": "王秘密", "phones": ["13900000001"] } }, "kind": "order", "source": "shop",
            "source_id": "o2", "occurred_at": NOW, "amount": "1.00" });
        let result = house.post("/activities/batch", json!({ "activities": [row.clone()] })).await;
        assert_eq!(result["results"][0]["outcome"], "refused", "{result}");
        assert_eq!(house.places_of("王秘密"), [] as [String; 0]);
        // What was refused leaves nothing claimed behind.
        house.post("/customers", json!({ "name": "别人", "phones": ["13900000001"] })).await;
        // By his own will he may come back, as somebody new.
        let path = format!("/customers/{id}/readmission");
        assert_eq!(house.refused("POST", &path, json!({ "reason": "" })).await.0, 422);
        house.post(&path, json!({ "reason": "本人到店重新办卡" })).await;
        assert_eq!(house.refused("POST", &path, json!({ "reason": "再来" })).await.1, "nothing_to_readmit");
        let new = house.post("/customers", json!({ "name": "王回来", "phones": ["13812345678"] })).await;
        assert_ne!(new["id"], json!(id));
    }
}

#[tokio::test]
async fn a_request_has_a_clock_that_is_put_off_once_and_an_end() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let path = format!("/customers/{id}/privacy-requests");
        for (body, code) in [
            (json!({ "kind": "erasure", "channel": "phone", "received_at": NOW.plus_ms(DAY) }), "received_at_invalid"),
            (json!({ "kind": "erasure", "channel": "phone", "words": "字".repeat(2001) }), "text_too_long"),
        ] {
            assert_eq!(house.refused("POST", &path, body).await.1, code);
        }
        let request = asked(&house, &id, "access").await;
        assert_eq!(request["number"], 1);
        assert!(moment(&request["due_at"]) > NOW.plus_ms(14 * DAY), "fifteen working days: {request}");
        assert_eq!(
            house.refused("POST", &path, json!({ "kind": "access", "channel": "email" })).await.1,
            "request_open"
        );

        let one = format!("/privacy/requests/{}", id_of(&request));
        for days in [0, 61] {
            let refused =
                house.refused("POST", &format!("{one}/extend"), json!({ "days": days, "reason": "忙" })).await;
            assert_eq!((refused.0, refused.2.as_str()), (422, "days"));
        }
        let later = house.post(&format!("{one}/extend"), json!({ "days": 30, "reason": "数据量大" })).await;
        assert_eq!(moment(&later["due_at"]), moment(&later["first_due_at"]).plus_ms(30 * DAY));
        let twice = house.refused("POST", &format!("{one}/extend"), json!({ "days": 1, "reason": "忙" })).await;
        assert_eq!(twice.1, "extended_already");

        // The copy names everything, for people and for machines.
        let copy = house.get(&format!("{one}/copy")).await.to_string();
        for told in ["王秘密", "+8613812345678", "geheim@example.cn", "geheim-77", "秘密来电", "880"] {
            assert!(copy.contains(told), "{told} is not in the copy");
        }
        house.later(90 * DAY);
        let list = house.get("/privacy/requests?state=open&overdue=true").await;
        assert_eq!(
            (&list["open"], &list["overdue"], list["items"].as_array().map(Vec::len)),
            (&json!(1), &json!(1), Some(1))
        );
        house.post(&format!("{one}/carry-out"), json!({ "identity_check": "身份证" })).await;
        let closed = house.refused("POST", &format!("{one}/refuse"), json!({ "reason": "不行" })).await;
        assert_eq!(closed.1, "request_closed");

        let other = asked(&house, &id, "correction").await;
        let one = format!("/privacy/requests/{}", id_of(&other));
        let silent = house.refused("POST", &format!("{one}/carry-out"), json!({ "identity_check": "身份证" })).await;
        assert_eq!((silent.0, silent.2.as_str()), (422, "answer"));
        assert_eq!(house.refused("POST", &format!("{one}/refuse"), json!({ "reason": "" })).await.0, 422);
        house.post(&format!("{one}/refuse"), json!({ "reason": "资料无误" })).await;
        assert_eq!(house.get(&path).await["items"].as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test]
async fn only_those_who_look_after_privacy_see_the_register_and_carry_out() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let request = asked(&house, &id, "access").await;
        let analyst = house.person("ana", Role::Analyst);
        let manager = house.person("am", Role::AccountManager);
        for path in ["/privacy/requests".to_owned(), format!("/privacy/requests/{}/copy", id_of(&request))] {
            assert_eq!(house.call(&analyst, "GET", &path, None).await.0, 403, "{path}");
        }
        let body = Some(json!({ "identity_check": "身份证" }));
        let path = format!("/privacy/requests/{}/carry-out", id_of(&request));
        assert_eq!(house.call(&analyst, "POST", &path, body).await.0, 403);
        // Another's customer is as absent as one that is not there.
        for path in ["consents", "privacy-requests", "level-decisions"] {
            let (status, _) = house.call(&manager, "GET", &format!("/customers/{id}/{path}"), None).await;
            assert_eq!(status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn restricted_data_are_kept_and_not_used() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let customer: CustomerId = id.parse().expect("an id");
        house
            .post(
                &format!("/customers/{id}/consents"),
                json!({ "purpose": "care", "channels": ["any"], "state": "given",
            "source": "form" }),
            )
            .await;
        let reached = || house.db.read(|tx| consented(tx, customer, Purpose::Care, Channel::Sms)).expect("asked");
        assert!(reached());
        let request = asked(&house, &id, "restriction").await;
        let path = format!("/privacy/requests/{}/carry-out", id_of(&request));
        house.post(&path, json!({ "identity_check": "身份证", "answer": "争议期间" })).await;
        assert!(!reached());
        let refused = house.refused("PATCH", &format!("/customers/{id}"), json!({ "note": "改" })).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "customer_restricted"));
        let (_, file) = house.raw(&house.boss, "/customers/export?format=csv").await;
        assert!(!String::from_utf8_lossy(&file).contains("王秘密"));
        let lift = format!("/customers/{id}/restriction/lift");
        assert_eq!(house.refused("POST", &lift, json!({ "reason": " " })).await.0, 422);
        house.post(&lift, json!({ "reason": "争议已结束" })).await;
        assert_eq!(house.refused("POST", &lift, json!({ "reason": "再来" })).await.1, "not_restricted");
        assert!(reached());
        house.done("PATCH", &format!("/customers/{id}"), json!({ "note": "改" })).await;
    }
}

#[tokio::test]
async fn a_consent_has_its_wording_and_the_last_word_counts() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let customer: CustomerId = id.parse().expect("an id");
        let path = format!("/customers/{id}/consents");
        let say = |state: &str, channels: Value| {
            json!({ "purpose": "marketing", "channels": channels, "state": state,
            "source": "form" })
        };
        for (body, field) in [
            (say("given", json!([])), "channels"),
            (
                json!({ "purpose": "marketing", "channels": ["sms"], "state": "given", "source": "form", "text_number": 9 }),
                "text_number",
            ),
            (
                json!({ "purpose": "marketing", "channels": ["sms"], "state": "given", "source": "form",
                "said_at": NOW.plus_ms(DAY) }),
                "said_at",
            ),
        ] {
            let refused = house.refused("POST", &path, body).await;
            assert_eq!((refused.0, refused.2.as_str()), (422, field));
        }
        assert_eq!(
            house
                .refused(
                    "POST",
                    "/consent-texts",
                    json!({ "purpose": "marketing", "words": { "zh": "好", "en": " " } })
                )
                .await
                .2,
            "words.en"
        );
        let text = house
            .post("/consent-texts", json!({ "purpose": "marketing", "words": { "zh": "第二版", "en": "Second" } }))
            .await;
        assert_eq!(text["number"], 2);
        let may = |channel| house.db.read(|tx| consented(tx, customer, Purpose::Marketing, channel)).expect("asked");
        assert!(!may(Channel::Sms), "nothing was said");
        let given = house.post(&path, say("given", json!(["any"]))).await;
        assert_eq!(given["events"][0]["text_number"], 2);
        assert!(may(Channel::Sms) && may(Channel::Email));
        house.later(1000);
        house.post(&path, say("withdrawn", json!(["sms"]))).await;
        assert!(!may(Channel::Sms) && may(Channel::Email));
        house.later(1000);
        // Agreeing to everything does not take back what was refused by name.
        let now = house.post(&path, say("given", json!(["any"]))).await;
        assert!(!may(Channel::Sms) && may(Channel::Email));
        let sms = now["now"].as_array().and_then(|all| all.iter().find(|one| one["channel"] == "sms").cloned());
        assert_eq!(sms.expect("a line")["state"], "withdrawn");
    }
}

#[tokio::test]
async fn retention_says_first_what_it_will_forget_and_then_forgets_just_that() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let mut settings = house.get("/privacy/settings").await;
        let rules = |days: i64| json!([{ "class": "interactions", "days": days }]);
        let refused = house.refused("POST", "/privacy/retention/preview", json!({ "retention": rules(3) })).await;
        assert_eq!((refused.0, refused.2.as_str()), (422, "retention[0].days"));
        let count = |found: &Value| found["items"][0]["rows"].as_i64();
        let preview = house.post("/privacy/retention/preview", json!({ "retention": rules(60) })).await;
        assert_eq!(count(&preview), Some(0), "forty days old");
        let preview = house.post("/privacy/retention/preview", json!({ "retention": rules(30) })).await;
        assert_eq!(count(&preview), Some(1));
        settings["retention"] =
            json!([{ "class": "interactions", "days": 30 }, { "class": "inactive_customers", "days": 365 }]);
        house.done("PUT", "/privacy/settings", settings).await;
        house.post("/privacy/retention/run", json!(null)).await;
        house.work();
        assert_eq!(house.places_of("秘密来电"), [] as [String; 0]);
        assert_ne!(house.places_of("秘密喜欢桂花"), [] as [String; 0], "the customer himself is not forgotten");
        // A year without a sign of him: forgotten too, with a certificate of his own.
        house.later(400 * DAY);
        house.post("/privacy/retention/run", json!(null)).await;
        house.work();
        assert_eq!(house.get(&format!("/customers/{id}")).await["name"], "已匿名客户");
    }
}

#[tokio::test]
async fn a_large_export_waits_for_a_second_person_and_carries_its_number() {
    for db in databases() {
        let house = House::new(db);
        house.customer().await;
        let other = house.person("ops", Role::OperationsManager);
        let mut settings = house.get("/privacy/settings").await;
        settings["export_approval_above"] = json!(0);
        house.done("PUT", "/privacy/settings", settings).await;
        let (status, _) = house.raw(&house.boss, "/customers/export?format=csv").await;
        assert_eq!(status, 409, "not past the second person");
        for (body, field) in [
            (json!({ "format": "pdf", "reason": "盘点" }), "format"),
            (json!({ "format": "csv", "reason": "" }), "reason"),
            (json!({ "format": "csv", "reason": "盘点", "filters": "nonsense=1" }), "filters"),
        ] {
            let refused = house.refused("POST", "/exports", body).await;
            assert_eq!((refused.0, refused.2.as_str()), (422, field));
        }
        let export =
            house.post("/exports", json!({ "format": "csv", "reason": "季度盘点", "filters": "status=active" })).await;
        assert_eq!((&export["state"], &export["asked_rows"]), (&json!("asked"), &json!(1)));
        let id = id_of(&export);
        let path = format!("/exports/{id}");
        assert_eq!(house.refused("POST", &format!("{path}/decide"), json!({ "approve": true })).await.1, "own_export");
        assert_eq!(house.raw(&house.boss, &format!("{path}/file")).await.0, 409);
        let no = house.call(&other, "POST", &format!("{path}/decide"), Some(json!({ "approve": false }))).await;
        assert_eq!(no.0, 422, "a refusal has a reason");
        let yes = house.call(&other, "POST", &format!("{path}/decide"), Some(json!({ "approve": true }))).await;
        assert_eq!(yes.0, 200, "{}", yes.1);
        house.work();
        let (status, file) = house.raw(&house.boss, &format!("{path}/file")).await;
        let text = String::from_utf8(file).expect("UTF-8");
        assert_eq!(status, 200);
        assert!(text.lines().skip(1).all(|line| line.ends_with(",E-00001")) && text.contains("王秘密"), "{text}");
        assert_eq!(house.raw(&other, &format!("{path}/file")).await.0, 404, "only who asked for it");
        house.later(8 * DAY);
        assert_eq!(house.raw(&house.boss, &format!("{path}/file")).await.0, 409, "its time is over");
        // The night takes it from the disk.
        house.post("/privacy/retention/run", json!(null)).await;
        house.work();
        assert_eq!(house.get("/exports").await["items"][0]["state"], "expired");
        let left = std::fs::read_dir(common::folder(&house, "exports")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }
}

/// A room that can't let go.
struct Stuck;

impl Holder for Stuck {
    fn room(&self) -> &'static str {
        "stuck"
    }

    fn tables(&self) -> &'static [(&'static str, Fate)] {
        &[]
    }

    fn copy(&self, _: &mut Tx, _: CustomerId) -> zunke_kernel::Result<Vec<Section>> {
        Ok(Vec::new())
    }

    fn erase(&self, _: &mut Tx, _: Instant, _: CustomerId) -> zunke_kernel::Result<Removed> {
        Err(zunke_kernel::Error::internal("the disk is full"))
    }
}

#[tokio::test]
async fn an_erasure_happens_wholly_or_not_at_all() {
    for db in databases() {
        let house = House::new(db);
        let customer: CustomerId = house.customer().await.parse().expect("an id");
        let mut holders = house.holders.clone();
        holders.0.push(Arc::new(Stuck));
        let before = house.places_of("秘密");
        let failed = house.db.write(|tx| {
            let context = RecordContext::load(tx, house.now())?;
            erase::erase(tx, &holders, &context, customer, 1)
        });
        assert!(failed.is_err());
        assert_eq!(house.places_of("秘密"), before);
        house.work();
        assert_eq!(house.get(&format!("/customers/{customer}")).await["phones"], json!(["138****5678"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_erasures_at_once_one_happens_and_all_get_its_certificate() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let request = asked(&house, &id, "erasure").await;
        let path = format!("/privacy/requests/{}/carry-out", id_of(&request));
        let body = json!({ "identity_check": "身份证", "confirm_name": "王秘密" });
        let one = || house.call(&house.boss, "POST", &path, Some(body.clone()));
        let all = tokio::join!(one(), one(), one(), one(), one(), one());
        let all = [all.0, all.1, all.2, all.3, all.4, all.5];
        let first = &all[0].1["certificate"]["fingerprint"];
        assert!(first.is_string());
        for (status, answer) in &all {
            assert_eq!((*status, &answer["certificate"]["fingerprint"]), (200, first), "{answer}");
        }
        let erased = house.get("/privacy/requests?state=done").await;
        assert_eq!(erased["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_customer_may_have_a_human_being_look_at_his_level() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let path = format!("/customers/{id}/level-review");
        assert_eq!(house.refused("POST", &path, json!({ "words": "嗯" })).await.2, "words");
        // Without a programme there is no level that anybody could look at.
        let (status, code, _) = house.refused("POST", &path, json!({ "words": "我不同意这个等级" })).await;
        assert!((400..500).contains(&status), "{status} {code}");
        let programme = house.post("/tiering/programmes", json!({ "template": "own_data" })).await;
        let programme = id_of(&programme);
        house.post(&format!("/tiering/programmes/{programme}/publish"), json!({ "note": "第一版" })).await;
        let item = house.post(&path, json!({ "words": "我不同意这个等级" })).await;
        assert_eq!((&item["kind"], &item["state"]), (&json!("request"), &json!("open")));
        assert_eq!(house.refused("POST", &path, json!({ "words": "再看一次" })).await.1, "review_open");
        let decide = json!({ "ids": [item["id"]], "decision": "approve", "reason": "已核对订单，等级无误" });
        let done = house.post("/tiering/queue/decide", decide).await;
        assert_eq!(done["results"][0]["outcome"], "approved", "{done}");
        let seen = house.get(&format!("/customers/{id}/level-decisions")).await;
        assert_eq!(seen["reviews"][0]["reason"], "已核对订单，等级无误");
        let list = house.get("/tiering/queue?kind=request&state=decided").await;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_file_loaded_once_more_leaves_the_erased_out_and_takes_the_others() {
    for db in databases() {
        let house = House::new(db);
        let files = Files::new(common::folder(&house, "imports"));
        let mapping = Mapping {
            kind: Kind::Customers,
            source: "crm".into(),
            columns: [(Field::CustomerId, "编号"), (Field::CustomerName, "姓名"), (Field::Phone, "手机")]
                .map(|(field, column)| (field, column.to_owned()))
                .into(),
            fields: [].into(),
            constants: [].into(),
            date_order: DateOrder::Ymd,
            time_zone: None,
            cancellation: Cancellation::default(),
            drop_zero: false,
            skip: None,
            read: ReadOptions::default(),
        };
        let load = |name: &str, text: &str| {
            let path = common::folder(&house, name);
            std::fs::write(&path, text).expect("written");
            let options = Options { files: &files, by: None };
            run_file(&house.db, &|| house.now(), &path, &mapping, &[], &options, &|_| {}).expect("loads").progress
        };
        let first = load("a.csv", "编号,姓名,手机\n1,王秘密,13812345678\n2,李四,13900000002\n");
        assert_eq!((first.accepted, first.customers), (2, 2));
        let found = house.get("/customers?search=13812345678").await;
        let id = id_of(&found["items"][0]);
        let request = asked(&house, &id, "erasure").await;
        let body = json!({ "identity_check": "身份证", "confirm_name": "王秘密" });
        house.post(&format!("/privacy/requests/{}/carry-out", id_of(&request)), body).await;
        assert_eq!(house.places_of("王秘密"), [] as [String; 0], "also not in what is kept of the file");
        // By his number there, by his phone under another number, and somebody new.
        let again =
            "编号,姓名,手机\n1,王秘密,13812345678\n2,李四新,13900000002\n7,王秘密,13812345678\n3,赵六,13900000003\n";
        let second = load("b.csv", again);
        assert_eq!((second.accepted, second.skipped_rows()), (2, 2), "{second:?}");
        // The file itself has him, until files of imports have had their time.
        assert_eq!(house.places_of("王秘密"), ["imports.inspection"]);
        assert_eq!(house.get("/customers/count").await["count"], 2);
        assert_eq!(house.get("/customers/count?status=all").await["count"], 3);
    }
}

#[tokio::test]
async fn an_erasure_takes_the_entries_that_were_merged_into_his_with_it() {
    for db in databases() {
        let house = House::new(db);
        let id = house.customer().await;
        let other = house.post("/customers", json!({ "name": "王小秘密", "note": "同一个人" })).await;
        let (target, source): (CustomerId, CustomerId) =
            (id.parse().expect("an id"), id_of(&other).parse().expect("an id"));
        let params = [source.into(), target.into(), uuid::Uuid::nil().into(), NOW.into()];
        let sql = "INSERT INTO merged_customers (customer_id, into_id, merge_id, merged_at) VALUES ($1, $2, $3, $4)";
        house.db.write(|tx| tx.execute(sql, &params)).expect("merged");
        let request = asked(&house, &id, "erasure").await;
        let body = json!({ "identity_check": "身份证", "confirm_name": "王秘密" });
        house.post(&format!("/privacy/requests/{}/carry-out", id_of(&request)), body).await;
        for left in ["王小秘密", "同一个人", "王秘密"] {
            assert_eq!(house.places_of(left), [] as [String; 0], "{left}");
        }
    }
}
