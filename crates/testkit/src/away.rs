//! A store that is away: every call fails the way a lost connection does. For tests of what must hold without it, and for what
//! needs no store at all.

use std::{io, time::Duration};

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{DeadLetterId, Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, Batch, BatchKeys, DeadLetterMove, InstanceId, LogId, OperatorBatch, OperatorKeys, OutboxCut,
    PartitionClaim, PostingBatch, PostingScope, RelayLease, Snapshot, Store, StoreError,
};

/// The store that is away.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwayStore;

fn away<T>() -> Result<T, StoreError> {
    let source = Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    Err(StoreError::Unavailable { context: "connect", source })
}

#[async_trait]
impl Store for AwayStore {
    fn lane_count(&self) -> u16 {
        1
    }

    async fn batch_open(&self, _: &[Lane], _: &BatchKeys) -> Result<Box<dyn Batch>, StoreError> {
        away()
    }

    async fn posting_open(&self, _: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError> {
        away()
    }

    async fn operators_open(&self, _: &OperatorKeys) -> Result<Box<dyn OperatorBatch>, StoreError> {
        away()
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        away()
    }

    async fn dead_letter_move(&self, _: &DeadLetterMove, _: &AuditEntry) -> Result<(), StoreError> {
        away()
    }

    async fn dead_letter_published(&self, _: &[DeadLetterId], _: Timestamp) -> Result<(), StoreError> {
        away()
    }

    async fn relay_claim(
        &self,
        _: Lane,
        _: &LogId,
        _: InstanceId,
        _: Duration,
    ) -> Result<Option<RelayLease>, StoreError> {
        away()
    }

    async fn relay_move(&self, _: &[(RelayLease, Seq)], _: Duration) -> Result<Vec<bool>, StoreError> {
        away()
    }

    async fn relay_release(&self, _: &RelayLease) -> Result<(), StoreError> {
        away()
    }

    async fn relay_rewind(&self, _: Lane, _: Seq, _: &AuditEntry) -> Result<Option<Seq>, StoreError> {
        away()
    }

    async fn partition_count(&self, _: i32) -> Result<i32, StoreError> {
        away()
    }

    async fn partition_claim(
        &self,
        _: &LogId,
        _: InstanceId,
        _: &[(Topic, i32)],
    ) -> Result<Vec<PartitionClaim>, StoreError> {
        away()
    }

    async fn outbox_prune(&self, _: &OutboxCut) -> Result<(), StoreError> {
        away()
    }

    async fn idempotency_prune(&self, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        away()
    }
}
