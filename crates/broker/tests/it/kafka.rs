//! Kafka: the suite of every broker on a real one, and what is promised of this one only.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use broker::{
    KafkaBroker, KafkaSettings,
    testing::{self, GroupWatch},
};
use bytes::Bytes;
use domain::event::Topic;
use engine::ports::{Broker, Consumer, DEAD_LETTER_TOPIC, Outgoing, PartitionEnd, PartitionProgress, Polled};
use testkit::{
    broker_suite::BrokerUnderTest,
    services::{Kafka, KafkaOptions, Life, Shared, free_port, kafka_jars},
};
use tokio::time::timeout;

/// More than one, so that the suite meets partitions that stay empty.
const PARTITIONS: i32 = 2;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

testkit::broker_suite!(on_shared);

/// Topics and a group of their own on the shared cluster.
struct OnShared {
    settings: KafkaSettings,
    broker: KafkaBroker,
}

async fn on_shared() -> OnShared {
    let settings = settings();
    let broker = KafkaBroker::new(settings.clone()).unwrap();
    broker.prepare(PARTITIONS).await.unwrap();
    OnShared { settings, broker }
}

#[async_trait]
impl BrokerUnderTest for OnShared {
    fn broker(&self) -> Arc<dyn Broker> {
        Arc::new(KafkaBroker::new(self.settings.clone()).unwrap())
    }

