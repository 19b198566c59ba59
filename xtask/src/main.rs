//! The one door: everything a contributor or a build machine runs is a subcommand here.
//!
//! It refuses to know how the platform works: it starts programs, reads what they print, and checks the tree.

#![expect(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

mod tidy;

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
        Task::Tidy { shrink } => tidy::run(&root, if shrink { tidy::Shrink::Yes } else { tidy::Shrink::No }),
    }
}

/// The root of the repository.
fn root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(Path::to_path_buf).context("xtask has no parent folder")
}
