//! Apache Kafka's jars, from Maven Central, kept for every checkout of this user.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::shell::Step;

/// The version that `kafka-pom.xml` names.
const VERSION: &str = "4.3.1";

/// The folder with the jars; fetched the first time.
pub(crate) fn kafka_jars(root: &Path) -> Result<PathBuf> {
    let folder = cache_folder()?.join(format!("payment-swelite/kafka-{VERSION}"));
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

#[expect(clippy::disallowed_methods, reason = "where a user's cached files belong is in the environment")]
fn cache_folder() -> Result<PathBuf> {
    let given = env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    given.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")
}
