//! Deletes what is no longer needed: outbox rows everybody has read, answers whose time is over.
//!
//! Invariant: an outbox row goes only in sequence order, when it is old enough, when the relay (if there is one) has published
//! it and the worker has handled it, and when no dead letter that could still be redriven refers to it. The chain head at the
//! cut is kept, so density, the chain and the proofs start there.
//!
//! Invariant: an answer is kept for as long as was promised, whatever somebody does to a clock. Ages count from the last thing
//! that was written, by the store's time, never from a later moment that only this process believes in; and while its clock has
//! jumped nothing is deleted, until it has stayed there.

use std::time::Duration;

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};
use tokio_util::sync::CancellationToken;

use super::{may_act, pause};
use crate::{
    clocks::Steadiness,
    commit::Context,
    digest::chain,
    error_chain,
    ports::{OutboxCut, Snapshot, StoreError, StoredLane},
};

/// How often it looks.
pub const EVERY: Duration = Duration::from_secs(60);
const BATCH: usize = 500;

/// Looks every so often, until `stop`.
pub async fn run(context: Context, every: Duration, stop: CancellationToken) {
    let mut steadiness = Steadiness::from_now(context.clock.as_ref());
    while pause(every, &stop).await {
        if !may_act(&mut steadiness, &context, "retention") {
            continue;
        }
        if let Err(error) = prune(&context).await {
            tracing::warn!(error = error_chain(&error), "cannot delete what is no longer needed");
        }
    }
}

/// Deletes everything that may go now; how many outbox rows and answers went.
pub async fn prune(context: &Context) -> Result<(usize, usize), StoreError> {
    let lanes = context.store.snapshot().await?.lane_list().await?;
    let Some(written_at) = lanes.iter().map(|lane| lane.state.updated_at).max() else { return Ok((0, 0)) };
    let now = context.clock.now().min(written_at);
    let outbox_before = now.minus_seconds(context.settings.outbox_retention_seconds);
    let mut events = 0;
    for lane in lanes {
        events += prune_lane(context, lane.state.lane, outbox_before).await?;
    }
    let answered_before = now.minus_seconds(context.settings.idempotency_seconds);
    let mut answers = 0;
    loop {
        let deleted = context.store.idempotency_prune(answered_before, BATCH).await?;
        answers += deleted;
        if deleted == 0 {
            return Ok((events, answers));
        }
        tokio::task::yield_now().await;
    }
}

async fn prune_lane(context: &Context, lane: Lane, before: Timestamp) -> Result<usize, StoreError> {
    let mut deleted = 0;
    loop {
        let mut snapshot = context.store.snapshot().await?;
        let found = next_cut(snapshot.as_mut(), lane, before, context.settings.relayed).await?;
        let Some((cut, rows)) = found else { return Ok(deleted) };
        drop(snapshot);
        match context.store.outbox_prune(&cut).await {
            Ok(()) => deleted += rows,
            // Another replica was quicker, or wants more of it published again: the next look will see.
            Err(StoreError::Fenced { what }) => {
                tracing::debug!(%lane, what, "a lane is left to the next look");
                return Ok(deleted);
            }
            Err(error) => return Err(error),
        }
        tokio::task::yield_now().await;
    }
}

/// The next rows that may go, and how many they are.
async fn next_cut(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    before: Timestamp,
    relayed: bool,
) -> Result<Option<(OutboxCut, usize)>, StoreError> {
    let lanes = snapshot.lane_list().await?;
    let Some(stored) = lanes.into_iter().find(|stored| stored.state.lane == lane) else { return Ok(None) };
    let mut needed_from = needed_from(snapshot, &stored).await?;
    if relayed {
        needed_from = needed_from.min(published_to(snapshot, lane).await?.next());
    }
    let rows = snapshot.outbox_range(lane, stored.pruned_to, BATCH).await?;
    let going = rows.iter().take_while(|event| event.id.seq < needed_from && event.occurred_at < before);
    let from = stored.pruned_to;
    let (mut cut, mut rows) = (OutboxCut { lane, from, to: from, head: stored.pruned_head, relayed }, 0);
    for event in going {
        cut.head = chain(&cut.head, &event.body);
        cut.to = event.id.seq;
        rows += 1;
    }
    assert!(cut.to >= cut.from);
    assert!(rows == 0 || cut.to < needed_from, "what somebody needs stays");
    assert!(rows <= BATCH);
    Ok((rows > 0).then_some((cut, rows)))
}

/// How far the relay has come.
async fn published_to(snapshot: &mut dyn Snapshot, lane: Lane) -> Result<Seq, StoreError> {
    let relays = snapshot.relay_list().await?;
    Ok(relays.iter().find(|relay| relay.lane == lane).map_or(Seq::START, |relay| relay.seq))
}

/// The first place somebody may still need: not handled by the worker, or parked and open to a redrive.
async fn needed_from(snapshot: &mut dyn Snapshot, stored: &StoredLane) -> Result<Seq, StoreError> {
    let positions = snapshot.position_list().await?;
    let mut needed = stored.state.last_seq.next();
    for topic in Topic::ALL {
        let position =
            positions.iter().find(|position| position.lane == stored.state.lane && position.topic == topic);
        let handled = position.map_or(Seq::START, |position| position.seq);
        if handled < stored.state.topics.get(topic) {
            needed = needed.min(handled.next());
        }
    }
    let parked = snapshot.dead_letter_places(stored.state.lane).await?;
    Ok(parked.iter().map(|event| event.seq).fold(needed, Ord::min))
}
