//! Many callers at once.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::app::{App, authorize};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_simultaneous_authorizations_with_one_key_are_one_payment() {
    let app = App::start().await;
    let answers = join_all((0..100).map(|_| app.authorize(authorize(10_000, "one-key")))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let bodies: HashSet<_> = answers.iter().map(|answer| answer.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "every caller gets the same bytes");
    assert_eq!(
        answers.iter().filter(|answer| !answer.replayed).count(),
        1,
        "one effect, ninety-nine replays"
    );
    app.drain().await;
    assert_eq!(app.payments_stored().await, 1);
    assert_eq!(app.entries_posted().await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_concurrent_refunds_of_60_percent_exactly_one_succeeds() {
    let app = App::start().await;
    let payment = app.captured(10_000).await;
    let answers = join_all((0..64).map(|_| app.refund(payment, Some(6_000), None))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 422).count(), 63);
    assert_eq!(app.payment(payment).await.refunded.minor_units, 6_000);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_keys_for_one_order_one_payment_is_born() {
    let app = App::start().await;
    let calls = (0..40).map(|number| {
        let mut call = authorize(5_000, &format!("key-{number}"));
        call.request.order = Some("order-1".parse().unwrap());
        app.authorize(call)
    });
    let answers = join_all(calls).await;
    let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(winners.len(), 1);
    for loser in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(loser.status, 409);
        assert_eq!(
            loser.payment(),
            winners[0].payment(),
            "the refusal names the payment that holds the order"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capture_void_and_refund_at_once_never_take_more_than_there_is() {
    let app = App::start().await;
    for _ in 0..20 {
        let payment = app.authorized(1_000).await;
        let (captured, voided, refunded) = tokio::join!(
            app.capture(payment, Some(700), None),
            app.void(payment),
            app.refund(payment, None, None)
        );
        assert!(captured.status == 200 || voided.status == 200);
        assert!(
            !(captured.status == 200 && voided.status == 200),
            "a final capture and a void exclude each other"
        );
        assert!(refunded.status != 200 || captured.status == 200);
        assert!(app.payment(payment).await.is_consistent());
    }
    app.finish().await;
}
