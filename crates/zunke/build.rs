//! Packs the committed API document for a release to carry; a build for development makes it from the handlers.

use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    println!("cargo::rerun-if-changed={}", document.display());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&std::fs::read(document)?)?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("openapi.json.gz"), packed.finish()?)?;
    Ok(())
}
