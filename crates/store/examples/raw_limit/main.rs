//! How fast this disk and SQLite commit a payment's rows when nothing else is in the way: the floor the platform is compared
//! with. Prints one line of JSON.
//!
//! Without `--adapter` it runs bare INSERTs of the same rows; with it, the same rows go through the store, loads included, which
//! shows what the adapter costs. It measures; it checks nothing.

mod adapter;
mod measure;
mod options;
mod raw;
mod rows;

use std::path::Path;

use serde_json::json;

use crate::{
    measure::{Report, fsync_us},
    options::Options,
};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let options = Options::parse(std::env::args().skip(1))?;
    std::fs::create_dir_all(&options.dir)?;
    let fsync_us = fsync_us(Path::new(&options.dir))?;
    adapter::prefill(&options)?;
    let (commit, posting) = if options.adapter { adapter::run(&options)? } else { raw::run(&options)? };
    print(&options, fsync_us, &commit, posting.as_ref());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line of JSON is what this program is for")]
fn print(options: &Options, fsync_us: u64, commit: &Report, posting: Option<&Report>) {
    let line = json!({
        "mode": if options.adapter { "adapter" } else { "raw" },
        "payments_per_second": commit.per_second(),
        "payments": commit.payments,
        "stored_before": options.prefill,
        "batch": options.batch,
        "merchants": options.merchants,
        "commit_p50_us": commit.percentile_us(50),
        "commit_p99_us": commit.percentile_us(99),
        "commit_max_us": commit.percentile_us(100),
        "fsync_us": fsync_us,
        "cpu_us_per_payment": commit.cpu_us_per_payment(),
        "checkpoint_cpu_us_per_payment": commit.others_us_per_payment(),
        "wal_bytes_per_payment": commit.wal_bytes_per_payment(),
        "written_bytes_per_payment": commit.written_bytes_per_payment(),
        "posting": posting.map(|posting| json!({
            "payments_per_second": posting.per_second(),
            "commit_p50_us": posting.percentile_us(50),
            "commit_p99_us": posting.percentile_us(99),
            "cpu_us_per_payment": posting.cpu_us_per_payment(),
            "wal_bytes_per_payment": posting.wal_bytes_per_payment(),
        })),
    });
    println!("{line}");
}
