//! Topics that were there before the platform.

use broker::{KafkaSettings, testing};
use domain::event::Topic;
use testkit::wait::wait_until;

use super::{PATIENCE, Pair, captured, drained, ids};
use crate::{common::verify, real_set::RealSet};

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_partitions_that_the_topics_do_not_have_is_not_kept() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let kafka =
        KafkaSettings { topic_prefix: format!("{}.", set.name), ..KafkaSettings::new(set.kafka.as_str()) };
    testing::make(&kafka, Topic::Captured.as_str(), 2).await;
    let Pair { client, launch, ingest, worker } = Pair::start(&set, folder.path()).await;
    captured(&client, "M1", "waits", 1_000).await;
    wait_until("both say what is wrong", PATIENCE, async || {
        [&ingest, &worker].iter().all(|replica| replica.words().contains("has 2 partitions, 8 are needed"))
    })
    .await;
    assert!(ingest.stop().await.success() && worker.stop().await.success());

    let launch = launch.with("KAFKA_PARTITIONS", "2");
    let worker = set.launch(&folder.path().join("worker")).with("KAFKA_PARTITIONS", "2");
    let (ingest, worker) = tokio::join!(launch.role("ingest"), worker.role("worker"));
    drained(&client).await;
    assert_eq!(ids(&client, "/ledger/entries").await, ids(&client, "/events").await);
    verify(&launch, &ingest);
    assert!(ingest.stop().await.success() && worker.stop().await.success());
}
