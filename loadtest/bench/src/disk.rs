//! How long the disk takes to make a small append durable: what no payment can be faster than.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{report::Latency, time::Stopwatch};

/// A page, as a log writes it.
const BLOCK_BYTES: usize = 4096;

/// What one durable append costs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Disk {
    /// How many were made.
    pub(crate) writes: usize,
    /// Append of 4 KiB and `fdatasync`, one after another.
    pub(crate) fdatasync: Latency,
}

/// Appends and syncs `writes` times in `dir`.
pub(crate) fn measure(dir: &Path, writes: usize) -> Result<Disk> {
    let path = dir.join("fdatasync.probe");
    let mut file = fs::File::create(&path).with_context(|| format!("create {}", path.display()))?;
    let mut histogram = Histogram::new_with_max(60_000_000, 3)?;
    let block = [0x5a; BLOCK_BYTES];
    for _ in 0..writes {
        let clock = Stopwatch::start();
        file.write_all(&block).context("append")?;
        file.sync_data().context("sync")?;
        histogram.saturating_record(clock.micros());
    }
    fs::remove_file(&path).context("remove the probe")?;
    Ok(Disk { writes, fdatasync: Latency::of(&histogram) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_is_counted_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let disk = measure(folder.path(), 5).unwrap();
        assert_eq!(disk.fdatasync.count, 5);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
