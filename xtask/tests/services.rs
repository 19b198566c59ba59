//! `cargo xtask services up|status|down` from outside, with a target folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs it. What the caller's own environment says about servers must not reach it.
fn services(target: &Path, what: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    for given in ["MARIADB", "REDIS", "KAFKA"] {
        command.env_remove(format!("SWELITE_TEST_{given}"));
    }
    command.args(["services", what]).env("CARGO_TARGET_DIR", target).output().unwrap()
}

fn succeeds(target: &Path, what: &str) -> String {
    let output = services(target, what);
    assert!(output.status.success(), "{what}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The process of each server, by its folder.
fn processes(target: &Path) -> BTreeMap<&'static str, String> {
    let folders = ["mariadb", "redis", "kafka/broker-1"].into_iter();
    let read = |folder: &'static str| {
        let pid = fs::read_to_string(target.join("services").join(folder).join("pid")).unwrap();
        (folder, pid.split(' ').next().unwrap().to_owned())
    };
    folders.map(read).collect()
}

fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, state)| !state.trim_start().starts_with('Z'))
}

#[test]
fn services_come_up_once_and_leave_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().canonicalize().unwrap();
    assert!(!services(&target, "status").status.success(), "nothing runs yet");
    assert_eq!(succeeds(&target, "up").matches("started in").count(), 3);
    let first = processes(&target);
    assert!(first.values().all(|pid| runs(pid)), "{first:?}");
    assert_eq!(succeeds(&target, "up").matches("up already").count(), 3);
    assert_eq!(processes(&target), first, "what runs is left alone");
    succeeds(&target, "status");

    // One that has died is started again, and only that one.
    assert!(Command::new("kill").args(["-9", &first["redis"]]).status().unwrap().success());
    let again = succeeds(&target, "up");
    assert_eq!((again.matches("started in").count(), again.matches("up already").count()), (1, 2), "{again}");
    let second = processes(&target);
    assert_ne!(second["redis"], first["redis"]);

    succeeds(&target, "down");
    assert!(second.values().all(|pid| !runs(pid)), "{second:?}");
    assert!(!target.join("services").exists());
    assert!(!services(&target, "status").status.success());
    assert_eq!(succeeds(&target, "down").matches("did not run").count(), 3);
}
