//! The report as one page that needs nothing else: styles and charts are inside, nothing is fetched, it prints.

use std::fmt::Write as _;

use super::{
    Report, markdown,
    samples::Sample,
    summary::{LATENCIES, STATISTICS},
};

const STYLE: &str = include_str!("page.css");
/// The charts' size in their own units; the page scales them.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;

/// The whole page.
pub(crate) fn html(report: &Report) -> String {
    let now = &report.now;
    let (class, verdict) = if now.is_good() { ("good", "passed") } else { ("bad", "failed") };
    let title = escaped(&report.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Load: {title}, {verdict}</title><style>{STYLE}</style></head><body>\n\
         <header><h1>{title} <span class=\"{class}\">{verdict}</span></h1><p>{} · {} · {:.0} s</p></header>\n",
        escaped(&report.date),
        escaped(&report.machine),
        now.seconds(),
    );
    tiles(&mut page, report);
    charts(&mut page, &report.samples);
    latencies(&mut page, report);
    audit(&mut page, report);
    thresholds(&mut page, report);
    page.push_str("</body></html>\n");
    page
}

fn tiles(page: &mut String, report: &Report) {
    let tile = |title: &str, metric: &str, statistic: &str, shown: fn(f64) -> String| {
        let value = report.now.value(metric, statistic).map_or_else(|| "–".to_owned(), shown);
        let before = report.before.as_ref().and_then(|before| before.value(metric, statistic)).map(shown);
        let before = before.map(|value| format!("<small>before {value}</small>")).unwrap_or_default();
        format!("<div><span>{title}</span><b>{value}</b>{before}</div>")
    };
    let percent: fn(f64) -> String = |share| format!("{:.2} %", share * 100.0);
    let whole: fn(f64) -> String = |count| format!("{count:.0}");
    let _ = writeln!(
        page,
        "<section class=\"tiles\">{}{}{}{}{}</section>",
        tile("calls a second", "http_reqs", "rate", |rate| format!("{rate:.1}")),
        tile("authorize p95", "authorize_duration", "p(95)", |ms| format!("{ms:.1} ms")),
        tile("errors", "errors", "rate", percent),
        tile("calls", "http_reqs", "count", whole),
        tile("arrivals dropped", "dropped_iterations", "count", whole),
    );
}

fn charts(page: &mut String, samples: &[Sample]) {
    if samples.len() < 2 {
        page.push_str("<p>The platform's own metrics could not be read, so there is nothing to draw.</p>\n");
        return;
    }
    let line = |value: fn(&Sample) -> Option<f64>| -> Vec<(f64, f64)> {
        samples.iter().filter_map(|sample| Some((sample.at, value(sample)?))).collect()
    };
    chart(page, "Payments a second", &line(|sample| Some(sample.rate)));
    chart(page, "p95 as the platform sees it, ms", &line(|sample| sample.p95_ms));
    chart(page, "Events that wait for the ledger", &line(|sample| Some(sample.pending)));
}

fn chart(page: &mut String, title: &str, line: &[(f64, f64)]) {
    let Some((end, _)) = line.last() else { return };
    let top = line.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let (across, up) = (WIDTH / end.max(1.0), (HEIGHT - 10.0) / if top > 0.0 { top } else { 1.0 });
    let points: Vec<String> =
        line.iter().map(|(at, value)| format!("{:.1},{:.1}", at * across, HEIGHT - value * up)).collect();
    let points = points.join(" ");
    let _ = writeln!(
        page,
        "<figure><figcaption>{title} <small>highest {top:.1}</small></figcaption>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}, highest {top:.1}\">\
         <polygon points=\"0,{HEIGHT} {points} {:.1},{HEIGHT}\"/><polyline points=\"{points}\"/></svg>\
         <div class=\"axis\"><span>0 s</span><span>{end:.0} s</span></div></figure>",
        end * across,
    );
}

fn latencies(page: &mut String, report: &Report) {
    let titles: String = STATISTICS.iter().map(|(_, title)| format!("<th>{title}</th>")).collect();
    let _ = writeln!(page, "<h2>Latency, ms</h2><table><tr><th></th>{titles}<th>p95 before</th></tr>");
    for (metric, title) in LATENCIES {
        if report.now.value(metric, "avg").is_none() {
            continue;
        }
        let cells: String = STATISTICS
            .iter()
            .map(|(statistic, _)| report.now.value(metric, statistic))
            .map(|ms| format!("<td>{}</td>", ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"))))
            .collect();
        let change = markdown::change(report, metric, "p(95)").unwrap_or_else(|| "–".to_owned());
        let _ = writeln!(page, "<tr><th>{title}</th>{cells}<td>{change}</td></tr>");
    }
    page.push_str("</table>\n");
}

fn audit(page: &mut String, report: &Report) {
    page.push_str(
        "<h2>Audit</h2><p>What callers were told was accepted, against what the ledger holds. Unknown: no answer, or outcome unknown.</p>\
         <table><tr><th></th><th>told</th><th>unknown</th><th>in the ledger</th><th></th></tr>\n",
    );
    for line in report.now.audit() {
        let _ = writeln!(
            page,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&line.action),
            line.told,
            line.unknown,
            line.booked,
            mark(line.ok, "equal", "differs"),
        );
    }
    page.push_str("</table>\n");
}

fn thresholds(page: &mut String, report: &Report) {
    page.push_str("<h2>Thresholds</h2><table>\n");
    for line in report.now.thresholds() {
        let _ = writeln!(
            page,
            "<tr><th>{}</th><td>{}</td></tr>",
            escaped(&line.name),
            mark(line.ok, "held", "missed")
        );
    }
    page.push_str("</table>\n");
}

fn mark(ok: bool, yes: &str, no: &str) -> String {
    if ok { format!("<span class=\"good\">{yes}</span>") } else { format!("<span class=\"bad\">{no}</span>") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{super::summary::tests::run, *};

    fn page(booked: i64) -> String {
        let sample = |at: f64| Sample { at, rate: at * 10.0, p95_ms: Some(1.0), pending: 0.0 };
        html(&Report {
            title: "s<1>".into(),
            date: "d".into(),
            machine: "m".into(),
            now: run(3.0, booked),
            before: None,
            samples: vec![sample(1.0), sample(2.0)],
        })
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows() {
        let page = page(300);
        assert!(
            !page.contains("http://") && !page.contains("https://") && !page.contains("<script"),
            "{page}"
        );
        assert!(page.contains("<h1>s&lt;1&gt; <span class=\"good\">passed</span>"), "{page}");
        assert_eq!(page.matches("<svg").count(), 3);
        assert!(page.contains("<polyline points=\"360.0,80.0 720.0,10.0\"/>"), "{page}");
    }

    #[test]
    fn a_ledger_that_differs_is_seen_at_once() {
        assert!(page(299).contains("<span class=\"bad\">failed</span>"));
    }
}
