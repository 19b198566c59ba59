//! What a process has used so far, as Linux tells it. Elsewhere there is nothing to read and the report says so by `null`.

use std::fs;

use serde::Serialize;

/// Clock ticks a second in `/proc/*/stat`; fixed by the kernel's interface, whatever the kernel's own tick is.
const TICKS_PER_SECOND: u64 = 100;

/// A process's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Usage {
    /// CPU time of all threads, user and kernel.
    pub(crate) cpu_micros: u64,
    /// Memory in RAM.
    pub(crate) rss_kib: u64,
    /// Bytes it caused to be written to the disk; `None` where that may not be read.
    pub(crate) written_bytes: Option<u64>,
}

/// Of the process `pid`; `None` where there is no `/proc`.
pub(crate) fn usage(pid: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let io = fs::read_to_string(format!("/proc/{pid}/io")).ok();
    Some(Usage {
        cpu_micros: cpu_micros(&stat)?,
        rss_kib: line_number(&status, "VmRSS:")?,
        written_bytes: io.and_then(|io| line_number(&io, "write_bytes:")),
    })
}

fn cpu_micros(stat: &str) -> Option<u64> {
    // The name in brackets may hold anything; the numbers begin after it with the third field.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * (1_000_000 / TICKS_PER_SECOND))
}

fn line_number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_time_is_found_whatever_the_name_is() {
        let stat = "17 (a b) c) S 1 1 1 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 3 0 100 0 0";
        assert_eq!(cpu_micros(stat), Some(2_000_000));
    }

    #[test]
    fn numbers_are_read_by_their_name() {
        assert_eq!(line_number("VmPeak:\t 9 kB\nVmRSS:\t  512 kB\n", "VmRSS:"), Some(512));
        assert_eq!(line_number("", "VmRSS:"), None);
    }
}
