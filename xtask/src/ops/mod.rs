//! Checks of what runs the platform: rules, dashboards, containers, chart, pipeline, scripts.
//!
//! Every file is judged by the program that would read it, or by its own linter. What judges is installed or built once and
//! kept in the user's cache; where that cannot be done the check says so and is left out, and on a build machine (`CI`) it fails.

mod chart;
mod containers;
mod dashboards;
mod pipeline;
mod prometheus;
pub(crate) mod tools;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::needs;

/// Runs every check.
pub(crate) fn run(root: &Path) -> Result<()> {
    needs::meet(root, &needs::OPERATIONS)?;
    prometheus::check(root)?;
    dashboards::check(root)?;
    containers::check(root)?;
    chart::check(root)?;
    pipeline::check(root)
}

/// Files directly in `folder` whose name ends with `ending`, in order; at least one.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() && path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "{} holds no {ending}", folder.display());
    Ok(files)
}
