//! Time, processor time and bytes of what is measured.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

use crate::Error;

/// A page of the log with its header.
const FRAME_BYTES: u64 = 4096 + 24;

/// The middle of some durable appends of one page.
pub(crate) fn fsync_us(dir: &Path) -> Result<u64, Error> {
    let path = dir.join("fsync.probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let begun = now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(micros(times[times.len() / 2]))
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Adds up what is done between [`Meter::begin`] and [`Meter::end`]; what lies between does not count.
pub(crate) struct Meter {
    log_index: PathBuf,
    begun: Option<(Instant, Duration)>,
    so_far: Duration,
    log_pages: u64,
    start: Start,
    report: Report,
}

struct Start {
    at: Instant,
    process_cpu: Duration,
    thread_cpu: Duration,
    written_bytes: u64,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) payments: u64,
    times: Vec<Duration>,
    cpu: Duration,
    others_cpu: Duration,
    elapsed: Duration,
    wal_bytes: u64,
    written_bytes: u64,
}

impl Meter {
    pub(crate) fn new(dir: &str) -> Self {
        let log_index = Path::new(dir).join("swelite.db-shm");
        let start = Start {
            at: now(),
            process_cpu: cpu(ClockId::ProcessCPUTime),
            thread_cpu: cpu(ClockId::ThreadCPUTime),
            written_bytes: written_bytes(),
        };
        let log_pages = log_pages(&log_index);
        Self { log_index, begun: None, so_far: Duration::ZERO, log_pages, start, report: Report::default() }
    }

    pub(crate) fn begin(&mut self) {
        self.begun = Some((now(), cpu(ClockId::ThreadCPUTime)));
    }

    /// What follows, up to [`Meter::resume`], does not count.
    pub(crate) fn pause(&mut self) {
        let Some((begun, cpu_begun)) = self.begun.take() else { return };
        self.report.cpu += cpu(ClockId::ThreadCPUTime) - cpu_begun;
        self.so_far += begun.elapsed();
    }

    pub(crate) fn resume(&mut self) {
        self.begin();
    }

    pub(crate) fn end(&mut self, payments: usize) {
        self.pause();
        self.report.times.push(std::mem::take(&mut self.so_far));
        self.report.payments += payments as u64;
        let pages = log_pages(&self.log_index);
        // Fewer than before: the log was begun anew.
        let added = if pages < self.log_pages { pages } else { pages - self.log_pages };
        self.report.wal_bytes += added * FRAME_BYTES;
        self.log_pages = pages;
    }

    /// What was written by others since the last measurement does not count.
    pub(crate) fn skip(&mut self) {
        self.log_pages = log_pages(&self.log_index);
    }

    pub(crate) fn finish(self) -> Report {
        let process = cpu(ClockId::ProcessCPUTime) - self.start.process_cpu;
        let thread = cpu(ClockId::ThreadCPUTime) - self.start.thread_cpu;
        let mut report = self.report;
        report.others_cpu = process.saturating_sub(thread);
        report.elapsed = self.start.at.elapsed();
        report.written_bytes = written_bytes() - self.start.written_bytes;
        report.times.sort_unstable();
        report
    }
}

impl Report {
    /// Of the time that was measured, not of the time spent on making rows.
    pub(crate) fn per_second(&self) -> f64 {
        let measured: Duration = self.times.iter().sum();
        (self.payments as f64 / measured.as_secs_f64()).round()
    }

    pub(crate) fn percentile_us(&self, percent: usize) -> u64 {
        let at = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(at).copied().map_or(0, micros)
    }

    pub(crate) fn cpu_us_per_payment(&self) -> f64 {
        self.each(self.cpu.as_nanos() as f64 / 1000.0)
    }

    pub(crate) fn others_us_per_payment(&self) -> f64 {
        self.each(self.others_cpu.as_nanos() as f64 / 1000.0)
    }

    pub(crate) fn wal_bytes_per_payment(&self) -> f64 {
        self.each(self.wal_bytes as f64).round()
    }

    pub(crate) fn written_bytes_per_payment(&self) -> f64 {
        self.each(self.written_bytes as f64).round()
    }

    fn each(&self, total: f64) -> f64 {
        (total / self.payments.max(1) as f64 * 100.0).round() / 100.0
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// All bytes this process has handed to the kernel.
fn written_bytes() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0)
}

/// How many pages the log holds, from the header of its index.
fn log_pages(index: &Path) -> u64 {
    let read = || -> std::io::Result<u32> {
        let mut header = [0; 20];
        std::io::Read::read_exact(&mut File::open(index)?, &mut header)?;
        let mut pages = [0; 4];
        pages.copy_from_slice(&header[16..20]);
        Ok(u32::from_ne_bytes(pages))
    };
    read().map_or(0, u64::from)
}
