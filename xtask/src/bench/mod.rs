//! Measures the platform and, in the same run on the same machine, what bounds it: the bare HTTP stack, the store without
//! HTTP, and the disk. Numbers without their bounds beside them say little; numbers from two runs cannot be divided.
//!
//! After every scenario the ledger is verified. One red proof and nothing is written: the numbers are void.

mod machine;
pub(crate) mod real_set;
mod references;
mod render;
mod telemetry;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use self::{machine::Machine, real_set::RealSet};
use crate::{
    http,
    platform::{self, Platform, Profile, Start},
    shell::Step,
};

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// How long each scenario is measured
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Callers at the same time
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Merchants the calls are spread over
    #[arg(long, default_value_t = 100)]
    merchants: u32,
    /// Payments stored before anything is measured
    #[arg(long, default_value_t = 0)]
    prefill: u64,
    /// Only these scenarios; may be given more than once
    #[arg(long)]
    only: Vec<String>,
    /// How long the closed loop and then arrivals at a steady rate are kept up, in seconds; 0: not at all
    #[arg(long, default_value_t = 0)]
    sustain_seconds: u64,
    /// The steady rate: calls a second
    #[arg(long, default_value_t = 8_000)]
    sustain_rate: u64,
    /// The name of the report, after its date
    #[arg(long, default_value = "bench")]
    name: String,
    /// On MariaDB, Kafka and Redis instead of one file
    #[arg(long)]
    real: bool,
    /// What metrics, logs and traces cost, in so many rounds of runs that take turns
    #[arg(long, value_name = "ROUNDS")]
    telemetry: Option<usize>,
    /// Measure and print, but write no report
    #[arg(long)]
    dry: bool,
    /// Where the data is put, on the disk that is to be measured; without it below the target folder
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

/// What one scenario asks of the generator.
struct Scenario {
    name: &'static str,
    what: &'static str,
    arguments: Vec<String>,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) date: String,
    pub(crate) command: String,
    pub(crate) machine: Machine,
    pub(crate) seconds: u64,
    pub(crate) connections: usize,
    pub(crate) prefill: u64,
    /// On MariaDB, Kafka and Redis instead of one file.
    pub(crate) real: bool,
    pub(crate) disk: Value,
    pub(crate) http_echo: Value,
    pub(crate) raw_store: Value,
    pub(crate) starts: Starts,
    pub(crate) scenarios: Vec<Measured>,
}

/// From the start of the process to the first answer of `/readyz`, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Starts {
    /// On an empty folder.
    pub(crate) empty_ms: u64,
    /// After `kill -9` at the end of the run.
    pub(crate) after_kill_ms: u64,
    /// How many events were stored by then.
    pub(crate) events_stored: u64,
}

/// One scenario's numbers.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) result: Value,
}

/// The programs that take part.
struct Programs {
    root: PathBuf,
    swelite: PathBuf,
    bench: PathBuf,
}

/// Runs it.
pub(crate) fn run(root: &Path, bench: &Bench) -> Result<()> {
    if let Some(rounds) = bench.telemetry {
        return telemetry::run(root, bench, rounds);
    }
    names_are_known(bench)?;
    let programs = Programs::build(root)?;
    let target = platform::target_folder(root)?;
    let data_dir = bench.data_dir.clone().unwrap_or_else(|| target.join("bench-data"));
    if data_dir.exists() {
        fs::remove_dir_all(&data_dir).with_context(|| format!("empty {}", data_dir.display()))?;
    }
    fs::create_dir_all(&data_dir).with_context(|| format!("create {}", data_dir.display()))?;
    let disk = programs.disk(&data_dir)?;
    let http_echo = references::http_echo(root, &programs, bench)?;
    let mut real = if bench.real { Some(RealSet::up(root, &programs.swelite, &data_dir)?) } else { None };
    let (scenarios, starts) = measure(&programs, bench, &data_dir, real.as_mut())?;
    let batch = mean_batch(&scenarios);
    let raw_store = match &real {
        Some(real) => references::raw_mariadb(root, real, batch, bench)?,
        None => references::raw_sqlite(root, &data_dir, batch, bench)?,
    };
    if let Some(real) = real {
        real.down()?;
    }
    let report = Report {
        date: machine::today()?,
        command: command_of(bench),
        machine: Machine::read()?,
        seconds: bench.seconds,
        connections: bench.connections,
        prefill: bench.prefill,
        real: bench.real,
        disk,
        http_echo,
        raw_store,
        starts,
        scenarios,
    };
    let text = render::markdown(&report);
    println!("\n{text}");
    if !bench.dry {
        write(root, bench, &report, &text)?;
    }
    fs::remove_dir_all(&data_dir).with_context(|| format!("remove {}", data_dir.display()))
}

