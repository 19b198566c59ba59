//! Kafka away: events wait, callers notice nothing.

use std::time::Duration;

use testkit::services::{Kafka, KafkaOptions, Life, free_port, kafka_jars};

use super::{app_on, drain, kafka_at};

/// How long it stays away.
const OUTAGE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn kafka_killed_under_load_costs_no_call_and_everything_is_posted_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let ports = vec![(free_port().unwrap(), free_port().unwrap())];
    let options = KafkaOptions { jars: kafka_jars(), heap: "192m".to_owned(), ports, further: Vec::new() };
    let mut kafka = Kafka::start(dir.path(), options, Life::Owned).unwrap();
    let (app, _) = app_on(&kafka_at(kafka.bootstrap())).await;
    app.captured(1).await;
    drain(&app).await;

    let mut answered: u64 = 1;
    for stage in 0..3 {
        match stage {
            1 => kafka.kill(0).unwrap(),
            2 => kafka.restart(0).unwrap(),
            _ => {}
        }
        let load = async {
            loop {
                app.captured(10).await;
                answered += 1;
            }
        };
        let time = if stage == 1 { OUTAGE } else { Duration::from_secs(2) };
        assert!(tokio::time::timeout(time, load).await.is_err());
    }
    drain(&app).await;
    // The call each stage cut off may have been answered to nobody, between its two steps even.
    let posted = app.entries_posted().await;
    assert!((2 * answered..=2 * answered + 6).contains(&posted), "{answered} {posted}");
    assert!(app.dead_letters().await.is_empty());
    app.finish().await;
}
