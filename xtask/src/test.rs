//! Every test of the workspace and of the web pages, once, and a plain total at the end.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{
    needs, node,
    platform::{self, Profile, target_folder},
    services, web,
};

/// What the test programs counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Total {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// A program that runs tests, and how it says how many.
struct Suite {
    command: Command,
    shown: String,
    read: fn(&mut Total, &str),
}

/// Runs them, on real servers and in a real browser. Servers that ran before are left running; those started for the tests
/// end with them.
pub(crate) fn run(root: &Path) -> Result<()> {
    needs::meet(root, &needs::BUILD)?;
    needs::meet(root, &needs::OPERATIONS)?;
    needs::meet(root, &needs::PAGES)?;
    ensure!(web::build(root)?, "the web pages are not built");
    let folder = target_folder(root)?.join("services");
    let ran_before = services::any_running(&folder);
    let outcome = services::up(root, &folder).and_then(|addresses| {
        let mut total = Total::default();
        let workspace = of_workspace(root, &addresses).run(&mut total);
        // The real servers have done their part: the browser has the machine for itself.
        if !ran_before {
            services::down(&folder)?;
        }
        let pages = of_pages(root, &mut total);
        total.print();
        workspace.and(pages)?;
        ensure!(total.passed > 0, "no test ran");
        Ok(())
    });
    if !ran_before {
        services::down(&folder)?;
    }
    outcome
}

fn of_workspace(root: &Path, addresses: &[(&str, String)]) -> Suite {
    let arguments = ["test", "--locked", "--workspace", "--no-fail-fast"];
    let mut suite = Suite::new("cargo", &arguments, root, Total::add_cargo);
    suite.command.envs(addresses.iter().map(|(name, address)| (name, address)));
    suite
}

/// Their logic, then all of them in a browser, on the binary that was just built.
fn of_pages(root: &Path, total: &mut Total) -> Result<()> {
    let (folder, node) = (root.join("web"), node::needed()?);
    let mut logic = Suite::new("npm", &["run", "--silent", "test"], &folder, Total::add_vitest);
    node.lead(&mut logic.command);
    let logic = logic.run(total);
    let binary = platform::built(root, Profile::Dev)?;
    let mut browser = Suite::new("npm", &["run", "--silent", "e2e"], &folder, Total::add_node);
    browser.command.env("SWELITE_BINARY", binary);
    node.lead(&mut browser.command);
    let browser = browser.run(total);
    logic.and(browser)
}

impl Suite {
    fn new(program: &str, arguments: &[&str], folder: &Path, read: fn(&mut Total, &str)) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("NO_COLOR", "1").env_remove("FORCE_COLOR");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Self { command, shown: format!("{program} {}", arguments.join(" ")), read }
    }

    /// Runs it to its end and adds what it counted; an error unless all of it passed.
    fn run(mut self, total: &mut Total) -> Result<()> {
        println!("+ {}", self.shown);
        let mut child = self.command.spawn().with_context(|| format!("run `{}`", self.shown))?;
        let before = *total;
        let output = child.stdout.take().context("read what the tests print")?;
        for line in BufReader::new(output).lines() {
            let line = line.context("read what the tests print")?;
            println!("{line}");
            (self.read)(total, &line);
        }
        let status = child.wait().with_context(|| format!("wait for `{}`", self.shown))?;
        ensure!(status.success(), "`{}` failed ({status})", self.shown);
        ensure!(total.passed > before.passed, "`{}` ran no test", self.shown);
        Ok(())
    }
}

impl Total {
    fn print(self) {
        println!(
            "total: {} passed, {} failed, {} ignored, in {} test programs",
            self.passed, self.failed, self.ignored, self.programs
        );
    }

    /// Counts a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add_cargo(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        self.programs += 1;
        self.passed += before(result, "passed");
        self.failed += before(result, "failed");
        self.ignored += before(result, "ignored");
    }

    /// Counts a line such as `Tests  1 failed | 19 passed | 2 skipped (22)`.
    fn add_vitest(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("Tests  ") else {
            return;
        };
        self.programs += 1;
        self.passed += before(result, "passed");
        self.failed += before(result, "failed");
        self.ignored += before(result, "skipped") + before(result, "todo");
    }

    /// Counts lines such as `ℹ pass 18`, one for each number.
    fn add_node(&mut self, line: &str) {
        let Some((name, number)) = line.strip_prefix("ℹ ").and_then(|line| line.split_once(' ')) else {
            return;
        };
        let number = number.parse().unwrap_or(0);
        match name {
            "tests" => self.programs += 1,
            "pass" => self.passed += number,
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.ignored += number,
            _ => {}
        }
    }
}

/// The number before `word`, in a line of such numbers.
fn before(line: &str, word: &str) -> usize {
    let parts = line.split([';', '.', '|', '(']).map(str::trim);
    let mut numbers = parts.filter_map(|part| part.strip_suffix(word)).map(str::trim);
    numbers.find_map(|number| number.parse().ok()).unwrap_or(0)
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
            total.add_cargo(line);
        }
        assert_eq!(total, Total { programs: 2, passed: 7, failed: 2, ignored: 1 });
    }

    #[test]
    fn the_tests_of_the_pages_count_as_well() {
        let mut total = Total::default();
        for line in [" Test Files  7 passed (7)", "      Tests  1 failed | 19 passed | 2 skipped (22)"] {
            total.add_vitest(line);
        }
        assert_eq!(total, Total { programs: 1, passed: 19, failed: 1, ignored: 2 });
        for line in ["✔ a test (12ms)", "ℹ tests 5", "ℹ pass 3", "ℹ fail 1", "ℹ cancelled 1", "ℹ skipped 0"]
        {
            total.add_node(line);
        }
        assert_eq!(total, Total { programs: 2, passed: 22, failed: 3, ignored: 2 });
    }
}
