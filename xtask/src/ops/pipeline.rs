//! The pipeline: it parses, and every stage is a script that anyone can run.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::tools;
use crate::shell::Step;

/// Checks it.
pub(crate) fn check(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join("Jenkinsfile")).context("read the Jenkinsfile")?;
    let scripts = scripts(&text)?;
    for script in &scripts {
        ensure!(root.join(script).is_file(), "the Jenkinsfile calls {script}, which is not there");
    }
    println!("pipeline: {} stages, each a script", scripts.len());
    let Some(lint) = tools::groovy_lint()? else { return Ok(()) };
    // Its server would stay behind.
    Step::new(&lint.to_string_lossy(), root)
        .arguments(["--noserver", "--no-insight", "--failon", "error", "--loglevel", "error", "Jenkinsfile"])
        .output()?;
    Ok(())
}

/// What its stages run; anything but a script is refused.
fn scripts(jenkinsfile: &str) -> Result<Vec<&str>> {
    let mut scripts = Vec::new();
    for line in jenkinsfile.lines().map(str::trim).filter(|line| line.starts_with("sh ")) {
        let script = line.strip_prefix("sh '").and_then(|rest| rest.strip_suffix('\''));
        let script = script.filter(|script| script.starts_with("deploy/jenkins/") && !script.contains(' '));
        scripts
            .push(script.with_context(|| format!("a stage must be one script of deploy/jenkins: {line}"))?);
    }
    ensure!(!scripts.is_empty(), "the Jenkinsfile runs nothing");
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_one_script() {
        assert_eq!(scripts("stage {\n  sh 'deploy/jenkins/up.sh'\n}").unwrap(), ["deploy/jenkins/up.sh"]);
        for line in ["sh 'make'", "sh 'deploy/jenkins/up.sh && rm -rf x'", "sh \"deploy/jenkins/${x}\"", ""] {
            assert!(scripts(line).is_err(), "{line}");
        }
    }
}
