//! The process itself, under the names every Prometheus client gives them: what `/proc` says at the moment of a scrape.
//!
//! Elsewhere than on Linux there is no `/proc`, and the numbers stay at zero.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
};

use domain::time::Timestamp;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// In which `/proc` counts CPU time; fixed by Linux for every program, whatever the kernel's own clock is.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

/// `process_*` and `build_info`.
#[derive(Clone, Debug, Default)]
pub struct ProcessMetrics {
    started_at: Gauge<f64, AtomicU64>,
    cpu_seconds: Counter<f64, AtomicU64>,
    resident_bytes: Gauge,
    open_files: Gauge,
}

impl ProcessMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let build: Family<BuildLabels, Gauge> = Family::default();
        build.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "Which build this is", build);
        registry.register("process_start_time_seconds", "When the process began", self.started_at.clone());
        registry.register("process_cpu_seconds", "CPU time used, user and system", self.cpu_seconds.clone());
        registry.register("process_resident_memory_bytes", "Memory held", self.resident_bytes.clone());
        registry.register("process_open_fds", "Open files and connections", self.open_files.clone());
    }

    /// Reads them anew.
    pub fn read(&self, started_at: Timestamp) {
        self.started_at.set(started_at.unix_ms() as f64 / 1000.0);
        if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().and_then(|text| cpu_seconds(&text))
        {
            // The client's counters only add; this one is kept by the kernel.
            self.cpu_seconds.inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
        if let Some(bytes) =
            fs::read_to_string("/proc/self/status").ok().and_then(|text| resident_bytes(&text))
        {
            self.resident_bytes.set(bytes);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            self.open_files.set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
    }
}

/// Fields 14 and 15; the second field is a name in brackets that may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<f64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_move_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 5";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds(""), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    12 kB\n"), Some(12_288));
        assert_eq!(resident_bytes("Name:\tx\n"), None);
    }
}
