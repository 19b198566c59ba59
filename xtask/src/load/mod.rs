//! Load by k6, and a report that people would rather look at than at a terminal.
//!
//! The run fails when a threshold is missed or when the ledger does not hold what callers were told. Numbers of a failed run are
//! reported all the same: that is when they are wanted.

mod chart;
mod markdown;
mod page;
mod samples;
mod summary;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use self::{samples::Sampler, summary::Summary};
use crate::{
    bench::real_set::RealSet,
    ops::tools,
    platform::{self, Platform, Profile, Start},
    shell,
};

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Load {
    /// A file of loadtest/k6 without its ending: payment-scenario, full-flow, replay, hot-merchant, spike, mixed, soak
    scenario: String,
    /// A platform that runs; without it one is built, started with limits off, and ended
    #[arg(long)]
    url: Option<String>,
    /// Start it on MariaDB, Kafka and Redis: servers of its own, an ingest service and a worker
    #[arg(long, conflicts_with = "url")]
    real: bool,
    /// Start a debug build
    #[arg(long, conflicts_with = "url")]
    dev: bool,
    /// payment-scenario: capture what was authorized
    #[arg(long)]
    capture: bool,
    /// payment-scenario: refund what was captured
    #[arg(long, requires = "capture")]
    refund: bool,
    /// Times as many calls a second
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Times as long
    #[arg(long, default_value_t = 1.0)]
    time: f64,
    /// Whose payments; scenarios with several merchants number them
    #[arg(long, default_value = "M123")]
    merchant: String,
    /// Where the report goes; without it below the target folder
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What a report is made of.
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) date: String,
    /// What stands behind the platform.
    pub(crate) set: String,
    pub(crate) machine: String,
    pub(crate) now: Summary,
    pub(crate) before: Option<Summary>,
    pub(crate) samples: Vec<samples::Sample>,
    pub(crate) samples_before: Vec<samples::Sample>,
}

/// Runs it.
pub(crate) fn run(root: &Path, load: &Load) -> Result<()> {
    let script = root.join("loadtest/k6").join(format!("{}.js", load.scenario));
    ensure!(script.is_file(), "there is no scenario `{}` in loadtest/k6", load.scenario);
    let k6 = k6()?;
    let target = platform::target_folder(root)?;
    let name = if load.real { format!("{}-real", load.scenario) } else { load.scenario.clone() };
    let out = load.out.clone().unwrap_or_else(|| target.join("load").join(name));
    fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
    let (before, samples_before) = keep_last(&out, &load.scenario)?;
    let own = match load.url {
        Some(_) => None,
        None => Some(Own::start(root, load, &target.join("load-data"))?),
    };
    let url =
        load.url.clone().or_else(|| Some(format!("http://127.0.0.1:{}", own.as_ref()?.platform.port())));
    let url = url.context("there is no platform")?;
    let sampler = Sampler::start(&url)?;
    let driven = drive(&k6, &script, load, (&url, &out));
    let samples = sampler.stop();
    own.map_or(Ok(()), Own::stop)?;
    let ended_well = driven?;
    samples::save(&samples, &out.join("samples.json"))?;
    let now = Summary::read(&out.join("summary.json"))?;
    let report = Report {
        title: load.scenario.clone(),
        date: printed("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?,
        set: load.set().to_owned(),
        machine: printed("uname", &["-srm"])?,
        now,
        before,
        samples,
        samples_before,
    };
    write(&report, &out)?;
    judge(&report.now, ended_well)
}

impl Load {
    fn set(&self) -> &'static str {
        match (&self.url, self.real) {
            (Some(_), _) => "a platform that ran",
            (None, true) => "MariaDB, Kafka, Redis",
            (None, false) => "the embedded set",
        }
    }
}

/// From `PATH`, else from the cache.
fn k6() -> Result<PathBuf> {
    if shell::exists("k6", "version") {
        return Ok(PathBuf::from("k6"));
    }
    tools::K6.get()?.context("k6 is needed: put it on PATH, or install Go and it is built")
}

