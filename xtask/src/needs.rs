//! What the build needs beyond Rust: a C compiler, make and perl, for the two C libraries inside.
//!
//! As root on Debian or Ubuntu what is missing is installed, and said so; anywhere else nothing is touched and the one line to
//! run is printed.

use std::{fs, path::Path};

use anyhow::{Result, bail};

use crate::{shell, shell::Step};

/// A program, and the Debian package that brings it.
struct Need {
    program: &'static str,
    package: &'static str,
}

const NEEDS: [Need; 3] = [
    Need { program: "cc", package: "gcc libc6-dev" },
    Need { program: "make", package: "make" },
    Need { program: "perl", package: "perl" },
];

/// Makes sure that everything is there.
pub(crate) fn meet(root: &Path) -> Result<()> {
    println!(
        "needs: the Rust toolchain, a C compiler, make, perl; nothing else, no service, no network but for crates"
    );
    let missing = missing(|program| shell::exists(program, "--version"));
    if missing.is_empty() {
        println!("needs: all there");
        return Ok(());
    }
    let packages = missing.join(" ");
    if !has_apt() {
        bail!(
            "missing: {packages} (names of Debian packages); install them with your package manager and run this again"
        );
    }
    if !is_root() {
        bail!(
            "missing: run `sudo apt-get update && sudo apt-get install --yes {packages}` and run this again"
        );
    }
    println!("needs: installing by apt: {packages}");
    Step::new("apt-get", root).arguments(["update"]).run()?;
    Step::new("apt-get", root)
        .variable("DEBIAN_FRONTEND", "noninteractive")
        .arguments(["install", "--yes", "--no-install-recommends"])
        .arguments(packages.split(' '))
        .run()
}

/// The packages of the programs that `found` does not find.
fn missing(found: impl Fn(&str) -> bool) -> Vec<&'static str> {
    NEEDS.iter().filter(|need| !found(need.program)).map(|need| need.package).collect()
}

fn has_apt() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let debian = release.lines().any(|line| {
        let (name, value) = line.split_once('=').unwrap_or_default();
        (name == "ID" || name == "ID_LIKE") && (value.contains("debian") || value.contains("ubuntu"))
    });
    debian && shell::exists("apt-get", "--version")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        assert_eq!(missing(|_| true), Vec::<&str>::new());
        assert_eq!(missing(|program| program != "perl"), ["perl"]);
        assert_eq!(missing(|_| false).join(" "), "gcc libc6-dev make perl");
    }
}
