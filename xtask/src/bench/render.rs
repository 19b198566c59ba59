//! The report as a document: a table of the platform, a table of its bounds, and how far they are apart.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Measured, Report};

/// The whole document.
pub(crate) fn markdown(report: &Report) -> String {
    let mut text = format!("# Benchmark, {}\n\n", report.date);
    let _ = writeln!(
        text,
        "`{}`\n\n{}\n\nRelease build, durability on, \
         rate limits off, {}. {} payments stored beforehand. Each scenario is measured for {} s after 2 s of warm-up; \
         afterwards the ledger was verified and every proof held.\n",
        report.command,
        report.machine.line("server and generator"),
        if report.real {
            "MariaDB (`innodb_flush_log_at_trx_commit=1`), Kafka and Redis on the same machine, one `swelite ingest`, one `swelite worker`"
        } else {
            "one file"
        },
        report.prefill,
        report.seconds,
    );
    platform(&mut text, &report.scenarios);
    cost(&mut text, &report.scenarios);
    parts(&mut text, &report.scenarios);
    bounds(&mut text, report);
    let starts = report.starts;
    let _ = writeln!(
        text,
        "\nFrom the start of the process to the first answer: {} ms on an empty folder, {} ms after `kill -9` with {} events stored.",
        starts.empty_ms, starts.after_kill_ms, starts.events_stored,
    );
    text.push_str(
        "\nLatencies are milliseconds. In an open loop they count from the moment a call was due, so a stall cannot hide \
         (no coordinated omission). A batch is what one durable commit carried; the event lag is from the event's commit to its \
         journal entry, by the upper bound of its bucket.\n",
    );
    text
}

fn platform(text: &mut String, scenarios: &[Measured]) {
    text.push_str("## The platform\n\n| scenario | callers | calls/s | p50 | p95 | p99 | p99.9 | max |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for Measured { what, result, .. } in scenarios {
        let mut rate = result["rate"].as_u64().map(|rate| format!(" ({rate}/s due)")).unwrap_or_default();
        if number(result, "seconds") > 60.0 {
            let _ = write!(rate, ", {:.0} s long", number(result, "seconds"));
        }
        let _ = writeln!(
            text,
            "| {what}{rate} | {} | {:.0} | {} |",
            result["connections"],
            number(result, "callsPerSecond"),
            latency(&result["latency"]),
        );
    }
    text.push('\n');
}

fn cost(text: &mut String, scenarios: &[Measured]) {
    text.push_str(
        "## What it costs\n\n| scenario | batch mean | server CPU µs/call | generator CPU µs/call | bytes written/call | RSS MiB first → last \
         | event lag p50 / p99 / max s | drained after s |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Measured { what, result, .. } in scenarios {
        let rss = result["rssKib"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mib = |sample: Option<&Value>| sample.and_then(Value::as_u64).unwrap_or(0) / 1024;
        let lag = &result["eventToLedgerSeconds"];
        let _ = writeln!(
            text,
            "| {what} | {:.1} | {:.1} | {:.1} | {:.0} | {} → {} | ≤ {} / ≤ {} / ≤ {} | {} |",
            number(&result["commitBatchSize"], "mean"),
            number(result, "serverCpuMicrosPerCall"),
            number(result, "generatorCpuMicrosPerCall"),
            number(result, "writtenBytesPerCall"),
            mib(rss.first()),
            mib(rss.last()),
            lag["p50"],
            lag["p99"],
            lag["max"],
            result["drainedAfterSeconds"]
                .as_f64()
                .map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.2}")),
        );
    }
    text.push('\n');
}

/// The CPU of every other process that has a part in it, where there are any.
fn parts(text: &mut String, scenarios: &[Measured]) {
    let of = |result: &Value| result["partsCpuMicrosPerCall"].as_object().cloned().unwrap_or_default();
    let names: Vec<String> =
        scenarios.first().map(|first| of(&first.result)).unwrap_or_default().keys().cloned().collect();
    if names.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "CPU µs/call of each part:\n\n| scenario | API | {} | generator | sum |",
        names.join(" | ")
    );
    let _ = writeln!(text, "|---|--:|{}--:|--:|", "--:|".repeat(names.len()));
    for Measured { what, result, .. } in scenarios {
        let parts = of(result);
        let values: Vec<f64> =
            names.iter().map(|name| parts.get(name).and_then(Value::as_f64).unwrap_or(0.0)).collect();
        let (api, generator) =
            (number(result, "serverCpuMicrosPerCall"), number(result, "generatorCpuMicrosPerCall"));
        let shown: Vec<String> = values.iter().map(|value| format!("{value:.1}")).collect();
        let sum = api + generator + values.iter().sum::<f64>();
        let _ = writeln!(text, "| {what} | {api:.1} | {} | {generator:.1} | {sum:.1} |", shown.join(" | "));
    }
    text.push('\n');
}

