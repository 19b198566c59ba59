//! What every [`Broker`] must do, whatever is behind it. An adapter runs it with one line:
//! `testkit::broker_suite!(make)`, where `async fn make() -> impl BrokerUnderTest` gives an empty broker.
//!
//! What is not here is not promised: an order between topics, how offsets are counted (only that they grow), and how many
//! records one poll brings.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::event::Topic;
use engine::ports::{Broker, Consumer, Delivery, PartitionProgress, Polled, Record};
use tokio::time::timeout;

/// A broker and a way to bring events to it.
#[async_trait]
pub trait BrokerUnderTest: Send + Sync {
    /// The broker.
    fn broker(&self) -> Arc<dyn Broker>;

    /// Commits one event per topic, in this order, all in one lane, and waits until the broker has them; their bodies.
    async fn publish(&self, topics: &[Topic]) -> Vec<Bytes>;
}

/// Runs every test of the suite on the broker that `$make().await` gives.
#[macro_export]
macro_rules! broker_suite {
    ($make:path) => {
        $crate::broker_suite! { @run $make;
            every_event_comes_once_and_in_the_order_of_its_topic
            nothing_is_passed_by_when_records_come_one_at_a_time
            a_log_without_news_comes_back_empty
            a_waiting_poll_sees_what_is_committed_meanwhile
            reading_on_from_any_poll_brings_exactly_what_came_after
            what_is_not_named_is_read_from_its_beginning
            a_rewound_consumer_brings_again_what_came_after
            a_consumer_rewound_to_nothing_starts_over
            progress_stands_just_behind_the_latest_record
        }
    };
    (@run $make:path; $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            $crate::broker_suite::$test(&$make().await).await;
        }
    )*};
}

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stretch of a lane: quiet topics, busy topics, runs and alternations.
const TOPICS: [Topic; 9] = [
    Topic::Authorized,
    Topic::Authorized,
    Topic::Captured,
    Topic::Authorized,
    Topic::Declined,
    Topic::Refunded,
    Topic::Captured,
    Topic::Authorized,
    Topic::Voided,
];

pub async fn every_event_comes_once_and_in_the_order_of_its_topic(it: &dyn BrokerUnderTest) {
    let published = publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.read(TOPICS.len(), 100).await;
    assert_eq!(reader.bodies(), published);
    let published = merged(published, publish(it, &[Topic::Expired, Topic::Authorized]).await);
    reader.read(TOPICS.len() + 2, 100).await;
    assert_eq!(reader.bodies(), published);
    reader.expect_nothing().await;
}

pub async fn nothing_is_passed_by_when_records_come_one_at_a_time(it: &dyn BrokerUnderTest) {
    let published = publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.read(TOPICS.len(), 1).await;
    assert_eq!(reader.bodies(), published);
}

pub async fn a_log_without_news_comes_back_empty(it: &dyn BrokerUnderTest) {
    Reader::at(it, &[]).await.expect_nothing().await;
    publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.read(TOPICS.len(), 100).await;
    reader.expect_nothing().await;
}

pub async fn a_waiting_poll_sees_what_is_committed_meanwhile(it: &dyn BrokerUnderTest) {
    let mut reader = Reader::at(it, &[]).await;
    let (published, ()) = tokio::join!(publish(it, &TOPICS), reader.read(TOPICS.len(), 100));
    assert_eq!(reader.bodies(), published);
}

pub async fn reading_on_from_any_poll_brings_exactly_what_came_after(it: &dyn BrokerUnderTest) {
    let published = publish(it, &TOPICS).await;
    for max in 1..=TOPICS.len() {
        let mut first = Reader::at(it, &[]).await;
        first.poll(max).await;
        let (bodies, progress) = first.end();
        let mut second = Reader::at(it, &progress).await;
        second.read(TOPICS.len() - bodies.values().map(Vec::len).sum::<usize>(), 100).await;
        assert_eq!(merged(bodies, second.bodies()), published, "after a poll of {max}");
        second.expect_nothing().await;
    }
}

pub async fn what_is_not_named_is_read_from_its_beginning(it: &dyn BrokerUnderTest) {
    let mut published = publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.read(TOPICS.len(), 100).await;
    let (_, progress) = reader.end();
    let authorized = progress.into_iter().filter(|progress| progress.topic == Topic::Authorized);
    let mut again = Reader::at(it, &authorized.collect::<Vec<_>>()).await;
    published.remove(Topic::Authorized.as_str());
    again.read(published.values().map(Vec::len).sum(), 100).await;
    assert_eq!(again.bodies(), published);
    again.expect_nothing().await;
}

