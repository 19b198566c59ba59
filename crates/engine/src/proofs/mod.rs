//! The proofs that the books are right. Each can fail; each names the row that is wrong.
//!
//! A run reads the books beside a working platform: range by range, each from a snapshot held for well under a second, in
//! memory that does not grow with the number of payments. A full run begins at the beginning. An incremental one begins
//! at the last verified point, which this process remembers: the end of the last run that found nothing wrong. The first
//! incremental run of a process has none; it takes what is there as given, says from which place on, and proves
//! everything that happens from then on.
//!
//! Nothing here repairs anything.

mod answers;
mod balances;
mod chain;
mod dead_letters;
mod lane;
mod payments;
mod places;
mod posting;
mod read;
mod report;
mod sweep;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    id::{Lane, Seq},
    time::Timestamp,
};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use self::report::{Mode, Proof, ProofReport, ProofResult, Whereabouts};
use self::{
    lane::{LaneCheck, Source},
    report::Tally,
};
use crate::{
    error_chain,
    ports::{Clock, Render, Store, StoreError},
};

/// Why a run came to no result.
#[derive(Debug, Error)]
pub enum ProofError {
    /// There is one run at a time.
    #[error("the proofs are running already")]
    Running,
    /// The books could not be read to the end.
    #[error("read the books")]
    Store(#[from] StoreError),
}

/// Runs the proofs, one run at a time, and remembers what the last ones found.
pub struct Prover {
    source: Source,
    render: Arc<dyn Render>,
    verified: tokio::sync::Mutex<Option<Vec<LaneCheck>>>,
    memory: Mutex<Memory>,
}

/// What is known of the runs of this process.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The run that is going on: over what, and since when.
    pub running: Option<(Mode, Timestamp)>,
    /// The last full run.
    pub full: Option<Arc<ProofReport>>,
    /// The last incremental run.
    pub incremental: Option<Arc<ProofReport>>,
}

impl Memory {
    /// The run that says how the books stand: the latest. But what a full run found wrong stands until another looks there: an
    /// incremental one begins behind it.
    pub fn verdict(&self) -> Option<&ProofReport> {
        let (full, incremental) = (self.full.as_deref(), self.incremental.as_deref());
        let red = full.filter(|full| !full.ok());
        red.or_else(|| full.into_iter().chain(incremental).max_by_key(|report| report.started_at))
    }

    /// How many rows a proof found wrong that nobody has looked at again; `None` if no run has asked it.
    pub fn wrong(&self, proof: Proof) -> Option<u64> {
        let full = self.full.as_deref();
        let since = full.map(|full| full.started_at);
        let incremental = self.incremental.as_deref().filter(|report| Some(report.started_at) >= since);
        full.into_iter()
            .chain(incremental)
            .filter_map(|report| report.of(proof))
            .map(|result| result.wrong)
            .max()
    }
}

impl Prover {
    /// Over these books, whose answers are what `render` makes of outcomes.
    pub fn new(store: Arc<dyn Store>, render: Arc<dyn Render>, clock: Arc<dyn Clock>) -> Self {
        Self {
            source: Source { store, clock },
            render,
            verified: tokio::sync::Mutex::default(),
            memory: Mutex::default(),
        }
    }

    /// What is known of the runs of this process.
    pub fn memory(&self) -> Memory {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs every proof over everything (`Full`) or over what came since the last verified point.
    pub async fn run(&self, mode: Mode) -> Result<Arc<ProofReport>, ProofError> {
        let Ok(mut verified) = self.verified.try_lock() else { return Err(ProofError::Running) };
        let _running = Running::begin(self, mode);
        let started = self.source.clock.monotonic();
        let started_at = self.source.clock.now();
        let mut tally = Tally::default();
        let mut lanes = self.lanes_to_check(mode, verified.as_deref()).await?;
        let from: Vec<(Lane, Seq)> = lanes.iter().map(|lane| (lane.lane(), lane.to())).collect();
        // The passes read at the same time: while one waits for rows, another works.
        let (mut swept, mut answered) = (Tally::default(), Tally::default());
        let sweep = async {
            if mode == Mode::Full { sweep::payments(&self.source, &mut swept).await } else { Ok(()) }
        };
        let answers = async {
            if mode == Mode::Incremental {
                return Ok(());
            }
            dead_letters::check(&self.source, &mut answered).await?;
            answers::check(&self.source, self.render.as_ref(), &mut answered).await
        };
        let walk = async {
            for lane in &mut lanes {
                lane.fold_complete(&self.source, &mut tally).await?;
                lane.look_ahead(&self.source, &mut tally).await?;
            }
            Ok(())
        };
        tokio::try_join!(walk, sweep, answers)?;
        tally.absorb(swept);
        tally.absorb(answered);
        balances::check(self.source.store.snapshot().await?.as_mut(), &mut lanes, &mut tally).await?;
        if tally.is_clean() {
            *verified = Some(lanes);
        }
        let seconds = self.source.clock.monotonic().saturating_sub(started).as_secs_f64();
        let whereabouts = tally.whereabouts;
        let report = Arc::new(ProofReport {
            mode,
            started_at,
            seconds,
            from,
            whereabouts,
            proofs: tally.results(mode),
        });
        self.remember(Arc::clone(&report));
        Ok(report)
    }

    /// Runs incrementally every `interval` until `stop`. Nothing is run at the start.
    pub async fn run_on_schedule(&self, interval: Duration, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            match self.run(Mode::Incremental).await {
                Ok(report) => log(&report),
                // A full run goes over everything this one would.
                Err(ProofError::Running) => {}
                Err(ProofError::Store(error)) => {
                    tracing::warn!(error = error_chain(&error), "cannot run the proofs");
                }
            }
        }
    }

