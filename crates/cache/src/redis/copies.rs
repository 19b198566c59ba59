//! Copies of answers on their way to Redis.
//!
//! A caller has its answer from the books already and does not wait for the copy: those that were made while the last ones were
//! written go out together, in one write. A copy that is lost costs whoever repeats its call a look into the books.

use std::sync::Arc;

use redis::Pipeline;
use tokio::{sync::mpsc, task::AbortHandle};

use super::line::{Away, Line};

/// Copies that may wait; a copy is a few hundred bytes.
const WAITING_MAX: usize = 4096;
/// Copies in one write.
const BATCH: usize = 256;

/// Keeps copies, in the order in which they were made. Dropping it drops what waits.
pub(super) struct Copies {
    line: Arc<Line>,
    waiting: mpsc::Sender<(String, Vec<u8>)>,
    writer: AbortHandle,
}

impl Copies {
    /// Must be called on a runtime that lives as long as these.
    pub(super) fn open(line: Arc<Line>, ttl_seconds: u32) -> Self {
        let (waiting, copies) = mpsc::channel(WAITING_MAX);
        let writer = tokio::spawn(write(copies, Arc::clone(&line), ttl_seconds)).abort_handle();
        Self { line, waiting, writer }
    }

    /// Takes a copy, to be kept soon. An error says that it will not be.
    pub(super) fn keep(&self, name: String, value: Vec<u8>) -> Result<(), Away> {
        self.line.is_up()?;
        self.waiting.try_send((name, value)).map_err(|_| Away::Crowded)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

async fn write(mut copies: mpsc::Receiver<(String, Vec<u8>)>, line: Arc<Line>, ttl_seconds: u32) {
    let mut batch = Vec::with_capacity(BATCH);
    while copies.recv_many(&mut batch, BATCH).await > 0 {
        let mut sets = Pipeline::with_capacity(batch.len());
        for (name, value) in batch.drain(..) {
            sets.cmd("SET").arg(name).arg(value).arg("EX").arg(ttl_seconds).ignore();
        }
        if let Err(away) = line.ask(async |connection| sets.query_async::<()>(connection).await).await {
            tracing::debug!(error = &away as &dyn std::error::Error, "copies of answers are not kept");
        }
    }
}
