//! The books.

use async_trait::async_trait;
use domain::{
    id::{Lane, Seq},
    time::Timestamp,
};

use super::{
    AuditEntry, Batch, BatchKeys, DeadLetterMove, Digest, PostingBatch, PostingScope, Snapshot, StoreError,
};

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

    /// Takes one consistent view.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Holds or discards a dead letter; [`StoreError::Fenced`] when it is not in the state it must be in.
    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError>;

    /// Deletes a lane's outbox rows after `from` up to and including `to` and keeps the chain head there.
    /// [`StoreError::Fenced`] when the lane is not pruned to exactly `from`, or the worker is not past `to`.
    async fn outbox_prune(&self, lane: Lane, from: Seq, to: Seq, head: Digest) -> Result<(), StoreError>;

    /// Deletes up to `limit` answers older than `answered_before`; how many were deleted. Running rows are never touched.
    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError>;
}
