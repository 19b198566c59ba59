//! The parts that run: how each gets its thread, how its end is waited for, what ends them all.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use super::UpError;

/// How long the loops may take to end once nobody calls any more.
const LOOPS_END_LIMIT: Duration = Duration::from_secs(10);

/// Waits for a part to end, but not for ever: whatever it was about to do, it can do after the next start.
pub(super) async fn ended<T>(part: &'static str, end: impl Future<Output = T>) {
    if tokio::time::timeout(LOOPS_END_LIMIT, end).await.is_err() {
        tracing::error!(part, "did not end in time and was left behind");
    }
}

/// Runs `work` on a thread and a runtime of its own. Its panic ends the process.
pub(super) fn on_a_thread_of_its_own(
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, UpError> {
    let machine = |source| UpError::Machine { context: "start a thread", source };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(machine)?;
    let run = move || {
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(work))).is_err() {
            end_after_panic(name);
        }
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(machine)
}

/// A part that is gone cannot be worked around.
pub(super) fn end_after_panic(part: &str) -> ! {
    tracing::error!(part, "a part of the platform panicked; ending to recover from the disk");
    process::exit(1)
}

/// The signals that end the process in order.
pub(super) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