    async fn publish(&self, topics: &[Topic]) -> Vec<Bytes> {
        let outgoing: Vec<Outgoing> =
            topics.iter().enumerate().map(|(number, topic)| outgoing(*topic, number)).collect();
        let bodies = outgoing.iter().map(|one| one.payload.clone()).collect();
        self.broker.publish(outgoing).await.unwrap();
        bodies
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_once_and_found_again() {
    let it = on_shared().await;
    assert_eq!(it.broker.faults(Some(PARTITIONS)).await.unwrap(), []);
    it.broker.prepare(PARTITIONS).await.unwrap();
    let too_few = it.broker.prepare(PARTITIONS + 1).await.unwrap_err();
    assert!(too_few.source.to_string().contains("has 2 partitions, 3 are needed"), "{too_few:?}");
    let elsewhere = KafkaBroker::new(settings()).unwrap();
    let missing = elsewhere.faults(None).await.unwrap();
    assert_eq!(missing.len(), Topic::ALL.len() + 1);
    assert!(missing.iter().any(|fault| fault.to_string().contains(DEAD_LETTER_TOPIC)), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_brokers_of_one_cluster_are_one_log_and_another_prefix_is_another() {
    let it = on_shared().await;
    let log = it.broker.log_id().await.unwrap();
    assert_eq!(it.broker().log_id().await.unwrap(), log);
    assert_ne!(KafkaBroker::new(settings()).unwrap().log_id().await.unwrap(), log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_not_there_is_an_error_within_the_time_limit() {
    let settings =
        KafkaSettings { delivery_timeout: Duration::from_millis(500), ..KafkaSettings::new("127.0.0.1:1") };
    let broker = KafkaBroker::new(settings).unwrap();
    let lost =
        timeout(PATIENCE, broker.publish(vec![outgoing(Topic::Captured, 1)])).await.expect("it gives up");
    assert_eq!(lost.unwrap_err().context, "publish");
    assert!(timeout(PATIENCE, broker.log_id()).await.expect("it gives up").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_that_is_refused_fails_its_batch() {
    let it = on_shared().await;
    let nowhere = Outgoing { topic: "payment.nowhere", ..outgoing(Topic::Captured, 2) };
    let batch = vec![outgoing(Topic::Captured, 1), nowhere, outgoing(Topic::Captured, 3)];
    let failed = timeout(PATIENCE, it.broker.publish(batch)).await.expect("it gives up");
    assert!(failed.is_err());
    it.broker.publish(vec![outgoing(Topic::Captured, 4)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_missing_is_made_by_nobody_but_us() {
    let folder = tempfile::tempdir().unwrap();
    let options = KafkaOptions {
        jars: kafka_jars(),
        heap: "256m".to_owned(),
        ports: vec![(free_port().unwrap(), free_port().unwrap())],
        further: vec!["auto.create.topics.enable=true".to_owned()],
    };
    let kafka = Kafka::start(folder.path(), options, Life::Owned).unwrap();
    let settings = KafkaSettings { bootstrap_servers: kafka.bootstrap(), ..settings() };
    let broker = KafkaBroker::new(settings).unwrap();
    assert!(broker.publish(vec![outgoing(Topic::Captured, 1)]).await.is_err());
    let missing = broker.faults(Some(PARTITIONS)).await.unwrap();
    assert_eq!(missing.len(), Topic::ALL.len() + 1, "the cluster has made one as it likes: {missing:?}");
    broker.prepare(PARTITIONS).await.unwrap();
    broker.publish(vec![outgoing(Topic::Captured, 1)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_partitions_and_each_has_the_same_of_every_topic() {
    let it = on_shared().await;
    let mut first = it.broker().consume().await.unwrap();
    assert_eq!(assigned(first.as_mut()).await.len(), Topic::ALL.len() * 2);
    first.start(&[]).await.unwrap();
    let mut second = it.broker().consume().await.unwrap();
    let (of_first, of_second) = tokio::join!(assigned(first.as_mut()), assigned(second.as_mut()));
    assert_eq!((of_first.len(), of_second.len()), (Topic::ALL.len(), Topic::ALL.len()));
    for of_one in [&of_first, &of_second] {
        assert!(of_one.iter().all(|(_, partition)| *partition == of_one[0].1), "{of_one:?}");
    }
    assert_ne!(of_first[0].1, of_second[0].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_leaves_is_gone_from_the_group_when_it_is_told_so() {
    let it = on_shared().await;
    let group = GroupWatch::begin(&it.settings).await;
    let mut consumer = it.broker().consume().await.unwrap();
    assigned(consumer.as_mut()).await;
    assert_eq!(group.members().await, 1);
    consumer.start(&[]).await.unwrap();
    // As a stop does, it gives up a poll that has only begun.
    drop(timeout(Duration::from_millis(1), consumer.poll(10)).await);
    consumer.leave().await;
    assert_eq!(group.members().await, 0);

    // The same before it has taken up what it was assigned.
    let mut consumer = it.broker().consume().await.unwrap();
    assigned(consumer.as_mut()).await;
    timeout(Duration::from_secs(4), consumer.leave()).await.expect("nobody keeps the group waiting");
    assert_eq!(group.members().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_of_a_cluster_that_is_gone_does_not_leave_for_ever() {
    let consumer = KafkaBroker::new(KafkaSettings::new("127.0.0.1:1")).unwrap().consume().await.unwrap();
    timeout(PATIENCE, consumer.leave()).await.expect("it is given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_comes_back_however_many_brokers_are_away() {
    let away: Vec<String> = (1..=20).map(|port| format!("127.0.0.1:{port}")).collect();
    let broker = KafkaBroker::new(KafkaSettings::new(away.join(","))).unwrap();
    let mut consumer = broker.consume().await.unwrap();
    for _ in 0..10 {
        let polled = timeout(Duration::from_secs(2), consumer.poll(10)).await;
        polled.expect("it does not wait until all have been tried").unwrap();
    }
    consumer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_beyond_the_end_is_read_from_the_beginning() {
    let it = on_shared().await;
    it.publish(&[Topic::Captured; 3]).await;
    let mut consumer = it.broker().consume().await.unwrap();
    let partitions = assigned(consumer.as_mut()).await;
    let beyond = partitions.iter().map(|(topic, partition)| PartitionProgress {
        topic: *topic,
        partition: *partition,
        next_offset: 1_000,
    });
    consumer.start(&beyond.collect::<Vec<_>>()).await.unwrap();
    let mut count = 0;
    while count < 3 {
        if let Polled::Delivered(delivery) = timeout(PATIENCE, consumer.poll(10)).await.unwrap().unwrap() {
            count += delivery.records.len();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_knows_where_its_partitions_end() {
    let it = on_shared().await;
    it.publish(&[Topic::Captured; 3]).await;
    let mut consumer = it.broker().consume().await.unwrap();
    assigned(consumer.as_mut()).await;
    consumer.start(&[]).await.unwrap();
    let known = async {
        loop {
            timeout(PATIENCE, consumer.poll(10)).await.unwrap().unwrap();
            let ends = consumer.ends();
            let known = |end: &PartitionEnd| (end.topic, end.partition, end.end_offset, end.read_offset);
            if ends.iter().any(|end| known(end) == (Topic::Captured, 1, 3, 3)) {
                return;
            }
        }
    };
    timeout(PATIENCE, known).await.expect("the end becomes known");
}

/// Polls until it has had this many records.
async fn read(consumer: &mut dyn Consumer, count: usize) -> Vec<Bytes> {
    let mut read = Vec::new();
    let reading = async {
        while read.len() < count {
            if let Polled::Delivered(delivery) = consumer.poll(10).await.unwrap() {
                read.extend(delivery.records.into_iter().map(|record| record.payload));
            }
        }
    };
    timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("{count} records come"));
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_another_client_leaves_open_holds_up_nothing() {
    let it = on_shared().await;
    let open = testing::leave_open(&it.settings, Topic::Captured.as_str(), 1).await;
    let bodies = it.publish(&[Topic::Captured; 2]).await;
    let mut consumer = it.broker().consume().await.unwrap();
    assigned(consumer.as_mut()).await;
    consumer.start(&[]).await.unwrap();
    let read = read(consumer.as_mut(), 3).await;
    assert_eq!((&read[0][..], &read[1..]), (&b"never committed"[..], &bodies[..]));
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_does_not_let_us_in_is_an_error_and_not_silence() {
    let it = on_shared().await;
    let stranger = testing::join_otherwise(&it.settings, Topic::Captured.as_str()).await;
    let mut consumer = it.broker().consume().await.unwrap();
    let told = async {
        loop {
            if let Err(error) = consumer.poll(10).await {
                return error;
            }
        }
    };
    let error = timeout(PATIENCE, told).await.expect("whoever polls is told");
    assert!(error.source.to_string().contains("InconsistentGroupProtocol"), "{:?}", error.source);
    drop(stranger);
}

/// Waits for the next assignment.
async fn assigned(consumer: &mut dyn Consumer) -> Vec<(Topic, i32)> {
    let mut polls = 0;
    loop {
        polls += 1;
        assert!(polls < 200, "nothing was assigned");
        match timeout(PATIENCE, consumer.poll(10)).await.expect("a poll comes back").unwrap() {
            Polled::Assigned(partitions) => return partitions,
            Polled::Delivered(_) => {}
        }
    }
}

fn settings() -> KafkaSettings {
    // Seeded by the operating system.
    let unique = format!("test-{:x}-", RandomState::new().build_hasher().finish());
    KafkaSettings {
        topic_prefix: unique.clone(),
        group: unique,
        statistics_interval: Duration::from_millis(200),
        ..KafkaSettings::new(Shared::Kafka.address())
    }
}

fn outgoing(topic: Topic, number: usize) -> Outgoing {
    Outgoing {
        topic: topic.as_str(),
        partition: Some(1),
        key: number.to_string().into(),
        headers: vec![("ce_id", format!("0-{number}").into())],
        payload: Bytes::from(format!("{topic} {number}\u{0}\u{7f}")),
    }
}
