//! Everything a change must pass besides its tests, in the order in which it is cheapest to fail.

use std::path::Path;

use anyhow::Result;

use crate::{contracts, needs, ops, shell::Step, tidy, web};

/// Runs every check.
pub(crate) fn run(root: &Path) -> Result<()> {
    Step::cargo(root).arguments(["fmt", "--all", "--check"]).run()?;
    tidy::run(root, tidy::Shrink::No)?;
    Step::cargo(root)
        .arguments(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
        .run()?;
    Step::cargo(root)
        .arguments(["doc", "--locked", "--workspace", "--no-deps"])
        .variable("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    needs::meet(root, &needs::PAGES)?;
    contracts::run(root, contracts::Mode::Check)?;
    web::check(root)?;
    ops::run(root)?;
    deny(root)
}

/// Licences, sources and who may use a crate. The advisory database needs the network and is left to the build server.
fn deny(root: &Path) -> Result<()> {
    let cargo_deny = ops::tools::cargo_deny()?;
    Step::new(&cargo_deny.to_string_lossy(), root)
        .arguments(["--locked", "--log-level", "error", "check", "bans", "licenses", "sources"])
        .run()
}
