//! Clocks that leap: here, at the store, now, and in a time whose traces are in the books.

use std::sync::Arc;

use domain::{
    payment::{PaymentStatus, Verdict},
    time::Timestamp,
};
use engine::{
    clocks::{AHEAD_MAX_MS, compare_with_books},
    observe::Incident,
    pipeline::expiry::{self, expire_due},
    ports::{AcquirerDecision, Clock as _, Inquiry},
};
use testkit::{Alarms, FixedClock, wait::wait_until};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Options, PATIENCE, authorize};

const DAY_SECONDS: u32 = 86_400;
const WEEK_SECONDS: u32 = 7 * DAY_SECONDS;
/// Past the end of every authorization.
const LEAP_SECONDS: u32 = 8 * DAY_SECONDS;

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_was_written_by_a_clock_ahead_ends_no_authorization() {
    let seen = Arc::new(Alarms::default());
    let app = App::with(Options { observer: seen.clone(), ..Options::default() }).await;
    let (open, left) = (app.authorized(1_000).await, app.authorized(1_000).await);
    assert_eq!(compare_with_books(&app.context).await.unwrap(), None);
    app.tamper(&format!("UPDATE lane SET updated_at = updated_at + {}", i64::from(LEAP_SECONDS) * 1000));
    let ahead_ms = compare_with_books(&app.context).await.unwrap();
    assert_eq!((ahead_ms, told(&seen, Incident::BooksAhead)), (Some(i64::from(LEAP_SECONDS) * 1000), 1));

    let captured = app.capture(open, None, Some("k")).await;
    assert_eq!(captured.status, 200, "{captured:?}");
    let shown = app.payment(open).await;
    assert!(shown.updated_at >= app.clock.now().plus_seconds(LEAP_SECONDS), "a lane's time never goes back");
    let born = app.authorized(1_000).await;
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 0);
    app.clock.advance_seconds(WEEK_SECONDS);
    assert_eq!(app.capture(left, None, None).await.status, 409, "its time ran out by the clock");
    assert_eq!(app.capture(born, None, None).await.status, 200);
    assert_eq!(expire_due(&app.context, &app.queue).await.unwrap(), 1);
    assert_eq!(app.payment(left).await.status(), PaymentStatus::Expired);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_clock_leaps_ends_no_authorization_and_is_not_followed_at_once() {
    let (seen, store_clock) = (Arc::new(Alarms::default()), Arc::new(FixedClock::default()));
    let options =
        Options { observer: seen.clone(), store_clock: Some(store_clock.clone()), ..Options::default() };
    let app = App::with(options).await;
    let (first, second) = (app.authorized(1_000).await, app.authorized(1_000).await);
    store_clock.advance_seconds(LEAP_SECONDS);
    assert_eq!(app.capture(first, None, None).await.status, 200);
    let born = app.authorized(1_000).await;
    let bound = Timestamp::from_unix_ms(app.clock.now().unix_ms() + AHEAD_MAX_MS);
    assert_eq!(app.payment(born).await.created_at, bound);
    assert_eq!(told(&seen, Incident::ClockJump), 1, "a leap is one incident");

    for clock in [&app.clock, &store_clock] {
        clock.advance_seconds(11 * 60);
    }
    let followed = app.authorized(1_000).await;
    assert_eq!(app.payment(followed).await.created_at, store_clock.now(), "somebody meant it");
    assert_eq!(app.capture(second, None, None).await.status, 200, "our clock says that it is open");
    assert_eq!(told(&seen, Incident::ClockJump), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expiry_rests_while_the_clock_has_jumped_and_goes_on_once_it_has_stayed() {
    let seen = Arc::new(Alarms::default());
    let app = App::with(Options { observer: seen.clone(), ..Options::default() }).await;
    let payment = app.authorized(1_000).await;
    let stop = CancellationToken::new();
    let expiring = tokio::spawn(expiry::run(app.context.clone(), app.queue.clone(), stop.clone()));
    // Its measure is taken at its first step.
    tokio::task::yield_now().await;
    let at_start = app.clock.now();
    wait_until("the jump is seen", PATIENCE, async || {
        app.clock.set_wall(at_start.plus_seconds(LEAP_SECONDS));
        told(&seen, Incident::ClockJump) == 1
    })
    .await;
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Authorized);
    wait_until("it goes on", PATIENCE, async || {
        app.clock.advance_seconds(5 * 60);
        app.payment(payment).await.status() == PaymentStatus::Expired
    })
    .await;
    stop.cancel();
    expiring.await.unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_past_its_bound_is_an_alarm_whatever_a_clock_says_of_its_age() {
    let seen = Arc::new(Alarms::default());
    let app = App::with(Options { observer: seen.clone(), remote: true, ..Options::default() }).await;
    app.authorized(1_000).await;
    app.tamper(&format!("UPDATE lane SET updated_at = updated_at + {}", i64::from(LEAP_SECONDS) * 1000));
    app.acquirer.will([AcquirerDecision::Unknown]);
    assert_eq!(app.authorize(authorize(900, "k")).await.status, 504);
    let attempt = app.acquirer.requests.lock().unwrap()[1].attempt;
    app.acquirer.knows(attempt, Inquiry::Unknown);
    let mut resolver = app.resolver();
    assert_eq!((resolver.resolve_due().await.unwrap(), seen.overdue()), (1, 0), "it may still be on its way");
    app.clock.advance_seconds(61);
    assert_eq!((resolver.resolve_due().await.unwrap(), seen.overdue()), (1, 1), "dated days ahead as it is");
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Approved));
    app.clock.advance_seconds(61);
    assert_eq!(resolver.resolve_due().await.unwrap(), 0);
    assert_eq!((resolver.resolve_due().await.unwrap(), seen.overdue()), (0, 0), "the alarm is over");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_overdue_by_its_own_age_however_lately_this_process_began() {
    let seen = Arc::new(Alarms::default());
    let app = App::with(Options { observer: seen.clone(), remote: true, ..Options::default() }).await;
    app.acquirer.will([AcquirerDecision::Unknown]);
    assert_eq!(app.authorize(authorize(900, "k")).await.status, 504);
    let attempt = app.acquirer.requests.lock().unwrap()[0].attempt;
    app.acquirer.knows(attempt, Inquiry::Unknown);
    let bound_ms = u64::try_from(app.context.settings.resolver_bound.as_millis()).unwrap();
    app.clock.advance_ms(bound_ms);
    // Each is the resolver of a process that has just begun and has seen nothing.
    assert_eq!(
        (app.resolver().resolve_due().await.unwrap(), seen.overdue()),
        (1, 0),
        "not yet past the bound"
    );
    app.clock.advance_ms(1);
    assert_eq!((app.resolver().resolve_due().await.unwrap(), seen.overdue()), (1, 1));
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Approved));
    app.clock.advance_seconds(61);
    assert_eq!(app.resolver().resolve_due().await.unwrap(), 0);
    app.finish().await;
}

/// How many incidents of a kind there were; a clock causes no others.
fn told(seen: &Alarms, kind: Incident) -> usize {
    assert_eq!(seen.beside(&[Incident::ClockJump, Incident::BooksAhead]), 0, "{seen:?}");
    seen.of(kind)
}
