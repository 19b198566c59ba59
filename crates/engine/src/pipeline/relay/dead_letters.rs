//! Dead letters → the dead letter topic. The row is what counts: nothing is lost while it waits to be sent.

use std::time::Duration;

use domain::id::{DeadLetterId, Lane};

use super::{Failure, Relay, message};

/// How often new dead letters are looked for.
const EVERY: Duration = Duration::from_secs(1);
const BATCH: usize = 100;

impl Relay {
    /// Publishes what was parked since; whoever holds the first lane does it.
    pub(super) async fn publish_dead_letters(&mut self) -> Result<(), Failure> {
        let now = self.context.clock.monotonic();
        let waited = self.dead_letters_at.is_none_or(|at| now.saturating_sub(at) >= EVERY);
        if !waited || !self.held.contains_key(&Lane(0)) {
            return Ok(());
        }
        let letters = self.context.store.snapshot().await?.dead_letter_unpublished(BATCH).await?;
        // A full helping means that there is more.
        self.dead_letters_at = (letters.len() < BATCH).then_some(now);
        if letters.is_empty() {
            return Ok(());
        }
        let outgoing = letters.iter().map(message::of_dead_letter).collect::<Result<Vec<_>, _>>()?;
        self.broker.publish(outgoing).await?;
        let ids: Vec<DeadLetterId> = letters.iter().map(|letter| letter.id).collect();
        self.context.store.dead_letter_published(&ids, self.context.clock.now()).await?;
        Ok(())
    }
}