fn bounds(text: &mut String, report: &Report) {
    let authorize = report.scenarios.iter().find(|measured| measured.name == "authorize");
    let ours = authorize.map_or(0.0, |measured| number(&measured.result, "callsPerSecond"));
    let echo = number(&report.http_echo, "callsPerSecond");
    let raw = &report.raw_store;
    let commit = number(raw, "payments_per_second");
    let both = one_after_the_other(commit, number(&raw["posting"], "payments_per_second"));
    text.push_str(
        "## What bounds it, measured in the same run\n\n| bound | value | p50 / p99 ms | authorize reaches |\n|---|--:|--:|--:|\n",
    );
    let echo_latency = &report.http_echo["latency"];
    let echo_times = format!("{} / {}", millis(echo_latency, "p50Micros"), millis(echo_latency, "p99Micros"));
    let _ = writeln!(
        text,
        "| the same HTTP stack without engine and store, same generator | {echo:.0} calls/s | {echo_times} | {} |",
        share(ours, echo)
    );
    let mut raw_times =
        format!("{} / {} a commit", millis(raw, "commit_p50_us"), millis(raw, "commit_p99_us"));
    if let Some(connections) = raw["connections"].as_u64() {
        let cpu = number(raw, "server_cpu_us_per_payment");
        let _ = write!(
            raw_times,
            ", {connections} connections, {cpu:.0} µs of its CPU a payment committed and posted"
        );
    }
    let batch = &raw["batch"];
    let _ = writeln!(
        text,
        "| bare {}, the same rows in batches of {batch}, committed | {commit:.0} payments/s | {raw_times} | {} |",
        if report.real { "MariaDB" } else { "SQLite" },
        share(ours, commit)
    );
    let _ = writeln!(
        text,
        "| the same, committed and then posted | {both:.0} payments/s | | {} |",
        share(ours, both)
    );
    let disk = &report.disk["fdatasync"];
    let disk_times = format!("{} / {}", millis(disk, "p50Micros"), millis(disk, "p99Micros"));
    let _ = writeln!(text, "| `fdatasync` after 4 KiB | | {disk_times} | |");
    if let Some(Measured { result, .. }) = authorize {
        let cpu = number(result, "serverCpuMicrosPerCall") + number(result, "generatorCpuMicrosPerCall");
        let cores = report.machine.cores;
        let _ = writeln!(
            text,
            "| CPU of server and generator during authorize | {:.2} of {cores} cores | | |",
            cpu * ours / 1e6
        );
    }
}

/// The rate of two kinds of work that take turns on one writer.
fn one_after_the_other(first: f64, second: f64) -> f64 {
    if first > 0.0 && second > 0.0 { 1.0 / (1.0 / first + 1.0 / second) } else { first }
}

fn latency(latency: &Value) -> String {
    ["p50Micros", "p95Micros", "p99Micros", "p999Micros", "maxMicros"]
        .map(|name| millis(latency, name))
        .join(" | ")
}

fn millis(value: &Value, name: &str) -> String {
    format!("{:.2}", number(value, name) / 1000.0)
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(0.0)
}

fn share(ours: f64, bound: f64) -> String {
    if bound > 0.0 && ours > 0.0 { format!("{:.0} %", 100.0 * ours / bound) } else { "–".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::{Starts, machine::Machine};

    #[test]
    fn the_report_shows_each_scenario_and_its_share_of_the_bounds() {
        let result = json!({"connections": 256, "callsPerSecond": 12_000.0, "latency": {"p50Micros": 20_000}, "rate": null,
            "serverCpuMicrosPerCall": 30.0, "generatorCpuMicrosPerCall": 10.0, "partsCpuMicrosPerCall": {"kafka": 9.0, "mariadb": 25.5}});
        let machine =
            Machine { cpu: "C".into(), cores: 2, memory_mib: 1, kernel: "K".into(), rustc: "R".into() };
        let report = Report {
            date: "2026-11-22".into(),
            command: "cargo xtask bench".into(),
            machine,
            seconds: 1,
            connections: 256,
            prefill: 0,
            real: true,
            disk: json!({"fdatasync": {"p50Micros": 240, "p99Micros": 900}}),
            http_echo: json!({"callsPerSecond": 48_000.0}),
            raw_store: json!({"payments_per_second": 24_000.0, "batch": 120, "posting": {"payments_per_second": 24_000.0}}),
            starts: Starts { empty_ms: 90, after_kill_ms: 400, events_stored: 7 },
            scenarios: vec![Measured {
                name: "authorize".into(),
                what: "authorize, closed loop".into(),
                result,
            }],
        };
        let text = markdown(&report);
        assert!(text.contains("| authorize, closed loop | 256 | 12000 | 20.00 |"), "{text}");
        assert!(text.contains("| 30.0 | 9.0 | 25.5 | 10.0 | 74.5 |"), "{text}");
        assert!(text.contains("| 48000 calls/s | 0.00 / 0.00 | 25 % |"), "{text}");
        assert!(
            text.contains("committed | 24000 payments/s |") && text.contains("12000 payments/s | | 100 % |"),
            "{text}"
        );
        assert!(text.contains("90 ms on an empty folder, 400 ms after `kill -9` with 7 events"), "{text}");
        assert!(text.contains("| 0.24 / 0.90 |"), "{text}");
    }
}
