//! Wake-ups between the committer, the loops and the streams. A signal says "look again", never what happened: whoever is
//! woken reads the store.

use tokio::sync::watch;

/// Counters that only ever move forward; a watcher is woken when one moves.
#[derive(Debug)]
pub struct Signals {
    committed: watch::Sender<u64>,
    posted: watch::Sender<u64>,
    attempts: watch::Sender<u64>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            committed: watch::Sender::new(0),
            posted: watch::Sender::new(0),
            attempts: watch::Sender::new(0),
        }
    }
}

impl Signals {
    /// Moves when a batch with events has been committed.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Moves when the worker has handled events.
    pub fn posted(&self) -> watch::Receiver<u64> {
        self.posted.subscribe()
    }

    /// Moves when an attempt's answer did not come.
    pub fn attempts(&self) -> watch::Receiver<u64> {
        self.attempts.subscribe()
    }

    pub(crate) fn batch_committed(&self) {
        bump(&self.committed);
    }

    pub(crate) fn events_posted(&self) {
        bump(&self.posted);
    }

    pub(crate) fn attempt_unknown(&self) {
        bump(&self.attempts);
    }
}

fn bump(sender: &watch::Sender<u64>) {
    sender.send_modify(|count| *count = count.wrapping_add(1));
}
