//! An acquirer behind a network: answers get lost, come late, contradict each other.

use std::sync::Arc;

use domain::payment::{DeclineCode, PaymentStatus, Verdict};
use engine::ports::{AcquirerDecision, Inquiry};

use crate::app::{App, Options, ScriptedAcquirer, authorize};

const LOST: AcquirerDecision = AcquirerDecision::Unknown;

async fn remote() -> App {
    App::with(Options { remote: true, ..Options::default() }).await
}

/// Old enough for the resolver to ask.
fn age(app: &App) {
    app.clock.advance_seconds(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_call_is_one_attempt_and_one_answer() {
    let app = remote().await;
    let answer = app.authorize(authorize(900, "k")).await;
    assert_eq!(answer.status, 200);
    assert!(app.authorize(authorize(900, "k")).await.replayed);
    assert_eq!(app.capture(answer.payment(), None, None).await.status, 200);
    assert_eq!(app.acquirer.requests.lock().unwrap().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_504_then_known_and_never_charged_twice() {
    let app = remote().await;
    app.acquirer.will([LOST]);
    let lost = app.authorize(authorize(900, "k")).await;
    assert_eq!(lost.status, 504);
    let payment = lost.payment();
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Processing);
    assert_eq!(
        app.authorize(authorize(900, "k")).await.status,
        409,
        "while it is outstanding the key only says wait"
    );
    assert_eq!(app.capture(payment, None, None).await.status, 409);

    let attempt = app.acquirer.requests.lock().unwrap()[0].attempt;
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Approved));
    age(&app);
    assert_eq!(app.resolver().resolve_due().await.unwrap(), 0);
    let known = app.authorize(authorize(900, "k")).await;
    assert_eq!((known.status, known.payment(), known.replayed), (200, payment, true));
    assert_eq!(app.acquirer.requests.lock().unwrap().len(), 1, "asked about, not sent again");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_such_attempt_is_sent_again_under_the_same_id() {
    let app = remote().await;
    app.acquirer.will([LOST, AcquirerDecision::Known(Verdict::Declined(DeclineCode::LostCard))]);
    let lost = app.authorize(authorize(900, "k")).await;
    age(&app);
    app.resolver().resolve_due().await.unwrap();
    let requests = app.acquirer.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
    assert_eq!(app.payment(lost.payment()).await.status(), PaymentStatus::Declined);
    assert_eq!(app.authorize(authorize(900, "k")).await.status, 402);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explicit_refusal_frees_the_key_and_leaves_a_captured_payment_as_it_was() {
    let app = remote().await;
    let payment = app.captured(900).await;
    app.acquirer.will([AcquirerDecision::Known(Verdict::Refused)]);
    let refused = app.refund(payment, Some(300), Some("r")).await;
    assert_eq!(refused.status, 502);
    let stored = app.payment(payment).await;
    assert_eq!((stored.status(), stored.pending.is_none()), (PaymentStatus::Captured, true));
    assert_eq!(app.refund(payment, Some(300), Some("r")).await.status, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outstanding_refund_counts_as_taken_and_blocks_everything_else() {
    let app = remote().await;
    let payment = app.captured(1_000).await;
    app.acquirer.will([LOST]);
    assert_eq!(app.refund(payment, Some(600), None).await.status, 504);
    let stored = app.payment(payment).await;
    assert_eq!(stored.refundable().minor_units, 400);
    assert_eq!(app.refund(payment, Some(100), None).await.status, 409);
    age(&app);
    app.resolver().resolve_due().await.unwrap();
    assert_eq!(app.payment(payment).await.refunded.minor_units, 600);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_is_known_nothing_is_guessed() {
    let app = remote().await;
    app.acquirer.will([LOST, LOST, LOST]);
    let payment = app.authorize(authorize(900, "k")).await.payment();
    let mut resolver = app.resolver();
    age(&app);
    assert_eq!(resolver.resolve_due().await.unwrap(), 1);
    app.clock.advance_seconds(100);
    assert_eq!(resolver.resolve_due().await.unwrap(), 1);
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Processing);
    app.clock.advance_seconds(100);
    assert_eq!(resolver.resolve_due().await.unwrap(), 0);
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Authorized);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_one_acquirer_is_never_resolved_by_another() {
    let app = remote().await;
    app.acquirer.will([LOST]);
    let payment = app.authorize(authorize(900, "k")).await.payment();
    let attempt = app.acquirer.requests.lock().unwrap()[0].attempt;
    let other = Arc::new(ScriptedAcquirer::new(false));
    other.knows(attempt, Inquiry::Known(Verdict::Approved));
    age(&app);
    assert_eq!(app.resolver_asking(other.clone()).resolve_due().await.unwrap(), 1, "it stays unknown");
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Processing);
    assert!(other.requests.lock().unwrap().is_empty(), "nor is it sent again elsewhere");
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Declined(DeclineCode::LostCard)));
    assert_eq!(app.resolver().resolve_due().await.unwrap(), 0);
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Declined);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_nothing_is_known_of_stand_in_nobodys_way_however_many() {
    const SILENT: usize = 1_000;
    let app = App::start().await;
    app.acquirer.will((0..=SILENT).map(|_| LOST));
    let calls = (0..SILENT).map(|number| app.authorize(authorize(1, &format!("k{number}"))));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 504), "{answers:?}");
    app.clock.advance_seconds(1);
    let youngest = app.authorize(authorize(1, "last")).await;
    assert_eq!(youngest.status, 504);
    let attempts: Vec<_> = app.acquirer.requests.lock().unwrap().iter().map(|sent| sent.attempt).collect();
    assert_eq!(attempts.len(), SILENT + 1);
    let (last, silent) = attempts.split_last().unwrap();
    silent.iter().for_each(|attempt| app.acquirer.knows(*attempt, Inquiry::Unknown));
    app.acquirer.knows(*last, Inquiry::Known(Verdict::Approved));
    age(&app);
    assert_eq!(app.resolver().resolve_due().await.unwrap(), SILENT);
    assert_eq!(
        app.payment(youngest.payment()).await.status(),
        PaymentStatus::Authorized,
        "it is asked about"
    );
    silent.iter().for_each(|attempt| app.acquirer.knows(*attempt, Inquiry::Known(Verdict::Approved)));
    assert_eq!(app.resolver().resolve_due().await.unwrap(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_of_a_clock_ahead_is_asked_about_all_the_same() {
    let app = remote().await;
    app.authorized(1).await;
    app.tamper("UPDATE lane SET updated_at = updated_at + 86400000");
    app.acquirer.will([LOST]);
    let payment = app.authorize(authorize(900, "k")).await.payment();
    let attempt = app.acquirer.requests.lock().unwrap()[1].attempt;
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Approved));
    let mut resolver = app.resolver();
    assert_eq!(resolver.resolve_due().await.unwrap(), 1, "it may still be on its way");
    age(&app);
    assert_eq!(resolver.resolve_due().await.unwrap(), 0);
    assert_eq!(app.payment(payment).await.status(), PaymentStatus::Authorized);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_process_unknown_outcomes_take_the_same_phases() {
    let app = App::start().await;
    app.acquirer.will([LOST]);
    let lost = app.authorize(authorize(900, "k")).await;
    assert_eq!(lost.status, 504);
    let attempt = app.acquirer.requests.lock().unwrap()[0].attempt;
    app.acquirer.knows(attempt, Inquiry::Known(Verdict::Approved));
    age(&app);
    app.resolver().resolve_due().await.unwrap();
    assert_eq!(app.payment(lost.payment()).await.status(), PaymentStatus::Authorized);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_acquirer_opens_the_breaker_and_then_nothing_is_stored() {
    let app = remote().await;
    app.acquirer.will((0..200).map(|_| LOST));
    let mut statuses = Vec::new();
    for number in 0..80 {
        statuses.push(app.authorize(authorize(1, &format!("k{number}"))).await.status);
    }
    let stored = app.payments_stored().await;
    assert_eq!(statuses.iter().filter(|status| **status == 504).count(), stored);
    assert!(statuses.ends_with(&[503, 503, 503]), "{statuses:?}");
    age(&app);
    app.acquirer.forget_script();
    app.resolver().resolve_due().await.unwrap();
    app.finish().await;
}
