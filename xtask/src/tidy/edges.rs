//! Edges between crates: who may depend on whom, and who may use a driver.
//!
//! Read from `cargo metadata`, so a dependency renamed or hidden behind a feature is seen as well.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Fault;

/// A crate of this workspace.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    manifest_path: String,
    #[serde(skip)]
    inherits_lints: bool,
}

/// One line of its manifest.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate and the crates of this workspace it may use.
struct Room {
    name: &'static str,
    uses: &'static [&'static str],
    in_tests: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { name: "domain", uses: &[], in_tests: &[] },
    // From outside, in `tests/`: the engine is raced against the real adapters.
    Room { name: "engine", uses: &["domain"], in_tests: &["testkit", "store", "broker", "cache"] },
    Room { name: "store", uses: &["domain", "engine"], in_tests: &["testkit"] },
    Room { name: "broker", uses: &["domain", "engine"], in_tests: &["testkit", "store"] },
    Room { name: "cache", uses: &["domain", "engine"], in_tests: &["testkit"] },
    Room { name: "server", uses: &["domain", "engine", "store", "broker", "cache"], in_tests: &["testkit"] },
    Room { name: "testkit", uses: &["domain", "engine"], in_tests: &[] },
    Room { name: "bench", uses: &[], in_tests: &[] },
    // Of the test kit only what starts real servers.
    Room { name: "xtask", uses: &["testkit"], in_tests: &[] },
];

/// All that `domain` may use: values only. No runtime, clock, randomness or I/O can hide behind one of these.
const DOMAIN_USES: [&str; 4] = ["iso_currency", "jiff", "serde", "thiserror"];

/// A driver and the crates that may use it.
const DRIVERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("mysql_async", &["store"]),
    ("libsqlite3-sys", &["store"]),
    ("axum", &["server"]),
    ("tower", &["server"]),
    ("utoipa", &["server"]),
    ("utoipa-axum", &["server"]),
    ("prometheus-client", &["server"]),
    ("opentelemetry", &["server"]),
    ("opentelemetry_sdk", &["server"]),
    ("opentelemetry-otlp", &["server"]),
    ("opentelemetry-proto", &["server"]),
    ("prost", &["server"]),
    ("tracing-subscriber", &["server"]),
    ("toml", &["server", "xtask"]),
    ("clap", &["server", "bench", "xtask"]),
    ("mimalloc", &["server", "bench"]),
    ("rdkafka", &["broker"]),
    ("recloser", &["cache", "engine"]),
    ("redis", &["cache"]),
    ("hyper", &["server", "testkit"]),
    ("hyper-util", &["server", "testkit"]),
    ("http-body-util", &["server", "testkit"]),
    ("uuid", &["server"]),
];

/// Reads the workspace's manifests.
pub(crate) fn read(root: &Path) -> Result<Vec<Package>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("parse cargo metadata")?;
    let mut packages = metadata.packages;
    for package in &mut packages {
        let manifest = fs::read_to_string(&package.manifest_path).context("read a manifest")?;
        let manifest: toml::Table = manifest.parse().context("parse a manifest")?;
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        package.inherits_lints = lints.and_then(toml::Value::as_bool) == Some(true);
    }
    Ok(packages)
}

/// Faults of the workspace.
pub(crate) fn check(packages: &[Package]) -> Vec<Fault> {
    let rooms: BTreeMap<&str, &Room> = ROOMS.iter().map(|room| (room.name, room)).collect();
    let mut faults = Vec::new();
    for package in packages {
        let place = format!("crate {}", package.name);
        let Some(room) = rooms.get(package.name.as_str()) else {
            faults.push(Fault::new(place, "is not in the table of rooms (xtask/src/tidy/edges.rs)"));
            continue;
        };
        if !package.inherits_lints {
            faults.push(Fault::new(
                &place,
                "does not inherit the workspace's lints: add `[lints] workspace = true`",
            ));
        }
        for dependency in &package.dependencies {
            faults.extend(edge(room, dependency, &rooms).map(|message| Fault::new(&place, message)));
        }
    }
    faults
}

fn edge(room: &Room, dependency: &Dependency, rooms: &BTreeMap<&str, &Room>) -> Option<String> {
    let name = dependency.name.as_str();
    let in_tests = dependency.kind.as_deref() == Some("dev");
    if rooms.contains_key(name) {
        // A crate's tests may ask for features of the crate itself.
        let in_its_tests = in_tests && (room.in_tests.contains(&name) || room.name == name);
        let allowed = room.uses.contains(&name) || in_its_tests;
        let scope = if in_tests { "even in tests" } else { "outside tests" };
        return (!allowed).then(|| format!("may not depend on `{name}` {scope}"));
    }
    if room.name == "domain" && !in_tests && !DOMAIN_USES.contains(&name) {
        return Some(format!("is pure and may not depend on `{name}`"));
    }
    let (_, users) = DRIVERS.iter().find(|(driver, _)| *driver == name)?;
    (!users.contains(&room.name)).then(|| format!("may not use `{name}`: only {} may", users.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
            .collect();
        Package { name: name.to_owned(), dependencies, manifest_path: String::new(), inherits_lints: true }
    }

    fn message(package: Package) -> String {
        let faults = check(&[package]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn the_edges_of_the_table_are_accepted() {
        let packages = [
            package("domain", &[("serde", None), ("proptest", Some("dev"))]),
            package("engine", &[("domain", None), ("tokio", None), ("testkit", Some("dev"))]),
            package("store", &[("engine", None), ("rusqlite", None), ("testkit", Some("dev"))]),
        ];
        assert_eq!(check(&packages), Vec::new());
    }

    #[test]
    fn an_edge_against_the_table_is_found() {
        assert!(message(package("domain", &[("engine", None)])).contains("`engine`"));
        assert!(message(package("cache", &[("store", Some("dev"))])).contains("even in tests"));
        assert!(message(package("server", &[("testkit", None)])).contains("outside tests"));
    }

    #[test]
    fn a_driver_outside_its_crate_is_found() {
        assert!(message(package("server", &[("rusqlite", None)])).contains("only store may"));
        assert!(message(package("engine", &[("axum", Some("dev"))])).contains("only server may"));
        assert!(message(package("domain", &[("tokio", None)])).contains("pure"));
    }

    #[test]
    fn a_crate_without_lints_or_without_a_room_is_found() {
        let bare = Package { inherits_lints: false, ..package("cache", &[]) };
        assert!(message(bare).contains("lints"));
        assert!(message(package("utils", &[])).contains("table of rooms"));
    }
}
