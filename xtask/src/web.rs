//! The web pages: built once, and again only when something they are made of has changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};

use crate::node::{self, Node};

/// What the pages are made of, from the folder `web`.
const SOURCES: [&str; 11] = [
    "src",
    "public",
    "scripts",
    "index.html",
    "console.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "../crates/server/src/http/shop/catalogue.json",
    // Their letters are in the fonts.
    "../crates/server/src/http/docs",
    "../crates/server/src/http/pages",
];

/// Builds them if they are old. Without Node the platform is complete except for its pages; says whether they are there.
pub(crate) fn build(root: &Path) -> Result<bool> {
    let web = root.join("web");
    let page = web.join("dist/index.html");
    if let Some(built) = changed_at(&page)?
        && newest(&web)? <= built
    {
        return Ok(true);
    }
    let Some(node) = node::find()? else { return Ok(page.exists()) };
    install(&web, &node)?;
    node.npm(&web).arguments(["run", "build"]).run()?;
    Ok(true)
}

/// The types of the API's client as `docs/openapi.json` wants them.
pub(crate) fn client(root: &Path) -> Result<String> {
    let web = root.join("web");
    let node = node::needed()?;
    install(&web, &node)?;
    node.npm(&web).arguments(["run", "--silent", "api:print"]).output()
}

/// Everything about them that is not a test: format and lints, types, sizes.
pub(crate) fn check(root: &Path) -> Result<()> {
    let web = root.join("web");
    let node = node::needed()?;
    install(&web, &node)?;
    node.npm(&web).arguments(["run", "lint"]).run()?;
    // Types and budgets are part of the build.
    node.npm(&web).arguments(["run", "build"]).run()
}

/// Installs what the lock file names, unless that was done.
fn install(web: &Path, node: &Node) -> Result<()> {
    let installed = changed_at(&web.join("node_modules/.package-lock.json"))?;
    if installed < changed_at(&web.join("package-lock.json"))? {
        node.npm(web).arguments(["ci", "--no-audit", "--no-fund"]).run()?;
    }
    Ok(())
}

/// When the latest of the sources was changed. What the build itself writes among them does not count.
fn newest(web: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut left: Vec<PathBuf> = SOURCES.iter().map(|source| web.join(source)).collect();
    while let Some(path) = left.pop() {
        let is_licence = path.to_string_lossy().ends_with("-license.txt");
        if path.ends_with("src/fonts") || is_licence {
            continue;
        }
        if path.is_dir() {
            for entry in fs::read_dir(&path).with_context(|| format!("list {}", path.display()))? {
                left.push(entry?.path());
            }
        } else if let Some(changed) = changed_at(&path)? {
            newest = newest.max(changed);
        }
    }
    Ok(newest)
}

fn changed_at(path: &Path) -> Result<Option<SystemTime>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.modified()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("look at {}", path.display())),
    }
}
