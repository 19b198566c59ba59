//! The books.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{DeadLetterId, Lane, Seq},
    time::Timestamp,
};

use super::{
    AuditEntry, Batch, BatchKeys, DeadLetterMove, Digest, InstanceId, LogId, OperatorBatch, OperatorKeys,
    PartitionClaim, PostingBatch, PostingScope, RelayLease, Snapshot, StoreError,
};

/// A range of outbox rows to delete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboxCut {
    /// Of which lane.
    pub lane: Lane,
    /// After here.
    pub from: Seq,
    /// Up to and including here.
    pub to: Seq,
    /// The chain head at `to`.
    pub head: Digest,
    /// Whether a relay publishes the rows; then none goes that it has not published.
    pub relayed: bool,
}

/// Where payments, events and the ledger are kept.
///
/// Only [`Store::batch_open`] locks lane rows; whatever writes payments, attempts, idempotency rows or outbox rows goes
/// through it. So one lane's commits are serial across all replicas, and a reader that sees place `n` sees `1..n-1` too.
#[async_trait]
pub trait Store: Send + Sync {
    /// How many lanes this database has; fixed when it was created.
    fn lane_count(&self) -> u16;

    /// Begins a committer batch: locks `lanes` in ascending order and loads what `keys` names.
    async fn batch_open(&self, lanes: &[Lane], keys: &BatchKeys) -> Result<Box<dyn Batch>, StoreError>;

    /// Begins a posting transaction.
    async fn posting_open(&self, scope: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError>;

    /// Begins an operator transaction, as the only one over all replicas.
    async fn operators_open(&self, keys: &OperatorKeys) -> Result<Box<dyn OperatorBatch>, StoreError>;

    /// Takes one consistent view.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Holds or discards a dead letter; [`StoreError::Fenced`] when it is not in the state it must be in.
    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError>;

    /// Notes that dead letters have been published; one noted before keeps its time.
    async fn dead_letter_published(&self, ids: &[DeadLetterId], at: Timestamp) -> Result<(), StoreError>;

    /// Takes or renews a lane's lease; `None` while another holds it. Whoever takes it over gets another epoch. A lane that has not
    /// been published to `log` starts where the outbox does.
    async fn relay_claim(
        &self,
        lane: Lane,
        log: &LogId,
        owner: InstanceId,
        lease: Duration,
    ) -> Result<Option<RelayLease>, StoreError>;

    /// Moves positions and renews their leases, in one transaction; whether each was moved. One whose epoch or position is not that
    /// of the lease stays where it is.
    async fn relay_move(&self, moves: &[(RelayLease, Seq)], lease: Duration)
    -> Result<Vec<bool>, StoreError>;

    /// Gives the lease up, so that another need not wait for its end. Nothing happens when it has been taken already.
    async fn relay_release(&self, held: &RelayLease) -> Result<(), StoreError>;

    /// Lets a lane be published again from after `to` on: lowers the position, never below what has been pruned, never raises it.
    /// The position afterwards; `None` when no relay has ever taken the lane.
    async fn relay_rewind(&self, lane: Lane, to: Seq, audit: &AuditEntry) -> Result<Option<Seq>, StoreError>;

    /// How many partitions each topic has: `wanted` at the first call ever, what was stored then at every other.
    async fn partition_count(&self, wanted: i32) -> Result<i32, StoreError>;

    /// Claims partitions: another epoch for each, and where to resume it. Where a partition of another `log` was read means nothing
    /// and is forgotten.
    async fn partition_claim(
        &self,
        log: &LogId,
        owner: InstanceId,
        partitions: &[(Topic, i32)],
    ) -> Result<Vec<PartitionClaim>, StoreError>;

    /// Deletes outbox rows and keeps the chain head at the cut. [`StoreError::Fenced`] when the lane is not pruned to exactly where
    /// the cut begins, or the worker (or the relay) is not past its end.
    async fn outbox_prune(&self, cut: &OutboxCut) -> Result<(), StoreError>;

    /// Deletes up to `limit` answers older than `answered_before`; how many were deleted. Running rows are never touched.
    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError>;
}
