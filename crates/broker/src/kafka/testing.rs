//! What tests do to a cluster behind the platform's back. Never part of the product: it is behind the feature `testing`.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::Headers,
    producer::{BaseProducer, BaseRecord, Producer},
};
use tokio::task::spawn_blocking;

use super::settings::KafkaSettings;

const LIMIT: Duration = Duration::from_secs(10);

/// A record as anybody may read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenRecord {
    /// Which partition.
    pub partition: i32,
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub payload: Vec<u8>,
    /// Attributes beside it.
    pub headers: Vec<(String, String)>,
}

/// Looks at the group of the workers.
#[derive(Clone)]
pub struct GroupWatch {
    client: Arc<BaseConsumer>,
    group: String,
}

impl GroupWatch {
    /// Of this group; connected already, so that looking takes no longer than an answer.
    pub async fn begin(settings: &KafkaSettings) -> Self {
        let watch = Self { client: Arc::new(reader(settings)), group: settings.group.clone() };
        watch.members().await;
        watch
    }

    /// How many workers are in the group now.
    ///
    /// # Panics
    /// When the cluster does not tell.
    pub async fn members(&self) -> usize {
        let Self { client, group } = self.clone();
        spawn_blocking(move || {
            let groups = client.fetch_group_list(Some(&group), LIMIT)?;
            Ok::<_, KafkaError>(groups.groups().iter().map(|group| group.members().len()).sum())
        })
        .await
        .expect("no panic")
        .expect("the cluster tells who is in the group")
    }
}

/// Loses every record of a topic.
///
/// # Panics
/// When the cluster does not do it.
pub async fn truncate(settings: &KafkaSettings, topic: &str) {
    let (asked, name) = (settings.clone(), settings.topic(topic));
    let ends =
        spawn_blocking(move || ends(&asked, &name)).await.expect("the cluster tells where the topic ends");
    let admin: AdminClient<DefaultClientContext> = settings.client().create().expect("an admin client");
    let options = AdminOptions::new().operation_timeout(Some(LIMIT));
    admin.delete_records(&ends, &options).await.expect("the records are deleted");
}

/// Makes a topic before the platform does.
///
/// # Panics
/// When the cluster does not do it.
pub async fn make(settings: &KafkaSettings, topic: &str, partitions: i32) {
    let name = settings.topic(topic);
    let admin: AdminClient<DefaultClientContext> = settings.client().create().expect("an admin client");
    let options = AdminOptions::new().operation_timeout(Some(LIMIT));
    let new = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
    let made = admin.create_topics(&[new], &options).await.expect("the cluster answers");
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

/// A transaction of another client that is neither committed nor given up.
pub struct OpenTransaction {
    _producer: BaseProducer,
}

/// Writes a record in a transaction that stays open for as long as what this returns lives, and a while longer.
///
/// # Panics
/// When the cluster does not take it.
pub async fn leave_open(settings: &KafkaSettings, topic: &str, partition: i32) -> OpenTransaction {
    let (mut config, name) = (settings.client(), settings.topic(topic));
    spawn_blocking(move || {
        let producer: BaseProducer = config.set("transactional.id", &name).create().expect("a producer");
        producer.init_transactions(LIMIT).expect("transactions");
        producer.begin_transaction().expect("a transaction");
        let record =
            BaseRecord::<str, str>::to(&name).partition(partition).key("1").payload("never committed");
        producer.send(record).map_err(|(error, _)| error).expect("a record");
        producer.flush(LIMIT).expect("the record arrives");
        OpenTransaction { _producer: producer }
    })
    .await
    .expect("no panic")
}

/// A member of the workers' group that shares partitions out as no worker does.
pub struct Stranger {
    _client: BaseConsumer,
}

/// Joins the group of the workers as another program would, and has joined when this returns.
///
/// # Panics
/// When the cluster does not let it in.
pub async fn join_otherwise(settings: &KafkaSettings, topic: &str) -> Stranger {
    let (mut config, name) = (settings.client(), settings.topic(topic));
    config.set("group.id", &settings.group).set("partition.assignment.strategy", "cooperative-sticky");
    spawn_blocking(move || {
        let client: BaseConsumer = config.create().expect("a client");
        client.subscribe(&[&name]).expect("a subscription");
        let joined = (0..100).any(|_| {
            drop(client.poll(Duration::from_millis(100)));
            client.assignment().expect("an assignment").count() > 0
        });
        assert!(joined, "nothing was assigned to the stranger");
        Stranger { _client: client }
    })
    .await
    .expect("no panic")
}

/// All a topic holds, partition by partition.
///
/// # Panics
/// When the cluster does not tell.
pub async fn read_all(settings: &KafkaSettings, topic: &str) -> Vec<SeenRecord> {
    let (settings, name) = (settings.clone(), settings.topic(topic));
    spawn_blocking(move || read_all_now(&settings, &name))
        .await
        .expect("the cluster tells what the topic holds")
}

fn read_all_now(settings: &KafkaSettings, name: &str) -> Vec<SeenRecord> {
    let client = reader(settings);
    let mut seen = Vec::new();
    for partition in partitions(&client, name) {
        let (mut next, end) = client.fetch_watermarks(name, partition, LIMIT).expect("watermarks");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(name, partition, Offset::Beginning).expect("a valid offset");
        client.assign(&list).expect("an assignment");
        while next < end {
            let message = client.poll(LIMIT).expect("a record in time").expect("a record");
            next = message.offset() + 1;
            let headers = message.headers().map(|headers| headers.iter().map(text).collect());
            seen.push(SeenRecord {
                partition,
                key: message.key().unwrap_or_default().to_vec(),
                payload: message.payload().unwrap_or_default().to_vec(),
                headers: headers.unwrap_or_default(),
            });
        }
    }
    seen
}

fn ends(settings: &KafkaSettings, name: &str) -> TopicPartitionList {
    let client = reader(settings);
    let mut list = TopicPartitionList::new();
    for partition in partitions(&client, name) {
        let (_, end) = client.fetch_watermarks(name, partition, LIMIT).expect("watermarks");
        list.add_partition_offset(name, partition, Offset::Offset(end)).expect("a valid offset");
    }
    list
}

fn reader(settings: &KafkaSettings) -> BaseConsumer {
    let mut config = settings.client();
    config.set("group.id", "nobody").set("enable.auto.commit", "false").create().expect("a client")
}

fn partitions(client: &BaseConsumer, name: &str) -> Vec<i32> {
    let metadata = client.fetch_metadata(Some(name), LIMIT).expect("metadata");
    metadata.topics()[0].partitions().iter().map(|partition| partition.id()).collect()
}

fn text(header: rdkafka::message::Header<'_, &[u8]>) -> (String, String) {
    (header.key.to_owned(), String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned())
}
