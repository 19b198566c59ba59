//! What a build needs beyond Rust (a C compiler, make and perl, for the C libraries inside), and what the real servers need.
//!
//! As root on Debian or Ubuntu what is missing is installed, and said so; anywhere else nothing is touched and the one line to
//! run is printed.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use anyhow::{Context, Result, bail};

use crate::{shell, shell::Step};

/// A program, and the Debian package that brings it.
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
}

/// What every build needs.
pub(crate) const BUILD: [Need; 3] = [
    Need { program: "cc", package: "gcc libc6-dev" },
    Need { program: "make", package: "make" },
    Need { program: "perl", package: "perl" },
];

/// What the real servers need on top of that.
pub(crate) const SERVICES: [Need; 7] = [
    Need { program: "mariadbd", package: "mariadb-server" },
    Need { program: "redis-server", package: "redis-server" },
    Need { program: "java", package: "default-jre-headless" },
    Need { program: "mvn", package: "maven" },
    Need { program: "openssl", package: "openssl" },
    Need { program: "setpriv", package: "util-linux" },
    Need { program: "setsid", package: "util-linux" },
];

/// What builds and tests the web pages.
pub(crate) const PAGES: [Need; 3] = [
    Need { program: "node", package: "nodejs" },
    Need { program: "npm", package: "npm" },
    Need { program: "chromium", package: "chromium" },
];

/// What judges rules and scripts; tests start the Prometheus that comes with it. What is built or installed into the user's cache is not here: `ops::tools`.
pub(crate) const OPERATIONS: [Need; 6] = [
    Need { program: "promtool", package: "prometheus" },
    Need { program: "prometheus-mysqld-exporter", package: "prometheus-mysqld-exporter" },
    Need { program: "prometheus-redis-exporter", package: "prometheus-redis-exporter" },
    Need { program: "pip3", package: "python3-pip" },
    Need { program: "shellcheck", package: "shellcheck" },
    Need { program: "curl", package: "curl" },
];

/// What builds images without an engine, and starts what comes out.
pub(crate) const IMAGES: [Need; 5] = [
    Need { program: "buildah", package: "buildah" },
    Need { program: "debootstrap", package: "debootstrap" },
    Need { program: "unshare", package: "util-linux" },
    Need { program: "setpriv", package: "util-linux" },
    Need { program: "curl", package: "curl" },
];

/// What clusters of them need on top of that. Galera is a library: nothing to start.
pub(crate) const CLUSTER: [Need; 3] = [
    Need { program: "haproxy", package: "haproxy galera-4" },
    Need { program: "rsync", package: "rsync" },
    Need { program: "socat", package: "socat" },
];

/// Makes sure that everything is there.
pub(crate) fn meet(root: &Path, needs: &[Need]) -> Result<()> {
    let missing = missing(needs, |program| shell::exists(program, "--version"));
    let names: Vec<&str> = needs.iter().map(|need| need.program).collect();
    println!("needs: {}", names.join(", "));
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
    install(root, &packages)
}

/// Packages of servers start them; here they must not, their ports may be someone's.
fn install(root: &Path, packages: &str) -> Result<()> {
    let quiet = QuietInstall::begin()?;
    Step::new("apt-get", root).arguments(["update"]).run()?;
    Step::new("apt-get", root)
        .variable("DEBIAN_FRONTEND", "noninteractive")
        .arguments(["install", "--yes", "--no-install-recommends"])
        .arguments(packages.split(' '))
        .run()?;
    quiet.end()
}

/// While it lives, packages start nothing: Debian asks this file.
struct QuietInstall {
    ours: bool,
}

impl QuietInstall {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn begin() -> Result<Self> {
        let ours = !Path::new(Self::POLICY).exists();
        if ours {
            fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n")
                .context("keep packages from starting servers")?;
            fs::set_permissions(Self::POLICY, Permissions::from_mode(0o755))
                .context("keep packages from starting servers")?;
        }
        Ok(Self { ours })
    }

    fn end(mut self) -> Result<()> {
        if std::mem::take(&mut self.ours) {
            fs::remove_file(Self::POLICY).context("let packages start servers again")?;
        }
        Ok(())
    }
}

impl Drop for QuietInstall {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(Self::POLICY)
        {
            eprintln!("error: cannot remove {}: {error}", Self::POLICY);
        }
    }
}

/// The packages of the programs that `found` does not find, each once.
fn missing(needs: &[Need], found: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages: Vec<&str> =
        needs.iter().filter(|need| !found(need.program)).map(|need| need.package).collect();
    packages.dedup();
    packages
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
        assert_eq!(missing(&BUILD, |_| true), Vec::<&str>::new());
        assert_eq!(missing(&BUILD, |program| program != "perl"), ["perl"]);
        assert_eq!(missing(&BUILD, |_| false).join(" "), "gcc libc6-dev make perl");
    }
}
