//! Starting the real binary, and a small HTTP client to speak to it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The binary with an own folder and nothing of the tester's environment.
pub fn zunke(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zunke"));
    command.current_dir(folder).stdin(Stdio::null()).env("ZUNKE_LANG", "en").env("ZUNKE_DATA", folder.join("data"));
    for name in ["ZUNKE_LISTEN", "ZUNKE_DEMO", "ZUNKE_CONFIG", "ZUNKE_LOG", "ZUNKE_DATABASE"] {
        command.env_remove(name);
    }
    if let Some(database) = database {
        command.env("ZUNKE_DATABASE", database);
    }
    command
}

/// Runs a command to its end.
pub fn run(folder: &Path, database: Option<&str>, arguments: &[&str]) -> Output {
    zunke(folder, database).args(arguments).output().expect("the binary starts")
}

/// Runs a command that must succeed, and reads what it prints.
pub fn json(folder: &Path, database: Option<&str>, arguments: &[&str]) -> Value {
    let output = run(folder, database, &[arguments, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON on stdout")
}

/// A served house; ended when dropped.
pub struct House {
    pub folder: tempfile::TempDir,
    pub greeting: Value,
    child: Child,
    address: String,
}

impl House {
    pub fn open(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::open_in(folder, arguments, environment)
    }

    pub fn open_in(folder: tempfile::TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = zunke(folder.path(), None)
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a greeting");
        let greeting: Value = serde_json::from_str(&line).expect("a greeting in JSON");
        let address = greeting["url"].as_str().expect("url").trim_start_matches("http://").to_owned();
        Self { folder, greeting, child, address }
    }

    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        let mut request = format!("{method} {path} HTTP/1.0\r\nhost: {}\r\n", self.address);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            request.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).expect("send");
        let mut answer = Vec::new();
        let mut some = [0; 16_384];
        loop {
            match stream.read(&mut some) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(&some[..read]),
                Err(error) if ends_by_itself(&answer) => panic!("an answer: {error}"),
                Err(_) => break,
            }
            // News go on for minutes: what comes in the first moment is enough.
            if !ends_by_itself(&answer) {
                stream.set_read_timeout(Some(std::time::Duration::from_millis(300))).expect("a limit");
            }
        }
        Answer::read(&answer)
    }

    /// The bytes that come over the wire for a packed answer in parts, as a browser asks for it.
    pub fn packed(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{more}", self.address);
        let rest = "accept-encoding: gzip\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(format!("{head}{rest}").as_bytes()).expect("send");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        answer
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call("GET", path, headers, None)
    }

    /// Logs in; answers the cookie.
    pub fn log_in(&self, login: &str, password: &str) -> String {
        let body = serde_json::json!({ "login": login, "password": password });
        let answer = self.call("POST", "/api/v1/session", &[], Some(&body));
        assert_eq!(answer.status, 200, "{login}: {}", answer.text);
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    /// Kills the process; answers its folder, for the next one.
    pub fn kill(mut self) -> tempfile::TempDir {
        self.child.kill().expect("kill");
        self.child.wait().expect("an end");
        std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"))
    }

    /// Calls, and kills the process a while after; answers whether it had said by then that it is done.
    pub fn call_and_kill(self, path: &str, token: &str, body: &Value, after: Duration) -> (bool, tempfile::TempDir) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        let head = format!("POST {path} HTTP/1.0\r\nhost: {}\r\nauthorization: {token}\r\n", self.address);
        let rest = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(format!("{head}{rest}").as_bytes()).expect("send");
        std::thread::sleep(after);
        let folder = self.kill();
        let mut answer = Vec::new();
        // Cut off or not: what had come by then.
        let _ = stream.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).starts_with("HTTP/1.0 200"), folder)
    }

    /// Asks the process to end; answers whether it ended well.
    pub fn end(&mut self) -> bool {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        asked.success() && self.child.wait().expect("an end").success()
    }
}

/// Whether the answer is one that comes to an end, and no stream of news.
fn ends_by_itself(answer: &[u8]) -> bool {
    !String::from_utf8_lossy(answer).to_ascii_lowercase().contains("content-type: text/event-stream")
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status: status.expect("a status"), headers, text: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// Every operation of the API: method, path with made-up ids in place.
pub fn operations() -> Vec<(String, String)> {
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).expect("docs/openapi.json");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let path = path
                .split('/')
                .map(|part| if part.starts_with('{') { "cus_00000000000070008000000000000000" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            operations.push((method.to_uppercase(), path));
        }
    }
    assert!(operations.len() > 30, "{}", operations.len());
    operations
}
