//! A store whose calls fail when a test says so. Whatever is not told to fail goes through to the real one.
//!
//! Every fault is one a real database has: it is away, it refuses a statement, it is lost around COMMIT before or after the
//! commit took hold, it is slow. Nothing here fails by chance.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{DeadLetterId, JournalEntryId, Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, Batch, BatchKeys, Changes, DeadLetterMove, InstanceId, Loaded, LogId, OperatorBatch,
    OperatorKeys, OutboxCut, PartitionClaim, PostingBatch, PostingChanges, PostingScope, PostingState,
    RelayLease, Snapshot, Store, StoreError,
};
use tokio::sync::watch;

/// How a commit fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The database is away: nothing is written, and the same call may succeed later.
    Away,
    /// A statement is refused: nothing is written, and the same call would fail again.
    Refused,
    /// The connection is lost before the commit took hold: nothing is written, and nobody is told.
    LostBefore,
    /// The connection is lost after the commit took hold: everything is written, and nobody is told.
    LostAfter,
    /// Another has written the same a moment before: everything is written, and the statement is refused for its key.
    Beaten,
}

/// What fails; a test holds on to it and changes it while the platform runs.
pub struct Faults {
    plan: Mutex<Plan>,
    /// Commits that wait to be released; `None` while they need not.
    held: watch::Sender<Option<usize>>,
    /// Who is frozen, and how many of its calls wait.
    frozen: watch::Sender<(Option<Holder>, usize)>,
}

/// Who holds an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A relay with this epoch on a lane.
    Relay(u64),
    /// A worker with this epoch on a partition.
    Worker(u64),
}

/// Which changes are refused.
type Condition<C> = Box<dyn Fn(&C) -> bool + Send>;

#[derive(Default)]
struct Plan {
    away: bool,
    commits: VecDeque<Fault>,
    postings: VecDeque<Fault>,
    refused_commit: Option<Condition<Changes>>,
    refused_posting: Option<Condition<PostingChanges>>,
}

/// Wraps `store`: what stands in its place, and the means to make it fail.
pub fn faulty(store: Arc<dyn Store>) -> (Arc<dyn Store>, Arc<Faults>) {
    let faults = Arc::new(Faults {
        plan: Mutex::default(),
        held: watch::Sender::new(None),
        frozen: watch::Sender::new((None, 0)),
    });
    (Arc::new(FaultyStore { inner: store, faults: Arc::clone(&faults) }), faults)
}

impl Faults {
    /// Every call fails, reads too, until it is told otherwise.
    pub fn set_away(&self, away: bool) {
        self.plan().away = away;
    }

    /// The next `count` commits of the committer fail, one after the other.
    pub fn fail_commits(&self, count: usize, fault: Fault) {
        self.plan().commits.extend(std::iter::repeat_n(fault, count));
    }

    /// The next `count` posting transactions fail, one after the other.
    pub fn fail_postings(&self, count: usize, fault: Fault) {
        self.plan().postings.extend(std::iter::repeat_n(fault, count));
    }

    /// Every commit of the committer that writes such changes is refused.
    pub fn refuse_commits_if(&self, refused: impl Fn(&Changes) -> bool + Send + 'static) {
        self.plan().refused_commit = Some(Box::new(refused));
    }

    /// Every posting transaction that writes such changes is refused.
    pub fn refuse_postings_if(&self, refused: impl Fn(&PostingChanges) -> bool + Send + 'static) {
        self.plan().refused_posting = Some(Box::new(refused));
    }

    /// Every posting transaction with this journal entry is refused.
    pub fn refuse_entry(&self, id: JournalEntryId) {
        self.refuse_postings_if(move |changes| changes.entries.iter().any(|posted| posted.entry.id == id));
    }

    /// From here on commits of the committer are slow: they wait until they are released.
    pub fn hold_commits(&self) {
        self.held.send_replace(Some(0));
    }

