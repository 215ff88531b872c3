//! `zunke user …` and `zunke token …`.

use crate::cli::{Token, User};
use crate::clock;
use crate::output::Output;
use serde_json::json;
use zunke_access::staff::{self, NewStaff};
use zunke_access::tokens::{self, NewToken};
use zunke_kernel::Result;
use zunke_store::Db;

pub fn user(db: &Db, asked: User, output: Output) -> Result<()> {
    let once = output.say("一次性密码（首次登录时修改）", "One-time password (changed at the first login)");
    match asked {
        User::Add { login, name, role } => {
            let new = NewStaff { login, name, role, department: None, reach: None, levels: None, locale: None };
            let (made, password) = staff::add(db, clock::now(), &new, None)?;
            let password = password.as_ref().map_or("", |password| password.reveal());
            let value = json!({
                "id": made.id, "login": made.login, "name": made.name, "role": made.role, "one_time_password": password,
            });
            output.done(&value, || format!("{} ({})\n{once}: {password}", made.login, made.role.word()))
        }
        User::Password { login } => {
            let password = staff::reset_password(db, clock::now(), &login)?;
            let value = json!({ "login": staff::login_form(&login), "one_time_password": password.reveal() });
            output.done(&value, || format!("{once}: {}", password.reveal()))
        }
    }
}

pub fn token(db: &Db, asked: Token, output: Output) -> Result<()> {
    let Token::Create { login, name, read_only, days } = asked;
    let now = clock::now();
    let expires_at = days.map(|days| now.plus_secs(i64::from(days) * 86_400));
    let (made, secret) = tokens::create(db, now, &login, &NewToken { name, may_write: !read_only, expires_at })?;
    let value = json!({
        "id": made.id, "token": secret.reveal(), "name": made.name, "may_write": made.may_write,
        "expires_at": made.expires_at,
    });
    output.done(&value, || {
        let once = output.say("令牌只显示这一次", "The token is shown this once");
        format!("{}\n{once}", secret.reveal())
    })
}
