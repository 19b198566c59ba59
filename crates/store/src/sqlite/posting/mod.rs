//! The worker's transaction: loads what events are compared with, writes what they cause, commits.

mod load;
mod write;

use async_trait::async_trait;
use domain::time::Timestamp;
use engine::ports::{PostingBatch, PostingChanges, PostingScope, PostingState, StoreError};

pub(super) use self::write::{audit_append, dead_letter_move, dead_letter_published};
use super::writer::Transaction;

/// An open posting transaction.
pub(super) struct SqlitePosting {
    transaction: Transaction,
    now: Timestamp,
    state: PostingState,
}

impl SqlitePosting {
    /// Loads what `scope` names.
    pub(super) fn load(
        transaction: Transaction,
        now: Timestamp,
        scope: &PostingScope,
    ) -> Result<Self, StoreError> {
        let state = load::load(transaction.conn(), now, scope)?;
        Ok(Self { transaction, now, state })
    }
}

#[async_trait]
impl PostingBatch for SqlitePosting {
    fn take_state(&mut self) -> PostingState {
        std::mem::take(&mut self.state)
    }

    async fn commit(self: Box<Self>, changes: &PostingChanges) -> Result<(), StoreError> {
        let Self { mut transaction, now, .. } = *self;
        let added = write::write(transaction.writer_mut(), changes, now)?;
        transaction.commit_with(added)
    }
}
