//! Finds out what became of acquirer calls that were never answered.
//!
//! Invariant: "no such attempt" is not an outcome: the same request is sent again under the same attempt id, and that answer
//! is taken. Nothing is ever guessed: past its bound an unknown attempt is an alarm and a list. What was sent to another
//! acquirer than today's is unknown until that one is back: nobody else can say what it did.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{id::AttemptId, payment::Verdict};
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
const AGE_MIN_SECONDS: u32 = 2;
const LIST_MAX: usize = 1_000;
const INQUIRIES_MAX: usize = 64;

/// Asks about outstanding attempts until it knows.
pub struct Resolver {
    context: Context,
    line: AcquirerLine,
    /// When to ask again, by monotonic time, and how often was asked.
    waits: HashMap<AttemptId, (Duration, u32)>,
}

impl Resolver {
    /// A resolver that records through `payments`' way to the committer.
    pub fn new(context: Context, payments: &Payments) -> Self {
        Self { context, line: payments.acquirer_line().clone(), waits: HashMap::new() }
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
        let now = self.context.clock.now();
        let before = now.minus_seconds(AGE_MIN_SECONDS);
        let mut snapshot = self.context.store.snapshot().await?;
        let all = snapshot.attempt_list_outstanding(before, None, LIST_MAX).await?;
        self.alarm(&all);
        // What nobody can be asked about must not stand in the way of what somebody can.
        let ours = self.context.acquirer.id();
        let others = all.iter().filter(|attempt| *attempt.acquirer != *ours).count();
        let attempts = if all.len() < LIST_MAX {
            all.into_iter().filter(|attempt| *attempt.acquirer == *ours).collect()
        } else {
            snapshot.attempt_list_outstanding(before, Some(ours), LIST_MAX).await?
        };
        drop(snapshot);
        self.waits.retain(|id, _| attempts.iter().any(|attempt| attempt.id == *id));
        let monotonic = self.context.clock.monotonic();
        let due = attempts
            .into_iter()
            .filter(|attempt| self.waits.get(&attempt.id).is_none_or(|(next, _)| *next <= monotonic));
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
                self.waits.remove(&id);
            } else {
                let tries = self.waits.get(&id).map_or(0, |(_, tries)| *tries) + 1;
                let salt = u64::try_from(id.0 & u128::from(u64::MAX)).unwrap_or(0);
                self.waits.insert(id, (monotonic + backoff(tries + 3, salt), tries));
            }
        }
        Ok(self.waits.len() + others)
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

    fn alarm(&self, attempts: &[Attempt]) {
        let bound_ms = i64::try_from(self.context.settings.resolver_bound.as_millis()).unwrap_or(i64::MAX);
        let now = self.context.clock.now();
        let overdue = attempts.iter().filter(|attempt| now.ms_since(attempt.created_at) > bound_ms);
        let overdue: Vec<&Attempt> = overdue.collect();
        self.context.observer.attempts_overdue(overdue.len());
        if let Some(oldest) = overdue.first() {
            tracing::error!(
                attempts = overdue.len(), attempt.id = %oldest.id, attempt.acquirer = %oldest.acquirer,
                payment.id = %oldest.payment, "outcome of acquirer calls is unknown past the bound"
            );
        }
    }
}
