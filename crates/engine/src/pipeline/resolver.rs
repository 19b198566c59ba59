//! Finds out what became of acquirer calls that were never answered.
//!
//! Invariant: "no such attempt" is not an outcome: the same request is sent again under the same attempt id, and that answer
//! is taken. Nothing is ever guessed: past its bound an unknown attempt is an alarm and a list. What was sent to another
//! acquirer than today's is unknown until that one is back: nobody else can say what it did.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{id::AttemptId, payment::Verdict, time::Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{backoff, wake};
use crate::{
    commit::Context,
    error_chain,
    payments::{AcquirerLine, Origin, Payments, request_of},
    ports::{AcquirerDecision, Attempt, Inquiry, StoreError},
};

const EVERY: Duration = Duration::from_secs(1);
/// A call younger than this may still be on its way.
const AGE_MIN: Duration = Duration::from_secs(2);
/// How many are read at once.
const PAGE: usize = 1_000;
const INQUIRIES_MAX: usize = 64;

/// Asks about outstanding attempts until it knows.
pub struct Resolver {
    context: Context,
    line: AcquirerLine,
    watched: HashMap<AttemptId, Watch>,
}

/// What is remembered of an attempt, by monotonic time: no clock that is set makes it younger than it has been seen to be.
#[derive(Clone, Copy, Debug)]
struct Watch {
    /// When it was seen first.
    seen: Duration,
    /// When to ask, and how often was asked.
    next: Duration,
    tries: u32,
}

/// What one look at the outstanding attempts of an acquirer came to.
#[derive(Default)]
struct Sweep {
    listed: HashSet<AttemptId>,
    overdue: usize,
    oldest_overdue: Option<Attempt>,
}

impl Resolver {
    /// A resolver that records through `payments`' way to the committer.
    pub fn new(context: Context, payments: &Payments) -> Self {
        Self { context, line: payments.acquirer_line().clone(), watched: HashMap::new() }
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut signal = self.context.signals.attempts();
        while wake(&mut signal, EVERY, &stop).await {
            if let Err(error) = self.resolve_due().await {
                tracing::warn!(error = error_chain(&error), "cannot look for outstanding attempts");
            }
        }
    }

    /// Asks about every outstanding attempt whose turn it is; how many are still unknown.
    pub async fn resolve_due(&mut self) -> Result<usize, StoreError> {
        let mut sweep = Sweep::default();
        // What nobody can be asked about stands in nobody's way: it is only counted, up to a page of it.
        let all = self.page(None, None).await?;
        let others: Vec<Attempt> =
            all.into_iter().filter(|attempt| *attempt.acquirer != *self.context.acquirer.id()).collect();
        self.watch(&others, &mut sweep);
        let mut after = None;
        loop {
            let page = self.page(Some(self.context.acquirer.id()), after).await?;
            let Some(last) = page.last() else { break };
            let (last, full) = ((last.created_at, last.id), page.len() == PAGE);
            assert!(after.is_none_or(|after| after < last), "a page begins where the one before ended");
            after = Some(last);
            self.watch(&page, &mut sweep);
            self.ask(page).await;
            if !full {
                break;
            }
        }
        self.watched.retain(|id, _| sweep.listed.contains(id));
        self.alarm(&sweep);
        Ok(self.watched.len())
    }

    async fn page(
        &self,
        acquirer: Option<&str>,
        after: Option<(Timestamp, AttemptId)>,
    ) -> Result<Vec<Attempt>, StoreError> {
        // A lane that was written by a clock ahead of ours has attempts that to us are not there yet.
        let whenever = Timestamp::from_unix_ms(i64::MAX);
        let mut snapshot = self.context.store.snapshot().await?;
        snapshot.attempt_list_outstanding(whenever, acquirer, after, PAGE).await
    }

