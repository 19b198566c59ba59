//! Every test of the workspace, once, and a plain total at the end.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{needs, platform::target_folder, services};

/// What the test programs counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Total {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// Runs them, on real servers. Servers that ran before are left running; those started for the tests end with them.
pub(crate) fn run(root: &Path) -> Result<()> {
    needs::meet(root, &needs::BUILD)?;
    needs::meet(root, &needs::OPERATIONS)?;
    let folder = target_folder(root)?.join("services");
    let ran_before = services::any_running(&folder);
    let outcome = services::up(root, &folder).and_then(|addresses| cargo_test(root, &addresses));
    if !ran_before {
        services::down(&folder)?;
    }
    outcome
}

fn cargo_test(root: &Path, addresses: &[(&str, String)]) -> Result<()> {
    println!("+ cargo test --locked --workspace --no-fail-fast");
    let mut child = Command::new("cargo")
        .args(["test", "--locked", "--workspace", "--no-fail-fast"])
        .envs(addresses.iter().map(|(name, address)| (name, address)))
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("run cargo test")?;
    let mut total = Total::default();
    let output = child.stdout.take().context("read what the tests print")?;
    for line in BufReader::new(output).lines() {
        let line = line.context("read what the tests print")?;
        println!("{line}");
        total.add(&line);
    }
    let status = child.wait().context("wait for cargo test")?;
    println!(
        "total: {} passed, {} failed, {} ignored, in {} test programs",
        total.passed, total.failed, total.ignored, total.programs
    );
    ensure!(status.success(), "tests failed ({status})");
    ensure!(total.passed > 0, "no test ran");
    Ok(())
}

impl Total {
    /// Counts a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let count = |word: &str| {
            let parts = result.split([';', '.']).map(str::trim);
            let found = parts
                .filter_map(|part| part.strip_suffix(word))
                .find_map(|number| number.trim().parse().ok());
            found.unwrap_or(0)
        };
        self.programs += 1;
        self.passed += count("passed");
        self.failed += count("failed");
        self.ignored += count("ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_other_lines_are_not() {
        let mut total = Total::default();
        for line in [
            "test a_test ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            total.add(line);
        }
        assert_eq!(total, Total { programs: 2, passed: 7, failed: 2, ignored: 1 });
    }
}
