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
        let context = "open posting";
        let questions = Questions::of(scope, script);
        let (mut session, sets) = pool.begin(context, questions.sql()).await?;
        let mut state = questions.read(&sets)?;
        // An event that another node has committed and this one does not have yet must not be taken for a forged one.
        if session.is_galera() && is_behind(scope, &state) {
            session.catch_up().await.map_err(|failure| failure.sort("wait for the other nodes"))?;
            let sets = session.begin(questions.sql()).await.map_err(|failure| failure.sort(context))?;
            state = questions.read(&sets)?;
        }
        Ok(Self { session, accounts, fences: scope.partitions.clone(), now: state.now, state })
    }
}

/// Whether an event claims a place that its lane has not reached here.
fn is_behind(scope: &PostingScope, state: &PostingState) -> bool {
    let reached = |lane| state.lanes.get(lane).map(|(last_seq, _)| *last_seq);
    scope.ranges.iter().any(|(lane, _, to)| reached(lane).is_some_and(|last_seq| last_seq < *to))
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
