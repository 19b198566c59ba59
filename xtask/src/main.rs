//! The one door: everything a contributor or a build machine runs is a subcommand here.
//!
//! It refuses to know how the platform works: it starts programs, reads what they print, and checks the tree.

#![expect(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

mod bench;
mod cache;
mod chaos;
mod ci;
mod cluster;
mod contracts;
mod demo;
mod http;
mod images;
mod load;
mod needs;
mod node;
mod ops;
mod platform;
mod services;
mod shell;
mod test;
mod tidy;
mod web;
mod words;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The one door of Payment SWElite.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build, start, make a first payment, show its way to the ledger
    Demo(demo::Demo),
    /// Make sure that what the build needs is there: a C compiler, make, perl
    Needs,
    /// The real servers that development and tests use: MariaDB, Redis, Kafka
    #[command(subcommand)]
    Services(services::Services),
    /// Run every test, the short kill test included
    Test,
    /// Check everything that is not a test: format, lints, documents, contracts
    Ci,
    /// Check what runs the platform: rules, dashboards, containers, chart, pipeline (part of `ci`)
    Ops,
    /// Kill the process again and again under load and check what it answered
    Chaos(chaos::Chaos),
    /// Kill, freeze and cut off clusters of three under load and check what callers were told
    Cluster(cluster::Cluster),
    /// Measure the platform and what bounds it, and write a report
    Bench(bench::Bench),
    /// Build the container images without an engine, and try them (needs root; not part of `ci`)
    Images(images::Images),
    /// Load the platform by k6, audit what was answered, and write a report
    Load(load::Load),
    /// Compare generated documents with what the program says
    Contracts {
        /// Write them
        #[arg(long)]
        write: bool,
    },
    /// Check what the compiler cannot: edges between rooms, sizes, texts
    Tidy {
        /// Lower the entries of the ratchet to what the tree needs
        #[arg(long)]
        shrink: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let root = root()?;
    match task {
        Task::Demo(demo) => demo::run(&root, &demo),
        Task::Needs => needs::meet(&root, &needs::BUILD),
        Task::Services(what) => services::run(&root, what),
        Task::Test => test::run(&root),
        Task::Ci => ci::run(&root),
        Task::Ops => ops::run(&root),
        Task::Chaos(chaos) => chaos::run(&root, &chaos),
        Task::Cluster(cluster) => cluster::run(&root, &cluster),
        Task::Bench(bench) => bench::run(&root, &bench),
        Task::Images(images) => images::run(&root, &images),
        Task::Load(load) => load::run(&root, &load),
        Task::Contracts { write } => {
            contracts::run(&root, if write { contracts::Mode::Write } else { contracts::Mode::Check })
        }
        Task::Tidy { shrink } => tidy::run(&root, if shrink { tidy::Shrink::Yes } else { tidy::Shrink::No }),
    }
}

/// The root of the repository.
fn root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(Path::to_path_buf).context("xtask has no parent folder")
}
