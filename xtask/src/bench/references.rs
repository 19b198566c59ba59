//! What bounds the platform, measured by the same generator on the same machine in the same run.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Bench, Programs, RealSet};
use crate::{
    platform::{self, Platform, Profile},
    shell::Step,
};

/// The same HTTP stack answering at once and doing nothing: no payment can be faster than that.
pub(crate) fn http_echo(root: &Path, programs: &Programs, bench: &Bench) -> Result<Value> {
    Step::cargo(root)
        .arguments(["build", "--locked", "--release", "--package", "server", "--example", "echo"])
        .run()?;
    let binary = platform::built(root, Profile::Release)?.with_file_name("examples").join("echo");
    let port = platform::free_port(18_180)?;
    let echo = Platform::start_plain(&binary, port)?;
    let connections = bench.connections.to_string();
    let seconds = bench.seconds.min(10).to_string();
    let load = ["--scenario", "echo", "--connections", &connections, "--seconds", &seconds];
    let result = programs.load(&echo, &load.map(str::to_owned))?;
    echo.stop()?;
    Ok(result)
}

/// SQLite alone: the same rows in batches of the same size, committed and posted, without HTTP, committer or worker.
pub(crate) fn raw_sqlite(root: &Path, data_dir: &Path, batch: u64, bench: &Bench) -> Result<Value> {
    let folder = data_dir.join("raw");
    raw_limit(root, "raw_limit", batch, bench, &["--dir", &folder.to_string_lossy()])
}

/// MariaDB alone, on the server that was measured: the same rows in the same batches, without HTTP, Kafka or Redis.
pub(crate) fn raw_mariadb(root: &Path, real: &RealSet, batch: u64, bench: &Bench) -> Result<Value> {
    let (host, port) = real.database()?;
    let pid = real.database_process()?.to_string();
    let place = ["--host", host, "--port", port, "--user", "root", "--pid", &pid];
    raw_limit(root, "raw_mariadb", batch, bench, &place)
}

fn raw_limit(root: &Path, example: &str, batch: u64, bench: &Bench, place: &[&str]) -> Result<Value> {
    let (batch, prefill, merchants) =
        (batch.to_string(), bench.prefill.to_string(), bench.merchants.to_string());
    let seconds = bench.seconds.min(10).to_string();
    let output = Step::cargo(root)
        .arguments(["run", "--quiet", "--locked", "--release", "--package", "store", "--example", example])
        .arguments(["--", "--posting", "--seconds", &seconds])
        .arguments(["--batch", &batch, "--prefill", &prefill, "--merchants", &merchants])
        .arguments(place)
        .output()?;
    let line = output.lines().last().context("the raw limit printed nothing")?;
    serde_json::from_str(line).context("read the raw limit")
}