/// What the run before left, kept beside the new one.
fn keep_last(out: &Path, scenario: &str) -> Result<(Option<Summary>, Vec<samples::Sample>)> {
    let summary = out.join("previous.json");
    let last = [("summary.json", "previous.json"), ("samples.json", "previous-samples.json")];
    for (last, kept) in last.map(|(last, kept)| (out.join(last), out.join(kept))) {
        if last.exists() {
            fs::rename(&last, &kept).with_context(|| format!("keep {}", last.display()))?;
        }
    }
    if !summary.exists() {
        return Ok((None, Vec::new()));
    }
    match Summary::read(&summary)? {
        before if before.scenario() == scenario => {
            Ok((Some(before), samples::load(&out.join("previous-samples.json"))?))
        }
        _ => Ok((None, Vec::new())),
    }
}

/// A platform that was started for this run, limits off, and what stands behind it.
struct Own {
    platform: Platform,
    real: Option<RealSet>,
}

impl Own {
    fn start(root: &Path, load: &Load, data_dir: &Path) -> Result<Self> {
        let binary = platform::build(root, if load.dev { Profile::Dev } else { Profile::Release })?;
        if data_dir.exists() {
            fs::remove_dir_all(data_dir).with_context(|| format!("empty {}", data_dir.display()))?;
        }
        fs::create_dir_all(data_dir).with_context(|| format!("make {}", data_dir.display()))?;
        if !load.real {
            let platform = replica(&binary, "up", data_dir, &[("SWELITE_RATE_LIMITS", "off")])?;
            return Ok(Self { platform, real: None });
        }
        let mut real = RealSet::up(root, &binary, data_dir)?;
        let started = real
            .start_worker(&binary, data_dir)
            .and_then(|()| replica(&binary, "ingest", data_dir, &real.variables()));
        match started {
            Ok(platform) => Ok(Self { platform, real: Some(real) }),
            Err(error) => {
                real.down()?;
                Err(error)
            }
        }
    }

    fn stop(self) -> Result<()> {
        self.platform.stop()?;
        self.real.map_or(Ok(()), RealSet::down)
    }
}

fn replica(binary: &Path, role: &str, data_dir: &Path, variables: &[(&str, &str)]) -> Result<Platform> {
    let log = data_dir.join("platform.log");
    let port = platform::free_port(18080)?;
    Platform::start_with(&Start { binary, role, data_dir, port, variables, log: Some(&log) }, |_| {})
}

/// Runs k6; whether every threshold held.
fn drive(k6: &Path, script: &Path, load: &Load, (url, out): (&str, &Path)) -> Result<bool> {
    let summary = out.join("summary.json");
    println!("+ {} run {} against {url}", k6.display(), script.display());
    let status = Command::new(k6)
        .args(["run", "--quiet"])
        .arg(script)
        .env("BASE_URL", url)
        .env("MERCHANT_ID", &load.merchant)
        .env("RATE_SCALE", load.rate.to_string())
        .env("TIME_SCALE", load.time.to_string())
        .env("SUMMARY", &summary)
        .env("K6_NO_USAGE_REPORT", "true")
        .envs(load.capture.then_some(("ENABLE_CAPTURE", "true")))
        .envs(load.refund.then_some(("ENABLE_REFUND", "true")))
        .stdin(Stdio::null())
        .status()
        .context("run k6")?;
    // 99: it ran to its end, and a threshold was missed.
    ensure!(status.success() || status.code() == Some(99), "k6 failed ({status})");
    Ok(status.success())
}

fn write(report: &Report, out: &Path) -> Result<()> {
    for (name, text) in [("report.html", page::html(report)), ("report.md", markdown::markdown(report))] {
        let file = out.join(name);
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}

fn judge(summary: &Summary, ended_well: bool) -> Result<()> {
    match summary.audit_holds() {
        Some(true) => {}
        Some(false) => bail!("the ledger does not hold what callers were told: see the audit"),
        None => bail!("the ledger was not compared with what callers were told"),
    }
    let missed: Vec<String> = summary
        .thresholds()
        .into_iter()
        .filter(|line| !line.ok)
        .map(|line| format!("{} {}", line.metric, line.expression))
        .collect();
    ensure!(ended_well && missed.is_empty(), "missed: {}", missed.join(", "));
    Ok(())
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| format!("run {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
