//! The bounded queues in front of the committers: a command is queued at once, or refused at once.

use std::sync::Arc;

use domain::id::{Lane, MerchantId};
use tokio::sync::mpsc;

use super::{Context, NextStep, Promise, Submission, pace::Pace, promise::Queued};
use crate::ports::{Away, Refusal};

/// The way to the committers. Cloned freely; they end when the last clone is gone.
#[derive(Clone)]
pub struct CommitQueue {
    /// One a committer. A lane is always the same one's.
    ways: Arc<[Way]>,
    context: Context,
}

/// The way to one committer.
struct Way {
    sender: mpsc::Sender<Queued>,
    pace: Arc<Pace>,
}

/// A committer's end of its way.
pub(super) struct WayOut {
    pub(super) queue: mpsc::Receiver<Queued>,
    pub(super) pace: Arc<Pace>,
}

impl CommitQueue {
    /// A queue to as many committers as there shall be, none without a lane; they share what may wait.
    pub(super) fn new(context: Context) -> (Self, Vec<WayOut>) {
        let lanes = usize::from(context.store.lane_count()).max(1);
        let committers = context.settings.committers.clamp(1, lanes);
        let waiting_max = context.settings.queue_max.div_ceil(committers).max(1);
        let (ways, outs): (Vec<Way>, Vec<WayOut>) =
            (0..committers).map(|_| Way::new(&context, waiting_max)).unzip();
        assert!(!ways.is_empty());
        assert!(ways.len() <= lanes, "a committer without a lane would never be asked");
        (Self { ways: ways.into(), context }, outs)
    }

    /// Queues a command, or says at once that too much waits already.
    pub(crate) fn enqueue(&self, submission: Submission) -> Result<Promise, Refusal> {
        let timeout = self.context.settings.command_timeout;
        let way = self.way(&submission.merchant)?;
        let Way { sender, pace } = way;
        if pace.wait(way.waiting(), self.context.settings.batch_max) > timeout / 2 {
            return Err(Refusal::Overloaded);
        }
        if pace.is_stalled() {
            return Err(Refusal::Unavailable(Away::Store));
        }
        let now = self.context.clock.monotonic();
        let (queued, promise) = Queued::new(submission, timeout, now, Arc::clone(pace));
        match sender.try_send(queued) {
            Ok(()) => Ok(promise),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refusal::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::Unavailable(Away::Store)),
        }
    }

    /// Queues a command and waits for what is next; for the loops, which have no client that could hang up.
    pub(crate) async fn ask(&self, submission: Submission) -> Result<NextStep, Refusal> {
        self.enqueue(submission)?.kept().await
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.ways.iter().map(Way::waiting).sum()
    }

    /// The way to whoever commits this merchant's lane.
    fn way(&self, merchant: &MerchantId) -> Result<&Way, Refusal> {
        let lane = Lane::of(merchant, self.context.store.lane_count());
        // There is one: a queue has at least one committer.
        self.ways.get(committer_of(lane, self.ways.len())).ok_or(Refusal::Internal)
    }
}

impl Way {
    fn new(context: &Context, waiting_max: usize) -> (Self, WayOut) {
        let (sender, queue) = mpsc::channel(waiting_max);
        let pace = Arc::new(Pace::new(Arc::clone(&context.clock), context.settings.stall_limit));
        (Self { sender, pace: Arc::clone(&pace) }, WayOut { queue, pace })
    }

    fn waiting(&self) -> usize {
        self.sender.max_capacity().saturating_sub(self.sender.capacity())
    }
}

/// Who commits a lane: always the same one, or a lane could have two batches at a time.
fn committer_of(lane: Lane, committers: usize) -> usize {
    usize::from(lane.0).checked_rem(committers).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_lane_has_one_committer_and_every_committer_a_lane() {
        for committers in 1..=8 {
            let of = |lanes: std::ops::Range<u16>| {
                lanes.map(|lane| committer_of(Lane(lane), committers)).collect::<BTreeSet<_>>()
            };
            assert_eq!(of(0..8), (0..committers).collect(), "{committers} committers share eight lanes");
            for lane in 0..8 {
                assert_eq!(of(lane..lane + 1).len(), 1);
            }
        }
    }
}
