//! Rules and alerts: valid, tested in three moments each, and with steps for whoever is called.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::files;
use crate::shell::Step;

/// Never silent, by design.
const ALWAYS_ON: &str = "Watchdog";

/// Checks them.
pub(crate) fn check(root: &Path) -> Result<()> {
    let folder = root.join("deploy/prometheus");
    Step::new("promtool", &folder).arguments(["check", "config", "native.yml", "compose.yml"]).output()?;
    let rules = files(&folder.join("rules"), ".yml")?;
    let tests = files(&folder.join("tests"), ".yml")?;
    Step::new("promtool", &folder).arguments(["check", "rules"]).arguments(&rules).output()?;
    let read = |path| fs::read_to_string(path).with_context(|| format!("read {path:?}"));
    let alerts = alerts(&rules.iter().map(read).collect::<Result<String>>()?);
    ensure!(!alerts.is_empty(), "no alert found");
    let moments = moments(&tests.iter().map(read).collect::<Result<String>>()?);
    let steps = read(&root.join("docs/OPERATIONS.md"))?;
    for alert in &alerts {
        let tested = moments.get(alert).is_some_and(|cases| cases.iter().any(|case| is_whole(case)));
        ensure!(
            tested || alert == ALWAYS_ON,
            "no case in deploy/prometheus/tests finds {alert} silent, firing and silent again"
        );
        ensure!(
            steps.lines().any(|line| line == format!("### {alert}")),
            "docs/OPERATIONS.md has no `### {alert}`: what is to be done when it fires?"
        );
    }
    Step::new("promtool", &folder).arguments(["test", "rules"]).arguments(&tests).output()?;
    println!("rules: {} alerts, each tested and with its steps", alerts.len());
    Ok(())
}

fn alerts(rules: &str) -> Vec<String> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect()
}

/// For each alert the cases that look at it, each as what is expected over time: does it fire?
fn moments(tests: &str) -> BTreeMap<String, Vec<Vec<bool>>> {
    let mut moments: BTreeMap<String, Vec<Vec<bool>>> = BTreeMap::new();
    let (mut is_new_case, mut alert) = (true, None);
    for line in tests.lines().map(str::trim) {
        if line.starts_with("- name: ") {
            is_new_case = true;
        } else if let Some(rest) = line.strip_prefix("- expr: ALERTS{alertname=\"") {
            alert = rest.split('"').next().map(str::to_owned);
        } else if let Some(expected) = line.strip_prefix("exp_samples:")
            && let Some(alert) = alert.take()
        {
            let cases = moments.entry(alert).or_default();
            if std::mem::take(&mut is_new_case) || cases.is_empty() {
                cases.push(Vec::new());
            }
            cases.last_mut().into_iter().for_each(|case| case.push(expected.trim() != "[]"));
        }
    }
    moments
}

/// Whether it is seen silent, then firing, then silent.
fn is_whole(case: &[bool]) -> bool {
    let Some(fires) = case.iter().position(|fires| *fires) else { return false };
    fires > 0 && case[fires..].contains(&false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "
  - name: a
    promql_expr_test:
      - expr: ALERTS{alertname=\"A\",alertstate=\"firing\"}
        exp_samples: []
      - expr: ALERTS{alertname=\"A\",alertstate=\"firing\"}
        exp_samples:
          - labels: x
  - name: b
      - expr: ALERTS{alertname=\"A\",alertstate=\"firing\"}
        exp_samples: []
";

    #[test]
    fn moments_are_kept_apart_by_case() {
        assert_eq!(moments(CASE)["A"], [vec![false, true], vec![false]]);
        assert_eq!(alerts("groups:\n  - alert: A\n  - record: b\n"), ["A"]);
    }

    #[test]
    fn only_silence_fire_and_silence_in_this_order_count() {
        let whole = [[false, true, false], [false, true, true], [true, false, false], [false, false, true]];
        assert_eq!(whole.map(|case| is_whole(&case)), [true, false, false, false]);
    }
}
