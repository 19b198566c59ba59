//! Loops that can be stopped and started at any point: they take no input, read the state of the store, act idempotently, and
//! are woken by a signal or a timer.
//!
//! [`relay`] brings events to a broker; [`worker`] posts them to the ledger; [`dead_letters`] is what people do with events it
//! could not post; [`expiry`] ends authorizations whose time ran out; [`resolver`] finds out what became of acquirer calls;
//! [`retention`] deletes what is no longer needed.

pub mod dead_letters;
pub mod expiry;
pub mod relay;
pub mod resolver;
pub mod retention;
pub mod worker;

use std::time::Duration;

use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    clocks::{Stance, Steadiness},
    commit::Context,
    observe::Incident,
    ports::Broker,
};

/// Waits until `signal` moves, `fallback` has passed, or the loop shall end (`false`).
async fn wake(signal: &mut watch::Receiver<u64>, fallback: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        // The sender gone means the platform is ending; the token says so at the next turn.
        woken = timeout(fallback, signal.changed()) => {
            if matches!(woken, Ok(Err(_))) {
                pause(fallback, stop).await;
            }
            !stop.is_cancelled()
        }
    }
}

/// Whether a loop that does what cannot be taken back may act by the wall clock; when it may not any more, somebody is told.
fn may_act(steadiness: &mut Steadiness, context: &Context, what: &str) -> bool {
    match steadiness.look(context.clock.as_ref()) {
        Stance::Steady => true,
        Stance::Settled => {
            tracing::warn!("wall clock has stayed where it was set; {what} goes on by it");
            true
        }
        Stance::Jumped { ms, news } => {
            if news {
                context.observer.incident(Incident::ClockJump);
                tracing::error!(
                    jump_ms = ms,
                    "wall clock has jumped; {what} rests until it is right again or has stayed there for ten minutes"
                );
            }
            false
        }
    }
}

/// Makes the topics; how many partitions each has. The number is kept for ever, so only one that the topics have is kept: where
/// they have fewer, the setting can still be changed.
async fn make_topics(
    context: &Context,
    broker: &dyn Broker,
) -> Result<i32, Box<dyn std::error::Error + Send + Sync>> {
    let kept = context.store.snapshot().await?.platform().await?.partitions;
    let wanted = kept.unwrap_or(context.settings.partitions);
    broker.prepare(wanted).await?;
    let partitions = context.store.partition_count(wanted).await?;
    if partitions != wanted {
        // Another replica with another setting was quicker.
        broker.prepare(partitions).await?;
    }
    Ok(partitions)
}

/// Waits for `time`, or less when the loop shall end (`false`).
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = tokio::time::sleep(time) => true,
    }
}

/// A pause that grows with every failure, from 50 ms to 5 s, and is never quite the same for two replicas.
fn backoff(failures: u32, salt: u64) -> Duration {
    let base_ms = 50_u64.saturating_mul(1 << failures.min(7)).min(5_000);
    let jitter_ms = salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (base_ms / 4 + 1);
    Duration::from_millis(base_ms + jitter_ms)
}
