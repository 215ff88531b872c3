//! The organisation, and the rooms above that have a say in it.

use crate::common::{House, houses};
use axum::http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use zunke_access::settings::{Guard, Guards, refuse_other_days_and_sums};
use zunke_access::{Organisation, Role, Scope, Setup, SetupChecks};
use zunke_kernel::Result;
use zunke_store::Tx;
use zunke_store::testing::databases;

struct HasActivities;

impl Guard for HasActivities {
    fn may_change(&self, _: &mut Tx, before: &Organisation, after: &Organisation) -> Result<()> {
        refuse_other_days_and_sums(before, after)
    }
}

fn change(of: &serde_json::Value, with: &serde_json::Value) -> serde_json::Value {
    let mut changed = of.clone();
    for (name, value) in with.as_object().expect("an object") {
        changed[name] = value.clone();
    }
    changed
}

#[tokio::test]
async fn an_organisation_is_read_changed_and_guarded_by_its_version() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let read = boss.get("/organisation").await;
        assert_eq!((read.status, read.text("time_zone")), (StatusCode::OK, "Asia/Shanghai".into()));
        let etag = read.headers["etag"].to_str().expect("etag").to_owned();
        let london = change(
            &read.body,
            &json!({"name": "尊客商贸", "time_zone": "europe/london", "currency": "GBP", "as_of": "2011-12-10"}),
        );
        let saved = boss.send_with("PUT", "/organisation", &[("if-match", &etag)], Some(london.clone())).await;
        assert_eq!((saved.status, saved.text("time_zone")), (StatusCode::OK, "Europe/London".into()), "{}", saved.body);
        assert_eq!(boss.get("/session").await.text("today"), "2011-12-10");
        let stale = boss.send_with("PUT", "/organisation", &[("if-match", &etag)], Some(london.clone())).await;
        assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "version_changed"));
        for (bad, field) in [
            (json!({"name": ""}), "name"),
            (json!({"time_zone": "Mars/Base"}), "time_zone"),
            (json!({"currency": "XXX"}), "currency"),
            (json!({"as_of": "2011-02-30"}), "as_of"),
            (json!({"as_of": "1800-01-01"}), "as_of"),
            (json!({"locale": "fr"}), "locale"),
        ] {
            let answer = boss.send("PUT", "/organisation", Some(change(&london, &bad))).await;
            assert_eq!((answer.status, answer.field()), (StatusCode::UNPROCESSABLE_ENTITY, field), "{}", answer.body);
        }
        house.person("fang", Role::Agent, None);
        let fang = house.log_in("fang").await;
        assert_eq!(fang.get("/organisation").await.status, StatusCode::OK);
        assert_eq!(fang.send("PUT", "/organisation", Some(london)).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn zone_and_currency_stand_once_a_room_above_says_so() {
    for db in databases() {
        let house = House::with(db, |app| {
            app.with(Guards(vec![Arc::new(HasActivities)])).with(SetupChecks(vec![Arc::new(
                |_: &mut Tx, _: &Scope, setup: &mut Setup| {
                    setup.customers = 7;
                    Ok(())
                },
            )]))
        });
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        assert_eq!(boss.get("/session").await.body["setup"]["customers"], json!(7));
        let now = boss.get("/organisation").await.body;
        for (other, field) in
            [(json!({"time_zone": "Europe/London"}), "time_zone"), (json!({"currency": "USD"}), "currency")]
        {
            let refused = boss.send("PUT", "/organisation", Some(change(&now, &other))).await;
            let seen = (refused.status, refused.code(), refused.field());
            assert_eq!(seen, (StatusCode::CONFLICT, "organisation_in_use", field));
        }
        let renamed = boss.send("PUT", "/organisation", Some(change(&now, &json!({"name": "新名"})))).await;
        assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
    }
}
