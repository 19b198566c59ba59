//! What the machine is, without its name: enough to compare numbers, nothing that says whose it is.

use std::{fs, process::Command, thread};

use anyhow::{Context, Result};
use serde::Serialize;

/// A machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
}

impl Machine {
    /// Its line in a report; `sharing` says who shares its cores.
    pub(crate) fn line(&self, sharing: &str) -> String {
        let Self { cpu, cores, memory_mib, kernel, rustc } = self;
        format!("{cpu} · {cores} cores, shared by {sharing} · {memory_mib} MiB · {kernel} · {rustc}")
    }

    /// This one.
    pub(crate) fn read() -> Result<Self> {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Ok(Self {
            cpu: value(&cpu_info, "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().context("count the cores")?.get(),
            memory_mib: value(&memory, "MemTotal").and_then(|total| kib(&total)).unwrap_or(0) / 1024,
            kernel: printed("uname", &["-sr"])?,
            rustc: printed("rustc", &["--version"])?,
        })
    }
}

/// The day, in UTC.
pub(crate) fn today() -> Result<String> {
    printed("date", &["-u", "+%Y-%m-%d"])
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| format!("run {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The value behind `name` and a colon.
fn value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn kib(value: &str) -> Option<u64> {
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_by_their_name() {
        assert_eq!(value("a : b\nmodel name\t: Some CPU\n", "model name").as_deref(), Some("Some CPU"));
        assert_eq!(kib("24000000 kB"), Some(24_000_000));
    }
}
