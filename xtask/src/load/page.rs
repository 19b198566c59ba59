//! The report as one page that needs nothing else: styles and charts are inside, nothing is fetched, it prints.

use std::fmt::Write as _;

use super::{
    Report,
    chart::{self, Chart},
    samples::Sample,
    summary::{LATENCIES, STATISTICS, Summary, Threshold},
};

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(crate) fn html(report: &Report) -> String {
    let title = escaped(&report.title);
    let verdict = if report.now.is_good() { "passed" } else { "failed" };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Load: {title}, {verdict}</title><style>{STYLE}</style></head><body>\n"
    );
    head(&mut page, report, &title, verdict);
    figures(&mut page, report);
    charts(&mut page, report);
    latencies(&mut page, report);
    audit(&mut page, report);
    thresholds(&mut page, &report.now);
    page.push_str("</body></html>\n");
    page
}

/// What happened, in one sentence; the seal means what it means everywhere here: posted to the ledger.
fn head(page: &mut String, report: &Report, title: &str, verdict: &str) {
    let now = &report.now;
    let class = if now.is_good() { "good" } else { "bad" };
    let calls = grouped(now.value("http_reqs", "count").unwrap_or_default());
    let books = match now.audit_holds() {
        Some(true) => "the ledger holds exactly what callers were told",
        Some(false) => "<b class=\"bad\">the ledger does not hold what callers were told</b>",
        None => "<b class=\"bad\">the ledger was not compared with what callers were told</b>",
    };
    let seal = if now.audit_holds() == Some(true) {
        "<svg class=\"seal\" viewBox=\"0 0 64 64\" role=\"img\" aria-label=\"posted to the ledger\"><g transform=\"rotate(-5 32 32)\">\
         <rect x=\"5\" y=\"5\" width=\"54\" height=\"54\" rx=\"3\"/><text x=\"32\" y=\"31\">기장</text><text x=\"32\" y=\"47\" class=\"small\">POSTED</text></g></svg>"
    } else {
        ""
    };
    let missed = now.thresholds().iter().filter(|line| !line.ok).count();
    let limits = if missed == 0 {
        "every threshold held".into()
    } else {
        format!("<b class=\"bad\">{missed} thresholds missed</b>")
    };
    let _ = writeln!(
        page,
        "<header><div><p class=\"kind\">Payment SWElite · load by k6</p><h1>{title} <span class=\"{class}\">{verdict}</span></h1>\
         <p class=\"lead\">{calls} calls in {}: {limits}, and {books}.</p><p class=\"where\">{} · {} · {}</p></div>{seal}</header>",
        time(now.seconds()),
        escaped(&report.date),
        escaped(&report.set),
        escaped(&report.machine),
    );
}

/// The numbers that are asked for first, each with what it was in the run before.
fn figures(page: &mut String, report: &Report) {
    let figure =
        |title: &str, metric: &str, statistic: &str, less_is_better: bool, shown: fn(f64) -> String| {
            // k6 does not mention what never happened.
            let value_of = |run: &Summary| {
                run.value(metric, statistic).or_else(|| (metric == "dropped_iterations").then_some(0.0))
            };
            let value = value_of(&report.now);
            let before = report.before.as_ref().and_then(value_of);
            let change = value
                .zip(before)
                .map(|(now, before)| change(now, before, less_is_better, shown))
                .unwrap_or_default();
            let value = value.map_or_else(|| "–".to_owned(), shown);
            format!("<div><dt>{title}</dt><dd>{value}</dd>{change}</div>")
        };
    let percent: fn(f64) -> String = |share| format!("{:.2} %", share * 100.0);
    let ms: fn(f64) -> String = |ms| format!("{ms:.1} ms");
    let _ = writeln!(
        page,
        "<dl class=\"figures\">{}{}{}{}{}</dl>",
        figure("calls a second", "http_reqs", "rate", false, |rate| format!("{rate:.1}")),
        figure("authorize, p95", "authorize_duration", "p(95)", true, ms),
        figure("authorize, p99", "authorize_duration", "p(99)", true, ms),
        figure("errors", "errors", "rate", true, percent),
        figure("arrivals dropped", "dropped_iterations", "count", true, grouped),
    );
}

/// Direction is a word and an arrow; colour only says whether it is for the better, and only where it is more than noise.
fn change(now: f64, before: f64, less_is_better: bool, shown: fn(f64) -> String) -> String {
    let share = if before > 0.0 { now / before - 1.0 } else { 0.0 };
    let (class, word) = if share.abs() < 0.05 {
        ("same", "as before".to_owned())
    } else {
        let class = if (share < 0.0) == less_is_better { "good" } else { "bad" };
        (class, format!("{} {:.0} %", if share < 0.0 { "▼" } else { "▲" }, share.abs() * 100.0))
    };
    format!("<dd class=\"{class}\">{word} <span>(was {})</span></dd>", shown(before))
}

/// What a line shows of a sample.
type Reading = fn(&Sample) -> Option<f64>;

