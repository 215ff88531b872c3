//! The gate: every operation × nobody, the five roles, a token that only reads, and a key with one permission.

use super::world::{self, World};
use super::{compare, nothing, operations};
use serde_json::json;
use std::collections::BTreeMap;
use zunke_access::tokens::Limits;
use zunke_access::{Permission, Role};

const HEAD: &str = "\
# Who gets into which operation. Moved by ZUNKE_BLESS=1 only; see docs/access.md, The matrix.
# in: past the gate (the answer is then about the call itself). 401: nobody is logged in. 403: the role may not.
# session: only for somebody who is logged in, not for a token. ro: a token that only reads may not.
# key: a key that was given less than its owner may. all: only for who sees all customers. Another word is the code of the answer.
# operation                                                    nobody  admin   ops     manager agent   analyst reading key";

fn class(status: u16, code: &str) -> String {
    match (status, code) {
        (401, _) => "401",
        (403, "forbidden") => "403",
        (403, "token_read_only") => "ro",
        (403, "key_scope") => "key",
        (_, "session_required") => "session",
        (403, "everyone_required") => "all",
        (403, code) => code,
        (500.., _) => "BROKEN",
        _ => "in",
    }
    .to_owned()
}

/// The kind of id that an operation's first `{id}` is, so that a bad id is not what turns a caller away.
fn prefix(path: &str) -> &'static str {
    let room = path.trim_start_matches("/api/v1/").split('/').next().unwrap_or_default();
    match room {
        "staff" | "managers" => "stf",
        "departments" => "dep",
        "tokens" => "tok",
        "sessions" => "ses",
        "jobs" | "backups" => "job",
        "tickets" => "tkt",
        "tags" => "tag",
        "segments" => "seg",
        "imports" => "imp",
        "tiering" => "prg",
        "webhooks" => "whk",
        "visits" => "vis",
        "tasks" => "tsk",
        _ => "cus",
    }
}

#[test]
fn who_gets_into_which_operation_is_what_the_table_says() {
    let world = World::bare();
    let mut callers = vec![None];
    for role in Role::ALL {
        let staff = world.person(role.word(), role, None, None, None);
        callers.push(Some(world.token(staff, true, &Limits::default())));
        if role == Role::Administrator {
            callers.push(Some(world.token(staff, false, &Limits::default())));
            let few = Limits { permissions: Some(vec![Permission::ReadCustomers]), per_minute: None };
            callers.push(Some(world.token(staff, true, &few)));
        }
    }
    // The two lesser keys of the administrator stand at the end of a line.
    callers[2..].rotate_left(2);
    let house = world.open();
    let mut rows = BTreeMap::new();
    for operation in operations() {
        // Past the gate a list is nobody's idea of a body: nothing is changed by the asking.
        let body = operation.takes_body.then(|| json!([]));
        let path = operation.called(&nothing(prefix(&operation.path)));
        let mut cells = String::new();
        for caller in &callers {
            let headers: Vec<(&str, &str)> = world::headers(caller.as_deref());
            let answer = house.call(&operation.method, &path, &headers, body.as_ref());
            let word = class(answer.status, answer.json()["code"].as_str().unwrap_or_default());
            assert!(word != "BROKEN", "{}: {}", operation.name(), answer.text);
            cells.push_str(&format!("{word:<7} "));
        }
        rows.insert(operation.name(), cells.trim_end().to_owned());
    }
    compare("matrix-gate.txt", HEAD, &rows);
}
