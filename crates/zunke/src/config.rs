//! Settings of the process: flags, then the environment (`ZUNKE_…`), then `zunke.toml`.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use zunke_kernel::{Error, Result};

pub const FILE: &str = "zunke.toml";
pub const DATABASE: &str = "sqlite:./data/zunke.db";
pub const LISTEN: &str = "127.0.0.1:8080";

/// What may stand in the file. An unknown key is refused: a misspelt one must not pass as "not set".
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub database: Option<String>,
    pub data: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub demo: Option<bool>,
    pub workers: Option<usize>,
}

/// Reads the named file, or `zunke.toml` beside the process where there is one.
pub fn read(named: Option<&Path>) -> Result<File> {
    let path = named.map_or_else(|| PathBuf::from(FILE), Path::to_path_buf);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    toml::from_str(&text).map_err(|error| unreadable(&path, &error))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    let (path, error) = (path.display(), error.to_string());
    Error::invalid(
        "config_unreadable",
        format!("无法读取配置文件 {path}：{}", error.trim_end()),
        format!("The configuration file {path} can't be read: {}", error.trim_end()),
    )
}

/// The folder of a SQLite database, to be made before it is opened.
pub fn folder(database: &str) -> Option<&Path> {
    let path = database.strip_prefix("sqlite:")?;
    Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty())
}

/// Where uploaded files are kept: beside a SQLite database, else in `./data`.
pub fn data_beside(database: &str) -> PathBuf {
    match database.strip_prefix("sqlite:") {
        Some(_) => folder(database).unwrap_or(Path::new(".")).to_path_buf(),
        None => PathBuf::from("data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_with_its_name() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("zunke.toml");
        std::fs::write(&path, "database = \"sqlite:x/y.db\"\nlisten = \"127.0.0.1:9000\"\ndemo = true\n")
            .expect("write");
        let file = read(Some(&path)).expect("read");
        assert_eq!(file.database.as_deref(), Some("sqlite:x/y.db"));
        assert_eq!(file.demo, Some(true));
        for bad in ["databse = \"x\"", "listen = \"nowhere\"", "= 1"] {
            std::fs::write(&path, bad).expect("write");
            let error = read(Some(&path)).expect_err(bad);
            assert_eq!(error.code, "config_unreadable");
            assert!(error.text.en.contains("zunke.toml"));
        }
        assert!(read(Some(&folder.path().join("none.toml"))).is_err());
    }

    #[test]
    fn the_folder_of_a_database_is_known() {
        assert_eq!(folder("sqlite:./data/zunke.db"), Some(Path::new("./data")));
        assert_eq!(folder("sqlite:zunke.db"), None);
        assert_eq!(folder("postgres://localhost/zunke"), None);
    }
}
