//! The worker's transaction: loads what events are compared with, writes what they cause, commits.

mod load;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use domain::time::Timestamp;
use engine::ports::{
    PartitionFence, PartitionProgress, PostingBatch, PostingChanges, PostingScope, PostingState, StoreError,
};

use self::load::Questions;
pub(super) use self::write::{audit_append, dead_letter_move, dead_letter_published};
use super::{accounts::Accounts, lease, pool::Pool, script::Script, session::Session};

/// An open posting transaction.
pub(super) struct MariadbPosting {
    session: Session,
    accounts: Arc<Accounts>,
    /// The partitions whose claims were found to stand.
    fences: Vec<PartitionFence>,
    now: Timestamp,
    state: PostingState,
}

impl MariadbPosting {
    /// Locks and loads what `scope` names. `script` holds what precedes the transaction.
    pub(super) async fn open(
        pool: &Arc<Pool>,
        accounts: Arc<Accounts>,
        scope: &PostingScope,
        script: Script,
    ) -> Result<Self, StoreError> {
        let questions = Questions::of(scope, script);
        let (session, sets) = pool.begin("open posting", questions.sql()).await?;
        let state = questions.read(&sets)?;
        Ok(Self { session, accounts, fences: scope.partitions.clone(), now: state.now, state })
    }
}

#[async_trait]
impl PostingBatch for MariadbPosting {
    fn take_state(&mut self) -> PostingState {
        std::mem::take(&mut self.state)
    }

    async fn commit(self: Box<Self>, changes: &PostingChanges) -> Result<(), StoreError> {
        let Self { mut session, accounts, fences, now, .. } = *self;
        let is_locked = |one: &PartitionProgress| {
            fences.iter().any(|fence| fence.topic == one.topic && fence.partition == one.partition)
        };
        if !changes.partitions.iter().all(is_locked) {
            lease::check_claimed(&mut session, &changes.partitions).await?;
        }
        write::write(session, &accounts, changes, now).await
    }
}