    async fn lanes_to_check(
        &self,
        mode: Mode,
        verified: Option<&[LaneCheck]>,
    ) -> Result<Vec<LaneCheck>, StoreError> {
        if let (Mode::Incremental, Some(verified)) = (mode, verified) {
            return Ok(verified.to_vec());
        }
        let mut snapshot = self.source.store.snapshot().await?;
        let rows = snapshot.lane_list().await?;
        let mut lanes = Vec::with_capacity(rows.len());
        for row in &rows {
            lanes.push(match mode {
                Mode::Full => LaneCheck::from_start(row),
                Mode::Incremental => LaneCheck::baseline(snapshot.as_mut(), row).await?,
            });
        }
        Ok(lanes)
    }

    fn remember(&self, report: Arc<ProofReport>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match report.mode {
            Mode::Full => memory.full = Some(report),
            Mode::Incremental => memory.incremental = Some(report),
        }
    }
}

/// Says that a run is going on, until it is dropped: a run whose caller gives up ends too.
struct Running<'a>(&'a Prover);

impl<'a> Running<'a> {
    fn begin(prover: &'a Prover, mode: Mode) -> Self {
        let since = prover.source.clock.now();
        prover.memory.lock().unwrap_or_else(PoisonError::into_inner).running = Some((mode, since));
        Self(prover)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner).running = None;
    }
}

fn log(report: &ProofReport) {
    if report.ok() {
        tracing::debug!(seconds = report.seconds, "proofs hold");
        return;
    }
    for result in report.proofs.iter().filter(|result| !result.ok()) {
        let first = result.findings.first().map_or("", String::as_str);
        tracing::error!(
            proof = result.proof.as_str(),
            wrong = result.wrong,
            first,
            "a proof of the ledger failed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(mode: Mode, at_ms: i64, wrong: u64) -> Option<Arc<ProofReport>> {
        let mut tally = Tally::default();
        (0..wrong).for_each(|row| tally.wrong(Proof::ChainUnbroken, row.to_string()));
        Some(Arc::new(ProofReport {
            mode,
            started_at: Timestamp::from_unix_ms(at_ms),
            seconds: 0.0,
            from: Vec::new(),
            whereabouts: Whereabouts::default(),
            proofs: tally.results(mode),
        }))
    }

    #[test]
    fn what_a_full_run_found_stands_until_another_looks_there() {
        let stands = |full: Option<Arc<ProofReport>>, incremental: Option<Arc<ProofReport>>| {
            let memory = Memory { running: None, full, incremental };
            let verdict = memory.verdict().map(|report| (report.mode, report.ok()));
            (verdict, memory.wrong(Proof::ChainUnbroken))
        };
        let (full, incremental) = (Mode::Full, Mode::Incremental);
        assert_eq!(stands(None, None), (None, None));
        let red = || report(full, 5, 2);
        assert_eq!(stands(red(), report(incremental, 7, 0)), (Some((full, false)), Some(2)));
        assert_eq!(stands(red(), report(incremental, 7, 3)), (Some((full, false)), Some(3)));
        assert_eq!(
            stands(report(full, 5, 0), report(incremental, 7, 3)),
            (Some((incremental, false)), Some(3))
        );
        assert_eq!(
            stands(report(full, 9, 0), report(incremental, 7, 3)),
            (Some((full, true)), Some(0)),
            "looked again"
        );
        assert_eq!(stands(None, report(incremental, 7, 0)), (Some((incremental, true)), Some(0)));
    }
}
