//! Authorizations end when their time has run out.

use std::sync::Arc;

use domain::payment::PaymentStatus;
use engine::{commit::Context, pipeline::expiry::expire_due};
use testkit::FixedClock;
use tokio::time::timeout;

use crate::app::{App, PATIENCE, authorize};

const WEEK_SECONDS: u32 = 7 * 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_lapsed_authorization_is_released_and_cannot_be_captured() {
    let app = App::start().await;
    let lapsing = app.authorized(1_000).await;
    let captured = app.captured(1_000).await;
    app.clock.advance_seconds(WEEK_SECONDS);
    let late = app.capture(lapsing, None, None).await;
    assert_eq!(late.status, 409, "exactly at its end it can no longer be captured, expired or not");
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 1);
    assert_eq!(app.payment(lapsing).await.status(), PaymentStatus::Expired);
    assert_eq!(app.payment(captured).await.status(), PaymentStatus::Captured);
    assert!(app.capture(lapsing, None, None).await.text().contains("AuthorizationExpired"));
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_the_last_millisecond_it_can_be_captured_and_not_expired() {
    let app = App::start().await;
    let payment = app.authorized(1_000).await;
    app.clock.advance_ms(u64::from(WEEK_SECONDS) * 1000 - 1);
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 0);
    assert_eq!(app.capture(payment, None, None).await.status, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_batch_of_them_expires_in_one_go() {
    let app = App::start().await;
    let calls = (0..600).map(|number| app.authorize(authorize(10, &format!("k{number}"))));
    futures_util::future::join_all(calls).await;
    app.clock.advance_seconds(WEEK_SECONDS + 1);
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 600);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ahead_of_the_database_asks_for_each_once() {
    let app = App::start().await;
    let calls = (0..300).map(|number| app.authorize(authorize(10, &format!("k{number}"))));
    futures_util::future::join_all(calls).await;
    let ahead = Arc::new(FixedClock::default());
    ahead.advance_seconds(WEEK_SECONDS + 1);
    let context = Context { clock: ahead, ..app.context.clone() };
    let asked = timeout(PATIENCE, expire_due(&context, &app.queue)).await.expect("it comes to an end");
    assert_eq!(asked.unwrap(), 256, "one helping, none of which is over yet");
    app.clock.advance_seconds(WEEK_SECONDS + 1);
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 300);
    app.finish().await;
}
