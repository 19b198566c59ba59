//! Parts that fail: the store refuses, is away, loses a statement; an event cannot be posted.

use std::{sync::Arc, time::Duration};

use domain::id::DeadLetterId;
use engine::{
    pipeline::dead_letters::{self, DeadLetterRefusal},
    ports::OperatorAct,
    ports::{DeadLetterReason, DeadLetterState, PostingChanges},
    settings::EngineSettings,
};
use futures_util::future::join_all;
use testkit::{
    faults::{Fault, Faults, faulty},
    wait::wait_until,
};

use crate::app::{App, Options, PATIENCE, authorize};

async fn app_with_faults() -> (App, Arc<Faults>) {
    app_with_faults_and(Options::default().settings).await
}

async fn app_with_faults_and(settings: EngineSettings) -> (App, Arc<Faults>) {
    let (planted, faults) = std::sync::mpsc::channel();
    let wrap = Box::new(move |inner| {
        let (store, faults) = faulty(inner);
        planted.send(faults).unwrap();
        store
    });
    let app = App::with(Options { wrap, settings, ..Options::default() }).await;
    (app, faults.recv().unwrap())
}

/// Refuses to post anything of this amount.
fn refuse_postings_of(faults: &Faults, amount: i64) {
    faults.refuse_postings_if(move |changes: &PostingChanges| {
        let mut postings = changes.entries.iter().flat_map(|posted| posted.entry.postings());
        postings.any(|posting| posting.amount().minor_units == amount)
    });
}