    /// Waits until this many commits are being held.
    pub async fn commits_held(&self, count: usize) {
        let held =
            self.held.subscribe().wait_for(|held| held.is_some_and(|held| held >= count)).await.is_ok();
        assert!(held, "the sender lives as long as self");
    }

    /// Lets the held commits and all later ones go.
    pub fn release_commits(&self) {
        self.held.send_replace(None);
    }

    /// Whoever this is freezes before its next transaction, as a stopped process would.
    pub fn freeze(&self, holder: Holder) {
        self.frozen.send_replace((Some(holder), 0));
    }

    /// Waits until one of them has come to its transaction.
    pub async fn frozen(&self) {
        let frozen = self.frozen.subscribe().wait_for(|(_, waiting)| *waiting > 0).await.is_ok();
        assert!(frozen, "the sender lives as long as self");
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.frozen.send_replace((None, 0));
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        *self.plan() = Plan::default();
        self.release_commits();
        self.thaw();
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_away(&self) -> Result<(), StoreError> {
        if self.plan().away { Err(away()) } else { Ok(()) }
    }

    fn of_commit(&self, changes: &Changes) -> Option<Fault> {
        let mut plan = self.plan();
        let refused = plan.refused_commit.as_ref().is_some_and(|refused| refused(changes));
        planned(plan.away, refused, &mut plan.commits)
    }

    fn of_posting(&self, changes: &PostingChanges) -> Option<Fault> {
        let mut plan = self.plan();
        let refused = plan.refused_posting.as_ref().is_some_and(|refused| refused(changes));
        planned(plan.away, refused, &mut plan.postings)
    }

    async fn wait_while_frozen(&self, holder: Option<Holder>) {
        let stands_on = |frozen: Option<Holder>| holder.is_some() && frozen == holder;
        self.frozen.send_if_modified(|(frozen, waiting)| {
            let waits = stands_on(*frozen);
            *waiting += usize::from(waits);
            waits
        });
        let thawed = self.frozen.subscribe().wait_for(|(frozen, _)| !stands_on(*frozen)).await.is_ok();
        assert!(thawed, "the sender lives as long as self");
    }

    async fn wait_while_held(&self) {
        self.held.send_if_modified(|held| held.as_mut().map(|held| *held += 1).is_some());
        let released = self.held.subscribe().wait_for(Option::is_none).await.is_ok();
        assert!(released, "the sender lives as long as self");
    }
}

fn planned(away: bool, refused: bool, next: &mut VecDeque<Fault>) -> Option<Fault> {
    match (away, refused) {
        (true, _) => Some(Fault::Away),
        (false, true) => Some(Fault::Refused),
        (false, false) => next.pop_front(),
    }
}

struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: Arc<Faults>,
}

struct FaultyBatch {
    inner: Box<dyn Batch>,
    faults: Arc<Faults>,
}

struct FaultyPosting {
    inner: Box<dyn PostingBatch>,
    faults: Arc<Faults>,
}

#[async_trait]
impl Store for FaultyStore {
    fn lane_count(&self) -> u16 {
        self.inner.lane_count()
    }

    async fn batch_open(&self, lanes: &[Lane], keys: &BatchKeys) -> Result<Box<dyn Batch>, StoreError> {
        self.faults.check_away()?;
        let inner = self.inner.batch_open(lanes, keys).await?;
        Ok(Box::new(FaultyBatch { inner, faults: Arc::clone(&self.faults) }))
    }

