//! Putting a backup back, where nothing is: read whole and held against its counts first, then put in place.

use super::pack::{Head, Totals, Unpacker};
use super::seal::Opener;
use super::{Face, Lock, Place, is_empty, key, not_there, read_face, unreadable};
use crate::db::Inner;
use crate::postgres::Session;
use crate::vault::Vault;
use crate::{Db, Engine, audit, migrate};
use flate2::read::GzDecoder;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use zunke_kernel::{Error, Instant, Result};

type Source = Unpacker<GzDecoder<Opener<BufReader<File>>>>;

/// What was read, and put in place.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    pub created_at: Instant,
    pub program: String,
    #[serde(flatten)]
    pub totals: Totals,
    /// Entries of the record, its chain whole.
    pub audit_entries: i64,
    /// What was there before and is kept beside it.
    pub kept: Vec<PathBuf>,
}

/// Reads a backup to its end, opening every piece; writes nothing.
pub fn check(path: &Path, vault: &Vault, lock: Option<&Lock>) -> Result<(Face, Totals)> {
    let (face, mut source) = open(path, vault, lock)?;
    loop {
        match source.head().map_err(|error| unreadable(&error))? {
            Head::End(said) => {
                let totals = ended(source, said)?;
                return Ok((face, totals));
            }
            _ => source.copy(&mut io::sink()).map_err(|error| unreadable(&error))?,
        }
    }
}

/// Puts a backup into an empty database and data folder. With `replace`, what a SQLite installation has is kept beside it
/// under another name; a PostgreSQL database must be empty.
pub fn restore(
    url: &str,
    place: &Place,
    vault: &Vault,
    lock: Option<&Lock>,
    (now, replace): (Instant, bool),
    path: &Path,
) -> Result<Restored> {
    let (face, source) = open(path, vault, lock)?;
    let wanted = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
    if face.engine() != Some(wanted) {
        return Err(Error::invalid(
            "backup_other_engine",
            format!("该备份来自 {} 数据库，请恢复到同类数据库。", face.engine),
            format!("This backup is of a {} database; restore it into one of the same kind.", face.engine),
        ));
    }
    let files = Staged::new(place, now)?;
    match wanted {
        Engine::Sqlite => sqlite(url, place, &face, files, source, (now, replace)),
        Engine::Postgres => postgres(url, place, &face, files, source, (now, replace)),
    }
}

fn open(path: &Path, vault: &Vault, lock: Option<&Lock>) -> Result<(Face, Source)> {
    let file = File::open(path).map_err(|error| not_there(path, &error))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let (face, bytes) = read_face(&mut file).map_err(|error| unreadable(&error))?;
    let key = key(&face.lock, lock, vault)?;
    let opener = Opener::new(file, &key, &bytes).map_err(|error| unreadable(&error))?;
    Ok((face, Unpacker::new(GzDecoder::new(opener))))
}

/// Whether that was all, and as much as the end says.
fn ended(source: Source, said: Totals) -> Result<Totals> {
    let read = Totals { rows: said.rows, ..source.totals };
    let mut gzip = source.into_inner();
    let more = gzip.read(&mut [0]).map_err(|error| unreadable(&error))?;
    let whole = gzip.into_inner().is_at_end().map_err(|error| unreadable(&error))?;
    if read != said || more != 0 || !whole {
        return Err(unreadable(&"less or more than its end says"));
    }
    Ok(said)
}

/// Files that were read and wait to be put in place; dropped before that, they leave nothing.
struct Staged {
    root: PathBuf,
    target: PathBuf,
    /// The top of each path that came: a folder, or a file of keys.
    tops: Vec<String>,
    folders: Vec<&'static str>,
    keys: Vec<&'static str>,
}

