//! An outcome of the engine as the bytes a client gets: pure, so that the bytes stored for a key are the bytes sent.
//!
//! Decision: `amount` is always what was authorized, whatever the call; what a call moved is in its `ledgerEntries`, and
//! `capturedAmount` and `refundedAmount` are sums over the payment's life.

use std::borrow::Cow;

use bytes::Bytes;
use domain::{
    id::{MerchantId, OrderId, PaymentId},
    ledger::Posting,
    money::{Currency, Money},
    payment::{CaptureMode, DeclineCode, Operation, Payment, PaymentStatus},
    time::Timestamp,
};
use engine::ports::{Away, Outcome, PaymentThen, ReadBack, Refusal, Render, Rendered};
use serde::Deserialize;

use super::{
    path::unless_card_number,
    payments::view::PaymentView,
    problem::{Code, Problem, ProblemBody},
};

/// The HTTP rendering.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonRender;

impl Render for JsonRender {
    fn render(&self, outcome: Outcome<'_>) -> Rendered {
        match outcome {
            Outcome::Done { operation, payment, postings } => done(operation, payment, postings),
            Outcome::Refused { operation, refusal, payment, request_id } => {
                refused(operation, refusal, payment, request_id)
            }
        }
    }

    fn read_back(&self, status: u16, body: &[u8]) -> Option<ReadBack> {
        if status == 200 { read_done(body) } else { read_refused(status, body) }
    }
}

fn done(operation: Operation, payment: &Payment, postings: &[Posting]) -> Rendered {
    let mut body = Vec::with_capacity(1024);
    let view = PaymentView::after(payment, postings, done_message(operation, payment));
    match serde_json::to_writer(&mut body, &view) {
        Ok(()) => Rendered { status: 200, body: body.into() },
        // Writing plain values to memory cannot fail; if it ever does, say so instead of sending half an answer.
        Err(_) => Rendered {
            status: 500,
            body: Problem::new(Code::InternalError, "the answer could not be written")
                .to_bytes("", "")
                .into(),
        },
    }
}

fn done_message(operation: Operation, payment: &Payment) -> &'static str {
    match (operation, payment.status()) {
        (Operation::Authorize, PaymentStatus::Authorized) => "payment authorized",
        (Operation::Authorize, _) => "payment authorized and captured",
        (Operation::Capture, PaymentStatus::PartiallyCaptured) => "payment captured in part",
        (Operation::Capture, _) => "payment captured",
        (Operation::Void, PaymentStatus::Voided) => "payment voided",
        (Operation::Void, _) => "rest of the authorization released",
        (Operation::Refund, PaymentStatus::Refunded) => "payment refunded",
        (Operation::Refund, _) => "payment refunded in part",
    }
}

fn refused(
    operation: Operation,
    refusal: &Refusal,
    payment: Option<PaymentId>,
    request_id: &str,
) -> Rendered {
    let (code, message) = explain(operation, refusal);
    let payment = if *refusal == Refusal::NotFound { payment.and_then(unless_card_number) } else { payment };
    let instance = instance(operation, payment);
    let mut problem =
        ProblemBody { payment_id: payment, ..ProblemBody::new(code, &message, request_id, &instance) };
    match refusal {
        Refusal::CardDeclined(decline) => problem.decline_code = Some(decline.as_str()),
        Refusal::AmountTooLarge { available } if operation == Operation::Capture => {
            problem.capturable_amount = Some(available.minor_units);
        }
        Refusal::AmountTooLarge { available } => problem.refundable_amount = Some(available.minor_units),
        Refusal::ExpectedAmountMismatch { actual } => problem.refundable_amount = Some(actual.minor_units),
        _ => {}
    }
    Rendered { status: code.status_number(), body: Bytes::from(problem.to_bytes()) }
}

/// The path of the call: `NotFound` may name a payment of another merchant, which is what the caller asked for anyway.
fn instance(operation: Operation, payment: Option<PaymentId>) -> Cow<'static, str> {
    match (operation, payment) {
        (Operation::Authorize, _) => Cow::Borrowed("/payments/authorize"),
        (other, Some(payment)) => Cow::Owned(format!("/payments/{other}/{payment}")),
        (Operation::Capture, None) => Cow::Borrowed("/payments/capture"),
        (Operation::Void, None) => Cow::Borrowed("/payments/void"),
        (Operation::Refund, None) => Cow::Borrowed("/payments/refund"),
    }
}

/// The payment that bytes of ours name: the way back, for bytes that were stored. A success begins with it, and there are many of
/// them; the rest is read.
pub(super) fn payment_of(body: &[u8]) -> Option<PaymentId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        payment_id: Option<PaymentId>,
    }
    if let Some(rest) = body.strip_prefix(br#"{"paymentId":"#) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        return str::from_utf8(&rest[..digits]).ok()?.parse().ok();
    }
    serde_json::from_slice::<About>(body).ok()?.payment_id
}

