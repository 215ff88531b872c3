//! Calls of providers: only where calls may go, in ten seconds, and no more is read than such an answer may hold.

use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};
use zunke_hooks::guard::Net;
use zunke_hooks::send::{self, Allowed};

const CALL_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES: u64 = 512 * 1024;

/// Why there is no answer to work with, in a word: for the record and for the administrator.
pub type Reason = String;

/// Who calls. Blocks: for threads of their own.
pub struct Caller {
    agent: Agent,
}

impl Caller {
    #[must_use]
    pub fn new(nets: Vec<Net>) -> Self {
        let allowed = Allowed::default();
        allowed.set(nets);
        Self { agent: send::agent(allowed, CALL_MAX, concat!("Zunke/", env!("CARGO_PKG_VERSION"), " (sign-in)")) }
    }

    /// The JSON at an address.
    pub fn get(&self, url: &str, bearer: Option<&str>) -> Result<Value, Reason> {
        let mut request = self.agent.get(url).header("accept", "application/json");
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let (status, value) = read(request.call())?;
        if status == 200 { Ok(value) } else { Err(format!("status_{status}")) }
    }

    /// Sends a form; the status and the JSON that was answered.
    pub fn post(&self, url: &str, basic: Option<&str>, form: &[(&str, &str)]) -> Result<(u16, Value), Reason> {
        let body = serde_html_form::to_string(form).map_err(|_| "form".to_owned())?;
        let mut request = self
            .agent
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(basic) = basic {
            request = request.header("authorization", format!("Basic {basic}"));
        }
        read(request.send(body.as_bytes()))
    }
}

fn read(answer: Result<Response<Body>, ureq::Error>) -> Result<(u16, Value), Reason> {
    let mut answer = answer.map_err(|error| send::word(&error).to_owned())?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    let mut reader = answer.body_mut().as_reader().take(ANSWER_BYTES + 1);
    reader.read_to_end(&mut bytes).map_err(|_| "connection_broken".to_owned())?;
    if bytes.len() as u64 > ANSWER_BYTES {
        return Err("answer_too_long".into());
    }
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok((status, value)),
        Err(_) if status != 200 => Ok((status, Value::Null)),
        Err(_) => Err("answer_no_json".into()),
    }
}
