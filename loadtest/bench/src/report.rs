//! Measures one scenario from before its warm-up to the last event posted, and says everything that was seen.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{
    Load,
    drive::{Driver, Plan, Tally},
    metrics::{Distribution, Reading},
    proc::{self, Usage},
    request::{Requests, Scenario, Step},
    time::{self, Stopwatch},
};

/// How often memory is looked at.
const SAMPLE_MICROS: u64 = 1_000_000;
/// How long the pipeline may take to post what the load left behind.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

/// A latency distribution, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Latency {
    pub(crate) count: u64,
    pub(crate) p50_micros: u64,
    pub(crate) p95_micros: u64,
    pub(crate) p99_micros: u64,
    pub(crate) p999_micros: u64,
    pub(crate) max_micros: u64,
}

impl Latency {
    /// The distribution in `histogram`.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            p50_micros: histogram.value_at_quantile(0.5),
            p95_micros: histogram.value_at_quantile(0.95),
            p99_micros: histogram.value_at_quantile(0.99),
            p999_micros: histogram.value_at_quantile(0.999),
            max_micros: histogram.max(),
        }
    }
}

/// What one scenario came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    scenario: String,
    connections: usize,
    merchants: u32,
    hot_percent: u32,
    /// `null`: closed loop.
    rate: Option<u64>,
    seconds: f64,
    calls_per_second: f64,
    succeeded: u64,
    refused: u64,
    refused_with: Option<u16>,
    broken_connections: u64,
    latency: Latency,
    steps: Vec<(&'static str, Latency)>,
    /// How late the generator itself sent; only meaningful at a rate.
    generator_lateness: Latency,
    server_cpu_micros_per_call: Option<f64>,
    generator_cpu_micros_per_call: Option<f64>,
    /// Of the other processes, by name.
    parts_cpu_micros_per_call: BTreeMap<String, f64>,
    written_bytes_per_call: Option<f64>,
    rss_kib: Vec<u64>,
    commit_batch_size: Option<Distribution>,
    commit_seconds: Option<Distribution>,
    event_to_ledger_seconds: Option<Distribution>,
    outbox_pending_at_end: Option<f64>,
    drained_after_seconds: Option<f64>,
}

/// Everything read at one moment.
struct Moment {
    at_micros: u64,
    server: Option<Usage>,
    generator: Option<Usage>,
    parts: Vec<Option<Usage>>,
    metrics: Option<Reading>,
    worker: Option<Reading>,
}

/// Runs `load` and reports.
pub(crate) fn measure(load: &Load) -> Result<Report> {
    let plan = Plan {
        address: load.address,
        scenario: load.scenario,
        connections: load.connections,
        rate: load.rate,
    };
    let mut driver = Driver::new(plan, Requests::new(time::run_number(), load.merchants, load.hot_percent))?;
    let clock = Stopwatch::start();
    if load.calls.is_none() {
        let end = load.warmup_seconds * 1_000_000;
        driver.run(|_, now| now >= end)?;
        driver.reset()?;
    }
    let before = Moment::now(load, &clock)?;
    let mut rss_kib = Vec::new();
    driver.run(|tally, _| {
        let since = clock.micros() - before.at_micros;
        if since >= rss_kib.len() as u64 * SAMPLE_MICROS {
            rss_kib.extend(load.pid.and_then(proc::usage).map(|usage| usage.rss_kib));
        }
        match load.calls {
            Some(calls) => tally.answered() >= calls,
            None => since >= load.seconds * 1_000_000,
        }
    })?;
    let tally = driver.tally.clone();
    let after = Moment::now(load, &clock)?;
    driver.finish()?;
    let drained = if load.drain { drain(load) } else { None };
    Ok(report(load, &tally, (&before, &after), rss_kib, drained))
}

impl Moment {
    fn now(load: &Load, clock: &Stopwatch) -> Result<Self> {
        let metrics = if load.scenario == Scenario::Echo { None } else { Some(Reading::take(load.address)?) };
        Ok(Self {
            at_micros: clock.micros(),
            server: load.pid.and_then(proc::usage),
            generator: proc::usage(std::process::id()),
            parts: load.parts.iter().map(|(_, pid)| proc::usage(*pid)).collect(),
            metrics,
            worker: load.worker.map(Reading::take).transpose()?,
        })
    }
}

/// Waits until no event waits to be posted; how long that took.
fn drain(load: &Load) -> Option<f64> {
    let clock = Stopwatch::start();
    while clock.elapsed() < DRAIN_LIMIT {
        let pending = Reading::take(load.address).ok()?.total("outbox_pending")?;
        if pending == 0.0 {
            return Some(clock.elapsed().as_secs_f64());
        }
        time::sleep(Duration::from_millis(20));
    }
    None
}

fn report(
    load: &Load,
    tally: &Tally,
    (before, after): (&Moment, &Moment),
    rss_kib: Vec<u64>,
    drained_after_seconds: Option<f64>,
) -> Report {
    let seconds = (after.at_micros - before.at_micros) as f64 / 1e6;
    let calls = tally.answered().max(1) as f64;
    let per_call = |from: Option<u64>, to: Option<u64>| Some((to?.saturating_sub(from?)) as f64 / calls);
    let cpu = |usage: Option<Usage>| usage.map(|usage| usage.cpu_micros);
    let written = |usage: Option<Usage>| usage.and_then(|usage| usage.written_bytes);
    let between = |name: &str| after.metrics.as_ref()?.since(before.metrics.as_ref()?, name);
    let by_worker = |name: &str| after.worker.as_ref()?.since(before.worker.as_ref()?, name);
    let parts = load.parts.iter().zip(before.parts.iter().zip(&after.parts));
    let parts = parts
        .filter_map(|((name, _), (from, to))| Some((name.clone(), per_call(cpu(*from), cpu(*to))?)))
        .collect();
    let mut all = tally.latency[0].clone();
    for step in &tally.latency[1..] {
        all += step;
    }
    let steps = Step::ALL.into_iter().zip(&tally.latency).filter(|(_, histogram)| !histogram.is_empty());
    Report {
        scenario: format!("{:?}", load.scenario).to_lowercase(),
        connections: load.connections,
        merchants: load.merchants,
        hot_percent: load.hot_percent,
        rate: load.rate,
        seconds,
        calls_per_second: tally.answered() as f64 / seconds,
        succeeded: tally.succeeded,
        refused: tally.refused,
        refused_with: tally.refused_with,
        broken_connections: tally.broken,
        latency: Latency::of(&all),
        steps: steps.map(|(step, histogram)| (step.name(), Latency::of(histogram))).collect(),
        generator_lateness: Latency::of(&tally.lateness),
        server_cpu_micros_per_call: per_call(cpu(before.server), cpu(after.server)),
        generator_cpu_micros_per_call: per_call(cpu(before.generator), cpu(after.generator)),
        parts_cpu_micros_per_call: parts,
        written_bytes_per_call: per_call(written(before.server), written(after.server)),
        rss_kib,
        commit_batch_size: between("commit_batch_size"),
        commit_seconds: between("commit_seconds"),
        event_to_ledger_seconds: by_worker("event_to_ledger_seconds")
            .or_else(|| between("event_to_ledger_seconds")),
        outbox_pending_at_end: after.metrics.as_ref().and_then(|reading| reading.total("outbox_pending")),
        drained_after_seconds,
    }
}
