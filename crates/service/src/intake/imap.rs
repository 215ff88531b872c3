//! Mail fetched from a folder: what is new since the last look, each one taken together with the note how far we are.

use super::mail::{BEGINNING_BYTES, MAIL_BYTES_MAX};
use super::mailbox::{Mailbox, Problem, Security};
use super::tls::{self, Stream};
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use std::future::Future;
use std::time::Duration;
use zunke_kernel::{Error, Instant, Result, Text};

/// How long one step may take.
const STEP: Duration = Duration::from_secs(60);
/// Mails of one look; the next one goes on.
pub const AT_ONCE: usize = 200;

/// Where a look failed. The words say what to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Connect,
    Encrypt,
    LogIn,
    Folder,
    Fetch,
}

impl Step {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Connect => "mail_connect_failed",
            Self::Encrypt => "mail_tls_failed",
            Self::LogIn => "mail_login_failed",
            Self::Folder => "mail_folder_failed",
            Self::Fetch => "mail_fetch_failed",
        }
    }

    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Connect => {
                Text::new("连不上服务器，请检查地址和端口。", "The server can't be reached: check host and port.")
            }
            Self::Encrypt => Text::new(
                "加密连接失败，请检查加密方式和服务器证书。",
                "The connection can't be encrypted: check the security and the server's certificate.",
            ),
            Self::LogIn => Text::new(
                "登录失败，请检查登录名和密码（部分邮箱需使用授权码）。",
                "The log-in was refused: check name and password (some providers want an app password).",
            ),
            Self::Folder => Text::new("打不开该文件夹，请检查名称。", "The folder can't be opened: check its name."),
            Self::Fetch => Text::new("收取时中断，稍后会重试。", "Fetching broke off; it is tried again later."),
        }
    }
}

/// A failed step, as it is shown.
#[derive(Clone, Debug)]
pub struct Failed {
    pub step: Step,
    pub detail: String,
}

impl Failed {
    #[must_use]
    pub fn problem(&self, at: Instant) -> Problem {
        Problem { code: self.step.code().to_owned(), text: self.step.text(), detail: self.detail.clone(), at }
    }
}

/// Runs a step within its time.
async fn step<T, E: std::fmt::Display>(
    step: Step,
    work: impl Future<Output = std::result::Result<T, E>>,
) -> std::result::Result<T, Failed> {
    let failed = |detail: String| Failed { step, detail: crate::text::cut(&detail, 300) };
    match tokio::time::timeout(STEP, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed("timeout".to_owned())),
    }
}

type Open = Session<Stream>;

/// A mail of the folder.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub uid: i64,
    /// When the server got it.
    pub at: Option<Instant>,
    pub raw: Vec<u8>,
    /// Larger than what is taken: `raw` is its beginning.
    pub is_cut: bool,
}

/// A folder, open.
#[derive(Debug)]
pub struct Folder {
    session: Open,
    pub validity: i64,
}

/// Connects, logs in, opens the folder.
pub async fn open(mailbox: &Mailbox, password: &str) -> std::result::Result<Folder, Failed> {
    let Some(server) = &mailbox.settings.imap else {
        return Err(Failed { step: Step::Connect, detail: "no server is set".to_owned() });
    };
    let connected = if server.security == Security::Tls { Step::Encrypt } else { Step::Connect };
    // That it can be reached at all is another fault than that it can't be encrypted.
    let stream = match step(Step::Connect, tls::connect(server)).await {
        Err(failed) if connected == Step::Encrypt && is_tls(&failed.detail) => {
            return Err(Failed { step: Step::Encrypt, ..failed });
        }
        other => other?,
    };
    let mut client = Client::new(stream);
    step(Step::Connect, async {
        client.read_response().await?.ok_or_else(|| std::io::Error::other("no greeting"))?;
        Ok::<_, std::io::Error>(())
    })
    .await?;
    if server.security == Security::Starttls {
        step(Step::Encrypt, client.run_command_and_check_ok("STARTTLS", None)).await?;
        let Stream::Plain(plain) = client.into_inner() else {
            return Err(Failed { step: Step::Encrypt, detail: "already encrypted".to_owned() });
        };
        client = Client::new(step(Step::Encrypt, tls::turn(server, plain)).await?);
    }
    let user = server.user.clone().unwrap_or_default();
    let mut session =
        step(Step::LogIn, async { client.login(&user, password).await.map_err(|(error, _)| error) }).await?;
    // Some providers close the door to programs that do not say who they are.
    let _ = tokio::time::timeout(STEP, session.id([("name", Some("zunke")), ("version", Some("1"))])).await;
    let folder = step(Step::Folder, session.select(&mailbox.settings.folder)).await?;
    let validity = folder.uid_validity.map_or(0, i64::from);
    Ok(Folder { session, validity })
}

fn is_tls(detail: &str) -> bool {
    let detail = detail.to_lowercase();
    ["certificate", "tls", "handshake", "corrupt", "invalid peer", "unknownissuer"]
        .iter()
        .any(|word| detail.contains(word))
}

impl Folder {
    /// The numbers of what is new: what came after the last one taken, or, at the first look, what nobody has read.
    pub async fn fresh(&mut self, mailbox: &Mailbox) -> std::result::Result<Vec<i64>, Failed> {
        let known = mailbox.last_uid.filter(|_| mailbox.uid_validity == Some(self.validity));
        let query = known.map_or_else(|| "UNSEEN".to_owned(), |last| format!("UID {}:*", last + 1));
        let found = step(Step::Fetch, self.session.uid_search(&query)).await?;
        // `n:*` names the last mail also where it is older than n.
        let mut uids: Vec<i64> =
            found.into_iter().map(i64::from).filter(|uid| known.is_none_or(|last| *uid > last)).collect();
        uids.sort_unstable();
        uids.truncate(AT_ONCE);
        Ok(uids)
    }

    /// The highest number so far, where nothing is new.
    pub async fn fetch(&mut self, uid: i64) -> std::result::Result<Option<Fetched>, Failed> {
        let set = uid.to_string();
        let heads = step(Step::Fetch, async {
            self.session.uid_fetch(&set, "(UID INTERNALDATE RFC822.SIZE)").await?.try_collect::<Vec<_>>().await
        })
        .await?;
        let Some(head) = heads.into_iter().find(|one| one.uid.map(i64::from) == Some(uid)) else { return Ok(None) };
        let at = head.internal_date().map(|date| Instant(date.timestamp_millis()));
        let is_cut = head.size.is_some_and(|size| size as usize > MAIL_BYTES_MAX);
        let part = if is_cut { format!("<0.{BEGINNING_BYTES}>") } else { String::new() };
        let wanted = format!("(UID BODY.PEEK[]{part})");
        let bodies =
            step(Step::Fetch, async { self.session.uid_fetch(&set, &wanted).await?.try_collect::<Vec<_>>().await })
                .await?;
        let raw = bodies.into_iter().find_map(|one| one.body().map(<[u8]>::to_vec));
        Ok(raw.map(|raw| Fetched { uid, at, raw, is_cut }))
    }

    /// Marks what has been taken as read, for people who look into the folder too; whether it works changes nothing.
    pub async fn mark(&mut self, uid: i64) {
        let marking = async {
            let answers = self.session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)").await?;
            answers.try_collect::<Vec<_>>().await
        };
        let _ = tokio::time::timeout(STEP, marking).await;
    }

    pub async fn close(mut self) {
        let _ = tokio::time::timeout(STEP, self.session.logout()).await;
    }
}

/// A runtime for one look: jobs run on threads of their own.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::internal)
}
