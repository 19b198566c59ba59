//! Stored answers against the payments they are about: whoever repeats a call must not be told what is not so.
//!
//! An answer tells of a moment. What never changes about a payment must be the same now; what only grows must not have been
//! more then; and an answer of the payment's present version tells the present.

use std::collections::BTreeMap;

use domain::{
    id::{Lane, PaymentId},
    payment::{Operation, Payment, PaymentStatus},
};

use super::{
    lane::Source,
    read::{self, RANGE},
    report::{Proof, Tally},
};
use crate::ports::{
    IdempotencyRow, IdempotencyState, PaymentThen, ReadBack, Render, Snapshot, StoreError, StoredAnswer,
    StoredKey,
};

/// Checks every stored answer, and every key that still waits for one.
pub(super) async fn check(source: &Source, render: &dyn Render, tally: &mut Tally) -> Result<(), StoreError> {
    let lanes = source.store.snapshot().await?.lane_list().await?;
    for lane in lanes {
        let (lane, mut after) = (lane.state.lane, i64::MIN);
        loop {
            let started = source.clock.monotonic();
            let mut snapshot = source.store.snapshot().await?;
            let keys = snapshot.idempotency_range(lane, after, RANGE).await?;
            let Some(last) = keys.last() else { break };
            after = last.number;
            judge_all(snapshot.as_mut(), (lane, &keys), render, tally).await?;
            drop(snapshot);
            tally.took(Proof::AnswersAgree, source.clock.monotonic().saturating_sub(started));
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

async fn judge_all(
    snapshot: &mut dyn Snapshot,
    (lane, keys): (Lane, &[StoredKey]),
    render: &dyn Render,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    tally.checked(Proof::AnswersAgree, keys.len());
    let rows = keys.iter().filter_map(|key| key.row.as_ref().ok());
    let mut ids: Vec<PaymentId> = rows.filter_map(about).collect();
    ids.sort_unstable();
    ids.dedup();
    // A payment that cannot be read is noted by the sweep over the payments.
    let payments = read::payments(snapshot, &ids, &mut Tally::default()).await?;
    for StoredKey { number, row } in keys {
        let (name, wrong) = match row {
            Ok(row) => (named(lane, *number, row), judge(row, &payments, render).err()),
            Err(what) => (format!("answer {lane}-{number}"), Some(format!("cannot be understood: {what}"))),
        };
        if let Some(why) = wrong {
            tally.wrong(Proof::AnswersAgree, format!("{name}: {why}"));
        }
    }
    Ok(())
}

fn named(lane: Lane, number: i64, row: &IdempotencyRow) -> String {
    format!("answer {lane}-{number} of {} to {}", row.scope.merchant, row.scope.operation)
}

fn about(row: &IdempotencyRow) -> Option<PaymentId> {
    match &row.state {
        IdempotencyState::Running { payment } => Some(*payment),
        IdempotencyState::Final(answer) => answer.payment,
    }
}

/// What of a row is not so.
fn judge(
    row: &IdempotencyRow,
    payments: &BTreeMap<PaymentId, Option<Payment>>,
    render: &dyn Render,
) -> Result<(), String> {
    let id = about(row).ok_or("names no payment")?;
    let payment = match payments.get(&id) {
        Some(Some(payment)) => payment,
        Some(None) => return Err(format!("is about payment {id}, which does not exist")),
        None => return Ok(()),
    };
    if payment.merchant != row.scope.merchant {
        return Err(format!("is about payment {id}, which is not this merchant's"));
    }
    let operation = row.scope.operation;
    match &row.state {
        IdempotencyState::Running { .. } => {
            let waits = payment.pending.as_ref().map(|pending| pending.operation.operation());
            let for_this = waits == Some(operation);
            for_this
                .then_some(())
                .ok_or_else(|| format!("waits for payment {id}, which waits for no such thing"))
        }
        IdempotencyState::Final(answer) => {
            let read = render.read_back(answer.status, &answer.body);
            let read = read.ok_or_else(|| format!("its bytes are no answer of status {}", answer.status))?;
            let differs = match read {
                ReadBack::Done(then) => difference(&then, operation, answer, payment),
                ReadBack::Refused { payment: named, decline_code } => {
                    let other = named.is_some_and(|named| named != id);
                    let declined = decline_code.is_none()
                        || operation != Operation::Authorize
                        || payment.failure().map(|failure| failure.code) == decline_code;
                    if other { Some("payment") } else { (!declined).then_some("decline code") }
                }
            };
            differs.map_or(Ok(()), |what| Err(format!("tells another {what} than payment {id} has")))
        }
    }
}

/// The first thing an answer tells of its payment that is not so.
fn difference(
    then: &PaymentThen,
    operation: Operation,
    answer: &StoredAnswer,
    payment: &Payment,
) -> Option<&'static str> {
    let (captured, refunded) = (payment.captured.minor_units, payment.refunded.minor_units);
    let present = then.version == payment.version;
    let status = could_lead_to(operation, then.status) && (!present || then.status == payment.status());
    let upto = |then: i64, now: i64| if present { then == now } else { then <= now };
    let agrees = [
        ("payment", then.id == payment.id),
        ("merchant", then.merchant == payment.merchant),
        ("order", then.order == payment.order),
        ("amount", then.authorized == payment.authorized),
        ("status", status),
        ("captured amount", upto(then.captured, captured)),
        ("refunded amount", upto(then.refunded, refunded)),
        ("capture mode", then.capture_mode == payment.capture_mode),
        ("capture deadline", then.capture_before == payment.capture_before),
        ("time of birth", then.created_at == payment.created_at),
        ("time of change", then.updated_at == answer.answered_at && then.updated_at <= payment.updated_at),
        ("version", 1 <= then.version && then.version <= payment.version),
    ];
    agrees.into_iter().find(|(_, agrees)| !agrees).map(|(what, _)| what)
}

/// What a payment can look like right after this was done to it.
fn could_lead_to(operation: Operation, status: PaymentStatus) -> bool {
    use PaymentStatus as S;
    match operation {
        Operation::Authorize => matches!(status, S::Authorized | S::Captured),
        Operation::Capture => {
            matches!(status, S::PartiallyCaptured | S::Captured | S::PartiallyRefunded | S::Refunded)
        }
        Operation::Void => matches!(status, S::Voided | S::Captured | S::PartiallyRefunded | S::Refunded),
        Operation::Refund => matches!(status, S::PartiallyRefunded | S::Refunded),
    }
}
