//! `zunke demo`: fills an empty database with the demo company, here and now.

use crate::cli::Demo;
use crate::output::{Output, grouped, table};
use crate::{clock, demo, rooms};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use zunke_kernel::{Error, Result};
use zunke_store::Db;
use zunke_store::jobs::{State, Worker};

pub fn run(db: &Db, data: &Path, asked: &Demo, output: Output) -> Result<()> {
    let administrator = zunke_access::first_start(db, clock::now())?;
    let Some(company) = demo::prepare(db, clock::now(), asked.customers, asked.seed)? else {
        return Err(Error::conflict(
            "database_not_empty",
            "数据库中已有客户，演示公司只能载入空数据库。请用 --database 指定另一个。",
            "There are customers in the database already; the demo company needs an empty one. Name another with --database.",
        ));
    };
    let worker = Worker::start(db.clone(), rooms::House::default().handlers(data), clock::real(), 1)?;
    let mut shown = None;
    let job = loop {
        let job = db.read(demo::find)?.ok_or_else(|| Error::internal("the demo's job is gone"))?;
        if let Some(progress) = &job.progress
            && let Ok(demo::Progress { done, total, .. }) = serde_json::from_value(progress.clone())
        {
            if shown != Some(done) {
                output.progress(&format!("{} / {}", grouped(i64::from(done)), grouped(i64::from(total))));
            }
            shown = Some(done);
        }
        if job.state.finished() {
            break job;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    output.progress_end();
    worker.stop();
    if job.state != State::Done {
        let cause = job.error.map(|error| error.text.en).unwrap_or_default();
        return Err(Error::internal(format!("the demo's job ended as {}: {cause}", job.state.name())));
    }
    let password = company.password.as_ref().map(zunke_access::Secret::reveal);
    let value = json!({
        "result": job.result,
        "administrator": administrator.as_ref().map(|password| json!({ "login": "admin", "one_time_password": password.reveal() })),
        "demo": password.map(|password| json!({ "logins": company.logins, "password": password })),
    });
    output.done(&value, || {
        let mut rows = Vec::new();
        if let Some(administrator) = &administrator {
            let once = output.say("一次性密码", "one-time password");
            rows.push(vec!["admin".to_owned(), format!("{once} {}", administrator.reveal())]);
        }
        for login in &company.logins {
            rows.push(vec![login.login.clone(), format!("{} ({})", login.name, login.role)]);
        }
        let all = output.say("演示员工的密码", "Password of the demo staff");
        let password = password.map(|password| format!("{all}: {password}\n")).unwrap_or_default();
        format!("{}\n{}{password}", output.say("演示公司已就绪。", "The demo company is there."), table(&rows))
    })
}
