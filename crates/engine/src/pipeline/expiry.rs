//! Ends authorizations whose time ran out: an expiry is a command like any other, made by a loop.
//!
//! Refuses to act on a clock it cannot trust: when the wall clock has moved against the monotonic one, the loop raises the alarm and
//! waits until the clock is right again or has stayed where it is, because an expiry cannot be taken back.

use std::{collections::HashSet, time::Duration};

use domain::payment::Command;
use tokio_util::sync::CancellationToken;

use super::{may_act, pause};
use crate::{
    clocks::Steadiness,
    commit::{CommitQueue, Context, Submission, Work},
    error_chain,
    ports::StoreError,
};

const EVERY: Duration = Duration::from_secs(1);
const BATCH: usize = 256;

/// Runs until `stop`.
pub async fn run(context: Context, queue: CommitQueue, stop: CancellationToken) {
    let mut steadiness = Steadiness::from_now(context.clock.as_ref());
    while pause(EVERY, &stop).await {
        if !may_act(&mut steadiness, &context, "expiry") {
            continue;
        }
        if let Err(error) = expire_due(&context, &queue).await {
            tracing::warn!(error = error_chain(&error), "cannot look for authorizations whose time ran out");
        }
    }
}

/// Expires everything that is due now; how many were asked for. None is asked for twice: what a clock behind ours says is not due
/// yet would be asked for without end.
pub async fn expire_due(context: &Context, queue: &CommitQueue) -> Result<usize, StoreError> {
    let mut asked = HashSet::new();
    loop {
        let due = context.store.snapshot().await?.payment_list_expirable(context.clock.now(), BATCH).await?;
        let count = due.len();
        let due: Vec<_> = due.into_iter().filter(|(payment, _)| asked.insert(*payment)).collect();
        if due.is_empty() {
            return Ok(asked.len());
        }
        let commands = due.into_iter().map(|(payment, merchant)| {
            let submission = Submission {
                work: Work::OnPayment(payment, Command::Expire),
                merchant,
                key: None,
                fingerprint: [0; 32],
                request_id: "expiry".into(),
                traceparent: None,
                trace: None,
                attempt: context.entropy.attempt_id(),
                act: None,
            };
            queue.ask(submission)
        });
        let outcomes = futures_util::future::join_all(commands).await;
        // Whatever was refused is looked at again the next time round.
        if outcomes.iter().any(Result::is_err) || count < BATCH {
            return Ok(asked.len());
        }
    }
}