fn act() -> OperatorAct {
    OperatorAct {
        actor: "test".into(),
        role: domain::operator::Role::Operator,
        reason: Some("test".into()),
        request_id: "req".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_command_costs_its_neighbours_nothing() {
    let (app, faults) = app_with_faults().await;
    faults.refuse_commits_if(|changes| {
        changes.payments.iter().any(|write| write.payment.authorized.minor_units == 13)
    });
    let calls = (10..20).map(|amount| app.authorize(authorize(amount, &format!("k{amount}"))));
    let answers = join_all(calls).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 500, 200, 200, 200, 200, 200, 200]);
    faults.mend();
    assert_eq!(app.authorize(authorize(13, "k13")).await.status, 200, "a 500 is not stored");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_503_and_nothing_happened() {
    let (app, faults) = app_with_faults().await;
    faults.set_away(true);
    assert_eq!(app.authorize(authorize(10, "k")).await.status, 503);
    faults.set_away(false);
    assert_eq!(app.payments_stored().await, 0);
    let retried = app.authorize(authorize(10, "k")).await;
    assert_eq!((retried.status, retried.replayed), (200, false));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_batch_that_does_not_end_nobody_waits() {
    let stall_limit = Duration::from_millis(50);
    let settings = EngineSettings { stall_limit, ..Options::default().settings };
    let (app, faults) = app_with_faults_and(settings).await;
    faults.hold_commits();
    let released = async {
        faults.commits_held(1).await;
        app.clock.advance_ms(1000);
        // Whoever comes now, or waits already, is told that nothing happened.
        let refused =
            join_all((1..5).map(|number| app.authorize(authorize(10, &format!("w{number}"))))).await;
        assert!(refused.iter().all(|answer| answer.status == 503));
        faults.release_commits();
    };
    let (first, ()) = tokio::join!(app.authorize(authorize(10, "k")), released);
    assert_eq!(first.status, 200, "who was taken gets its answer");
    assert_eq!(app.payments_stored().await, 1);
    let retried = app.authorize(authorize(10, "w1")).await;
    assert_eq!((retried.status, retried.replayed), (200, false));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_took_hold_unseen_is_answered_by_its_key() {
    let (app, faults) = app_with_faults().await;
    faults.fail_commits(1, Fault::LostAfter);
    assert_eq!(app.authorize(authorize(10, "k")).await.status, 504, "never 503: something may have happened");
    let retried = app.authorize(authorize(10, "k")).await;
    assert_eq!((retried.status, retried.replayed), (200, true));
    assert_eq!(app.payments_stored().await, 1);
    app.drain().await;
    assert_eq!(app.entries_posted().await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_lost_before_it_took_hold_can_be_tried_again() {
    let (app, faults) = app_with_faults().await;
    faults.fail_commits(1, Fault::LostBefore);
    assert_eq!(app.authorize(authorize(10, "k")).await.status, 504);
    assert_eq!(app.payments_stored().await, 0);
    let retried = app.authorize(authorize(10, "k")).await;
    assert_eq!((retried.status, retried.replayed), (200, false));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postings_whose_commit_was_lost_or_refused_for_a_while_are_posted_once() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Away] {
        let (app, faults) = app_with_faults().await;
        faults.fail_postings(2, fault);
        join_all((1..=20).map(|amount| app.authorized(amount))).await;
        app.drain().await;
        assert_eq!(app.entries_posted().await, 20, "{fault:?}");
        assert_eq!(app.dead_letters().await, [], "{fault:?}: a store that is away makes no dead letter");
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_another_posted_in_between_is_no_dead_letter() {
    // The batch, an event that is tried alone, and that alone again: whatever is refused is judged anew, and it is there.
    for times in 1..=4 {
        let (app, faults) = app_with_faults().await;
        faults.fail_postings(times, Fault::Beaten);
        join_all((1..=20).map(|amount| app.authorized(amount))).await;
        app.drain().await;
        assert_eq!(app.entries_posted().await, 20, "refused {times} times");
        assert_eq!(app.dead_letters().await, [], "refused {times} times");
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_while_a_commit_is_on_its_way_is_the_next_batch() {
    let (app, faults) = app_with_faults().await;
    faults.hold_commits();
    let later = async {
        faults.commits_held(1).await;
        let calls = (1..=20).map(|n| app.authorize(authorize(n, &format!("later-{n}"))));
        let release = async {
            wait_until("all twenty wait", PATIENCE, async || app.queue.waiting() >= 20).await;
            faults.release_commits();
        };
        tokio::join!(join_all(calls), release).0
    };
    let (first, later) = tokio::join!(app.authorize(authorize(1, "first")), later);
    assert!(later.iter().chain([&first]).all(|answer| answer.status == 200));
    let lanes = app.context.store.snapshot().await.unwrap().lane_list().await.unwrap();
    assert_eq!(lanes[0].state.batch, 2, "one batch for the lone command, one for the twenty");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fails_alone_is_parked_the_rest_is_posted_and_it_redrives_once() {
    let (app, faults) = app_with_faults().await;
    refuse_postings_of(&faults, 13);
    for amount in 10..20 {
        app.authorized(amount).await;
    }
    app.drain().await;
    assert_eq!(app.entries_posted().await, 9);
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.state, letter.letter.reason), (DeadLetterState::Open, DeadLetterReason::Refused));

    let failed = dead_letters::redrive(&app.context, letter.id, &act()).await.unwrap();
    assert_eq!((failed.state, failed.attempts), (DeadLetterState::Open, 2), "still refused");
    assert!(failed.note.is_some_and(|note| note.contains("refused")));
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let audit = snapshot.audit_list(&engine::ports::AuditFilter::default(), None, 10).await.unwrap().rows;
    assert_eq!((audit.len(), audit[0].outcome.as_deref()), (1, Some("still_open")));
    drop(snapshot);
    faults.mend();
    let act = act();
    let (one, two) = tokio::join!(
        dead_letters::redrive(&app.context, letter.id, &act),
        dead_letters::redrive(&app.context, letter.id, &act),
    );
    let redriven = [one, two];
    assert_eq!(redriven.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{redriven:?}");
    let again = dead_letters::redrive(&app.context, letter.id, &act).await;
    assert!(matches!(again, Err(DeadLetterRefusal::Conflict(_))));
    assert_eq!(app.entries_posted().await, 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_can_be_held_redriven_or_given_up_and_each_act_is_audited() {
    let (app, faults) = app_with_faults().await;
    refuse_postings_of(&faults, 13);
    app.authorized(13).await;
    app.authorized(13).await;
    app.drain().await;
    let [newer, older] = &app.dead_letters().await[..] else { panic!("two are parked") };
    assert_eq!(
        dead_letters::hold(&app.context, newer.id, &act()).await.unwrap().state,
        DeadLetterState::Held
    );
    faults.mend();
    let redriven = dead_letters::redrive(&app.context, newer.id, &act()).await.unwrap();
    assert_eq!(redriven.state, DeadLetterState::Redriven);
    let discarded = dead_letters::discard(&app.context, older.id, &act()).await.unwrap();
    assert_eq!(discarded.state, DeadLetterState::Discarded);
    let missing = dead_letters::discard(&app.context, DeadLetterId::new(99).unwrap(), &act()).await;
    assert!(matches!(missing, Err(DeadLetterRefusal::NotFound)));
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let audit = snapshot.audit_list(&engine::ports::AuditFilter::default(), None, 10).await.unwrap().rows;
    let actions: Vec<&str> = audit.iter().map(|entry| &*entry.action).collect();
    assert_eq!(actions, ["dead_letter.discard", "dead_letter.redrive", "dead_letter.hold"]);
    drop(snapshot);
    app.finish().await;
}
