//! Lists `migrations/*.sql` in the order of their numbers, so that a room adds a file and nothing else.

use std::fmt::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    let mut list = String::from("[\n");
    for path in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a migration's name must be plain text")?;
        writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
        println!("cargo::rerun-if-changed={}", path.display());
    }
    list.push(']');
    std::fs::write(std::path::PathBuf::from(std::env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