fn charts(page: &mut String, report: &Report) {
    if report.samples.len() < 2 {
        page.push_str("<p>The platform's own metrics could not be read, so there is nothing to draw.</p>\n");
        return;
    }
    let line = |samples: &[Sample], value: Reading| -> Vec<(f64, f64)> {
        samples.iter().filter_map(|sample| Some((sample.at, value(sample)?))).collect()
    };
    let legend = if report.samples_before.is_empty() { "" } else { " Dashed: the run before." };
    let _ = writeln!(
        page,
        "<h2>As the platform saw it</h2><p class=\"note\">Its own metrics, once a second.{legend}</p>"
    );
    let of: [(&str, Reading); 3] = [
        ("Payments a second", |sample| Some(sample.rate)),
        ("p95 of all payment calls, ms", |sample| sample.p95_ms),
        ("Events that wait for the ledger", |sample| Some(sample.pending)),
    ];
    for (title, value) in of {
        let (now, before) = (line(&report.samples, value), line(&report.samples_before, value));
        page.push_str(&Chart { title, now: &now, before: &before }.svg());
    }
}

fn latencies(page: &mut String, report: &Report) {
    let titles: String = STATISTICS.iter().map(|(_, title)| format!("<th>{title}</th>")).collect();
    let _ = writeln!(
        page,
        "<h2>Latency, ms</h2><p class=\"note\">The bar reaches from the median to p95, the tick is p99, the dot the slowest call; each \
         mark is ten times the one before.</p><table><tr><th></th><th class=\"strip\">{}</th>{titles}<th>p95 before</th></tr>",
        chart::strip_scale(),
    );
    for (metric, title) in LATENCIES {
        let value = |statistic| report.now.value(metric, statistic);
        let Some(strip) = chart::strip(value("med"), value("p(95)"), value("p(99)"), value("max")) else {
            continue;
        };
        let cells: String = STATISTICS
            .iter()
            .map(|(statistic, _)| value(statistic))
            .map(|ms| format!("<td>{}</td>", ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"))))
            .collect();
        let before = super::markdown::change(report, metric, "p(95)").unwrap_or_else(|| "–".to_owned());
        let _ = writeln!(
            page,
            "<tr><th>{title}</th><td class=\"strip\">{strip}</td>{cells}<td>{before}</td></tr>"
        );
    }
    page.push_str("</table>\n");
}

fn audit(page: &mut String, report: &Report) {
    page.push_str(
        "<h2>Audit, won</h2><p class=\"note\">What callers were told was accepted, against what the ledger holds once every event is posted. \
         Unknown: no answer, or outcome unknown.</p>\
         <table><tr><th></th><th>told</th><th>unknown</th><th>in the ledger</th><th></th></tr>\n",
    );
    for line in report.now.audit() {
        let _ = writeln!(
            page,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&line.action),
            grouped(line.told as f64),
            grouped(line.unknown as f64),
            grouped(line.booked as f64),
            mark(line.ok, "equal", "differs"),
        );
    }
    page.push_str("</table>\n");
}

/// Each limit with what was measured, and how much of it was used.
fn thresholds(page: &mut String, now: &Summary) {
    page.push_str("<h2>Thresholds</h2><table><tr><th></th><th>limit</th><th>measured</th><th class=\"strip\">used</th><th></th></tr>\n");
    for line in now.thresholds() {
        let measured = line.measured(now);
        let used = line.used(now).map(chart::used).unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td class=\"strip\">{used}</td><td>{}</td></tr>",
            escaped(&line.metric),
            escaped(&line.expression),
            measured.map_or_else(|| "–".to_owned(), |value| number(&line, value)),
            mark(line.ok, "held", "missed")
        );
    }
    page.push_str("</table>\n");
}

fn number(line: &Threshold, value: f64) -> String {
    if line.metric.ends_with("_duration") { format!("{value:.1}") } else { format!("{value:.4}") }
}

fn mark(ok: bool, yes: &str, no: &str) -> String {
    if ok { format!("<span class=\"good\">{yes}</span>") } else { format!("<span class=\"bad\">{no}</span>") }
}

fn time(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.1} min", seconds / 60.0) }
}

/// `1,234,567`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digit.is_ascii_digit() && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{super::summary::tests::run, *};

    fn report(booked: i64) -> Report {
        let sample = |at: f64| Sample { at, rate: at * 10.0, p95_ms: Some(1.0), pending: 0.0 };
        Report {
            title: "s<1>".into(),
            date: "d".into(),
            set: "embedded".into(),
            machine: "m".into(),
            now: run(3.0, booked),
            before: None,
            samples: vec![sample(1.0), sample(2.0)],
            samples_before: Vec::new(),
        }
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows() {
        let page = html(&report(300));
        assert!(
            !page.contains("http://") && !page.contains("https://") && !page.contains("<script"),
            "{page}"
        );
        assert!(page.contains("<h1>s&lt;1&gt; <span class=\"good\">passed</span>"), "{page}");
        assert_eq!(page.matches("<figure>").count(), 3);
        assert!(page.contains("posted to the ledger") && !page.contains("dashed"), "{page}");
    }

    #[test]
    fn a_ledger_that_differs_is_seen_at_once_and_gets_no_seal() {
        let page = html(&report(299));
        assert!(page.contains("<span class=\"bad\">failed</span>"), "{page}");
        assert!(page.contains("does not hold") && !page.contains("class=\"seal\""), "{page}");
    }

    #[test]
    fn the_run_before_stands_beside_this_one() {
        let mut report = report(300);
        report.before = Some(run(2.0, 300));
        report.samples_before = report.samples.clone();
        let page = html(&report);
        assert!(page.contains("as before <span>(was 10.0)</span>"), "{page}");
        assert!(page.contains("2.0 (+50 %)") && page.contains("class=\"before\""), "{page}");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0.0, 999.0, 1000.0, -123_456.0, 1_234_567.0].map(grouped),
            ["0", "999", "1,000", "-123,456", "1,234,567"]
        );
    }
}
