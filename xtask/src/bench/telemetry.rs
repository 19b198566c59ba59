//! What watching costs: the same load with metrics, logs and traces off, at their defaults, and with every call traced. Runs take
//! turns, because a machine that is shared is not the same from one minute to the next; only runs of one round are divided.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{
    Bench, Programs,
    machine::{self, Machine},
};
use crate::platform::{self, Platform, Start};

/// What watching may cost, as a share of the CPU time of a payment.
const SHARE_MAX: f64 = 0.05;

/// How a run is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Watched {
    /// Not at all.
    Off,
    /// As it is by default, with a collector.
    Default,
    /// With every call traced.
    Fully,
}

const WATCHED: [Watched; 3] = [Watched::Off, Watched::Default, Watched::Fully];

impl Watched {
    fn what(self) -> &'static str {
        match self {
            Self::Off => "metrics, logs and traces off",
            Self::Default => "all at their defaults, with a collector",
            Self::Fully => "the same, and every call traced",
        }
    }

    fn variables(self, collector: &str) -> Vec<(&'static str, &str)> {
        let on = vec![("SWELITE_RATE_LIMITS", "off"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector)];
        match self {
            Self::Off => {
                vec![("SWELITE_RATE_LIMITS", "off"), ("SWELITE_METRICS", "off"), ("SWELITE_LOG", "off")]
            }
            Self::Default => on,
            Self::Fully => [on, vec![("OTEL_TRACES_SAMPLER", "always_on")]].concat(),
        }
    }
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    date: String,
    command: String,
    machine: Machine,
    seconds: u64,
    rounds: Vec<Vec<Run>>,
    /// The median of the rounds, as a share of the run that was not watched.
    default_share: f64,
    fully_share: f64,
}

/// One run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    watched: &'static str,
    cpu_micros_per_call: f64,
    calls_per_second: f64,
    bytes_to_collector: u64,
}

/// Measures, and fails when watching costs more than it may.
pub(super) fn run(root: &Path, bench: &Bench, rounds: usize) -> Result<()> {
    let programs = Programs::build(root)?;
    ensure!(rounds > 0, "--telemetry needs at least one round");
    let collector = Collector::start()?;
    let folder = platform::target_folder(root)?.join("bench-telemetry");
    let mut measured = Vec::new();
    for round in 0..rounds {
        // Whoever comes first in one round comes last in the next.
        let mut order = WATCHED;
        if round % 2 == 1 {
            order.reverse();
        }
        let mut runs = Vec::new();
        for watched in order {
            runs.push((watched, one(&programs, bench, &folder, (watched, &collector))?));
        }
        runs.sort_by_key(|(watched, _)| WATCHED.iter().position(|one| one == watched));
        measured.push(runs.into_iter().map(|(_, run)| run).collect::<Vec<Run>>());
    }
    fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    let report = Report {
        date: machine::today()?,
        command: format!(
            "cargo xtask bench --telemetry {rounds} --seconds {} --connections {}",
            bench.seconds, bench.connections
        ),
        machine: Machine::read()?,
        seconds: bench.seconds,
        default_share: share(&measured, 1),
        fully_share: share(&measured, 2),
        rounds: measured,
    };
    let text = markdown(&report);
    println!("\n{text}");
    if !bench.dry {
        let stem = root.join(format!("docs/benchmarks/{}-telemetry", report.date));
        fs::write(stem.with_extension("md"), &text).context("write the report")?;
        fs::write(stem.with_extension("json"), serde_json::to_string_pretty(&report)? + "\n")?;
    }
    ensure!(
        report.default_share < SHARE_MAX,
        "watching costs {:.1} % of the CPU time of a payment",
        report.default_share * 100.0
    );
    Ok(())
}

