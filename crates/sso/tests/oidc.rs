//! Signing in by OpenID Connect against a provider on this machine: who is let in, and every way in which an answer is not
//! what it should be.

mod common;

use common::{Browser, House, Provider, SECRET, key, text};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_store::testing::databases;

async fn tie(house: &House, id: &str, subject: &str, staff: zunke_kernel::id::StaffId) {
    let body = json!({ "subject": subject, "staff_id": staff });
    house.good(201, "POST", &format!("/api/v1/sign-in-providers/{id}/identities"), Some(body)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_tied_comes_in_and_goes_where_he_wanted() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let wang = house.person("wang", Role::Agent);
        tie(&house, &id, "u-1", wang.id).await;
        let methods = house.send("GET", "/api/v1/public/sign-in-methods", &[], None).await.body;
        assert_eq!(methods["items"], json!([{ "id": id, "name": "公司账号", "kind": "oidc" }]), "and no secret");
        let mut browser = Browser::default();
        let asked = browser.begin(&house, &id, "%2Fcustomers%3Flevel%3D4").await;
        assert_eq!(asked["redirect_uri"], format!("http://zunke.example/sso/{id}/callback"));
        assert_eq!(
            (asked["code_challenge_method"].as_str(), asked["scope"].as_str()),
            ("S256", "openid profile email")
        );
        provider.will_say(&house, &asked, &json!({}));
        assert_eq!(browser.back(&house, &id, &asked["state"], "good").await, "/customers?level=4");
        assert_eq!(browser.who(&house).await, "wang");
        assert!(!browser.cookies.contains_key("zunke_sign_in"));
        let listed = house.good(200, "GET", &format!("/api/v1/sign-in-providers/{id}/identities"), None).await;
        assert!(listed["items"][0]["seen_at"].is_string() && listed["items"][0]["linked_by"].is_string());
        // The same answer, a second time: taken once.
        let mut again = Browser::default();
        let asked = again.begin(&house, &id, "/").await;
        provider.will_say(&house, &asked, &json!({}));
        let kept = again.clone();
        assert_eq!(again.back(&house, &id, &asked["state"], "good").await, "/");
        let mut replayed = kept;
        assert_eq!(replayed.back(&house, &id, &asked["state"], "good").await, "/login?sign_in=sign_in_expired");
        assert_eq!(replayed.who(&house).await, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_what_it_should_be_lets_nobody_in() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let wang = house.person("wang", Role::Agent);
        tie(&house, &id, "u-1", wang.id).await;
        let now = house.now_secs();
        for (reason, more) in [
            ("id_token_nonce", json!({ "nonce": "another" })),
            ("id_token_nonce", json!({ "nonce": null })),
            ("id_token_audience", json!({ "aud": "another" })),
            ("id_token_audience", json!({ "aud": ["zunke", "another"] })),
            ("id_token_audience", json!({ "azp": "another" })),
            ("id_token_issuer", json!({ "iss": "https://evil.example" })),
            ("id_token_expired", json!({ "exp": now - 120 })),
            ("id_token_time", json!({ "iat": now + 600 })),
            ("id_token_time", json!({ "nbf": now + 600 })),
            ("id_token_time", json!({ "exp": null })),
            ("id_token_subject", json!({ "sub": "" })),
            ("id_token_subject", json!({ "sub": 7 })),
        ] {
            let mut browser = Browser::default();
            let asked = browser.begin(&house, &id, "/").await;
            provider.will_say(&house, &asked, &more);
            let to = browser.back(&house, &id, &asked["state"], "good").await;
            assert_eq!((to.as_str(), house.refused().as_str()), ("/login?sign_in=sign_in_failed", reason), "{more}");
            assert_eq!(browser.who(&house).await, "", "{more}");
        }
        // Heads: unsigned, signed in a way that is not taken, a head that must be understood, a key that nobody has.
        for (reason, head) in [
            ("id_token_algorithm", json!({ "alg": "none" })),
            ("id_token_algorithm", json!({ "alg": "HS256", "kid": "one" })),
            ("id_token_algorithm", json!({ "alg": "ES256", "kid": "one", "crit": ["x"] })),
            ("id_token_key_unknown", json!({ "alg": "ES256", "kid": "two" })),
            ("id_token_key_unknown", json!({ "alg": "RS256", "kid": "one" })),
        ] {
            let mut browser = Browser::default();
            let asked = browser.begin(&house, &id, "/").await;
            provider.will_say(&house, &asked, &json!({}));
            provider.with(|manner| manner.head = head.clone());
            let to = browser.back(&house, &id, &asked["state"], "good").await;
            assert_eq!((to.as_str(), house.refused().as_str()), ("/login?sign_in=sign_in_failed", reason), "{head}");
        }
        provider.with(|manner| manner.head = json!({ "alg": "ES256", "kid": "one" }));
        // Another's signature under a name that is known.
        let mut browser = Browser::default();
        let asked = browser.begin(&house, &id, "/").await;
        provider.will_say(&house, &asked, &json!({}));
        provider.with(|manner| manner.key = key());
        browser.back(&house, &id, &asked["state"], "good").await;
        assert_eq!(house.refused(), "id_token_signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_asked_brings_an_answer_and_in_time() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let other = house
            .provider(json!({ "name": "B", "kind": "oidc", "issuer": provider.url, "client_id": "b" }), None)
            .await;
        let wang = house.person("wang", Role::Agent);
        tie(&house, &id, "u-1", wang.id).await;
        let expired = "/login?sign_in=sign_in_expired";
        let mut browser = Browser::default();
        let asked = browser.begin(&house, &id, "/").await;
        provider.will_say(&house, &asked, &json!({}));
        let state = asked["state"].as_str();
        assert_eq!(Browser::default().back(&house, &id, state, "good").await, expired, "another browser");
        assert_eq!(browser.clone().back(&house, &id, "forged", "good").await, expired, "another state");
        assert_eq!(browser.clone().back(&house, &other, state, "good").await, expired, "another provider");
        assert_eq!(browser.clone().go(&house, &format!("/sso/{id}/callback")).await.location(), expired);
        // The provider says no, in its words or in none; an answer of another issuer; a code that it doesn't know.
        for (query, to, reason) in [
            ("error=access_denied", "sign_in_cancelled", "access_denied"),
            ("error=%3Cscript%3E", "sign_in_failed", "error"),
            ("code=good&iss=https%3A%2F%2Fevil.example", "sign_in_failed", "issuer_other"),
            ("code=bad", "sign_in_failed", "invalid_grant"),
            ("x=1", "sign_in_failed", "code_missing"),
        ] {
            let mut browser = Browser::default();
            let asked = browser.begin(&house, &id, "/").await;
            provider.will_say(&house, &asked, &json!({}));
            let answer = browser.go(&house, &format!("/sso/{id}/callback?state={}&{query}", asked["state"])).await;
            assert_eq!(answer.location(), format!("/login?sign_in={to}"), "{query}");
            assert_eq!(house.refused(), reason, "{query}");
        }
        let mut slow = browser.clone();
        house.later(601);
        assert_eq!(slow.back(&house, &id, state, "good").await, expired, "too late");
        assert_eq!(browser.who(&house).await, "");
        // Switched off, or never there.
        let off = json!({ "settings": provider.settings(), "enabled": false });
        house.good(200, "PUT", &format!("/api/v1/sign-in-providers/{id}"), Some(off)).await;
        for gone in [id.as_str(), "sip_00000000000000000000000000000000", "x", "..%2F..", "%00"] {
            let answer = browser.go(&house, &format!("/sso/{gone}/start")).await;
            assert_eq!(answer.location(), "/login?sign_in=sign_in_off", "{gone}");
        }
        // Nobody answers there.
        let dead = json!({ "name": "C", "kind": "oidc", "issuer": "http://127.0.0.1:9", "client_id": "c" });
        let dead = house.provider(dead, None).await;
        let answer = browser.go(&house, &format!("/sso/{dead}/start")).await;
        assert_eq!(answer.location(), "/login?sign_in=sign_in_unreachable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_provider_is_fetched_and_an_old_one_is_not_asked_for_again() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let wang = house.person("wang", Role::Agent);
        tie(&house, &id, "u-1", wang.id).await;
        for _ in 0..2 {
            let mut browser = Browser::default();
            let asked = browser.begin(&house, &id, "/").await;
            provider.will_say(&house, &asked, &json!({}));
            assert_eq!(browser.back(&house, &id, &asked["state"], "good").await, "/");
        }
        assert_eq!(provider.asked("jwks"), 1);
        house.later(60);
        provider.with(|manner| {
            manner.key = key();
            manner.kid = "two".into();
            manner.head = json!({ "alg": "ES256", "kid": "two" });
        });
        let mut browser = Browser::default();
        let asked = browser.begin(&house, &id, "/").await;
        provider.will_say(&house, &asked, &json!({}));
        assert_eq!(browser.back(&house, &id, &asked["state"], "good").await, "/");
        assert_eq!(provider.asked("jwks"), 2);
    }
}

/// One sign-in with these claims; where it leads.
async fn sign_in(house: &House, provider: &Provider, id: &str, more: &Value) -> (Browser, String) {
    let mut browser = Browser::default();
    let asked = browser.begin(house, id, "/").await;
    provider.will_say(house, &asked, more);
    let to = browser.back(house, id, &asked["state"], "good").await;
    (browser, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_taken_over_by_its_name_unless_the_settings_say_so() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let path = format!("/api/v1/sign-in-providers/{id}");
        house.person("wang", Role::Administrator);
        let (_, to) = sign_in(&house, &provider, &id, &json!({})).await;
        assert_eq!(to, "/login?sign_in=sign_in_not_linked");
        let (_, to) = sign_in(&house, &provider, &id, &json!({ "preferred_username": "li" })).await;
        assert_eq!(to, "/login?sign_in=sign_in_unknown");
        // Unknown people are made, with the role that was set; those who are there are still not taken over.
        let mut settings = provider.settings();
        settings["unknown"] = json!("create");
        settings["role"] = json!("agent");
        house.good(200, "PUT", &path, Some(json!({ "settings": settings }))).await;
        let (_, to) = sign_in(&house, &provider, &id, &json!({})).await;
        assert_eq!(to, "/login?sign_in=sign_in_not_linked");
        let li = json!({ "sub": "u-2", "preferred_username": "Li", "name": "李雷" });
        let (mut browser, to) = sign_in(&house, &provider, &id, &li).await;
        assert_eq!((to.as_str(), browser.who(&house).await.as_str()), ("/", "li"));
        let me = browser.go(&house, "/api/v1/session").await.body;
        assert_eq!((&me["staff"]["role"], &me["staff"]["name"]), (&json!("agent"), &json!("李雷")));
        assert_eq!(me["must_change_password"], false);
        // The tie is to the subject: another login at the provider is the same person here.
        let renamed = json!({ "sub": "u-2", "preferred_username": "li.lei" });
        let (mut browser, _) = sign_in(&house, &provider, &id, &renamed).await;
        assert_eq!(browser.who(&house).await, "li");
        // By login, where the settings say so; but not by an address that the provider has not checked.
        settings["link_by_login"] = json!(true);
        settings["login_claim"] = json!("email");
        house.good(200, "PUT", &path, Some(json!({ "settings": settings }))).await;
        house.person("boss2@shop.example", Role::Administrator);
        let email = json!({ "sub": "u-3", "email": "boss2@shop.example" });
        let (_, to) = sign_in(&house, &provider, &id, &email).await;
        assert_eq!(to, "/login?sign_in=sign_in_unknown");
        // What the token leaves out is asked for; of another person it is not taken.
        provider.with(|manner| {
            manner.userinfo = json!({ "sub": "u-9", "email": "boss2@shop.example", "email_verified": true });
        });
        let (_, to) = sign_in(&house, &provider, &id, &json!({ "sub": "u-3" })).await;
        assert_eq!((to.as_str(), house.refused().as_str()), ("/login?sign_in=sign_in_failed", "userinfo_other_person"));
        provider.with(|manner| manner.userinfo["sub"] = json!("u-3"));
        let (mut browser, to) = sign_in(&house, &provider, &id, &json!({ "sub": "u-3" })).await;
        assert_eq!((to.as_str(), browser.who(&house).await.as_str()), ("/", "boss2@shop.example"));
        // Who is switched off stays out, however well the provider knows him; his session ends.
        let staff = text(&browser.go(&house, "/api/v1/session").await.body["staff"], "id");
        house.good(200, "PATCH", &format!("/api/v1/staff/{staff}"), Some(json!({ "active": false }))).await;
        assert_eq!(browser.who(&house).await, "");
        let (_, to) = sign_in(&house, &provider, &id, &json!({ "sub": "u-3" })).await;
        assert_eq!(to, "/login?sign_in=sign_in_inactive");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_of_the_house_is_asked_unless_the_provider_is_trusted_with_it() {
    for db in databases() {
        let (house, provider) = (House::new(db).await, Provider::start().await);
        let id = house.provider(provider.settings(), Some(SECRET)).await;
        let wang = house.person("wang", Role::Agent);
        tie(&house, &id, "u-1", wang.id).await;
        let vault = house.vault.clone();
        let codes = house.db.write(|tx| {
            zunke_access::second_factor::begin(tx, common::NOW, &vault, wang.id, &[7; 20])?;
            tx.execute("UPDATE second_factors SET confirmed_at = $1", &[common::NOW.into()])?;
            zunke_access::second_factor::renew_codes(tx, common::NOW, wang.id)
        });
        let codes = codes.expect("codes");
        let (mut browser, to) = sign_in(&house, &provider, &id, &json!({})).await;
        assert_eq!((to.as_str(), browser.who(&house).await.as_str()), ("/login?sign_in=code&next=%2F", ""));
        let path = "/api/v1/public/sign-in-code";
        let body = |code: &str| Some(json!({ "code": code }));
        let wrong = browser.send(&house, "POST", path, body("000000")).await;
        assert_eq!((wrong.status, wrong.field()), (422, "code"), "{}", wrong.body);
        let stranger = Browser::default().send(&house, "POST", path, body(codes[0].reveal())).await;
        assert_eq!((stranger.status, stranger.code()), (401, "sign_in_expired"));
        let kept = browser.clone();
        let right = browser.send(&house, "POST", path, body(codes[0].reveal())).await;
        assert_eq!((right.status, &right.body["next"]), (200, &json!("/")), "{}", right.body);
        assert_eq!(browser.who(&house).await, "wang");
        let again = kept.clone().send(&house, "POST", path, body(codes[1].reveal())).await;
        assert_eq!(again.status, 401, "the half way is gone once");
        // Guesses get slower.
        let (mut guesser, _) = sign_in(&house, &provider, &id, &json!({})).await;
        let mut last = 0;
        for _ in 0..8 {
            last = guesser.send(&house, "POST", path, body("000000")).await.status;
        }
        assert_eq!(last, 429);
        // Trusted with it, the provider's word is enough; also where the house asks everybody for a second step.
        house.later(3_600);
        let mut settings = provider.settings();
        settings["trusts_second_step"] = json!(true);
        house.good(200, "PUT", &format!("/api/v1/sign-in-providers/{id}"), Some(json!({ "settings": settings }))).await;
        let policy =
            json!({ "password_chars_min": 10, "idle_minutes": 60, "life_hours": 24, "second_factor": "everyone" });
        house.good(200, "PUT", "/api/v1/security-policy", Some(policy)).await;
        house.db.write(|tx| tx.execute("DELETE FROM second_factors", &[])).expect("none");
        let (mut browser, to) = sign_in(&house, &provider, &id, &json!({})).await;
        assert_eq!(to, "/");
        let me = browser.go(&house, "/api/v1/session").await.body;
        assert_eq!((&me["staff"]["login"], &me["second_step_missing"]), (&json!("wang"), &json!(false)));
    }
}