impl Staged {
    fn new(place: &Place, now: Instant) -> Result<Self> {
        fs::create_dir_all(&place.data).map_err(Error::internal)?;
        let root = place.data.join(format!("restoring-{}.part", now.0));
        fs::create_dir_all(&root).map_err(Error::internal)?;
        #[cfg(unix)]
        fs::set_permissions(&root, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(Error::internal)?;
        Ok(Self {
            root,
            target: place.data.clone(),
            tops: Vec::new(),
            folders: place.folders.clone(),
            keys: place.keys.clone(),
        })
    }

    fn keep(&mut self, name: &str, source: &mut Source) -> Result<()> {
        let path = Path::new(name);
        let parts: Vec<Component> = path.components().collect();
        let top = name.split('/').next().unwrap_or_default().to_owned();
        let known = if parts.len() > 1 { &self.folders } else { &self.keys };
        if !parts.iter().all(|part| matches!(part, Component::Normal(_))) || !known.contains(&top.as_str()) {
            return Err(unreadable(&"a file that is not of ours"));
        }
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::internal)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self.keys.contains(&top.as_str()) {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let mut file = options.open(&path).map_err(Error::internal)?;
        source.copy(&mut file).map_err(|error| unreadable(&error))?;
        file.sync_all().map_err(Error::internal)?;
        if !self.tops.contains(&top) {
            self.tops.push(top);
        }
        Ok(())
    }

    /// Refuses where files would be mixed with others.
    fn room(&self, place: &Place, replace: bool) -> Result<()> {
        let filled = |name: &&&str| fs::read_dir(place.data.join(name)).is_ok_and(|mut files| files.next().is_some());
        match place.folders.iter().find(filled) {
            Some(name) if !replace => Err(occupied(&place.data.join(name))),
            _ => Ok(()),
        }
    }

    /// Puts them in place; what has their names is kept beside.
    fn put(&self, now: Instant, kept: &mut Vec<PathBuf>) -> Result<()> {
        let mut names: Vec<&str> = self.folders.clone();
        names.extend(self.keys.iter().filter(|key| self.tops.iter().any(|top| top == *key)));
        for name in names {
            let target = self.target.join(name);
            if target.exists() {
                let empty = fs::read_dir(&target).is_ok_and(|mut files| files.next().is_none());
                if empty {
                    fs::remove_dir(&target).map_err(Error::internal)?;
                } else {
                    let beside = self.target.join(format!("{name}.before-restore-{}", now.0));
                    fs::rename(&target, &beside).map_err(Error::internal)?;
                    kept.push(beside);
                }
            }
            let staged = self.root.join(name);
            if staged.exists() {
                fs::rename(&staged, &target).map_err(Error::internal)?;
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn sqlite(
    url: &str,
    place: &Place,
    face: &Face,
    mut files: Staged,
    mut source: Source,
    (now, replace): (Instant, bool),
) -> Result<Restored> {
    let target = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
    if target.exists() && !replace {
        return Err(occupied(&target));
    }
    files.room(place, replace)?;
    let draft = files.root.join("restored.db");
    let said = loop {
        match source.head().map_err(|error| unreadable(&error))? {
            Head::Database => {
                let mut file = File::create(&draft).map_err(Error::internal)?;
                source.copy(&mut file).map_err(|error| unreadable(&error))?;
                file.sync_all().map_err(Error::internal)?;
            }
            Head::File { path } => files.keep(&path, &mut source)?,
            Head::Table { .. } => return Err(unreadable(&"a table in a backup of SQLite")),
            Head::End(said) => break said,
        }
    };
    let totals = ended(source, said)?;
    let chain = {
        let db = Db::open(&format!("sqlite:{}", draft.display()))?;
        let sound = db.read(|tx| tx.query_one("PRAGMA quick_check", &[], |row| row.text(0)))?;
        if sound.as_deref() != Some("ok") {
            return Err(unreadable(&"the database in it is damaged"));
        }
        db.migrate()?;
        whole_chain(&db)?
    };
    // All in the one file that is moved, nothing left in a log beside it.
    rusqlite::Connection::open(&draft)
        .and_then(|file| file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
        .map_err(|error| unreadable(&error))?;
    let mut kept = Vec::new();
    for ending in ["", "-wal", "-shm"] {
        let mut from = target.as_os_str().to_owned();
        from.push(ending);
        let from = PathBuf::from(from);
        if from.exists() {
            let mut beside = target.as_os_str().to_owned();
            beside.push(format!(".before-restore-{}{ending}", now.0));
            fs::rename(&from, &beside).map_err(Error::internal)?;
            if ending.is_empty() {
                kept.push(PathBuf::from(beside));
            }
        }
    }
    files.put(now, &mut kept)?;
    fs::rename(&draft, &target).map_err(Error::internal)?;
    Ok(Restored { created_at: face.created_at, program: face.program.clone(), totals, audit_entries: chain, kept })
}

fn postgres(
    url: &str,
    place: &Place,
    face: &Face,
    mut files: Staged,
    mut source: Source,
    (now, replace): (Instant, bool),
) -> Result<Restored> {
    let db = Db::open(url)?;
    if !is_empty(&db)? {
        return Err(Error::conflict(
            "database_exists",
            "目标数据库不是空的。请新建一个数据库再恢复，原数据库不会被改动。",
            "The database is not empty. Make a new one and restore into that; this one is left as it is.",
        ));
    }
    files.room(place, replace)?;
    // The schema as it was when the backup was made; the steps since then come after the rows.
    migrate::up_to(&db, &face.migrations)?;
    let Inner::Postgres(inner) = db.inner() else { return Err(Error::internal("not PostgreSQL")) };
    let totals = inner.alone(|session| {
        for table in there(session)? {
            session.batch(&format!("TRUNCATE \"{table}\"")).map_err(|fault| fault.error)?;
        }
        let mut rows = 0;
        loop {
            match source.head().map_err(|error| unreadable(&error))? {
                Head::Table { name, columns } => rows += table(session, &name, &columns, &mut source)?,
                Head::File { path } => files.keep(&path, &mut source)?,
                Head::Database => return Err(unreadable(&"a SQLite file in a backup of PostgreSQL")),
                Head::End(said) => {
                    let totals = ended(source, said)?;
                    if totals.rows != rows {
                        return Err(unreadable(&"other rows than its end says"));
                    }
                    return Ok(totals);
                }
            }
        }
    })?;
    db.migrate()?;
    let chain = whole_chain(&db)?;
    let mut kept = Vec::new();
    files.put(now, &mut kept)?;
    Ok(Restored { created_at: face.created_at, program: face.program.clone(), totals, audit_entries: chain, kept })
}

/// The rows of one table, as they come.
fn table(session: &mut Session, name: &str, columns: &[String], source: &mut Source) -> Result<u64> {
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain(name) || !columns.iter().all(|column| plain(column)) {
        return Err(unreadable(&"a table that is not of ours"));
    }
    let list = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let mut broken = None;
    let copied = session.copy_in(&format!("COPY \"{name}\" ({list}) FROM STDIN"), &mut || match source.block() {
        Ok(block) => block,
        Err(error) => {
            broken = Some(unreadable(&error));
            None
        }
    });
    broken.map_or(Ok(()), Err)?;
    copied.map_err(|fault| fault.error)
}

fn there(session: &mut Session) -> Result<Vec<String>> {
    let mut tables = Vec::new();
    // PostgreSQL only: its catalogue.
    let sql = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()
               AND table_type = 'BASE TABLE' AND table_name <> 'schema_migrations' ORDER BY table_name";
    let walked = session.walk(sql, &[], &mut |row| row.text(0).map(|name| tables.push(name)).is_ok());
    walked.map_err(|fault| fault.error)?;
    Ok(tables)
}

fn whole_chain(db: &Db) -> Result<i64> {
    let chain = db.read(audit::verify)?;
    match chain.broken_at {
        None => Ok(chain.entries),
        Some(at) => Err(unreadable(&format!("the record does not hold at entry {at}"))),
    }
}

fn occupied(path: &Path) -> Error {
    Error::conflict(
        "database_exists",
        format!("{} 已存在。确认服务已停止后，加 --replace 替换；原文件会保留。", path.display()),
        format!("{} is there. Stop the service, then add --replace; the old one is kept.", path.display()),
    )
}