fn one(programs: &Programs, bench: &Bench, folder: &Path, how: (Watched, &Collector)) -> Result<Run> {
    let (watched, collector) = how;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    let variables = watched.variables(&collector.url);
    let (port, log) = (platform::free_port(18_080)?, folder.join("swelite.log"));
    let binary = &programs.swelite;
    let start = Start { binary, role: "up", data_dir: folder, port, variables: &variables, log: Some(&log) };
    let before = collector.received.load(Ordering::Relaxed);
    let platform = Platform::start_with(&start, |_| ())?;
    let numbers = [("--seconds", bench.seconds), ("--merchants", u64::from(bench.merchants))];
    let numbers = numbers.into_iter().chain([("--connections", u64::try_from(bench.connections)?)]);
    let mut arguments = vec!["--drain".to_owned()];
    arguments.extend(numbers.flat_map(|(name, number)| [name.to_owned(), number.to_string()]));
    let result = programs.load(&platform, &arguments)?;
    ensure!(result["refused"] == 0, "{} calls were refused", result["refused"]);
    programs.verify(folder, port, &variables)?;
    platform.stop()?;
    let number = |name: &str| result[name].as_f64().with_context(|| format!("the generator tells no {name}"));
    let run = Run {
        watched: watched.what(),
        cpu_micros_per_call: number("serverCpuMicrosPerCall")?,
        calls_per_second: number("callsPerSecond")?,
        bytes_to_collector: collector.received.load(Ordering::Relaxed) - before,
    };
    println!(
        "{}: {:.1} µs a payment, {:.0} payments/s",
        run.watched, run.cpu_micros_per_call, run.calls_per_second
    );
    Ok(run)
}

/// What the `at`-th way of watching costs more than none: the median of the rounds.
fn share(rounds: &[Vec<Run>], at: usize) -> f64 {
    let mut shares: Vec<f64> =
        rounds.iter().map(|runs| runs[at].cpu_micros_per_call / runs[0].cpu_micros_per_call - 1.0).collect();
    shares.sort_by(f64::total_cmp);
    let middle = shares.len() / 2;
    if shares.len() % 2 == 1 { shares[middle] } else { (shares[middle - 1] + shares[middle]) / 2.0 }
}

fn markdown(report: &Report) -> String {
    let mut text = format!(
        "# What watching costs, {}\n\n`{}`\n\n{}\n\n\
         Release build, one file, authorize in a closed loop; each run {} s after 2 s of warm-up, on empty books, verified \
         afterwards. Runs of a round take turns; only they are compared.\n\n\
         | round | {} | {} | {} | default | every call |\n|--:|--:|--:|--:|--:|--:|\n",
        report.date,
        report.command,
        report.machine.line("server, generator and collector"),
        report.seconds,
        WATCHED[0].what(),
        WATCHED[1].what(),
        WATCHED[2].what(),
    );
    for (number, runs) in report.rounds.iter().enumerate() {
        let cpu: Vec<f64> = runs.iter().map(|run| run.cpu_micros_per_call).collect();
        let over = |at: usize| (cpu[at] / cpu[0] - 1.0) * 100.0;
        let _ = writeln!(
            text,
            "| {} | {:.1} µs | {:.1} µs | {:.1} µs | {:+.1} % | {:+.1} % |",
            number + 1,
            cpu[0],
            cpu[1],
            cpu[2],
            over(1),
            over(2)
        );
    }
    let _ = writeln!(
        text,
        "\nServer CPU time a payment. Median over the rounds: **{:+.1} %** at the defaults (bound: {:.0} %), {:+.1} % with every \
         call traced. By default at most 100 traces a second are begun, so the share shrinks as the load grows; with every call \
         traced a payment is five spans and its part of three that stand for batches.",
        report.default_share * 100.0,
        SHARE_MAX * 100.0,
        report.fully_share * 100.0
    );
    text
}

/// Takes whatever is posted to it, and counts the bytes.
struct Collector {
    url: String,
    received: Arc<AtomicU64>,
}

impl Collector {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listen for spans")?;
        let url = format!("http://{}", listener.local_addr()?);
        let received = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    // The other end closes when it has nothing more to say.
                    while let Ok(Some(bytes)) = take(&stream) {
                        count.fetch_add(bytes, Ordering::Relaxed);
                    }
                });
            }
        });
        Ok(Self { url, received })
    }
}

/// Reads one request and answers it; how long its body was, `None` at the end.
fn take(mut stream: &TcpStream) -> Result<Option<u64>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let body = std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    Ok(Some(body))
}
