//! The committer's transaction: loads under the writer's lock, writes everything, commits.

mod load;
mod write;

use async_trait::async_trait;
use domain::{id::Lane, time::Timestamp};
use engine::ports::{Batch, BatchKeys, Changes, Loaded, StoreError};

use self::load::IdempotencyRows;
use super::writer::Transaction;

/// An open batch.
pub(super) struct SqliteBatch {
    transaction: Transaction,
    loaded: Loaded,
    idempotency_rows: IdempotencyRows,
}

impl SqliteBatch {
    /// Loads what `keys` names.
    pub(super) fn load(
        transaction: Transaction,
        clock: Timestamp,
        lanes: &[Lane],
        keys: &BatchKeys,
    ) -> Result<Self, StoreError> {
        let (loaded, idempotency_rows) = load::load(&transaction, clock, lanes, keys)?;
        Ok(Self { transaction, loaded, idempotency_rows })
    }
}

#[async_trait]
impl Batch for SqliteBatch {
    fn take_loaded(&mut self) -> Loaded {
        let clock = self.loaded.clock;
        let empty = Loaded {
            clock,
            lanes: Vec::new(),
            idempotency: Default::default(),
            payments: Default::default(),
            orders: Default::default(),
            attempts: Default::default(),
        };
        std::mem::replace(&mut self.loaded, empty)
    }

    async fn commit(self: Box<Self>, changes: &Changes) -> Result<(), StoreError> {
        let Self { transaction, mut idempotency_rows, .. } = *self;
        let added = write::write(&transaction, changes, &mut idempotency_rows)?;
        transaction.commit_with(added)
    }
}