fn measure(
    programs: &Programs,
    bench: &Bench,
    data_dir: &Path,
    mut real: Option<&mut RealSet>,
) -> Result<(Vec<Measured>, Starts)> {
    let port = platform::free_port(18_080)?;
    let log = data_dir.join("swelite.log");
    let embedded = || vec![("SWELITE_RATE_LIMITS", "off"), ("SWELITE_LOG", "warn")];
    if let Some(real) = &mut real {
        real.start_worker(&programs.swelite, data_dir)?;
    }
    let (role, variables) = match &real {
        Some(real) => ("ingest", real.variables()),
        None => ("up", embedded()),
    };
    let parts = real.as_ref().map(|real| real.parts()).unwrap_or_default();
    let start =
        Start { binary: &programs.swelite, role, data_dir, port, variables: &variables, log: Some(&log) };
    let (platform, empty_ms) = timed(|| Platform::start_with(&start, |_| ()))?;
    let verify = || programs.verify(data_dir, port, &variables);
    if bench.prefill > 0 {
        let calls = bench.prefill.to_string();
        programs
            .load(&platform, &["--calls", &calls, "--connections", "256", "--drain"].map(str::to_owned))?;
        verify()?;
    }
    let mut measured: Vec<Measured> = Vec::new();
    for scenario in scenarios(bench) {
        let asked = bench.only.is_empty() || bench.only.iter().any(|only| only == scenario.name);
        if !asked {
            continue;
        }
        let mut arguments = scenario.arguments;
        arguments.extend_from_slice(&parts);
        // The open loops run at a share of what the closed loop has just shown.
        if let Some(share) = scenario.name.strip_prefix("open-").and_then(|share| share.parse::<f64>().ok()) {
            let closed = measured.iter().find(|measured| measured.name == "authorize");
            let closed = closed.and_then(|closed| closed.result["callsPerSecond"].as_f64());
            let closed = closed.context("an open loop needs the scenario `authorize` before it")?;
            arguments.extend(["--rate".to_owned(), format!("{:.0}", closed * share / 100.0)]);
        }
        let result = programs.load(&platform, &arguments)?;
        ensure!(
            result["refused"] == 0,
            "{} calls were refused with {}",
            result["refused"],
            result["refusedWith"]
        );
        verify()?;
        measured.push(Measured { name: scenario.name.to_owned(), what: scenario.what.to_owned(), result });
    }
    let events_stored = events_stored(port)?;
    platform.kill()?;
    let (platform, after_kill_ms) = timed(|| Platform::start_with(&start, |_| ()))?;
    verify()?;
    platform.stop()?;
    Ok((measured, Starts { empty_ms, after_kill_ms, events_stored }))
}

/// Nobody waits for minutes to hear that nothing has that name.
fn names_are_known(bench: &Bench) -> Result<()> {
    let known: Vec<&str> = scenarios(bench).iter().map(|scenario| scenario.name).collect();
    let unknown = bench.only.iter().find(|only| !known.contains(&only.as_str()));
    ensure!(
        unknown.is_none(),
        "there is no scenario `{}`; there are {}",
        unknown.map_or("", |name| name),
        known.join(", ")
    );
    Ok(())
}

fn timed<T>(act: impl FnOnce() -> Result<T>) -> Result<(T, u64)> {
    let begun = platform::now();
    let done = act()?;
    Ok((done, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)))
}

fn events_stored(port: u16) -> Result<u64> {
    let outbox = http::get(port, "/outbox")?.json()?;
    let lanes = outbox["summary"]["lanes"].as_array().context("the outbox names no lanes")?;
    Ok(lanes.iter().filter_map(|lane| lane["lastSeq"].as_u64()).sum())
}

fn scenarios(bench: &Bench) -> Vec<Scenario> {
    let mut scenarios = short_scenarios(bench);
    if bench.sustain_seconds > 0 {
        let (seconds, rate) = (bench.sustain_seconds.to_string(), bench.sustain_rate.to_string());
        let (callers, merchants) = (bench.connections.to_string(), bench.merchants.to_string());
        let closed = ["--drain", "--seconds", &seconds, "--connections", &callers, "--merchants", &merchants];
        let steady = closed.into_iter().chain(["--rate", &rate]);
        scenarios.push(Scenario {
            name: "sustained",
            what: "authorize, closed loop for minutes",
            arguments: closed.map(str::to_owned).into(),
        });
        scenarios.push(Scenario {
            name: "steady",
            what: "authorize, arrivals at a steady rate for minutes",
            arguments: steady.map(str::to_owned).collect(),
        });
    }
    scenarios
}