fn read_done(body: &[u8]) -> Option<ReadBack> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Done {
        payment_id: PaymentId,
        merchant_id: MerchantId,
        order_id: Option<OrderId>,
        status: PaymentStatus,
        amount: i64,
        currency: Currency,
        captured_amount: i64,
        refunded_amount: i64,
        capture_mode: CaptureMode,
        capture_before: Timestamp,
        created_at: Timestamp,
        updated_at: Timestamp,
        version: u32,
    }
    let done: Done = serde_json::from_slice(body).ok()?;
    Some(ReadBack::Done(PaymentThen {
        id: done.payment_id,
        merchant: done.merchant_id,
        order: done.order_id,
        status: done.status,
        authorized: Money::new(done.amount, done.currency),
        captured: done.captured_amount,
        refunded: done.refunded_amount,
        capture_mode: done.capture_mode,
        capture_before: done.capture_before,
        created_at: done.created_at,
        updated_at: done.updated_at,
        version: done.version,
    }))
}

fn read_refused(status: u16, body: &[u8]) -> Option<ReadBack> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Refused<'a> {
        code: &'a str,
        status: u16,
        payment_id: Option<PaymentId>,
        decline_code: Option<DeclineCode>,
    }
    let refused: Refused<'_> = serde_json::from_slice(body).ok()?;
    let code = Code::ALL.iter().find(|code| code.as_str() == refused.code)?;
    let stands = match code {
        Code::CardDeclined => refused.decline_code.is_some(),
        Code::CaptureConflict
        | Code::VoidConflict
        | Code::RefundConflict
        | Code::AuthorizationExpired
        | Code::DuplicateRequest
        | Code::AmountTooLarge
        | Code::ExpectedAmountMismatch => refused.decline_code.is_none(),
        _ => false,
    };
    let agrees = refused.status == status && code.status_number() == status;
    let Refused { payment_id: payment, decline_code, .. } = refused;
    (stands && agrees).then_some(ReadBack::Refused { payment, decline_code })
}

fn explain(operation: Operation, refusal: &Refusal) -> (Code, Cow<'static, str>) {
    match refusal {
        Refusal::NotFound => (Code::NotFound, "no such payment".into()),
        Refusal::CardDeclined(decline) => (Code::CardDeclined, decline.message().into()),
        Refusal::Conflict(status) => conflict(operation, *status),
        Refusal::AuthorizationExpired => (Code::AuthorizationExpired, "the authorization has expired".into()),
        Refusal::Busy => (Code::DuplicateRequest, "another operation on the payment is outstanding".into()),
        Refusal::AmountTooLarge { available } => {
            (Code::AmountTooLarge, format!("the amount exceeds the {available} that is available").into())
        }
        Refusal::ExpectedAmountMismatch { actual } => (
            Code::ExpectedAmountMismatch,
            format!("the refundable amount is {actual}, not what was expected").into(),
        ),
        Refusal::DuplicateOrder { .. } => {
            (Code::DuplicateRequest, "another payment holds this orderId".into())
        }
        Refusal::KeyRunning => {
            (Code::DuplicateRequest, "the call with this idempotency key is outstanding".into())
        }
        Refusal::KeyReused => {
            (Code::IdempotencyKeyReused, "the idempotency key was used for another request".into())
        }
        Refusal::AcquirerError => {
            (Code::AcquirerError, "the acquirer refused to process it; nothing was charged".into())
        }
        Refusal::OutcomeUnknown => (Code::OutcomeUnknown, "it is not known yet whether it was done".into()),
        Refusal::Overloaded => (Code::Overloaded, "too much is waiting; nothing happened".into()),
        Refusal::Unavailable(Away::Store) => {
            (Code::Unavailable, "the store takes nothing right now; nothing happened".into())
        }
        Refusal::Unavailable(Away::Acquirer) => {
            (Code::Unavailable, "the acquirer is not asked right now; nothing happened".into())
        }
        Refusal::RateLimited => (
            Code::RateLimitExceeded,
            format!("the merchant's limit for this action is used up ({operation})").into(),
        ),
        Refusal::Internal => {
            (Code::InternalError, "the request could not be handled; nothing was stored".into())
        }
    }
}

fn conflict(operation: Operation, status: PaymentStatus) -> (Code, Cow<'static, str>) {
    let (code, done) = match operation {
        Operation::Authorize => (Code::DuplicateRequest, "authorized"),
        Operation::Capture => (Code::CaptureConflict, "captured"),
        Operation::Void => (Code::VoidConflict, "voided"),
        Operation::Refund => (Code::RefundConflict, "refunded"),
    };
    (code, format!("the payment cannot be {done}: it is {status}").into())
}

#[cfg(test)]
mod tests;
