//! The report as a document for a build's log or a comment.

use std::fmt::Write as _;

use super::{
    Report,
    summary::{LATENCIES, STATISTICS},
};

/// The whole document.
pub(crate) fn markdown(report: &Report) -> String {
    let now = &report.now;
    let verdict = if now.is_good() { "passed" } else { "**failed**" };
    let mut text = format!("# Load: {}, {verdict}\n\n", report.title);
    let number = |metric: &str, statistic: &str| now.value(metric, statistic).unwrap_or_default();
    let _ = writeln!(
        text,
        "{} · {} · {} · {:.0} s · {:.0} calls, {:.1}/s · {:.2} % errors · {:.0} arrivals dropped\n",
        report.date,
        report.set,
        report.machine,
        now.seconds(),
        number("http_reqs", "count"),
        number("http_reqs", "rate"),
        number("errors", "rate") * 100.0,
        number("dropped_iterations", "count"),
    );
    latencies(&mut text, report);
    text.push_str(
        "\n| what callers were told | amount | unknown | in the ledger | |\n|---|--:|--:|--:|---|\n",
    );
    for line in now.audit() {
        let verdict = if line.ok { "equal" } else { "**differs**" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {verdict} |",
            line.action, line.told, line.unknown, line.booked
        );
    }
    text.push_str("\n| threshold | |\n|---|---|\n");
    for line in now.thresholds() {
        let verdict = if line.ok { "held" } else { "**missed**" };
        let _ = writeln!(text, "| `{} {}` | {verdict} |", line.metric, line.expression);
    }
    text
}

fn latencies(text: &mut String, report: &Report) {
    let titles: Vec<&str> = STATISTICS.iter().map(|(_, title)| *title).collect();
    let _ = writeln!(
        text,
        "| ms | {} | p95 before |\n|---|{}--:|",
        titles.join(" | "),
        "--:|".repeat(titles.len())
    );
    for (metric, title) in LATENCIES {
        if report.now.value(metric, "avg").is_none() {
            continue;
        }
        let cells: Vec<String> = STATISTICS
            .iter()
            .map(|(statistic, _)| {
                report.now.value(metric, statistic).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"))
            })
            .collect();
        let change = change(report, metric, "p(95)").unwrap_or_else(|| "–".to_owned());
        let _ = writeln!(text, "| {title} | {} | {change} |", cells.join(" | "));
    }
}

/// `12.0 (+25 %)`: the last run's value, and by how much this one differs.
pub(crate) fn change(report: &Report, metric: &str, statistic: &str) -> Option<String> {
    let before = report.before.as_ref()?.value(metric, statistic)?;
    let now = report.now.value(metric, statistic)?;
    if before <= 0.0 {
        return Some(format!("{before:.1}"));
    }
    Some(format!("{before:.1} ({:+.0} %)", (now / before - 1.0) * 100.0))
}

#[cfg(test)]
mod tests {
    use super::{super::summary::tests::run, *};

    #[test]
    fn the_last_run_stands_beside_this_one() {
        let mut report = Report {
            title: "s".into(),
            date: "d".into(),
            set: "embedded".into(),
            machine: "m".into(),
            now: run(3.0, 300),
            before: Some(run(2.0, 300)),
            samples: Vec::new(),
            samples_before: Vec::new(),
        };
        let text = markdown(&report);
        assert!(text.contains("# Load: s, passed"), "{text}");
        assert!(text.contains("| all calls | 1.0 | 1.0 | 2.0 | 3.0 | 4.0 | 5.0 | 2.0 (+50 %) |"), "{text}");
        report.now = run(3.0, 299);
        let text = markdown(&report);
        assert!(
            text.contains("**failed**") && text.contains("| authorize | 300 | 0 | 299 | **differs** |"),
            "{text}"
        );
    }
}
