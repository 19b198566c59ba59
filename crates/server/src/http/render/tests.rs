//! The bytes of answers, whole: they are stored and replayed, so a change here is a change of the contract.

use domain::{
    id::{AttemptId, Lane},
    money::{Currency, Money},
    payment::{
        Birth, Capture, CaptureMode, Command, DeclineCode, Metadata, Pending, PendingOperation, Refund,
        Verdict,
    },
    time::Timestamp,
};
use serde_json::Value;

use super::*;

fn birth() -> Birth {
    let mut metadata = Metadata::default();
    metadata.insert("seat", "7").unwrap();
    Birth {
        id: PaymentId::compose(42, Lane(0), 1).unwrap(),
        merchant: "M123".parse().unwrap(),
        order: Some("order-1".parse().unwrap()),
        description: None,
        metadata,
        amount: Money::new(10_000, Currency::KRW),
        capture_mode: CaptureMode::Manual,
        capture_before: Timestamp::from_unix_ms(1_795_936_503_412),
    }
}

fn authorized() -> Payment {
    Payment::authorize(birth(), Verdict::Approved, Timestamp::from_unix_ms(1_795_331_703_412)).0
}

fn posted(amount: i64) -> Vec<Posting> {
    use domain::ledger::{AccountCode::*, AccountId, Layer};
    let account = |code, owner| AccountId::new(code, owner, Currency::KRW);
    let won = |amount| Money::new(amount, Currency::KRW);
    let (acquirer, merchant) = (account(AcquirerReceivable, "sim"), account(MerchantPending, "M123"));
    vec![
        Posting::new(Layer::Hold, merchant.clone(), acquirer.clone(), won(10_000)).unwrap(),
        Posting::new(Layer::Posted, acquirer, merchant, won(amount)).unwrap(),
    ]
}

fn text(outcome: Outcome<'_>) -> (u16, String) {
    let rendered = JsonRender.render(outcome);
    (rendered.status, String::from_utf8(rendered.body.to_vec()).unwrap())
}

