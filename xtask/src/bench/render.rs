//! The report as a document: a table of the platform, a table of its bounds, and how far they are apart.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Measured, Report};

/// The whole document.
pub(crate) fn markdown(report: &Report) -> String {
    let mut text = format!("# Benchmark, {}\n\n", report.date);
    let machine = &report.machine;
    let _ = writeln!(
        text,
        "`{}`\n\n{} · {} cores, shared by server and generator · {} MiB · {} · {}\n\nRelease build, durability on (`synchronous=FULL`), \
         rate limits off, one file. {} payments stored beforehand. Each scenario is measured for {} s after 2 s of warm-up; \
         afterwards the ledger was verified and every proof held.\n",
        report.command,
        machine.cpu,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.rustc,
        report.prefill,
        report.seconds,
    );
    platform(&mut text, &report.scenarios);
    cost(&mut text, &report.scenarios);
    bounds(&mut text, report);
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
        let rate = result["rate"].as_u64().map(|rate| format!(" ({rate}/s due)")).unwrap_or_default();
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
         | event lag p50 / p99 s | drained after s |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Measured { what, result, .. } in scenarios {
        let rss = result["rssKib"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mib = |sample: Option<&Value>| sample.and_then(Value::as_u64).unwrap_or(0) / 1024;
        let lag = &result["eventToLedgerSeconds"];
        let _ = writeln!(
            text,
            "| {what} | {:.1} | {:.1} | {:.1} | {:.0} | {} → {} | ≤ {} / ≤ {} | {} |",
            number(&result["commitBatchSize"], "mean"),
            number(result, "serverCpuMicrosPerCall"),
            number(result, "generatorCpuMicrosPerCall"),
            number(result, "writtenBytesPerCall"),
            mib(rss.first()),
            mib(rss.last()),
            lag["p50"],
            lag["p99"],
            result["drainedAfterSeconds"]
                .as_f64()
                .map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.2}")),
        );
    }
    text.push('\n');
}

fn bounds(text: &mut String, report: &Report) {
    let authorize = report.scenarios.iter().find(|measured| measured.name == "authorize");
    let ours = authorize.map_or(0.0, |measured| number(&measured.result, "callsPerSecond"));
    let (echo, raw) =
        (number(&report.http_echo, "callsPerSecond"), number(&report.raw_store, "paymentsPerSecond"));
    text.push_str("## What bounds it, measured in the same run\n\n| bound | value | authorize reaches |\n|---|--:|--:|\n");
    let _ = writeln!(
        text,
        "| bare HTTP echo, same stack and generator | {echo:.0} calls/s | {} |",
        share(ours, echo)
    );
    let _ = writeln!(
        text,
        "| raw store, same rows, batches of {} | {raw:.0} payments/s | {} |",
        report.raw_store["batch"],
        share(ours, raw)
    );
    let disk = &report.disk["fdatasync"];
    let _ = writeln!(
        text,
        "| `fdatasync` of 4 KiB, p50 / p99 | {} / {} ms | |",
        millis(disk, "p50Micros"),
        millis(disk, "p99Micros")
    );
    if let Some(authorize) = authorize {
        let cpu = number(&authorize.result, "serverCpuMicrosPerCall")
            + number(&authorize.result, "generatorCpuMicrosPerCall");
        let busy = cpu * ours / 1e6;
        let _ = writeln!(
            text,
            "| CPU of server and generator during authorize | {busy:.2} of {} cores | |",
            report.machine.cores
        );
    }
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
    if bound > 0.0 { format!("{:.0} %", 100.0 * ours / bound) } else { "–".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::machine::Machine;

    #[test]
    fn the_report_shows_each_scenario_and_its_share_of_the_bounds() {
        let result = json!({"connections": 256, "callsPerSecond": 12_000.0, "latency": {"p50Micros": 20_000}, "rate": null});
        let machine =
            Machine { cpu: "C".into(), cores: 2, memory_mib: 1, kernel: "K".into(), rustc: "R".into() };
        let report = Report {
            date: "2026-11-22".into(),
            command: "cargo xtask bench".into(),
            machine,
            seconds: 1,
            connections: 256,
            prefill: 0,
            disk: json!({"fdatasync": {"p50Micros": 240, "p99Micros": 900}}),
            http_echo: json!({"callsPerSecond": 48_000.0}),
            raw_store: json!({"paymentsPerSecond": 24_000.0, "batch": 120}),
            scenarios: vec![Measured {
                name: "authorize".into(),
                what: "authorize, closed loop".into(),
                result,
            }],
        };
        let text = markdown(&report);
        assert!(text.contains("| authorize, closed loop | 256 | 12000 | 20.00 |"), "{text}");
        assert!(
            text.contains("| 48000 calls/s | 25 % |") && text.contains("| 24000 payments/s | 50 % |"),
            "{text}"
        );
        assert!(text.contains("| 0.24 / 0.90 ms |"), "{text}");
    }
}
