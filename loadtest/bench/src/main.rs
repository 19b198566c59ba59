//! Load over HTTP that costs almost nothing to make, and what the machine does meanwhile.
//!
//! One thread, one epoll, no runtime: on the two cores that generator and server share, every microsecond spent here is one
//! the server does not have. It measures one scenario and prints one JSON object; putting runs side by side is
//! `cargo xtask bench`'s job. It refuses to average latencies: there are histograms only.

#![expect(clippy::print_stdout, reason = "the result goes to standard output")]

mod connection;
mod disk;
mod drive;
mod metrics;
mod pace;
mod proc;
mod report;
mod request;
mod response;
mod time;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::request::Scenario;

/// Measures Payment SWElite.
#[derive(Parser)]
#[command(name = "swelite-bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put load on a server and print what came of it as JSON
    Load(Load),
    /// Measure how long the disk takes to make 4 KiB durable
    Disk {
        /// The folder to write in
        #[arg(long)]
        dir: PathBuf,
        /// How many times
        #[arg(long, default_value_t = 500)]
        writes: usize,
    },
}

/// One scenario.
#[derive(clap::Args, Clone, Debug)]
struct Load {
    /// Where the server listens
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// What each caller does
    #[arg(long, value_enum, default_value_t = Scenario::Authorize)]
    scenario: Scenario,
    /// Callers at the same time
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// How many merchants the calls are spread over
    #[arg(long, default_value_t = 100)]
    merchants: u32,
    /// How many of a hundred calls go to one and the same merchant
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    hot_percent: u32,
    /// Calls a second, sent whether or not earlier ones were answered; without it each caller sends when it has its answer
    #[arg(long)]
    rate: Option<u64>,
    /// How long is measured
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long load is put on before that
    #[arg(long, default_value_t = 2)]
    warmup_seconds: u64,
    /// End after this many calls instead, and measure all of them
    #[arg(long)]
    calls: Option<u64>,
    /// The server's process, to read its CPU time, memory and writes
    #[arg(long)]
    pid: Option<u32>,
    /// Another process that has a part in it, to read its CPU time; may be given more than once
    #[arg(long = "part", value_name = "NAME=PID", value_parser = part)]
    parts: Vec<(String, u32)>,
    /// Where the worker serves its metrics, when it is a process of its own
    #[arg(long)]
    worker: Option<SocketAddr>,
    /// Wait after the load until every event is posted
    #[arg(long)]
    drain: bool,
}

fn part(argument: &str) -> Result<(String, u32), String> {
    let (name, pid) = argument.split_once('=').ok_or("a part is NAME=PID")?;
    Ok((name.to_owned(), pid.parse().map_err(|error| format!("{pid} is no process: {error}"))?))
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let json = match command {
        Command::Load(load) => serde_json::to_string(&report::measure(&load)?)?,
        Command::Disk { dir, writes } => serde_json::to_string(&disk::measure(&dir, writes)?)?,
    };
    println!("{json}");
    Ok(())
}