fn short_scenarios(bench: &Bench) -> Vec<Scenario> {
    let arguments = |connections: usize, merchants: u32, more: &[&str]| {
        let mut arguments = vec!["--drain".to_owned(), "--seconds".to_owned(), bench.seconds.to_string()];
        arguments.extend(["--connections".to_owned(), connections.to_string()]);
        arguments.extend(["--merchants".to_owned(), merchants.to_string()]);
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        arguments
    };
    let (callers, merchants) = (bench.connections, bench.merchants);
    let scenario = |name, what, arguments| Scenario { name, what, arguments };
    vec![
        scenario("single", "authorize, one caller alone", arguments(1, merchants, &[])),
        scenario("authorize", "authorize, closed loop", arguments(callers, merchants, &[])),
        scenario(
            "flow",
            "authorize, capture, refund, closed loop",
            arguments(callers, merchants, &["--scenario", "flow"]),
        ),
        scenario(
            "hot",
            "authorize, half of the calls for one merchant",
            arguments(callers, merchants, &["--hot-percent", "50"]),
        ),
        scenario("spread", "authorize, 100,000 merchants", arguments(callers, 100_000, &[])),
        scenario(
            "open-50",
            "authorize, arrivals at 50 % of the closed loop",
            arguments(callers, merchants, &[]),
        ),
        scenario(
            "open-80",
            "authorize, arrivals at 80 % of the closed loop",
            arguments(callers, merchants, &[]),
        ),
    ]
}

impl Programs {
    fn build(root: &Path) -> Result<Self> {
        let swelite = platform::build(root, Profile::Release)?;
        Step::cargo(root).arguments(["build", "--locked", "--release", "--package", "bench"]).run()?;
        Ok(Self { root: root.to_owned(), bench: swelite.with_file_name("swelite-bench"), swelite })
    }

    /// Runs the generator against a running platform.
    fn load(&self, platform: &Platform, arguments: &[String]) -> Result<Value> {
        let address = format!("127.0.0.1:{}", platform.port());
        let pid = platform.pid().to_string();
        self.bench(
            ["load", "--address", &address, "--pid", &pid]
                .into_iter()
                .chain(arguments.iter().map(String::as_str)),
        )
    }

    fn disk(&self, data_dir: &Path) -> Result<Value> {
        self.bench(["disk", "--dir", &data_dir.to_string_lossy()])
    }

    fn bench<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Value> {
        let output = Step::new(&self.bench.to_string_lossy(), &self.root).arguments(arguments).output()?;
        serde_json::from_str(&output).context("read the generator's result")
    }

    /// The proofs, beside the running server. A red one makes every number void.
    fn verify(&self, data_dir: &Path, port: u16, variables: &[(&str, &str)]) -> Result<()> {
        let mut verify = Step::new(&self.swelite.to_string_lossy(), &self.root)
            .variable("SWELITE_DATA_DIR", &data_dir.to_string_lossy())
            .variable("SERVER_PORT", &port.to_string());
        for (name, value) in variables {
            verify = verify.variable(name, value);
        }
        verify
            .arguments(["ledger", "verify"])
            .run()
            .context("the ledger does not verify: every number of this run is void")
    }
}

/// The mean batch of the busiest closed loop, for the raw store to be asked the same.
fn mean_batch(scenarios: &[Measured]) -> u64 {
    let authorize = scenarios.iter().find(|measured| measured.name == "authorize");
    let mean = authorize.and_then(|measured| measured.result["commitBatchSize"]["mean"].as_f64());
    mean.map_or(128, |mean| mean.round().max(1.0) as u64)
}

fn command_of(bench: &Bench) -> String {
    let mut command =
        format!("cargo xtask bench --seconds {} --connections {}", bench.seconds, bench.connections);
    command.push_str(&format!(" --merchants {} --prefill {}", bench.merchants, bench.prefill));
    if bench.real {
        command.push_str(" --real");
    }
    if bench.sustain_seconds > 0 {
        command.push_str(&format!(
            " --sustain-seconds {} --sustain-rate {}",
            bench.sustain_seconds, bench.sustain_rate
        ));
    }
    for only in &bench.only {
        command.push_str(&format!(" --only {only}"));
    }
    command
}

fn write(root: &Path, bench: &Bench, report: &Report, text: &str) -> Result<()> {
    let folder = root.join("docs/benchmarks");
    fs::create_dir_all(&folder).context("create docs/benchmarks")?;
    let stem = format!("{}-{}", report.date, bench.name);
    fs::write(folder.join(format!("{stem}.md")), text).context("write the report")?;
    let json = serde_json::to_string_pretty(report)? + "\n";
    fs::write(folder.join(format!("{stem}.json")), json).context("write the numbers")?;
    println!("written: docs/benchmarks/{stem}.md and .json");
    Ok(())
}