pub async fn a_rewound_consumer_brings_again_what_came_after(it: &dyn BrokerUnderTest) {
    let published = publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.poll(3).await;
    let (kept, place) = (reader.bodies(), reader.progress());
    reader.read(TOPICS.len(), 100).await;
    reader.consumer.start(&place).await.expect("the broker is there");
    reader.records.clear();
    let count: usize = kept.values().map(Vec::len).sum();
    reader.read(TOPICS.len() - count, 100).await;
    assert_eq!(merged(kept, reader.bodies()), published);
    reader.expect_nothing().await;
}

pub async fn a_consumer_rewound_to_nothing_starts_over(it: &dyn BrokerUnderTest) {
    let published = publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    reader.read(TOPICS.len(), 100).await;
    reader.consumer.start(&[]).await.expect("the broker is there");
    reader.records.clear();
    reader.read(TOPICS.len(), 100).await;
    assert_eq!(reader.bodies(), published);
}

pub async fn progress_stands_just_behind_the_latest_record(it: &dyn BrokerUnderTest) {
    publish(it, &TOPICS).await;
    let mut reader = Reader::at(it, &[]).await;
    while reader.records.len() < TOPICS.len() {
        reader.poll(2).await;
        for progress in reader.progress() {
            let of_partition = reader.records.iter().filter(|record| {
                record.topic.as_ref() == progress.topic.as_str() && record.partition == progress.partition
            });
            if let Some(latest) = of_partition.map(|record| record.offset).max() {
                assert!(progress.next_offset > latest, "{progress:?} is before {latest}");
            }
        }
    }
}

/// Bodies by topic, in the order of the topic.
type Bodies = BTreeMap<String, Vec<Bytes>>;

async fn publish(it: &dyn BrokerUnderTest, topics: &[Topic]) -> Bodies {
    let bodies = it.publish(topics).await;
    assert_eq!(bodies.len(), topics.len());
    let mut published = Bodies::new();
    for (topic, body) in topics.iter().zip(bodies) {
        published.entry(topic.as_str().to_owned()).or_default().push(body);
    }
    published
}

fn merged(mut first: Bodies, second: Bodies) -> Bodies {
    for (topic, bodies) in second {
        first.entry(topic).or_default().extend(bodies);
    }
    first
}

/// A consumer, all it has brought, and where it stands.
struct Reader {
    consumer: Box<dyn Consumer>,
    records: Vec<Record>,
    progress: Vec<PartitionProgress>,
}

impl Reader {
    async fn at(it: &dyn BrokerUnderTest, resume: &[PartitionProgress]) -> Self {
        let consumer = it.broker().consume().await.expect("the broker is there");
        let mut reader = Self { consumer, records: Vec::new(), progress: resume.to_vec() };
        let assigned = async {
            while let Some(delivery) = reader.poll_any(100).await {
                assert_eq!(delivery, Delivery::default())
            }
        };
        assert!(timeout(PATIENCE, assigned).await.is_ok(), "nothing was assigned");
        reader
    }

    /// Polls once, and starts what was assigned; what was delivered otherwise.
    async fn poll_any(&mut self, max: usize) -> Option<Delivery> {
        let polled = timeout(PATIENCE, self.consumer.poll(max)).await.expect("a poll comes back");
        match polled.expect("the broker is there") {
            Polled::Delivered(delivery) => Some(delivery),
            Polled::Assigned(partitions) => {
                assert!(!partitions.is_empty());
                self.consumer.start(&self.progress).await.expect("the broker is there");
                None
            }
        }
    }

    /// Polls once; how many records came.
    async fn poll(&mut self, max: usize) -> usize {
        let Some(delivery) = self.poll_any(max).await else { return 0 };
        for progress in delivery.progress {
            self.progress.retain(|old| (old.topic, old.partition) != (progress.topic, progress.partition));
            self.progress.push(progress);
        }
        let count = delivery.records.len();
        self.records.extend(delivery.records);
        count
    }

    /// Polls until `count` records have come in all.
    async fn read(&mut self, count: usize, max: usize) {
        let read = async {
            while self.records.len() < count {
                self.poll(max).await;
            }
        };
        assert!(timeout(PATIENCE, read).await.is_ok(), "{count} records did not come");
        assert_eq!(self.records.len(), count);
    }

    /// Leaves; what it brought and where it stood.
    fn end(self) -> (Bodies, Vec<PartitionProgress>) {
        (self.bodies(), self.progress())
    }

    async fn expect_nothing(&mut self) {
        assert_eq!(self.poll(100).await, 0, "nothing was committed");
    }

    fn progress(&self) -> Vec<PartitionProgress> {
        self.progress.clone()
    }

    fn bodies(&self) -> Bodies {
        let mut bodies = Bodies::new();
        for record in &self.records {
            bodies.entry(record.topic.to_string()).or_default().push(record.payload.clone());
        }
        bodies
    }
}
