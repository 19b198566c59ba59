//! Answers in plain words, so that tests of the engine do not depend on the wire.

use std::collections::HashMap;

use domain::{
    money::Money,
    payment::{CaptureMode, DeclineCode, Payment},
    time::Timestamp,
};
use engine::ports::{Outcome, PaymentThen, ReadBack, Refusal, Render, Rendered};

/// `payment=1 status=AUTHORIZED …`, or `payment=1 refused=…`.
#[derive(Clone, Copy, Debug)]
pub struct PlainRender;

impl Render for PlainRender {
    fn render(&self, outcome: Outcome<'_>) -> Rendered {
        let (status, text) = match outcome {
            Outcome::Done { payment, postings, .. } => (200, done(payment, postings.len())),
            Outcome::Refused { refusal, payment, request_id, .. } => {
                let payment = payment.map(|id| format!("payment={id} ")).unwrap_or_default();
                (status_of(refusal), format!("{payment}refused={refusal:?} request={request_id}"))
            }
        };
        Rendered { status, body: text.into() }
    }

    fn read_back(&self, status: u16, body: &[u8]) -> Option<ReadBack> {
        let text = std::str::from_utf8(body).ok()?;
        match status {
            200 => read_done(text).map(ReadBack::Done),
            402 | 409 | 422 => read_refused(text),
            _ => None,
        }
    }
}

fn done(payment: &Payment, postings: usize) -> String {
    format!(
        "payment={} status={} postings={postings} merchant={} amount={} currency={} captured={} refunded={} automatic={} \
         before={} created={} updated={} version={} order={}",
        payment.id,
        payment.status(),
        payment.merchant,
        payment.authorized.minor_units,
        payment.authorized.currency,
        payment.captured.minor_units,
        payment.refunded.minor_units,
        payment.capture_mode == CaptureMode::Automatic,
        payment.capture_before.unix_ms(),
        payment.created_at.unix_ms(),
        payment.updated_at.unix_ms(),
        payment.version,
        payment.order.as_ref().map_or("", |order| order.as_str()),
    )
}

fn read_done(text: &str) -> Option<PaymentThen> {
    let (text, order) = text.split_once(" order=")?;
    let fields: HashMap<&str, &str> = text.split(' ').filter_map(|field| field.split_once('=')).collect();
    let number = |name| fields.get(name)?.parse::<i64>().ok();
    let time = |name| number(name).map(Timestamp::from_unix_ms);
    Some(PaymentThen {
        id: fields.get("payment")?.parse().ok()?,
        merchant: fields.get("merchant")?.parse().ok()?,
        order: if order.is_empty() { None } else { Some(order.parse().ok()?) },
        status: fields.get("status")?.parse().ok()?,
        authorized: Money::new(number("amount")?, fields.get("currency")?.parse().ok()?),
        captured: number("captured")?,
        refunded: number("refunded")?,
        capture_mode: match *fields.get("automatic")? {
            "true" => CaptureMode::Automatic,
            "false" => CaptureMode::Manual,
            _ => return None,
        },
        capture_before: time("before")?,
        created_at: time("created")?,
        updated_at: time("updated")?,
        version: number("version")?.try_into().ok()?,
    })
}

fn read_refused(text: &str) -> Option<ReadBack> {
    let (payment, refusal) = text.split_once("refused=")?;
    let payment = match payment.trim().strip_prefix("payment=") {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    let declined = |code: &&DeclineCode| refusal.starts_with(&format!("CardDeclined({code:?})"));
    Some(ReadBack::Refused { payment, decline_code: DeclineCode::ALL.iter().find(declined).copied() })
}

fn status_of(refusal: &Refusal) -> u16 {
    use Refusal as R;
    match refusal {
        R::NotFound => 404,
        R::CardDeclined(_) => 402,
        R::Conflict(_) | R::AuthorizationExpired | R::Busy | R::DuplicateOrder { .. } | R::KeyRunning => 409,
        R::AmountTooLarge { .. } | R::ExpectedAmountMismatch { .. } | R::KeyReused => 422,
        R::RateLimited => 429,
        R::AcquirerError => 502,
        R::Overloaded | R::Unavailable(_) => 503,
        R::OutcomeUnknown => 504,
        R::Internal => 500,
    }
}