    /// Remembers that these are there, and counts whose bound is over.
    fn watch(&mut self, attempts: &[Attempt], sweep: &mut Sweep) {
        let monotonic = self.context.clock.monotonic();
        for attempt in attempts {
            let age = self.age(attempt);
            let young = AGE_MIN.saturating_sub(age);
            let first = Watch { seen: monotonic, next: monotonic.saturating_add(young), tries: 0 };
            self.watched.entry(attempt.id).or_insert(first);
            sweep.listed.insert(attempt.id);
            if age > self.context.settings.resolver_bound {
                sweep.overdue += 1;
                sweep.oldest_overdue.get_or_insert_with(|| attempt.clone());
            }
        }
        assert!(attempts.iter().all(|attempt| self.watched.contains_key(&attempt.id)));
    }

    /// How long it has been outstanding: the longer of what the wall clock says and for how long it was seen here.
    fn age(&self, attempt: &Attempt) -> Duration {
        let clock = self.context.clock.as_ref();
        let by_wall = u64::try_from(clock.now().ms_since(attempt.created_at)).unwrap_or(0);
        let seen = self
            .watched
            .get(&attempt.id)
            .map_or(Duration::ZERO, |watch| clock.monotonic().saturating_sub(watch.seen));
        seen.max(Duration::from_millis(by_wall))
    }

    /// Asks about those of a page whose turn it is.
    async fn ask(&mut self, attempts: Vec<Attempt>) {
        let monotonic = self.context.clock.monotonic();
        let due = attempts
            .into_iter()
            .filter(|attempt| self.watched.get(&attempt.id).is_some_and(|watch| watch.next <= monotonic));
        let permits = Arc::new(Semaphore::new(INQUIRIES_MAX));
        let asked = due.map(|attempt| {
            let permits = Arc::clone(&permits);
            let this = &*self;
            async move {
                let id = attempt.id;
                let _permit = permits.acquire().await;
                (id, this.resolve(attempt).await)
            }
        });
        let outcomes = futures_util::future::join_all(asked).await;
        for (id, known) in outcomes {
            if known {
                self.watched.remove(&id);
            } else if let Some(watch) = self.watched.get_mut(&id) {
                watch.tries += 1;
                let salt = u64::try_from(id.0 & u128::from(u64::MAX)).unwrap_or(0);
                watch.next = monotonic + backoff(watch.tries + 3, salt);
            }
        }
    }

    /// Whether the attempt's outcome is recorded now.
    async fn resolve(&self, attempt: Attempt) -> bool {
        debug_assert_eq!(*attempt.acquirer, *self.context.acquirer.id());
        let verdict = match self.context.acquirer.inquire(attempt.id).await {
            Inquiry::Known(verdict) => Some(verdict),
            Inquiry::NoSuchAttempt => self.send_again(&attempt).await,
            Inquiry::Unknown => None,
        };
        let Some(verdict) = verdict else { return false };
        let (id, payment) = (attempt.id, attempt.payment);
        let recorded = self.line.record(Box::new(attempt), verdict, Origin::default()).await;
        if recorded.is_ok() {
            tracing::info!(attempt.id = %id, payment.id = %payment, ?verdict, "outcome of an unanswered call is known");
        }
        recorded.is_ok()
    }

    async fn send_again(&self, attempt: &Attempt) -> Option<Verdict> {
        match self.context.acquirer.send(&request_of(attempt)).await {
            AcquirerDecision::Known(verdict) => Some(verdict),
            AcquirerDecision::Unknown => None,
        }
    }

    fn alarm(&self, sweep: &Sweep) {
        self.context.observer.attempts_overdue(sweep.overdue);
        if let Some(oldest) = &sweep.oldest_overdue {
            tracing::error!(
                attempts = sweep.overdue, attempt.id = %oldest.id, attempt.acquirer = %oldest.acquirer,
                payment.id = %oldest.payment, "outcome of acquirer calls is unknown past the bound"
            );
        }
    }
}
