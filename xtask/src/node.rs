//! The Node that builds the pages: this machine's, or, where that is too old, one that npm fetches once into the user's cache.
//! Debian 12 brings Node 18, and the build of the pages needs a newer one.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{
    cache,
    shell::{self, Step},
};

/// The oldest that builds them.
const NODE_MIN: (u32, u32) = (20, 19);
/// What is fetched. Distributions take npm apart, and theirs runs on their own Node alone.
const FETCHED: [(&str, &str); 2] = [("node", "22.23.3"), ("npm", "10.9.9")];

/// Where Node and npm are.
pub(crate) enum Node {
    /// Where every program is looked for.
    Own,
    /// In a folder of their own.
    Fetched(PathBuf),
}

/// A Node that is new enough; `None` where there is not even npm to fetch one.
pub(crate) fn find() -> Result<Option<Node>> {
    if !shell::exists("npm", "--version") {
        return Ok(None);
    }
    if version("node").is_some_and(|version| version >= NODE_MIN) {
        return Ok(Some(Node::Own));
    }
    let names = FETCHED.map(|(name, version)| format!("{name}@{version}"));
    let place = cache::folder()?.join(names.join("-").replace('@', "-"));
    cache::kept(&place, |making| {
        println!(
            "node: too old for the pages ({}.{} is needed); fetching {}",
            NODE_MIN.0, NODE_MIN.1, names[0]
        );
        let install = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", "."];
        Step::new("npm", making).arguments(install).arguments(&names).run()?;
        let made = version(making.join("node_modules/.bin/node"));
        ensure!(made.is_some_and(|version| version >= NODE_MIN), "npm brought no Node that runs here");
        Ok(())
    })
    .context("fetch Node")?;
    Ok(Some(Node::Fetched(place.join("node_modules/.bin"))))
}

/// As [`find`], for what cannot be done without.
pub(crate) fn needed() -> Result<Node> {
    find()?.context("npm is not installed")
}

impl Node {
    /// `npm` in `folder`.
    pub(crate) fn npm(&self, folder: &Path) -> Step {
        let step = Step::new("npm", folder);
        match self {
            Self::Own => step,
            Self::Fetched(bin) => step.leading_path(bin),
        }
    }

    /// Lets `command` find it before any other.
    pub(crate) fn lead(&self, command: &mut Command) {
        if let Self::Fetched(bin) = self {
            command.env("PATH", shell::path_after(bin));
        }
    }
}

fn version(program: impl AsRef<std::ffi::OsStr>) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// `v20.19.2` as (20, 19).
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(["v18.20.8\n", "v20.9.0", "v20.18.3"].iter().all(|old| parse(old).unwrap() < NODE_MIN));
        assert!(["v20.19.0", "v22.1.0", "v100.0.0"].iter().all(|new| parse(new).unwrap() >= NODE_MIN));
        assert_eq!([parse(""), parse("node 20.19"), parse("v20")], [None; 3]);
    }

    #[test]
    fn what_is_fetched_is_new_enough() {
        assert!(parse(&format!("v{}", FETCHED[0].1)).unwrap() >= NODE_MIN);
    }
}
