//! Apache Kafka's jars, from Maven Central, kept for every checkout of this user.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{cache, shell::Step};

/// The version that `kafka-pom.xml` names.
const VERSION: &str = "4.3.1";

/// The folder with the jars; fetched the first time.
pub(crate) fn kafka_jars(root: &Path) -> Result<PathBuf> {
    let folder = cache::folder()?.join(format!("kafka-{VERSION}"));
    let jars = folder.join("jars");
    if jars.is_dir() {
        return Ok(jars);
    }
    // Fetched beside its place and moved there whole: a download that was cut short is never taken for a broker.
    let fetched = folder.join(format!("fetching-{}", std::process::id()));
    fs::create_dir_all(&fetched).with_context(|| format!("make {}", fetched.display()))?;
    fs::copy(root.join("xtask/src/services/kafka-pom.xml"), fetched.join("pom.xml"))
        .context("copy the list of jars")?;
    Step::new("mvn", &fetched)
        .arguments(["--batch-mode", "--quiet", "dependency:copy-dependencies"])
        .arguments(["-DincludeScope=runtime", "-DoutputDirectory=jars"])
        .run()?;
    match fs::rename(fetched.join("jars"), &jars) {
        // Another run was quicker.
        Err(_) if jars.is_dir() => {}
        moved => moved.with_context(|| format!("move the jars to {}", jars.display()))?,
    }
    fs::remove_dir_all(&fetched).with_context(|| format!("remove {}", fetched.display()))?;
    Ok(jars)
}
