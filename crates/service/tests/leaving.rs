//! The directory says that somebody has left: his customers, tickets and tasks are others' before anybody asks.

#[expect(dead_code, reason = "each test takes what it needs")]
mod company;

use company::{Company, NOW, Person, day};
use serde_json::json;
use std::sync::Arc;
use zunke_access::entry::LEFT_TOPIC;
use zunke_access::staff::{self, StaffChange};
use zunke_access::{Role, tree};
use zunke_http::Change;
use zunke_kernel::id::DepartmentId;
use zunke_service::handover::leave::OnLeave;
use zunke_service::manager::Keeper;
use zunke_store::outbox::{self, Subscriber};
use zunke_store::testing::databases;

fn put(house: &Company, who: &Person, change: &StaffChange) {
    house.db.write(|tx| staff::change(tx, NOW, None, who.id, change, |_| Ok(()))).expect("changed");
}

/// What the directory does: ended, and told.
fn leaves(house: &Company, who: &Person) {
    put(house, who, &StaffChange { active: Some(false), ..StaffChange::default() });
    tell(house, who);
}

fn tell(house: &Company, who: &Person) {
    let told = json!({ "staff_id": who.id });
    house.db.write(|tx| outbox::send(tx, NOW, LEFT_TOPIC, &who.id.to_string(), &told)).expect("sent");
    let ears: Vec<Arc<dyn Subscriber>> = vec![Arc::new(OnLeave { observers: vec![Arc::new(Keeper)] })];
    while outbox::deliver_pending(&house.db, &ears, NOW).expect("delivered") > 0 {}
    assert_eq!(house.db.read(outbox::dead).expect("reads"), 0);
    let failed = "SELECT COUNT(*) FROM outbox_deliveries";
    assert_eq!(house.db.read(|tx| tx.query_one(failed, &[], |row| row.int(0))).expect("reads"), Some(0));
}

#[tokio::test]
async fn his_deputy_gets_customers_tickets_and_tasks() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (old, deputy) = (house.person("old", Role::AccountManager), house.person("deputy", Role::AccountManager));
        house.person("other", Role::AccountManager);
        let stands_in = json!({ "staff_id": old.id, "deputy_id": deputy.id, "from_day": day(-1), "until_day": day(5) });
        house.post(&house.boss, "/managers/deputies", stands_in).await;
        let vips = house.customers("贵宾", 3, 3, Some(old.id));
        let ticket =
            json!({ "customer_id": vips[0], "kind": "question", "channel": "phone", "subject": "退货", "body": "话" });
        let made = house.post(&house.boss, "/tickets", ticket).await;
        let ticket = made["id"].as_str().or_else(|| made["ticket"]["id"].as_str()).expect("an id").to_owned();
        house.post(&house.boss, &format!("/tickets/{ticket}/assign"), json!({ "staff_id": old.id })).await;
        house.post(&old, "/my/tasks", json!({ "title": "写周报" })).await;
        leaves(&house, &old);
        assert!(vips.iter().all(|id| house.owner(*id) == Some(deputy.id)));
        let seen = house.get(&house.boss, &format!("/tickets/{ticket}")).await;
        let assignee = seen["assignee"]["id"].as_str().or_else(|| seen["ticket"]["assignee"]["id"].as_str());
        assert_eq!(assignee, Some(deputy.id.to_string().as_str()));
        let tasks = house.get(&deputy, "/my/tasks").await;
        assert!(tasks["items"].as_array().expect("items").iter().any(|task| task["kind"] == "own"), "{tasks}");
        let overs = house.get(&house.boss, "/hand-overs").await;
        let over = &overs["items"][0];
        assert_eq!((&over["state"], &over["from_id"]), (&json!("done"), &json!(old.id)));
        // Told once more, as messages are: there is nothing left to do.
        tell(&house, &old);
        assert_eq!(house.get(&house.boss, "/hand-overs").await["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn without_a_deputy_the_head_of_the_department_and_without_one_all_who_take_customers() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let make = |name: &str, parent: Option<DepartmentId>| {
            house.db.write(|tx| tree::create(tx, NOW, None, name, parent)).expect("a department").id
        };
        let east = make("华东", None);
        let shanghai = make("上海", Some(east));
        let north = make("华北", None);
        let inside = |person: &Person, department| {
            let change = StaffChange { department: Change::Set(department), ..StaffChange::default() };
            put(&house, person, &change);
        };
        let (old, mate) = (house.person("old", Role::AccountManager), house.person("mate", Role::AccountManager));
        let head = house.person("head", Role::OperationsManager);
        let elsewhere = house.person("elsewhere", Role::OperationsManager);
        inside(&old, shanghai);
        inside(&mate, shanghai);
        inside(&head, east);
        inside(&elsewhere, north);
        let vips = house.customers("贵宾", 2, 3, Some(old.id));
        leaves(&house, &old);
        assert!(vips.iter().all(|id| house.owner(*id) == Some(head.id)), "the head of the department above");
        // Somebody of no department: those who take customers.
        let loose = house.person("loose", Role::AccountManager);
        let vips = house.customers("散客", 2, 3, Some(loose.id));
        leaves(&house, &loose);
        for id in vips {
            let owner = house.owner(id);
            assert!(owner.is_some() && owner != Some(loose.id), "{owner:?}");
        }
    }
}

#[tokio::test]
async fn who_has_nothing_or_is_back_already_leaves_no_hand_over() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (empty, back) = (house.person("empty", Role::AccountManager), house.person("back", Role::AccountManager));
        house.person("other", Role::AccountManager);
        leaves(&house, &empty);
        let vips = house.customers("贵宾", 1, 3, Some(back.id));
        tell(&house, &back);
        assert_eq!(house.owner(vips[0]), Some(back.id), "he works here");
        assert_eq!(house.get(&house.boss, "/hand-overs").await["items"], json!([]));
    }
}
