//! A database that has lost commits the broker already holds.

use std::sync::Arc;

use broker::KafkaBroker;
use engine::{commit::Context, observe::Incident, pipeline::relay::Relay};
use testkit::{Alarms, wait::wait_until};
use tokio_util::sync::CancellationToken;

use super::{PATIENCE, app_on, drain, kafka};
use crate::app::on_a_thread_of_its_own;

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
    assert_eq!(alarms.of(Incident::DatabaseWentBack), 0);

    app.tamper("UPDATE lane SET last_seq = 2");
    let alarmed = async || alarms.of(Incident::DatabaseWentBack) == 1;
    wait_until("the alarm is raised", PATIENCE, alarmed).await;
    stop.cancel();
    relay.join().unwrap();
    assert!(alarmed().await, "once is enough");
    app.finish_damaged();
}