#[test]
fn an_authorization_has_no_entries_of_the_books() {
    let payment = authorized();
    let outcome =
        Outcome::Done { operation: Operation::Authorize, payment: &payment, postings: &posted(1)[..1] };
    insta::assert_snapshot!(text(outcome).1, @r#"{"paymentId":42,"status":"AUTHORIZED","amount":10000,"currency":"KRW","createdAt":"2026-11-22T07:15:03.412Z","ledgerEntries":[],"message":"payment authorized","merchantId":"M123","orderId":"order-1","capturableAmount":10000,"capturedAmount":0,"refundableAmount":0,"refundedAmount":0,"captureMode":"manual","captureBefore":"2026-11-29T07:15:03.412Z","updatedAt":"2026-11-22T07:15:03.412Z","version":1,"metadata":{"seat":"7"}}"#);
}

#[test]
fn every_answer_names_its_payment_also_when_only_its_bytes_are_left() {
    let payment = authorized();
    let done = Outcome::Done { operation: Operation::Authorize, payment: &payment, postings: &[] };
    let declined = |payment| Outcome::Refused {
        operation: Operation::Authorize,
        refusal: &Refusal::CardDeclined(DeclineCode::InsufficientFunds),
        payment,
        request_id: "req_1",
    };
    assert_eq!(payment_of(text(done).1.as_bytes()), Some(payment.id));
    assert_eq!(payment_of(text(declined(Some(payment.id))).1.as_bytes()), Some(payment.id));
    assert_eq!(payment_of(text(declined(None)).1.as_bytes()), None);
}

#[test]
fn a_capture_shows_what_it_posts_and_keeps_the_authorized_amount() {
    let command = Command::Capture(Capture { amount: Some(4_000), last: false });
    let (payment, _) = authorized().apply(&command, Timestamp::from_unix_ms(1_795_331_704_000)).unwrap();
    let outcome =
        Outcome::Done { operation: Operation::Capture, payment: &payment, postings: &posted(4_000) };
    insta::assert_snapshot!(text(outcome).1, @r#"{"paymentId":42,"status":"PARTIALLY_CAPTURED","amount":10000,"currency":"KRW","createdAt":"2026-11-22T07:15:03.412Z","ledgerEntries":[{"debitAccount":"acquirer_receivable","creditAccount":"merchant_pending","amount":4000}],"message":"payment captured in part","merchantId":"M123","orderId":"order-1","capturableAmount":6000,"capturedAmount":4000,"refundableAmount":4000,"refundedAmount":0,"captureMode":"manual","captureBefore":"2026-11-29T07:15:03.412Z","updatedAt":"2026-11-22T07:15:04.000Z","version":2,"metadata":{"seat":"7"}}"#);
}

#[test]
fn an_outstanding_refund_shows_as_pending() {
    let capture = Command::Capture(Capture { amount: None, last: true });
    let (payment, _) = authorized().apply(&capture, Timestamp::from_unix_ms(1_795_331_704_000)).unwrap();
    let since = Timestamp::from_unix_ms(1_795_331_705_000);
    let refund = Command::Refund(Refund {
        amount: Some(1_000),
        reason: "r".parse().unwrap(),
        expected_refundable: None,
    });
    let payment = payment.begin(&refund, AttemptId(1), since).unwrap();
    assert!(matches!(payment.pending, Some(Pending { operation: PendingOperation::Refund { .. }, .. })));
    let view: Value = serde_json::to_value(PaymentView::of(&payment)).unwrap();
    assert_eq!(view["pending"]["operation"], "refund");
    assert_eq!(view["pending"]["amount"], 1_000);
    assert_eq!(view["pending"]["since"], "2026-11-22T07:15:05.000Z");
    assert_eq!(view["refundableAmount"], 9_000);
    assert!(view.get("ledgerEntries").is_none() && view.get("message").is_none());
}

#[test]
fn a_refusal_names_the_payment_and_what_is_left() {
    let refusal = Refusal::AmountTooLarge { available: Money::new(400, Currency::KRW) };
    let payment = PaymentId::new(42);
    let refused =
        |operation| text(Outcome::Refused { operation, refusal: &refusal, payment, request_id: "req_1" });
    insta::assert_snapshot!(refused(Operation::Refund).1, @r#"{"code":"AMOUNT_TOO_LARGE","message":"the amount exceeds the 400 KRW that is available","paymentId":42,"type":"/docs#AMOUNT_TOO_LARGE","title":"The amount is more than there is","status":422,"detail":"ask for at most capturableAmount or refundableAmount","instance":"/payments/refund/42","requestId":"req_1","docUrl":"/docs#AMOUNT_TOO_LARGE","refundableAmount":400}"#);
    let problem: Value = serde_json::from_str(&refused(Operation::Capture).1).unwrap();
    assert_eq!(problem["capturableAmount"], 400);
    assert!(problem.get("refundableAmount").is_none());
}

#[test]
fn every_refusal_has_the_status_and_code_of_the_contract() {
    use Operation::*;
    let won = Money::new(1, Currency::KRW);
    let table: [(Operation, Refusal, u16, &str); 20] = [
        (Authorize, Refusal::CardDeclined(DeclineCode::LostCard), 402, "CARD_DECLINED"),
        (Capture, Refusal::NotFound, 404, "NOT_FOUND"),
        (Capture, Refusal::Conflict(PaymentStatus::Voided), 409, "CAPTURE_CONFLICT"),
        (Void, Refusal::Conflict(PaymentStatus::Voided), 409, "VOID_CONFLICT"),
        (Refund, Refusal::Conflict(PaymentStatus::Voided), 409, "REFUND_CONFLICT"),
        (Capture, Refusal::AuthorizationExpired, 409, "AUTHORIZATION_EXPIRED"),
        (Refund, Refusal::Busy, 409, "DUPLICATE_REQUEST"),
        (Authorize, Refusal::DuplicateOrder { wait: false }, 409, "DUPLICATE_REQUEST"),
        (Authorize, Refusal::KeyRunning, 409, "DUPLICATE_REQUEST"),
        (Capture, Refusal::AmountTooLarge { available: won }, 422, "AMOUNT_TOO_LARGE"),
        (Refund, Refusal::ExpectedAmountMismatch { actual: won }, 422, "EXPECTED_AMOUNT_MISMATCH"),
        (Void, Refusal::KeyReused, 422, "IDEMPOTENCY_KEY_REUSED"),
        (Void, Refusal::RateLimited, 429, "RATE_LIMIT_EXCEEDED"),
        (Authorize, Refusal::Internal, 500, "INTERNAL_ERROR"),
        (Authorize, Refusal::AcquirerError, 502, "ACQUIRER_ERROR"),
        (Authorize, Refusal::Overloaded, 503, "OVERLOADED"),
        (Authorize, Refusal::Unavailable(Away::Store), 503, "UNAVAILABLE"),
        (Authorize, Refusal::Unavailable(Away::Acquirer), 503, "UNAVAILABLE"),
        (Authorize, Refusal::OutcomeUnknown, 504, "OUTCOME_UNKNOWN"),
        (Capture, Refusal::OutcomeUnknown, 504, "OUTCOME_UNKNOWN"),
    ];
    for (operation, refusal, status, code) in table {
        let payment = PaymentId::new(7);
        let (sent, body) =
            text(Outcome::Refused { operation, refusal: &refusal, payment, request_id: "req_1" });
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((sent, problem["code"].as_str()), (status, Some(code)), "{refusal:?}");
        assert_eq!(
            (problem["status"].as_u64(), problem["paymentId"].as_u64()),
            (Some(status.into()), Some(7))
        );
        assert_eq!(problem["requestId"], "req_1");
    }
    let declined = Refusal::CardDeclined(DeclineCode::InsufficientFunds);
    let (_, body) =
        text(Outcome::Refused { operation: Authorize, refusal: &declined, payment: None, request_id: "r" });
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["declineCode"], "insufficient_funds");
    assert_eq!(problem["instance"], "/payments/authorize");
}

#[test]
fn a_503_says_what_is_away() {
    for (away, named, other) in [(Away::Store, "store", "acquirer"), (Away::Acquirer, "acquirer", "store")] {
        let refusal = Refusal::Unavailable(away);
        let operation = Operation::Authorize;
        let outcome = Outcome::Refused { operation, refusal: &refusal, payment: None, request_id: "r" };
        let problem: Value = serde_json::from_str(&text(outcome).1).unwrap();
        let words = format!("{} {}", problem["detail"], problem["message"]);
        assert!(words.contains(named) && !words.contains(other), "{words}");
    }
}

#[test]
fn an_answer_that_was_stored_tells_its_payment_again() {
    let capture = Command::Capture(Capture { amount: Some(4_000), last: false });
    let (payment, _) = authorized().apply(&capture, Timestamp::from_unix_ms(1_795_331_704_000)).unwrap();
    let done = Outcome::Done { operation: Operation::Capture, payment: &payment, postings: &posted(4_000) };
    let Some(ReadBack::Done(then)) = JsonRender.read_back(200, text(done).1.as_bytes()) else {
        panic!("{}", text(done).1)
    };
    assert_eq!((then.id, &then.merchant, &then.order), (payment.id, &payment.merchant, &payment.order));
    assert_eq!((then.status, then.version), (payment.status(), payment.version));
    assert_eq!((then.authorized, then.captured, then.refunded), (payment.authorized, 4_000, 0));
    assert_eq!((then.capture_mode, then.capture_before), (payment.capture_mode, payment.capture_before));
    assert_eq!((then.created_at, then.updated_at), (payment.created_at, payment.updated_at));
    assert_eq!(JsonRender.read_back(402, text(done).1.as_bytes()), None, "not under another status");
    assert_eq!(JsonRender.read_back(200, b"{}"), None);
}

#[test]
fn of_refusals_only_those_that_stand_for_ever_are_read_back() {
    let won = Money::new(1, Currency::KRW);
    let operation = Operation::Refund;
    for (refusal, decline) in [
        (Refusal::CardDeclined(DeclineCode::LostCard), Some(DeclineCode::LostCard)),
        (Refusal::Conflict(PaymentStatus::Voided), None),
        (Refusal::AuthorizationExpired, None),
        (Refusal::DuplicateOrder { wait: false }, None),
        (Refusal::AmountTooLarge { available: won }, None),
        (Refusal::ExpectedAmountMismatch { actual: won }, None),
        (Refusal::NotFound, None),
        (Refusal::KeyReused, None),
        (Refusal::RateLimited, None),
        (Refusal::Internal, None),
        (Refusal::AcquirerError, None),
        (Refusal::Overloaded, None),
        (Refusal::OutcomeUnknown, None),
    ] {
        let payment = PaymentId::new(7);
        let (status, body) =
            text(Outcome::Refused { operation, refusal: &refusal, payment, request_id: "r" });
        let read = JsonRender.read_back(status, body.as_bytes());
        let expected = refusal.is_final().then_some(ReadBack::Refused { payment, decline_code: decline });
        assert_eq!(read, expected, "{refusal:?}");
        assert_eq!(JsonRender.read_back(status + 1, body.as_bytes()), None, "{refusal:?}");
    }
}
