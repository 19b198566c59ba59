//! The life of a payment through the committer: keys, refusals, replays.

use domain::{
    id::PaymentId,
    payment::{CaptureMode, DeclineCode, PaymentStatus, Verdict},
};
use engine::ports::AcquirerDecision;

use crate::app::{App, authorize};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_again_gets_the_same_bytes_and_another_amount_is_refused() {
    let app = App::start().await;
    let first = app.authorize(authorize(10_000, "abc-123")).await;
    let again = app.authorize(authorize(10_000, "abc-123")).await;
    assert_eq!((again.status, &again.body, again.replayed), (200, &first.body, true));
    let other = app.authorize(authorize(10_001, "abc-123")).await;
    assert_eq!(other.status, 422, "{other:?}");
    assert_eq!(app.payments_stored().await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decided_refusal_is_replayed_and_a_wait_is_not() {
    let app = App::start().await;
    app.acquirer.will([AcquirerDecision::Known(Verdict::Declined(DeclineCode::InsufficientFunds))]);
    let declined = app.authorize(authorize(10_000, "declined")).await;
    assert_eq!(declined.status, 402);
    assert_eq!(app.payment(declined.payment()).await.status(), PaymentStatus::Declined);
    let again = app.authorize(authorize(10_000, "declined")).await;
    assert_eq!((again.status, &again.body, again.replayed), (402, &declined.body, true));

    let payment = app.captured(500).await;
    let conflict = app.capture(payment, None, Some("late")).await;
    assert_eq!(conflict.status, 409);
    assert!(app.capture(payment, None, Some("late")).await.replayed);
    let too_much = app.refund(payment, Some(501), Some("much")).await;
    assert_eq!(too_much.status, 422);
    assert!(app.refund(payment, Some(501), Some("much")).await.replayed);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explicit_refusal_of_the_acquirer_leaves_a_declined_payment_and_a_free_key() {
    let app = App::start().await;
    app.acquirer.will([AcquirerDecision::Known(Verdict::Refused)]);
    let refused = app.authorize(authorize(10_000, "again")).await;
    assert_eq!(refused.status, 502);
    assert_eq!(app.payment(refused.payment()).await.status(), PaymentStatus::Declined);
    let retried = app.authorize(authorize(10_000, "again")).await;
    assert_eq!((retried.status, retried.replayed), (200, false));
    assert_ne!(retried.payment(), refused.payment());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_capture_commits_two_events_and_both_are_posted() {
    let app = App::start().await;
    let mut call = authorize(7_000, "auto");
    call.request.capture_mode = CaptureMode::Automatic;
    let answer = app.authorize(call).await;
    let payment = app.payment(answer.payment()).await;
    assert_eq!((payment.status(), payment.version), (PaymentStatus::Captured, 2));
    app.drain().await;
    assert_eq!(app.entries_posted().await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_merchants_payment_does_not_exist() {
    let app = App::start().await;
    let payment = app.authorized(100).await;
    let mut call = authorize(1, "unused");
    call.merchant = "someone-else".parse().unwrap();
    let capture = engine::payments::OnPayment {
        payment,
        command: domain::payment::Capture { amount: None, last: true },
    };
    let call = engine::payments::Call {
        merchant: call.merchant,
        request: capture,
        key: None,
        fingerprint: [0; 32],
        request_id: "req".into(),
        traceparent: None,
        act: None,
    };
    assert_eq!(app.payments.capture(call).await.status, 404);
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Authorized);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_payment_it_was_asked_about() {
    let app = App::start().await;
    let payment = app.captured(900).await;
    assert_eq!(app.refund(payment, Some(100), Some("k")).await.status, 200);
    let reused = app.refund(payment, Some(200), Some("k")).await;
    assert_eq!((reused.status, reused.payment()), (422, payment));
    let nobody = PaymentId::new(777).unwrap();
    let missing = app.capture(nobody, None, None).await;
    assert_eq!((missing.status, missing.payment()), (404, nobody));
    app.finish().await;
}
