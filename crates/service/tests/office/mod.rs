//! An office with a mailbox at real mail servers.

use crate::common::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::block_in_place;
use zunke_service::Hooks;
use zunke_service::files::TicketFiles;
use zunke_service::intake::work::{Ask, Out, SendMail, look};
use zunke_service::intake::{Intake, Keys};
use zunke_service::store::mailboxes;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::outbox::{self, Subscriber};

/// The servers; they end with this value.
pub struct Servers {
    child: Child,
    pub imap: u16,
    pub smtp: u16,
    folder: PathBuf,
    /// The encrypted ports of both, and the certificate.
    pub tls: Option<(u16, u16, PathBuf)>,
}

impl Servers {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// With encryption too.
    pub fn encrypted() -> Self {
        Self::with(&["tls"])
    }

    fn with(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/mail-servers.sh");
        let mut child = Command::new(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail servers are needed: scripts/mail-servers.sh");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.len() >= 3, "the mail servers did not start: {line}");
        let port = |word: &str| word.parse().expect("a port");
        let tls = (words.len() == 6).then(|| (port(words[3]), port(words[4]), words[5].into()));
        Self { child, imap: port(words[0]), smtp: port(words[1]), folder: words[2].into(), tls }
    }

    /// Puts a mail into the folder of a user, as his mail server would.
    pub fn deliver(&self, user: &str, mail: &[u8]) {
        let stream = TcpStream::connect(("127.0.0.1", self.imap)).expect("connected");
        let mut lines = BufReader::new(stream.try_clone().expect("a reader"));
        let mut stream = stream;
        let mut until = |start: &str| loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("a line") > 0, "the server went away before {start}");
            if line.starts_with(start) {
                return;
            }
        };
        until("* OK");
        write!(stream, "a LOGIN {user} secret\r\n").expect("sent");
        until("a OK");
        // Dated after the tests' own clock, so that each counts as just come.
        write!(stream, "b APPEND INBOX \"01-Mar-2027 12:00:00 +0800\" {{{}}}\r\n", mail.len()).expect("sent");
        until("+");
        stream.write_all(mail).expect("sent");
        stream.write_all(b"\r\n").expect("sent");
        until("b OK");
    }

    /// The mails that were sent, as text.
    pub fn sent(&self) -> Vec<String> {
        let mut found: Vec<(std::time::SystemTime, String)> = std::fs::read_dir(self.folder.join("sent/new"))
            .expect("the folder")
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let at = path.metadata().expect("its time").modified().expect("its time");
                (at, String::from_utf8_lossy(&std::fs::read(&path).expect("a mail")).into_owned())
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, text)| text).collect()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

pub struct Office {
    pub house: House,
    pub intake: Intake,
    pub mailbox: String,
    pub user: String,
    _folder: TempDir,
}

impl Office {
    pub async fn open(db: zunke_store::testing::TestDb, servers: &Servers, user: &str) -> Self {
        let server = |port: u16| json!({ "host": "127.0.0.1", "port": port, "security": "none" });
        Self::by(db, user, server(servers.imap), server(servers.smtp)).await
    }

    /// By these servers.
    pub async fn by(db: zunke_store::testing::TestDb, user: &str, mut imap: Value, smtp: Value) -> Self {
        imap["user"] = user.into();
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::in_folder(folder.path());
        let files = TicketFiles::new(folder.path().join("tickets"));
        let (own, put) = (keys.clone(), files.clone());
        let house = House::with(db, move |app| app.with(own).with(put));
        let settings = json!({ "imap": imap, "smtp": smtp, "from_name": "客服" });
        let new =
            json!({ "name": "客服", "address": "service@zunke.example", "settings": settings, "password": "secret" });
        let made = house.post("/mailboxes", new).await;
        let intake = Intake { keys, files: Some(files), hooks: Hooks::default() };
        let mailbox = made["id"].as_str().expect("an id").to_owned();
        Self { house, intake, mailbox, user: user.to_owned(), _folder: folder }
    }

    /// Looks into the mailbox once; answers how many mails became something.
    pub fn look(&self) -> i64 {
        self.try_look().expect("looked")
    }

    pub fn try_look(&self) -> zunke_kernel::Result<i64> {
        let mailbox =
            self.house.db.read(|tx| mailboxes::find(tx, self.mailbox.parse()?)).expect("asked").expect("there");
        let now = self.house.now();
        block_in_place(|| look(&self.intake, &self.house.db, &mailbox, &move || now, &|_| Ok(())))
    }

    pub fn deliver(&self, servers: &Servers, headers: &str, body: &[u8]) {
        servers.deliver(&self.user, &[headers.as_bytes(), b"\r\n", body].concat());
    }

    /// Delivers messages between rooms and does the jobs that are due, until nothing is left.
    pub fn work(&self) {
        let out: Vec<Arc<dyn Subscriber>> = vec![Arc::new(Out)];
        let handlers: Vec<Arc<dyn Handler>> =
            vec![Arc::new(SendMail { keys: self.intake.keys.clone() }), Arc::new(Ask(self.intake.clone()))];
        for _ in 0..4 {
            while outbox::deliver_pending(&self.house.db, &out, self.house.now()).expect("delivered") > 0 {}
            block_in_place(|| {
                while Worker::run_once(&self.house.db, &handlers, self.house.now()).expect("ran").is_some() {}
            });
        }
    }

    pub async fn tickets(&self) -> Vec<Value> {
        self.house.get("/tickets?sort=-opened").await["items"].as_array().expect("items").clone()
    }

    pub async fn whole(&self, id: &Value) -> Value {
        self.house.get(&format!("/tickets/{}", id.as_str().expect("an id"))).await
    }
}
