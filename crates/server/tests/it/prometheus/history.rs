//! What a Prometheus remembers from before the test: days in which all was well.
//!
//! Without them the first bad minute would be a whole month's: budgets are judged against what was good before.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{QUICKER, series};

/// As far back as the longest window of a rule goes, three days, and a little.
const BACK_SECONDS: f64 = 3.2 * 86_400.0 / QUICKER;
/// Between two samples: the shortest window of an objective must hold several.
const STEP_SECONDS: f64 = 2.0;
/// Calls and events a second, all of them good.
const RATE: f64 = 100.0;

/// What counts as good, in the words of the objectives' rules.
const COUNTERS: [&str; 4] = [
    r#"http_server_requests_seconds_count{instance="INGEST",job="ingest-service",application="ingest-service",method="POST",outcome="SUCCESS",status="200",uri="/payments/authorize"}"#,
    r#"http_server_requests_seconds_bucket{instance="INGEST",job="ingest-service",application="ingest-service",method="POST",outcome="SUCCESS",status="200",uri="/payments/authorize",le="0.3"}"#,
    r#"event_to_ledger_seconds_count{instance="WORKER",job="consumer-worker"}"#,
    r#"event_to_ledger_seconds_bucket{instance="WORKER",job="consumer-worker",le="5.0"}"#,
];

#[expect(clippy::disallowed_methods, reason = "Prometheus dates what it scrapes by the system's clock")]
fn now_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Writes them where the Prometheus of `folder` will keep its series; `ingest` and `worker` are ports.
pub(super) fn write(folder: &Path, ingest: u16, worker: u16) {
    let now = now_seconds();
    let mut text = String::new();
    let steps = (BACK_SECONDS / STEP_SECONDS) as u32;
    for counter in COUNTERS {
        let counter = counter
            .replace("INGEST", &format!("127.0.0.1:{ingest}"))
            .replace("WORKER", &format!("127.0.0.1:{worker}"));
        for step in 0..=steps {
            let passed = f64::from(step) * STEP_SECONDS;
            let at = now - BACK_SECONDS + passed;
            writeln!(text, "{counter} {:.0} {at:.3}", passed * RATE).unwrap();
        }
    }
    text.push_str("# EOF\n");
    let file = folder.join("history.txt");
    fs::write(&file, text).unwrap();
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .arg(file)
        .arg(series(folder))
        .output()
        .expect("promtool is needed (Debian: apt-get install prometheus)");
    assert!(made.status.success(), "{made:?}");
}
