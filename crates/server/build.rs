//! Lets the web pages be part of the binary: their folder must exist, and a change of it must rebuild the crate.
//!
//! It never runs node: without a built `web/dist` the platform is complete except for its pages.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    fs::create_dir_all(&dist)?;
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", dist.display());
    Ok(())
}
