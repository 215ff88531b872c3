//! Opening the database that a command works on.

use crate::config;
use zunke_kernel::{Error, Result};
use zunke_store::Db;

/// Opens it as it stands; makes the folder of a SQLite file.
pub fn plain(database: &str) -> Result<Db> {
    if let Some(folder) = config::folder(database) {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::invalid(
                "folder_failed",
                format!("无法创建数据目录 {}。", folder.display()),
                format!("The data folder {} can't be made.", folder.display()),
            )
            .caused_by(error)
        })?;
    }
    Db::open(database)
}

/// Opens it and brings it up to this version.
pub fn migrated(database: &str) -> Result<Db> {
    let db = plain(database)?;
    db.migrate()?;
    Ok(db)
}
