//! Parts that fail: the store refuses, is away, loses a statement; an event cannot be posted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    id::{DeadLetterId, Lane, Seq},
    time::Timestamp,
};
use engine::{
    pipeline::dead_letters::{self, DeadLetterRefusal, OperatorAct},
    ports::{
        AuditEntry, Batch, BatchKeys, Changes, DeadLetterMove, DeadLetterReason, DeadLetterState, Digest,
        Loaded, PostingBatch, PostingChanges, PostingScope, PostingState, Snapshot, Store, StoreError,
    },
};

use crate::app::{App, Options, authorize};

/// What fails; each can be mended.
#[derive(Default)]
struct Faults {
    /// Commits of batches with a payment of this amount are refused.
    refuse_amount: std::sync::Mutex<Option<i64>>,
    /// Commits of postings of this amount are refused.
    refuse_posting: std::sync::Mutex<Option<i64>>,
    /// The store is away.
    away: AtomicBool,
}

struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: Arc<Faults>,
}

struct FaultyBatch(Box<dyn Batch>, Arc<Faults>);
struct FaultyPosting(Box<dyn PostingBatch>, Arc<Faults>);

fn refused() -> StoreError {
    StoreError::Statement { context: "test", source: "planted".into() }
}

impl Faults {
    fn check_away(&self) -> Result<(), StoreError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { context: "test", source: "planted".into() }),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Batch for FaultyBatch {
    fn take_loaded(&mut self) -> Loaded {
        self.0.take_loaded()
    }

    async fn commit(self: Box<Self>, changes: &Changes) -> Result<(), StoreError> {
        self.1.check_away()?;
        let planted = *self.1.refuse_amount.lock().unwrap();
        if changes.payments.iter().any(|write| Some(write.payment.authorized.minor_units) == planted) {
            return Err(refused());
        }
        self.0.commit(changes).await
    }
}

#[async_trait]
impl PostingBatch for FaultyPosting {
    fn take_state(&mut self) -> PostingState {
        self.0.take_state()
    }

    async fn commit(self: Box<Self>, changes: &PostingChanges) -> Result<(), StoreError> {
        self.1.check_away()?;
        let planted = *self.1.refuse_posting.lock().unwrap();
        let mut postings = changes.entries.iter().flat_map(|posted| posted.entry.postings());
        if postings.any(|posting| Some(posting.amount().minor_units) == planted) {
            return Err(refused());
        }
        self.0.commit(changes).await
    }
}

#[async_trait]
impl Store for FaultyStore {
    fn lane_count(&self) -> u16 {
        self.inner.lane_count()
    }

    async fn batch_open(&self, lanes: &[Lane], keys: &BatchKeys) -> Result<Box<dyn Batch>, StoreError> {
        self.faults.check_away()?;
        Ok(Box::new(FaultyBatch(self.inner.batch_open(lanes, keys).await?, Arc::clone(&self.faults))))
    }

    async fn posting_open(&self, scope: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError> {
        self.faults.check_away()?;
        Ok(Box::new(FaultyPosting(self.inner.posting_open(scope).await?, Arc::clone(&self.faults))))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot().await
    }

    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError> {
        self.inner.dead_letter_move(change, audit).await
    }

    async fn outbox_prune(&self, lane: Lane, from: Seq, to: Seq, head: Digest) -> Result<(), StoreError> {
        self.inner.outbox_prune(lane, from, to, head).await
    }

    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.idempotency_prune(answered_before, limit).await
    }
}

async fn app_with_faults() -> (App, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let planted = Arc::clone(&faults);
    let wrap = Box::new(move |inner| Arc::new(FaultyStore { inner, faults: planted }) as Arc<dyn Store>);
    (App::with(Options { wrap, ..Options::default() }).await, faults)
}

fn act() -> OperatorAct {
    OperatorAct { actor: "test".into(), reason: Some("test".into()), request_id: "req".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_command_costs_its_neighbours_nothing() {
    let (app, faults) = app_with_faults().await;
    *faults.refuse_amount.lock().unwrap() = Some(13);
    let calls = (10..20).map(|amount| app.authorize(authorize(amount, &format!("k{amount}"))));
    let answers = futures_util::future::join_all(calls).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 500, 200, 200, 200, 200, 200, 200]);
    *faults.refuse_amount.lock().unwrap() = None;
    assert_eq!(app.authorize(authorize(13, "k13")).await.status, 200, "a 500 is not stored");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_503_and_nothing_happened() {
    let (app, faults) = app_with_faults().await;
    faults.away.store(true, Ordering::SeqCst);
    assert_eq!(app.authorize(authorize(10, "k")).await.status, 503);
    faults.away.store(false, Ordering::SeqCst);
    assert_eq!(app.payments_stored().await, 0);
    let retried = app.authorize(authorize(10, "k")).await;
    assert_eq!((retried.status, retried.replayed), (200, false));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fails_alone_is_parked_the_rest_is_posted_and_it_redrives_once() {
    let (app, faults) = app_with_faults().await;
    *faults.refuse_posting.lock().unwrap() = Some(13);
    for amount in 10..20 {
        app.authorized(amount).await;
    }
    app.drain().await;
    assert_eq!(app.entries_posted().await, 9);
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.state, letter.letter.reason), (DeadLetterState::Open, DeadLetterReason::Refused));

    let failed = dead_letters::redrive(&app.context, letter.id, &act()).await;
    assert!(matches!(failed, Err(DeadLetterRefusal::Store(_))), "still refused: {failed:?}");
    *faults.refuse_posting.lock().unwrap() = None;
    let act = act();
    let (one, two) = tokio::join!(
        dead_letters::redrive(&app.context, letter.id, &act),
        dead_letters::redrive(&app.context, letter.id, &act),
    );
    let redriven = [one, two];
    assert_eq!(redriven.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{redriven:?}");
    let again = dead_letters::redrive(&app.context, letter.id, &act).await;
    assert!(matches!(again, Err(DeadLetterRefusal::Conflict(_))));
    assert_eq!(app.entries_posted().await, 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_can_be_held_redriven_or_given_up_and_each_act_is_audited() {
    let (app, faults) = app_with_faults().await;
    *faults.refuse_posting.lock().unwrap() = Some(13);
    app.authorized(13).await;
    app.authorized(13).await;
    app.drain().await;
    let [newer, older] = &app.dead_letters().await[..] else { panic!("two are parked") };
    assert_eq!(
        dead_letters::hold(&app.context, newer.id, &act()).await.unwrap().state,
        DeadLetterState::Held
    );
    *faults.refuse_posting.lock().unwrap() = None;
    let redriven = dead_letters::redrive(&app.context, newer.id, &act()).await.unwrap();
    assert_eq!(redriven.state, DeadLetterState::Redriven);
    let discarded = dead_letters::discard(&app.context, older.id, &act()).await.unwrap();
    assert_eq!(discarded.state, DeadLetterState::Discarded);
    let missing = dead_letters::discard(&app.context, DeadLetterId::new(99).unwrap(), &act()).await;
    assert!(matches!(missing, Err(DeadLetterRefusal::NotFound)));
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let audit = snapshot.audit_list(None, 10).await.unwrap().rows;
    let actions: Vec<&str> = audit.iter().map(|entry| &*entry.action).collect();
    assert_eq!(actions, ["dead_letter.discard", "dead_letter.redrive", "dead_letter.hold"]);
    drop(snapshot);
    app.finish().await;
}
