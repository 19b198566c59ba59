//! Documents that are generated: what is committed must be what the program says today.
//!
//! The event schemas are not among them: they are written by hand, and a test holds real events against them.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{shell::Step, web};

/// A generated document and the arguments of `swelite` that print it.
const DOCUMENTS: [(&str, &[&str]); 2] =
    [("docs/openapi.json", &["openapi"]), ("docs/CONFIG.md", &["config", "reference"])];

/// What the pages know of the API: generated from its document.
const CLIENT: &str = "web/src/api/schema.ts";

/// Compare or write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Fail where the committed document differs.
    Check,
    /// Write what differs.
    Write,
}

/// Goes through all documents; names every one that differs.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<()> {
    let mut differing = Vec::new();
    for (path, arguments) in DOCUMENTS {
        let wanted = print(root, arguments)?;
        if !compare_or_write(root, (path, &wanted), mode)? {
            differing.push(path);
        }
    }
    if !compare_or_write(root, (CLIENT, &web::client(root)?), mode)? {
        differing.push(CLIENT);
    }
    if !differing.is_empty() {
        bail!(
            "{} out of date: run `cargo xtask contracts --write` and look at the difference",
            differing.join(", ")
        );
    }
    Ok(())
}

/// Compares or writes one; whether it is now what it should be.
fn compare_or_write(root: &Path, (path, wanted): (&str, &str), mode: Mode) -> Result<bool> {
    let committed = fs::read_to_string(root.join(path)).unwrap_or_default();
    if wanted == committed {
        println!("contracts: {path} is up to date");
    } else if mode == Mode::Write {
        fs::write(root.join(path), wanted).with_context(|| format!("write {path}"))?;
        println!("contracts: {path} written");
    } else {
        println!("contracts: {path} differs from {}", first_difference(&committed, wanted));
        return Ok(false);
    }
    Ok(true)
}

fn print(root: &Path, arguments: &[&str]) -> Result<String> {
    let run = ["run", "--quiet", "--locked", "--package", "server", "--bin", "swelite", "--"];
    Step::cargo(root).arguments(run).arguments(arguments).output()
}

fn first_difference(committed: &str, wanted: &str) -> String {
    let line = committed.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| committed.lines().count().min(wanted.lines().count()));
    format!("what the program says, first in line {}", line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_line() {
        assert!(first_difference("a\nb\nc", "a\nX\nc").ends_with("line 2"));
        assert!(first_difference("a", "a\nb").ends_with("line 2"));
        assert!(first_difference("", "a").ends_with("line 1"));
    }
}
