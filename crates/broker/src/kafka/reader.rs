//! The thread that reads: everything that may wait for a broker happens here.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use bytes::Bytes;
use domain::event::Topic;
use engine::ports::{BrokerError, Delivery, PartitionProgress, Polled, Record};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::Headers,
};
use tokio::sync::oneshot;

use super::{context::Remembered, failed, settings::KafkaSettings};

/// How long a poll waits for the first record.
const POLL_WAIT: Duration = Duration::from_millis(250);

/// What the thread is asked to do.
pub(super) enum Order {
    /// Bring up to this many records.
    Poll(usize, oneshot::Sender<Result<Polled, BrokerError>>),
    /// Read from these places on.
    Start(Vec<PartitionProgress>, oneshot::Sender<Result<(), BrokerError>>),
    /// Let the group know how far we are, some time.
    Show(Vec<PartitionProgress>),
}

/// The client and where it stands.
pub(super) struct Reader {
    settings: Arc<KafkaSettings>,
    client: BaseConsumer<Remembered>,
    assigned: Vec<(Topic, i32)>,
    shown: HashMap<(Topic, i32), i64>,
    /// The last error that was told of; told of once, until something is read again.
    told: Option<KafkaError>,
}

impl Reader {
    pub(super) fn new(settings: Arc<KafkaSettings>, client: BaseConsumer<Remembered>) -> Self {
        Self { settings, client, assigned: Vec::new(), shown: HashMap::new(), told: None }
    }

    /// Does as it is told until nobody is left to tell it. Closing leaves the group, which may take a while.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                // An answer that nobody waits for any more was kept by nobody: see `KafkaConsumer`.
                Order::Poll(max, answer) => drop(answer.send(self.poll(max))),
                Order::Start(progress, answer) => drop(answer.send(self.start(&progress))),
                Order::Show(progress) => {
                    let progress = progress.into_iter();
                    self.shown.extend(progress.map(|one| ((one.topic, one.partition), one.next_offset)));
                }
            }
            self.show();
        }
        self.leave();
    }

    /// Whoever is assigned partitions and takes up none of them keeps the group waiting, and its own end too.
    fn leave(self) {
        self.client.context().leave();
        if let Err(error) = self.client.unassign() {
            tracing::debug!(%error, "cannot let partitions go");
        }
        // Waits until the group knows.
        drop(self.client);
    }

    fn poll(&mut self, max: usize) -> Result<Polled, BrokerError> {
        let mut delivery = Delivery::default();
        let mut next: HashMap<(Topic, i32), i64> = HashMap::new();
        let mut wait = POLL_WAIT;
        while delivery.records.len() < max.max(1) {
            let polled = self.client.poll(wait);
            if let Some(assigned) = self.client.context().take_assigned() {
                // What was polled before will be read again, from where the store says.
                drop(polled);
                self.assigned.clone_from(&assigned);
                self.shown.clear();
                return Ok(Polled::Assigned(assigned));
            }
            match polled {
                None => break,
                Some(Ok(message)) => {
                    let name = message.topic();
                    if let Some(topic) = self.client.context().topic(name) {
                        next.insert((topic, message.partition()), message.offset().saturating_add(1));
                        delivery.records.push(self.record(topic, &message));
                    }
                    wait = Duration::ZERO;
                    self.told = None;
                }
                // However many come, whoever polls has its answer in time.
                Some(Err(error)) => {
                    tolerate(&mut self.told, error)?;
                    break;
                }
            }
        }
        let progress = next.into_iter();
        delivery.progress = progress
            .map(|((topic, partition), next_offset)| PartitionProgress { topic, partition, next_offset })
            .collect();
        Ok(Polled::Delivered(delivery))
    }

    fn record(&self, topic: Topic, message: &impl Message) -> Record {
        Record {
            topic: topic.as_str().into(),
            partition: message.partition(),
            offset: message.offset(),
            payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()),
            place: None,
            traceparent: if self.settings.traced { traceparent(message) } else { None },
        }
    }

    fn start(&self, progress: &[PartitionProgress]) -> Result<(), BrokerError> {
        let known: HashMap<(Topic, i32), i64> =
            progress.iter().map(|one| ((one.topic, one.partition), one.next_offset)).collect();
        let mut list = TopicPartitionList::with_capacity(self.assigned.len());
        for &(topic, partition) in &self.assigned {
            let place =
                known.get(&(topic, partition)).map_or(Offset::Beginning, |next| Offset::Offset(*next));
            let name = self.settings.topic(topic.as_str());
            list.add_partition_offset(&name, partition, place).map_err(failed("start reading"))?;
        }
        self.client.assign(&list).map_err(failed("start reading"))
    }

    /// Commits what was shown; for displays, so a failure is nobody's concern.
    fn show(&mut self) {
        if !self.client.context().take_tick() || self.shown.is_empty() {
            return;
        }
        let mut list = TopicPartitionList::with_capacity(self.shown.len());
        for ((topic, partition), next) in self.shown.drain() {
            let name = self.settings.topic(topic.as_str());
            if list.add_partition_offset(&name, partition, Offset::Offset(next)).is_err() {
                return;
            }
        }
        if let Err(error) = self.client.commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "cannot show Kafka how far the worker is");
        }
    }
}

/// The trace context a record was published with, if it says one.
fn traceparent(message: &impl Message) -> Option<Box<str>> {
    let mut headers = message.headers()?.iter();
    let value = headers.find(|header| header.key == "traceparent")?.value?;
    str::from_utf8(value).ok().map(Box::from)
}

/// Passes over what the client gets over by itself. Of what an operator must mend (a topic that may not be read) it tells.
fn tolerate(told: &mut Option<KafkaError>, error: KafkaError) -> Result<(), BrokerError> {
    if !gets_over(&error) {
        return Err(failed("read from Kafka")(error));
    }
    let forbidden = KafkaError::MessageConsumption(RDKafkaErrorCode::TopicAuthorizationFailed);
    if error == forbidden && told.as_ref() != Some(&error) {
        tracing::warn!(%error, "a topic of events may not be read; the others are read on");
        *told = Some(error);
    } else {
        tracing::debug!(%error, "the Kafka consumer meets an error and goes on");
    }
    Ok(())
}

/// Whether the client gets over it by itself. The rest needs a new client, and whoever reads is told: a group that does not let us
/// in would otherwise look like topics without events.
fn gets_over(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        ClusterAuthorizationFailed, FencedInstanceId, GroupAuthorizationFailed, GroupMaxSizeReached,
        InconsistentGroupProtocol, InvalidGroupId, InvalidSessionTimeout, UnknownTopicOrPartition,
    };
    match error {
        KafkaError::MessageConsumption(code) => !matches!(
            code,
            UnknownTopicOrPartition
                | FencedInstanceId
                | InconsistentGroupProtocol
                | InvalidGroupId
                | InvalidSessionTimeout
                | GroupAuthorizationFailed
                | ClusterAuthorizationFailed
                | GroupMaxSizeReached
        ),
        KafkaError::MessageConsumptionFatal(_) => false,
        _ => true,
    }
}
