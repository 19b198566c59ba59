//! The committer's loop: one batch after the other, each one transaction.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use domain::id::{Lane, PaymentId};
use tokio::sync::mpsc;

use super::{
    CommitQueue, Context, NextStep, Submission, Work,
    decide::{self, Decision},
    pace::Pace,
    promise::Queued,
    queue::WayOut,
    refused,
    spans::BatchSpans,
    workspace::Workspace,
};
use crate::{
    clocks::Moments,
    error_chain,
    observe::Incident,
    ports::{Away, BatchKeys, Refusal, StoreError},
};

/// How often a batch is tried again after the store was away or busy, before its callers are told.
const TRIES_MAX: u32 = 4;
/// The first pause between tries; doubles each time.
const PAUSE_MS: u64 = 5;

/// Takes commands off the queue, batch by batch. Runs on a thread of its own: the embedded store works inline.
pub struct Committer {
    context: Context,
    queue: mpsc::Receiver<Queued>,
    pace: Arc<Pace>,
    moments: Arc<Moments>,
}

/// What a try at a batch came to.
enum Tried {
    /// Committed; what became of each command.
    Committed(Vec<Done>),
    /// Nothing was written.
    Failed(StoreError),
}

/// What became of one command.
struct Done {
    next: NextStep,
    /// The payment it turned out to be about.
    payment: Option<PaymentId>,
}

impl Committer {
    /// Committers and the way to them. Each has lanes of its own, so that one lane has one batch at a time; while the batch of one
    /// is on its way to disk the others go on.
    pub fn several(context: Context) -> (CommitQueue, Vec<Self>) {
        let (queue, ways) = CommitQueue::new(context.clone());
        let moments = Arc::new(Moments::from_now(context.clock.as_ref()));
        let of = |WayOut { queue, pace }| Self {
            context: context.clone(),
            queue,
            pace,
            moments: Arc::clone(&moments),
        };
        (queue, ways.into_iter().map(of).collect())
    }

    /// Runs until every [`CommitQueue`] is gone and everything accepted is answered.
    pub async fn run(mut self) {
        let batch_max = self.context.settings.batch_max;
        let mut waiting = Vec::with_capacity(batch_max);
        while self.queue.recv_many(&mut waiting, batch_max).await > 0 {
            let batch: Vec<Queued> = waiting.drain(..).filter(Queued::take).collect();
            if !batch.is_empty() {
                self.commit(batch).await;
            }
        }
    }

    async fn commit(&self, batch: Vec<Queued>) {
        assert!(!batch.is_empty());
        assert!(batch.len() <= self.context.settings.batch_max);
        let begun = self.context.clock.monotonic();
        self.pace.begin(begun);
        let mut spans = BatchSpans::begin(&self.context, &batch);
        let tried = self.try_until_deadline(&batch).await;
        self.pace.end();
        if let Some(spans) = &mut spans {
            spans.stop(&self.context);
        }
        match tried {
            Tried::Committed(done) => {
                assert_eq!(done.len(), batch.len(), "everybody is told what became of their own command");
                let took = self.context.clock.monotonic().saturating_sub(begun);
                self.pace.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
                self.context.observer.batch_committed(batch.len(), took.as_secs_f64());
                if let Some(spans) = &mut spans {
                    spans.learn(&batch, done.iter().map(|done| done.payment));
                }
                for (queued, done) in batch.into_iter().zip(done) {
                    queued.tell(done.next);
                }
                if let Some(spans) = spans {
                    spans.finish(&self.context, None);
                }
            }
            Tried::Failed(error) => self.fail(batch, &error, spans).await,
        }
    }

    /// A refused statement is somebody's alone: find out whose by running each command by itself, once.
    async fn fail(&self, batch: Vec<Queued>, error: &StoreError, spans: Option<BatchSpans>) {
        let alone = batch.len() == 1;
        match error {
            StoreError::Statement { .. } | StoreError::Corrupt { .. } if !alone => {
                tracing::warn!(
                    error = error_chain(error),
                    commands = batch.len(),
                    "batch was refused; running its commands one by one"
                );
                if let Some(spans) = spans {
                    spans.broken_up(&self.context, error);
                }
                for queued in batch {
                    Box::pin(self.commit(vec![queued])).await;
                }
                return;
            }
            StoreError::Statement { .. } | StoreError::Corrupt { .. } => {
                let submission = batch.first().map(|queued| &queued.submission);
                tracing::error!(
                    error = error_chain(error),
                    request.id = submission.map(|of| &*of.request_id),
                    trace.id = submission.and_then(Submission::trace_id),
                    payment.id = submission.and_then(Submission::named_payment).map(display),
                    "command was refused by the store"
                );
                self.refuse_all(batch, &Refusal::Internal);
            }
            StoreError::Unavailable { .. } | StoreError::Fenced { .. } => {
                tracing::warn!(
                    error = error_chain(error),
                    commands = batch.len(),
                    "store is away; nothing was written"
                );
                self.refuse_all(batch, &Refusal::Unavailable(Away::Store));
            }
            StoreError::UnknownOutcome { .. } => {
                tracing::error!(
                    error = error_chain(error),
                    commands = batch.len(),
                    "outcome of a batch is unknown"
                );
                self.refuse_all(batch, &Refusal::OutcomeUnknown);
            }
        }
        if let Some(spans) = spans {
            spans.finish(&self.context, Some(error));
        }
    }