    async fn posting_open(&self, scope: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError> {
        self.faults
            .wait_while_frozen(scope.partitions.first().map(|fence| Holder::Worker(fence.epoch)))
            .await;
        self.faults.check_away()?;
        let inner = self.inner.posting_open(scope).await?;
        Ok(Box::new(FaultyPosting { inner, faults: Arc::clone(&self.faults) }))
    }

    async fn operators_open(&self, keys: &OperatorKeys) -> Result<Box<dyn OperatorBatch>, StoreError> {
        self.faults.check_away()?;
        self.inner.operators_open(keys).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.faults.check_away()?;
        self.inner.snapshot().await
    }

    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError> {
        self.faults.check_away()?;
        self.inner.dead_letter_move(change, audit).await
    }

    async fn dead_letter_published(&self, ids: &[DeadLetterId], at: Timestamp) -> Result<(), StoreError> {
        self.faults.check_away()?;
        self.inner.dead_letter_published(ids, at).await
    }

    async fn relay_claim(
        &self,
        lane: Lane,
        log: &LogId,
        owner: InstanceId,
        lease: Duration,
    ) -> Result<Option<RelayLease>, StoreError> {
        self.faults.check_away()?;
        self.inner.relay_claim(lane, log, owner, lease).await
    }

    async fn relay_move(
        &self,
        moves: &[(RelayLease, Seq)],
        lease: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        self.faults.wait_while_frozen(moves.first().map(|(lease, _)| Holder::Relay(lease.epoch))).await;
        self.faults.check_away()?;
        self.inner.relay_move(moves, lease).await
    }

    async fn relay_release(&self, held: &RelayLease) -> Result<(), StoreError> {
        self.faults.check_away()?;
        self.inner.relay_release(held).await
    }

    async fn relay_rewind(&self, lane: Lane, to: Seq, audit: &AuditEntry) -> Result<Option<Seq>, StoreError> {
        self.faults.check_away()?;
        self.inner.relay_rewind(lane, to, audit).await
    }

    async fn partition_count(&self, wanted: i32) -> Result<i32, StoreError> {
        self.faults.check_away()?;
        self.inner.partition_count(wanted).await
    }

    async fn partition_claim(
        &self,
        log: &LogId,
        owner: InstanceId,
        partitions: &[(Topic, i32)],
    ) -> Result<Vec<PartitionClaim>, StoreError> {
        self.faults.check_away()?;
        self.inner.partition_claim(log, owner, partitions).await
    }

    async fn outbox_prune(&self, cut: &OutboxCut) -> Result<(), StoreError> {
        self.faults.check_away()?;
        self.inner.outbox_prune(cut).await
    }

    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.faults.check_away()?;
        self.inner.idempotency_prune(answered_before, limit).await
    }
}

#[async_trait]
impl Batch for FaultyBatch {
    fn take_loaded(&mut self) -> Loaded {
        self.inner.take_loaded()
    }

    async fn commit(self: Box<Self>, changes: &Changes) -> Result<(), StoreError> {
        self.faults.wait_while_held().await;
        match self.faults.of_commit(changes) {
            None => self.inner.commit(changes).await,
            Some(Fault::Away) => Err(away()),
            Some(Fault::Refused) => Err(refused()),
            Some(Fault::LostBefore) => Err(lost()),
            Some(Fault::LostAfter) => {
                self.inner.commit(changes).await?;
                Err(lost())
            }
            Some(Fault::Beaten) => {
                self.inner.commit(changes).await?;
                Err(refused())
            }
        }
    }
}

#[async_trait]
impl PostingBatch for FaultyPosting {
    fn take_state(&mut self) -> PostingState {
        self.inner.take_state()
    }

    async fn commit(self: Box<Self>, changes: &PostingChanges) -> Result<(), StoreError> {
        match self.faults.of_posting(changes) {
            None => self.inner.commit(changes).await,
            Some(Fault::Away) => Err(away()),
            Some(Fault::Refused) => Err(refused()),
            Some(Fault::LostBefore) => Err(lost()),
            Some(Fault::LostAfter) => {
                self.inner.commit(changes).await?;
                Err(lost())
            }
            Some(Fault::Beaten) => {
                self.inner.commit(changes).await?;
                Err(refused())
            }
        }
    }
}

fn away() -> StoreError {
    let source = Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    StoreError::Unavailable { context: "fail as the test asks", source }
}

fn refused() -> StoreError {
    StoreError::Statement { context: "fail as the test asks", source: "the statement is refused".into() }
}

fn lost() -> StoreError {
    StoreError::UnknownOutcome { source: Box::new(io::Error::from(io::ErrorKind::ConnectionReset)) }
}
