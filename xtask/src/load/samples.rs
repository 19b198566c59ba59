//! What the platform shows while the load runs: its own metrics, once a second.

use std::{
    fs,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{http, platform::now};

const EVERY: Duration = Duration::from_secs(1);

/// A second of the run.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sample {
    /// Seconds since the start.
    pub(crate) at: f64,
    /// Calls that move money, a second.
    pub(crate) rate: f64,
    /// 95 of 100 of them were answered within this many milliseconds; none where there were none.
    pub(crate) p95_ms: Option<f64>,
    /// Events that wait for the ledger.
    pub(crate) pending: f64,
}

/// Counters as they stand.
#[derive(Clone, PartialEq, Debug, Default)]
struct Reading {
    calls: f64,
    pending: f64,
    /// Upper bounds in seconds, and how many calls were at or below.
    buckets: Vec<(f64, f64)>,
}

/// A thread that reads until it is told to stop.
pub(crate) struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<Vec<Sample>>,
}

impl Sampler {
    /// Begins to read from `url`.
    pub(crate) fn start(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").context("the URL must begin with http://")?;
        let address = address.trim_end_matches('/').to_owned();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (begun, mut samples) = (now(), Vec::new());
            let (mut last_at, mut last) = (0.0, read(&address));
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let (at, reading) = (begun.elapsed().as_secs_f64(), read(&address));
                if let (Some(before), Some(reading)) = (&last, &reading) {
                    samples.push(sample(before, reading, (last_at, at)));
                }
                (last_at, last) = (at, reading);
            }
            samples
        });
        Ok(Self { stop, thread })
    }

    /// What was read. A platform whose metrics cannot be read has none.
    pub(crate) fn stop(self) -> Vec<Sample> {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// Keeps them for the report of the next run.
pub(crate) fn save(samples: &[Sample], file: &Path) -> Result<()> {
    let rows = samples.iter().map(|sample| json!([sample.at, sample.rate, sample.p95_ms, sample.pending]));
    let text = rows.collect::<Value>().to_string();
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

/// Those of an earlier run; none where there was none.
pub(crate) fn load(file: &Path) -> Result<Vec<Sample>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let rows: Vec<(f64, f64, Option<f64>, f64)> =
        serde_json::from_str(&text).with_context(|| format!("parse {}", file.display()))?;
    Ok(rows.into_iter().map(|(at, rate, p95_ms, pending)| Sample { at, rate, p95_ms, pending }).collect())
}

fn read(address: &str) -> Option<Reading> {
    let answer = http::get_from(address, "/metrics").ok()?;
    (answer.status == 200).then(|| parse(&answer.body))
}

fn parse(metrics: &str) -> Reading {
    let mut reading = Reading::default();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let Ok(value) = value.parse::<f64>() else { continue };
        let is_payment = name.contains("method=\"POST\"") && name.contains("uri=\"/payments/");
        if name == "outbox_pending" {
            reading.pending = value;
        } else if is_payment && name.starts_with("http_server_requests_seconds_count") {
            reading.calls += value;
        } else if is_payment && let Some(bound) = bound(name) {
            match reading.buckets.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, count)) => *count += value,
                None => reading.buckets.push((bound, value)),
            }
        }
    }
    reading.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    reading
}

fn bound(name: &str) -> Option<f64> {
    let labels = name.strip_prefix("http_server_requests_seconds_bucket")?;
    let bound = labels.split("le=\"").nth(1)?.split('"').next()?;
    if bound == "+Inf" { Some(f64::INFINITY) } else { bound.parse().ok() }
}

fn sample(before: &Reading, after: &Reading, (from, to): (f64, f64)) -> Sample {
    let seconds = (to - from).max(0.001);
    let rate = (after.calls - before.calls).max(0.0) / seconds;
    Sample { at: to, rate, p95_ms: quantile(0.95, before, after).map(|s| s * 1000.0), pending: after.pending }
}

/// Linear within its bucket, as Prometheus does it.
fn quantile(share: f64, before: &Reading, after: &Reading) -> Option<f64> {
    let earlier =
        |bound: f64| before.buckets.iter().find(|(known, _)| *known == bound).map_or(0.0, |(_, n)| *n);
    let counts: Vec<(f64, f64)> =
        after.buckets.iter().map(|(bound, n)| (*bound, n - earlier(*bound))).collect();
    let total = counts.last()?.1;
    if total <= 0.0 {
        return None;
    }
    let (mut lower, mut below) = (0.0, 0.0);
    for (bound, count) in counts {
        if count >= share * total {
            let within = (share * total - below) / (count - below).max(f64::MIN_POSITIVE);
            return Some(if bound.is_finite() { lower + (bound - lower) * within } else { lower });
        }
        (lower, below) = (bound, count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = r#"# HELP x
http_server_requests_seconds_count{method="POST",uri="/payments/authorize"} 10
http_server_requests_seconds_count{method="GET",uri="/payments"} 99
http_server_requests_seconds_bucket{le="0.1",method="POST",uri="/payments/authorize"} 8
http_server_requests_seconds_bucket{le="0.2",method="POST",uri="/payments/authorize"} 10
http_server_requests_seconds_bucket{le="+Inf",method="POST",uri="/payments/authorize"} 10
outbox_pending 4
"#;

    #[test]
    fn only_payments_are_counted() {
        let reading = parse(METRICS);
        assert_eq!((reading.calls, reading.pending), (10.0, 4.0));
        assert_eq!(reading.buckets, [(0.1, 8.0), (0.2, 10.0), (f64::INFINITY, 10.0)]);
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("samples.json");
        assert_eq!(load(&file).unwrap(), []);
        let samples = [None, Some(2.5)].map(|p95_ms| Sample { at: 1.0, rate: 2.0, p95_ms, pending: 3.0 });
        save(&samples, &file).unwrap();
        assert_eq!(load(&file).unwrap(), samples);
    }

    #[test]
    fn a_quantile_lies_within_its_bucket_and_is_absent_without_calls() {
        let reading = parse(METRICS);
        let p95 = quantile(0.95, &Reading::default(), &reading).unwrap();
        assert!((p95 - 0.175).abs() < 1e-9, "{p95}");
        assert_eq!(quantile(0.95, &reading, &reading), None);
        let sample = sample(&Reading::default(), &reading, (0.0, 2.0));
        assert_eq!((sample.rate, sample.pending), (5.0, 4.0));
    }
}
