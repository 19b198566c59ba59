//! What is no longer needed goes, and nothing else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    id::{EventId, Lane, Seq},
    time::Timestamp,
};
use engine::{
    commit::Context,
    observe::Incident,
    pipeline::retention::{self, prune},
    ports::{Clock, DeadLetterReason, NewDeadLetter, PostingChanges, PostingScope},
    settings::EngineSettings,
};
use testkit::{Alarms, FixedClock, wait::wait_until};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Options, PATIENCE, authorize};

const DAY_SECONDS: u32 = 24 * 3600;

fn one_day() -> Options {
    let settings = EngineSettings {
        limits: None,
        outbox_retention_seconds: DAY_SECONDS,
        idempotency_seconds: 2 * DAY_SECONDS,
        ..EngineSettings::default()
    };
    Options { settings, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_handled_events_go_and_the_ledger_stays() {
    let app = App::with(one_day()).await;
    for _ in 0..300 {
        app.captured(100).await;
    }
    app.drain().await;
    assert_eq!(prune(&app.context).await.unwrap(), (0, 0), "nothing is old enough");
    app.clock.advance_seconds(DAY_SECONDS + 1);
    let young = app.authorized(100).await;
    app.drain().await;
    assert_eq!(prune(&app.context).await.unwrap().0, 600);
    assert_eq!(prune(&app.context).await.unwrap().0, 0);
    assert_eq!(app.entries_posted().await, 601);
    assert_eq!(app.capture(young, None, None).await.status, 200, "the chain goes on where it was cut");
    app.drain().await;
    assert_eq!(app.entries_posted().await, 602);
    assert!(app.dead_letters().await.is_empty());
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let lane = snapshot.lane_list().await.unwrap().remove(0);
    let rest = snapshot.outbox_range(lane.state.lane, lane.pruned_to, 10).await.unwrap();
    let head = rest.iter().fold(lane.pruned_head, |head, event| engine::digest::chain(&head, &event.body));
    assert_eq!(head, lane.state.chain_head);
    drop(snapshot);
    app.finish_pruned().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_worker_has_not_handled_stays_however_old() {
    let mut app = App::with(one_day()).await;
    app.stop_worker();
    app.captured(100).await;
    app.clock.advance_seconds(10 * DAY_SECONDS);
    assert_eq!(prune(&app.context).await.unwrap().0, 0);
    app.start_worker();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_delete_at_the_same_time_are_not_in_each_others_way() {
    let app = App::with(one_day()).await;
    for number in 0..400 {
        app.authorize(authorize(100, &format!("old-{number}"))).await;
    }
    app.drain().await;
    app.clock.advance_seconds(3 * DAY_SECONDS);
    app.authorized(100).await;
    app.drain().await;
    let deleting = (0..8).map(|_| {
        let context = app.context.clone();
        tokio::spawn(async move { prune(&context).await })
    });
    let (mut events, mut answers) = (0, 0);
    for deleted in futures_util::future::join_all(deleting).await {
        let deleted = deleted.unwrap().unwrap();
        events += deleted.0;
        answers += deleted.1;
    }
    assert_eq!(events, 400);
    assert!(answers >= 400, "{answers}");
    app.finish_pruned().await;
}

/// Parks something that claims the place of the first event.
async fn park_forged(app: &App) {
    let letter = NewDeadLetter {
        topic: "payment.captured".into(),
        partition: 0,
        offset: 7,
        payload: "claimed".into(),
        payload_sha256: engine::digest::sha256(b"claimed"),
        event: Some(EventId { lane: Lane(0), seq: Seq(1) }),
        payment: None,
        reason: DeadLetterReason::Foreign,
        message: String::new(),
    };
    let batch = app.context.store.posting_open(&PostingScope::default()).await.unwrap();
    let changes = PostingChanges { dead_letters: vec![letter], ..PostingChanges::default() };
    batch.commit(&changes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forged_keeps_nothing_from_going() {
    let app = App::with(one_day()).await;
    app.captured(100).await;
    app.drain().await;
    park_forged(&app).await;
    app.clock.advance_seconds(DAY_SECONDS + 1);
    app.authorized(100).await;
    app.drain().await;
    assert_eq!(prune(&app.context).await.unwrap().0, 2);
    app.finish_pruned().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_its_time_and_then_its_key_is_free() {
    let app = App::with(one_day()).await;
    app.authorize(authorize(100, "k")).await;
    app.clock.advance_seconds(2 * DAY_SECONDS - 1);
    assert_eq!(prune(&app.context).await.unwrap().1, 0);
    app.clock.advance_seconds(2);
    assert_eq!(prune(&app.context).await.unwrap().1, 0, "nothing has been written so late");
    app.authorize(authorize(100, "later")).await;
    assert_eq!(prune(&app.context).await.unwrap().1, 1);
    app.finish_pruned().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_frees_no_key() {
    let app = App::with(one_day()).await;
    let first = app.authorize(authorize(100, "k")).await;
    let right = app.clock.now();
    app.clock.set_wall(Timestamp::from_unix_ms(right.unix_ms() + 16 * i64::from(DAY_SECONDS) * 1000));
    assert_eq!(prune(&app.context).await.unwrap(), (0, 0));
    app.clock.set_wall(right);
    let again = app.authorize(authorize(100, "k")).await;
    assert_eq!((again.replayed, &again.body), (true, &first.body));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_deletes_by_itself_and_rests_while_the_clock_has_jumped() {
    let seen = Arc::new(Alarms::default());
    let settings = EngineSettings { limits: None, outbox_retention_seconds: 30, ..EngineSettings::default() };
    let app = App::with(Options { observer: seen.clone(), settings, ..Options::default() }).await;
    let looked = Arc::new(Looked { clock: app.clock.clone(), looks: AtomicUsize::new(0) });
    let context = Context { clock: looked.clone(), ..app.context.clone() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(retention::run(context, Duration::from_millis(10), stop.clone()));
    looked.again().await;
    grow_old(&app).await;
    wait_until("it deletes by itself", PATIENCE, async || pruned_to(&app).await == Seq(2)).await;

    let at_start = app.clock.now();
    app.clock.set_wall(at_start.plus_seconds(8 * DAY_SECONDS));
    wait_until("the jump is seen", PATIENCE, async || seen.of(Incident::ClockJump) == 1).await;
    grow_old(&app).await;
    looked.again().await;
    assert_eq!(pruned_to(&app).await, Seq(2), "it has looked, and deleted nothing");
    wait_until("it goes on", PATIENCE, async || {
        app.clock.advance_seconds(5 * 60);
        pruned_to(&app).await >= Seq(5)
    })
    .await;
    stop.cancel();
    running.await.unwrap();
    app.finish_pruned().await;
}

/// Events that are old enough to go, and a young one that shows the time.
async fn grow_old(app: &App) {
    app.captured(100).await;
    // Less than what the loop takes for a jump when it looks just then.
    app.clock.advance_seconds(31);
    app.authorized(100).await;
    app.drain().await;
}

async fn pruned_to(app: &App) -> Seq {
    app.context.store.snapshot().await.unwrap().lane_list().await.unwrap()[0].pruned_to
}

/// A clock that counts how often somebody has looked at its monotonic side.
struct Looked {
    clock: Arc<FixedClock>,
    looks: AtomicUsize,
}

impl Looked {
    /// Waits until the loop has gone round at least once from here on.
    async fn again(&self) {
        let before = self.looks.load(Ordering::SeqCst);
        wait_until("the loop has looked again", PATIENCE, async || {
            self.looks.load(Ordering::SeqCst) > before + 2
        })
        .await;
    }
}

impl Clock for Looked {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.clock.monotonic()
    }
}