    fn refuse_all(&self, batch: Vec<Queued>, refusal: &Refusal) {
        for queued in batch {
            let submission = &queued.submission;
            let (operation, request_id) = (submission.work.operation(), &submission.request_id);
            let payment = submission.work.payment();
            let answer = refused(self.context.render.as_ref(), operation, refusal, payment, request_id);
            queued.tell(NextStep::Answer(answer));
        }
    }

    async fn try_until_deadline(&self, batch: &[Queued]) -> Tried {
        let mut pause = Duration::from_millis(PAUSE_MS);
        for _ in 1..TRIES_MAX {
            let tried = self.try_once(batch).await;
            let Tried::Failed(StoreError::Unavailable { .. }) = tried else { return tried };
            let now = self.context.clock.monotonic();
            if batch.iter().all(|queued| queued.deadline <= now.saturating_add(pause)) {
                return tried;
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        self.try_once(batch).await
    }

    async fn try_once(&self, batch: &[Queued]) -> Tried {
        let (lanes, keys) = self.needs(batch);
        let opened = self.context.store.batch_open(&lanes, &keys).await;
        let mut open = match opened {
            Ok(open) => open,
            Err(error) => return Tried::Failed(error),
        };
        let loaded = open.take_loaded();
        assert!(loaded.lanes.iter().map(|lane| lane.lane).eq(lanes), "exactly these lanes are locked");
        let moment = self.moments.of(&loaded, &self.context);
        let mut workspace = Workspace::new(loaded, moment, self.context.store.lane_count());
        let done: Vec<Done> = batch.iter().map(|queued| self.decide_one(&mut workspace, queued)).collect();
        let changes = workspace.into_changes();
        let has_events = !changes.events.is_empty();
        if let Err(error) = open.commit(&changes).await {
            return Tried::Failed(error);
        }
        if has_events {
            self.context.signals.batch_committed();
        }
        Tried::Committed(done)
    }

    /// Decides one command and keeps its effect; a panic is that command's alone.
    fn decide_one(&self, workspace: &mut Workspace, queued: &Queued) -> Done {
        let submission = &queued.submission;
        let decided = catch_unwind(AssertUnwindSafe(|| decide::decide(&self.context, workspace, submission)));
        match decided {
            Ok(Decision { next, effect }) => {
                let written = effect.payment.as_ref().map(|write| write.payment.id);
                workspace.apply(effect);
                Done { next, payment: written.or_else(|| submission.named_payment()) }
            }
            Err(_) => {
                self.context.observer.incident(Incident::Panic);
                let (operation, payment) = (submission.work.operation(), submission.work.payment());
                let request_id = &submission.request_id;
                tracing::error!(
                    request.id = %request_id, trace.id = submission.trace_id(), payment.id = submission.named_payment().map(display),
                    "deciding a command panicked"
                );
                let render = self.context.render.as_ref();
                let answer = refused(render, operation, &Refusal::Internal, payment, request_id);
                Done { next: NextStep::Answer(answer), payment: submission.named_payment() }
            }
        }
    }

    /// The lanes a batch locks, ascending, and what it needs loaded.
    fn needs(&self, batch: &[Queued]) -> (Vec<Lane>, BatchKeys) {
        let lane_count = self.context.store.lane_count();
        let mut keys = BatchKeys::default();
        let mut lanes: Vec<Lane> = Vec::with_capacity(1);
        for queued in batch {
            let submission = &queued.submission;
            lanes.push(Lane::of(&submission.merchant, lane_count));
            keys.idempotency.extend(submission.scope());
            match &submission.work {
                Work::Authorize(request) => {
                    let order = request.order.clone();
                    keys.orders.extend(order.map(|order| (submission.merchant.clone(), order)));
                }
                Work::OnPayment(payment, _) => keys.payments.push(*payment),
                Work::Conclude(attempt, _) => {
                    keys.payments.push(attempt.payment);
                    keys.attempts.push(attempt.id);
                }
                Work::ReplayOnly(..) => {}
            }
        }
        lanes.sort_unstable();
        lanes.dedup();
        assert!(!lanes.is_empty());
        debug_assert!(lanes.is_sorted_by(|one, next| one < next), "lanes are locked in ascending order");
        (lanes, keys)
    }
}
