//! Dockerfiles, the compose file and the scripts inside: linted, and read by the program that would run them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail, ensure};

use super::{files, tools};
use crate::shell::Step;

/// Checks them.
pub(crate) fn check(root: &Path) -> Result<()> {
    dockerfiles(root)?;
    pages(root)?;
    compose(root)?;
    scripts(root)
}

fn dockerfiles(root: &Path) -> Result<()> {
    let Some(hadolint) = tools::hadolint()? else { return Ok(()) };
    let mut all = files(&root.join("deploy/docker"), "Dockerfile")?;
    all.extend(files(&root.join("deploy/jenkins"), "Dockerfile")?);
    Step::new(&hadolint.to_string_lossy(), root).arguments(&all).run()
}

/// What the scripts of the pages read outside their folder is in the stage that builds them.
fn pages(root: &Path) -> Result<()> {
    let dockerfile = fs::read_to_string(root.join("deploy/docker/backend.Dockerfile"))?;
    for script in files(&root.join("web/scripts"), ".mjs")? {
        let text = fs::read_to_string(root.join(&script))?;
        if let Some(absent) = not_copied(&dockerfile, &text) {
            bail!(
                "{} reads `{absent}`, which the stage `web` of backend.Dockerfile does not copy",
                script.display()
            );
        }
    }
    Ok(())
}

/// The first place outside the folder of the pages that a script reads and their stage has nothing of.
fn not_copied<'a>(dockerfile: &str, script: &'a str) -> Option<&'a str> {
    let copied: Vec<&str> = dockerfile
        .lines()
        .skip_while(|line| !line.ends_with(" AS web"))
        .skip(1)
        .take_while(|line| !line.starts_with("FROM "))
        .filter_map(|line| line.strip_prefix("COPY ")?.split(' ').next())
        .collect();
    let mut outside = script.split("root, \"../").skip(1).filter_map(|text| text.split('"').next());
    outside.find(|path| {
        !copied
            .iter()
            .any(|copied| Path::new(copied).starts_with(path) || Path::new(path).starts_with(copied))
    })
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

#[cfg(test)]
mod tests {
    use super::not_copied;

    #[test]
    fn what_the_pages_are_built_from_is_in_their_stage() {
        let dockerfile = "FROM node AS web\nCOPY docs docs\nFROM rust AS build\nCOPY crates crates\n";
        let reads = |path: &str| format!("join(root, \"{path}\")");
        assert_eq!(not_copied(dockerfile, &reads("../docs/openapi.json")), None);
        assert_eq!(not_copied(dockerfile, &reads("dist/index.html")), None);
        assert_eq!(not_copied(dockerfile, "import \"../e2e/platform.mjs\""), None, "beside the script");
        let goods = reads("../crates/server/goods.json");
        assert_eq!(
            not_copied(dockerfile, &goods),
            Some("crates/server/goods.json"),
            "copied in a later stage only"
        );
    }
}
