//! The life of a payment told in words, so that tables of it can be read: `authorize 1000, capture 400 more, refund 100`.

use domain::{
    ledger::Layer,
    money::{Currency, Money},
    payment::{
        Birth, Capture, CaptureMode, Change, Command, DeclineCode, Metadata, Payment, PaymentEvent, Refund,
        Rejection, Verdict, Void,
    },
    posting_rules,
    time::Timestamp,
};

/// What a step came to: the payment afterwards and what happened, or why nothing did.
pub(crate) type Told = Result<(Payment, Vec<PaymentEvent>), Rejection>;

/// When a payment is born, and when every step is taken that does not say otherwise.
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap()
}

/// The first moment at which nothing can be captured any more.
pub(crate) fn end() -> Timestamp {
    noon().plus_seconds(604_800)
}

/// Tells a whole life; every step of it must succeed.
pub(crate) fn tell(steps: &str) -> Payment {
    let payment = steps.split(", ").fold(None, |payment, step| {
        let told = take(payment, step);
        Some(told.unwrap_or_else(|rejection| panic!("`{step}` of `{steps}`: {rejection}")).0)
    });
    payment.unwrap()
}

/// Takes one step:
/// `authorize N [and capture]`, `decline N`, `refuse N` are answered at once; `ask N [and capture]` waits for its answer;
/// `send` before a command waits for its answer too; `approved`, `declined`, `refused` is that answer;
/// `capture [N] [more]`, `void`, `refund [N] [expecting N]`, `expire` are commands, `late` at the end, `early` just before it.
pub(crate) fn take(payment: Option<Payment>, step: &str) -> Told {
    let words: Vec<&str> = step.split_whitespace().collect();
    match (payment, words.as_slice()) {
        (None, ["ask", amount, mode @ ..]) => {
            Ok((Payment::processing(birth(amount, mode), attempt(), noon()), Vec::new()))
        }
        (None, [verb, amount, mode @ ..]) => {
            Ok(Payment::authorize(birth(amount, mode), verdict(verb), noon()))
        }
        (Some(payment), [verb @ ("approved" | "declined" | "refused")]) => {
            Ok(payment.conclude(verdict(verb), end()))
        }
        (Some(payment), ["send", words @ ..]) => {
            let (command, now) = command(words);
            payment.begin(&command, attempt(), now).map(|payment| (payment, Vec::new()))
        }
        (Some(payment), words) => {
            let (command, now) = command(words);
            payment.apply(&command, now).map(|(payment, event)| (payment, vec![event]))
        }
        (None, words) => panic!("not a birth: {words:?}"),
    }
}

/// `STATUS captured/refunded left capturable/refundable: what happened`, or the refusal.
pub(crate) fn describe(told: &Told) -> String {
    match told {
        Ok((payment, events)) => {
            let happened: Vec<String> = events.iter().map(|event| what_happened(&event.change)).collect();
            let happened = if happened.is_empty() { "nothing".to_owned() } else { happened.join(", ") };
            format!(
                "{} {}/{} left {}/{}: {happened}",
                payment.status(),
                payment.captured.minor_units,
                payment.refunded.minor_units,
                payment.capturable().minor_units,
                payment.refundable().minor_units,
            )
        }
        Err(rejection) => match rejection {
            Rejection::Busy => "Busy".to_owned(),
            Rejection::CaptureConflict(status) => format!("CaptureConflict {status}"),
            Rejection::VoidConflict(status) => format!("VoidConflict {status}"),
            Rejection::RefundConflict(status) => format!("RefundConflict {status}"),
            Rejection::AuthorizationExpired => "AuthorizationExpired".to_owned(),
            Rejection::AmountTooLarge { available } => format!("AmountTooLarge {}", available.minor_units),
            Rejection::ExpectedAmountMismatch { actual } => {
                format!("ExpectedAmountMismatch {}", actual.minor_units)
            }
            Rejection::NotExpirable => "NotExpirable".to_owned(),
        },
    }
}

fn what_happened(change: &Change) -> String {
    let postings =
        posting_rules::postings(change, &"M1".parse().unwrap(), "simulator", Default::default()).unwrap();
    let released = postings
        .iter()
        .find(|posting| posting.layer() == Layer::Hold && posting.debit().code.code() == 2100)
        .map_or(0, |posting| posting.amount().minor_units);
    match change {
        Change::Authorized { amount } => format!("authorized {}", amount.minor_units),
        Change::Declined { code } => format!("declined {code}"),
        Change::Captured { amount, last: true, .. } => {
            format!("captured {} at last, released {released}", amount.minor_units)
        }
        Change::Captured { amount, .. } => format!("captured {}, released {released}", amount.minor_units),
        Change::Voided { .. } => format!("voided {released}"),
        Change::Expired { .. } => format!("expired {released}"),
        Change::Refunded { amount, .. } => format!("refunded {}", amount.minor_units),
    }
}

/// A payment about to be born.
pub(crate) fn birth(amount: &str, mode: &[&str]) -> Birth {
    let capture_mode = match mode {
        [] => CaptureMode::Manual,
        ["and", "capture"] => CaptureMode::Automatic,
        other => panic!("not a capture mode: {other:?}"),
    };
    Birth {
        id: "42".parse().unwrap(),
        merchant: "M1".parse().unwrap(),
        order: Some("order-1".parse().unwrap()),
        description: None,
        metadata: Metadata::default(),
        amount: Money::new(amount.parse().unwrap(), Currency::KRW),
        capture_mode,
        capture_before: end(),
    }
}

fn attempt() -> domain::id::AttemptId {
    domain::id::AttemptId(7)
}

fn verdict(verb: &str) -> Verdict {
    match verb {
        "authorize" | "approved" => Verdict::Approved,
        "decline" | "declined" => Verdict::Declined(DeclineCode::InsufficientFunds),
        "refuse" | "refused" => Verdict::Refused,
        other => panic!("not a verdict: {other}"),
    }
}

fn command(words: &[&str]) -> (Command, Timestamp) {
    let amount = |text: &str| Some(text.parse().unwrap());
    let (words, now) = match words {
        ["late", words @ ..] => (words, end()),
        ["early", words @ ..] => (words, end().plus_ms(-1)),
        ["expire"] => (words, end()),
        words => (words, noon()),
    };
    let capture = |amount, last| Command::Capture(Capture { amount, last });
    let refund = |amount, expected_refundable| {
        Command::Refund(Refund { amount, reason: "changed mind".parse().unwrap(), expected_refundable })
    };
    let command = match words {
        ["capture"] => capture(None, true),
        ["capture", "more"] => capture(None, false),
        ["capture", some] => capture(amount(some), true),
        ["capture", some, "more"] => capture(amount(some), false),
        ["void"] => Command::Void(Void::default()),
        ["refund"] => refund(None, None),
        ["refund", "expecting", expected] => refund(None, amount(expected)),
        ["refund", some] => refund(amount(some), None),
        ["refund", some, "expecting", expected] => refund(amount(some), amount(expected)),
        ["expire"] => Command::Expire,
        other => panic!("not a command: {other:?}"),
    };
    (command, now)
}
