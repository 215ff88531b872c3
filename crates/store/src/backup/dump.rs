//! Writing a backup while everybody works.

use super::pack::{Head, Packer, Totals};
use super::seal::Sealer;
use super::{Face, Lock, MAGIC, Place, Written, locked, word};
use crate::vault::Vault;
use crate::{Db, Engine, Tx, migrate};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zunke_kernel::{Error, Instant, Result};

type Out = Packer<GzEncoder<Sealer<Summed<BufWriter<File>>>>>;

/// Writes a backup of the database and its files to a new file. It appears under its name when it is whole; an existing
/// file is never overwritten.
pub fn write(db: &Db, place: &Place, vault: &Vault, lock: &Lock, now: Instant, path: &Path) -> Result<Written> {
    if path.exists() {
        return Err(Error::conflict(
            "file_exists",
            format!("{} 已存在，备份不会覆盖它，请换一个文件名。", path.display()),
            format!("{} is there already and is not overwritten; choose another name.", path.display()),
        ));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| unwritten(path, &error))?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let done = write_part(db, place, vault, lock, now, part)
        // Linked, not renamed: a file that has come to be there meanwhile stays.
        .and_then(|written| fs::hard_link(part, path).map(|()| written).map_err(|error| unwritten(path, &error)));
    let _ = fs::remove_file(part);
    done
}

fn write_part(db: &Db, place: &Place, vault: &Vault, lock: &Lock, now: Instant, part: &Path) -> Result<Written> {
    let failed = |error: io::Error| unwritten(part, &error);
    let (stored, key) = locked(lock, vault)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(part).map_err(failed)?;
    let mut out = Summed { out: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), bytes: 0 };
    let face = Face {
        engine: word(db.engine()).to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: now,
        migrations: db.read(migrate::applied)?,
        lock: stored,
    };
    let face = serde_json::to_vec(&face).map_err(Error::internal)?;
    let length = u32::try_from(face.len()).map_err(Error::internal)?;
    out.write_all(MAGIC).and_then(|()| out.write_all(&length.to_be_bytes())).map_err(failed)?;
    out.write_all(&face).map_err(failed)?;
    let sealer = Sealer::new(out, &key, &face).map_err(failed)?;
    let mut packer: Out = Packer::new(GzEncoder::new(sealer, Compression::fast()));
    match db.engine() {
        Engine::Sqlite => sqlite(db, place, &mut packer)?,
        Engine::Postgres => db.read(|tx| postgres(tx, &mut packer))?,
    }
    // Files come after the rows that speak of them: a file is on the disk before its row is written.
    for folder in &place.folders {
        walk(&place.data.join(folder), folder, &mut packer).map_err(failed)?;
    }
    if matches!(lock, Lock::Passphrase(_)) {
        for name in &place.keys {
            one(&place.data.join(name), name, &mut packer).map_err(failed)?;
        }
    }
    let (gzip, totals): (_, Totals) = packer.finish().map_err(failed)?;
    let summed = gzip.finish().and_then(Sealer::finish).map_err(failed)?;
    let Summed { out, hash, bytes } = summed;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Written { bytes, sha256, totals })
}

/// A copy of the file at one moment, then its bytes.
fn sqlite(db: &Db, place: &Place, packer: &mut Out) -> Result<()> {
    // Beside the data: the copy is as plain as the database is, and goes to no other disk.
    let draft = place.data.join(format!("backup-{}.part", uuid::Uuid::now_v7().simple()));
    let done = db.backup(&draft).and_then(|()| {
        let mut file = File::open(&draft).map_err(Error::internal)?;
        packer.copy(&Head::Database, &mut file).map_err(Error::internal)
    });
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = draft.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
    done
}

/// Every table, on the snapshot of this unit of reading.
fn postgres(tx: &mut Tx, packer: &mut Out) -> Result<()> {
    for (name, columns) in tables(tx)? {
        let list = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let copy = format!("COPY (SELECT {list} FROM \"{name}\") TO STDOUT");
        packer.begin(&Head::Table { name, columns }).map_err(Error::internal)?;
        let mut rows = 0;
        tx.copy_out(&copy, &mut |bytes| {
            // Each row is a line; line breaks within are written otherwise.
            rows += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            packer.block(bytes).map_err(Error::internal)
        })?;
        packer.end().map_err(Error::internal)?;
        packer.totals.rows += rows;
    }
    Ok(())
}

/// The tables of the product with their columns, in the order of their names.
fn tables(tx: &mut Tx) -> Result<Vec<(String, Vec<String>)>> {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    // PostgreSQL only: its catalogue.
    tx.for_each(
        "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT) FROM information_schema.columns c
         JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
           AND c.table_name <> 'schema_migrations' AND c.is_generated = 'NEVER'
         ORDER BY c.table_name, c.ordinal_position",
        &[],
        |row| {
            let (table, column) = (row.text(0)?, row.text(1)?);
            match tables.last_mut() {
                Some((name, columns)) if *name == table => columns.push(column),
                _ => tables.push((table, vec![column])),
            }
            Ok(())
        },
    )?;
    Ok(tables)
}

/// The files of a folder; what is half written or comes and goes is left out.
fn walk(folder: &Path, name: &str, packer: &mut Out) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(file) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{name}/{file}"));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, &name, packer)?,
            Ok(kind) if kind.is_file() && !file.ends_with(".part") => one(&path, &name, packer)?,
            _ => {}
        }
    }
    Ok(())
}

fn one(path: &Path, name: &str, packer: &mut Out) -> io::Result<()> {
    match File::open(path) {
        Ok(mut file) => packer.copy(&Head::File { path: name.to_owned() }, &mut file),
        // Removed while we walked.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Counts and sums what passes.
struct Summed<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn unwritten(path: &Path, cause: &io::Error) -> Error {
    Error::conflict(
        "backup_unwritten",
        format!("无法写入 {}，请检查磁盘空间和权限。", path.display()),
        format!("{} can't be written: look at the room on the disk and its permissions.", path.display()),
    )
    .caused_by(cause.to_string())
}
