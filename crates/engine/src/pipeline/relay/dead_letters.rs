//! Dead letters → the dead letter topic. The row is what counts: nothing is lost while it waits to be sent.
//!
//! Invariant: events never wait for a dead letter. This loop runs beside the one that publishes events, with a backoff of its own:
//! a topic that is missing, forbidden or refuses a record holds up nothing but what belongs there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{Failure, message};
use crate::{
    commit::Context,
    error_chain,
    pipeline::{backoff, pause},
    ports::{Broker, DeadLetter},
};

/// How often new dead letters are looked for.
const EVERY: Duration = Duration::from_secs(1);
const BATCH: usize = 100;

/// Publishes what was parked, while this process holds the first lane.
pub(super) struct DeadLetters {
    context: Context,
    broker: Arc<dyn Broker>,
    holds_first_lane: Arc<AtomicBool>,
}

impl DeadLetters {
    pub(super) fn new(context: Context, broker: Arc<dyn Broker>, holds_first_lane: Arc<AtomicBool>) -> Self {
        Self { context, broker, holds_first_lane }
    }

    /// Runs until `stop`; what is on its way then is published once more by whoever comes next.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (mut failures, mut wait) = (0, EVERY);
        while pause(wait, &stop).await {
            if !self.holds_first_lane.load(Ordering::Relaxed) {
                wait = EVERY;
                continue;
            }
            let published = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                published = self.publish() => published,
            };
            wait = match published {
                Ok(more) => {
                    failures = 0;
                    if more { Duration::ZERO } else { EVERY }
                }
                Err(error) => {
                    failures += 1;
                    self.context.observer.publish_failed();
                    tracing::warn!(
                        error = error_chain(error.as_ref()),
                        failures,
                        "dead letters cannot be published; they wait, events go on"
                    );
                    EVERY + backoff(failures, u64::from(failures))
                }
            };
        }
    }

    /// Publishes the oldest that wait; whether there may be more.
    async fn publish(&self) -> Result<bool, Failure> {
        let letters = self.context.store.snapshot().await?.dead_letter_unpublished(BATCH).await?;
        if letters.is_empty() {
            return Ok(false);
        }
        let outgoing = letters.iter().map(message::of_dead_letter).collect::<Result<Vec<_>, _>>()?;
        match self.broker.publish(outgoing).await {
            Ok(()) => self.mark(&letters).await?,
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "dead letters are published one by one");
                for letter in &letters {
                    self.publish_alone(letter).await?;
                }
            }
        }
        Ok(letters.len() == BATCH)
    }

    /// One of a batch that failed. The topic may refuse what is in it: without its payload it must go, or nothing does.
    async fn publish_alone(&self, letter: &DeadLetter) -> Result<(), Failure> {
        if let Err(error) = self.broker.publish(vec![message::of_dead_letter(letter)?]).await {
            tracing::warn!(
                dead_letter.id = %letter.id,
                error = error_chain(&error),
                "a dead letter is published without its payload"
            );
            self.broker.publish(vec![message::without_payload(letter)?]).await?;
        }
        self.mark(std::slice::from_ref(letter)).await
    }

    async fn mark(&self, published: &[DeadLetter]) -> Result<(), Failure> {
        let ids: Vec<_> = published.iter().map(|letter| letter.id).collect();
        Ok(self.context.store.dead_letter_published(&ids, self.context.clock.now()).await?)
    }
}
