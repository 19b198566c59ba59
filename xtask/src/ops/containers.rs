//! Dockerfiles, the compose file and the scripts inside: linted, and read by the program that would run them.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{files, tools};
use crate::shell::Step;

/// Checks them.
pub(crate) fn check(root: &Path) -> Result<()> {
    dockerfiles(root)?;
    compose(root)?;
    scripts(root)
}

fn dockerfiles(root: &Path) -> Result<()> {
    let Some(hadolint) = tools::hadolint()? else { return Ok(()) };
    let mut all = files(&root.join("deploy/docker"), "Dockerfile")?;
    all.extend(files(&root.join("deploy/jenkins"), "Dockerfile")?);
    Step::new(&hadolint.to_string_lossy(), root).arguments(&all).run()
}

/// With every profile, and with its ports taken away.
fn compose(root: &Path) -> Result<()> {
    let Some(compose) = tools::COMPOSE.get()? else { return Ok(()) };
    let profiles = ["--profile", "load", "--profile", "jenkins"];
    let config = |files: &[&str]| {
        Step::new(&compose.to_string_lossy(), root).arguments(files).arguments(profiles).arguments(["config"])
    };
    let whole = config(&["-f", "compose.yaml"]).output()?;
    for line in whole.lines().map(str::trim) {
        let address = line.strip_prefix("host_ip: ");
        ensure!(
            address.is_none_or(|address| address == "127.0.0.1"),
            "a port is open beyond this machine: {line}"
        );
    }
    let published = |text: &str| text.matches("published: ").count();
    ensure!(published(&whole) > 0, "compose.yaml publishes no port");
    ensure!(published(&whole) == whole.matches("host_ip: ").count(), "a published port names no address");
    let unpublished =
        config(&["-f", "compose.yaml", "-f", "deploy/jenkins/compose.unpublished.yaml"]).output()?;
    ensure!(published(&unpublished) == 0, "deploy/jenkins/compose.unpublished.yaml leaves a port published");
    println!("compose: valid, {} ports on loopback", published(&whole));
    Ok(())
}

fn scripts(root: &Path) -> Result<()> {
    let mut scripts: Vec<PathBuf> = files(&root.join("deploy/docker"), ".sh")?;
    scripts.extend(files(&root.join("deploy/jenkins"), ".sh")?);
    scripts.extend(files(&root.join("xtask/src/images"), ".sh")?);
    scripts.push(root.join(".ci/run"));
    Step::new("shellcheck", root).arguments(&scripts).run()
}
