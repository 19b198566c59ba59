//! A database that has lost commits the broker already holds.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use broker::KafkaBroker;
use domain::{event::Topic, payment::Operation};
use engine::{
    commit::Context,
    observe::{EventResult, IdempotencyOutcome, Incident, LimitDecision, Observer, PaymentResult},
    pipeline::relay::Relay,
    ports::LimitAction,
};
use testkit::wait::wait_until;
use tokio_util::sync::CancellationToken;

use super::{PATIENCE, app_on, drain, kafka};
use crate::app::on_a_thread_of_its_own;

/// Counts the alarms of one kind.
#[derive(Default)]
struct Alarms(AtomicUsize);

impl Observer for Alarms {
    fn batch_committed(&self, _: usize, _: f64) {}
    fn payment(&self, _: Operation, _: PaymentResult) {}
    fn idempotency(&self, _: IdempotencyOutcome) {}
    fn limit(&self, _: LimitAction, _: LimitDecision) {}
    fn records_consumed(&self, _: usize) {}
    fn worker_events(&self, _: Option<Topic>, _: EventResult, _: usize) {}
    fn event_to_ledger(&self, _: f64) {}
    fn events_published(&self, _: usize) {}
    fn publish_failed(&self) {}
    fn partition_lag(&self, _: Topic, _: i32, _: u64) {}
    fn attempts_overdue(&self, _: usize) {}
    fn incident(&self, incident: Incident) {
        self.0.fetch_add(usize::from(incident == Incident::DatabaseWentBack), Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lacks_what_was_published_raises_the_alarm_once() {
    let settings = kafka();
    let (mut app, _) = app_on(&settings).await;
    app.stop_relay();
    let alarms = Arc::new(Alarms::default());
    let context = Context { observer: Arc::clone(&alarms) as _, ..app.context.clone() };
    let stop = CancellationToken::new();
    let broker = Arc::new(KafkaBroker::new(settings).unwrap());
    let relay = on_a_thread_of_its_own(Relay::new(context, broker).run(stop.clone()));
    for amount in 1..=3 {
        app.authorized(amount).await;
    }
    drain(&app).await;
    assert_eq!(alarms.0.load(Ordering::SeqCst), 0);

    app.tamper("UPDATE lane SET last_seq = 2");
    let alarmed = async || alarms.0.load(Ordering::SeqCst) == 1;
    wait_until("the alarm is raised", PATIENCE, alarmed).await;
    stop.cancel();
    relay.join().unwrap();
    assert!(alarmed().await, "once is enough");
    app.finish_damaged();
}
