//! What bounds the platform, measured by the same generator on the same machine in the same run.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Bench, Programs};
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
pub(crate) fn raw_store(root: &Path, data_dir: &Path, batch: u64, bench: &Bench) -> Result<Value> {
    let folder = data_dir.join("raw");
    let (batch, prefill, merchants) =
        (batch.to_string(), bench.prefill.to_string(), bench.merchants.to_string());
    let seconds = bench.seconds.min(10).to_string();
    let output = Step::cargo(root)
        .arguments([
            "run",
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "store",
            "--example",
            "raw_limit",
            "--",
        ])
        .arguments(["--posting", "--dir", &folder.to_string_lossy(), "--seconds", &seconds])
        .arguments(["--batch", &batch, "--prefill", &prefill, "--merchants", &merchants])
        .output()?;
    let line = output.lines().last().context("the raw limit printed nothing")?;
    serde_json::from_str(line).context("read the raw limit")
}
