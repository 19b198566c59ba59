//! What the consumer's callbacks remember, and where librdkafka's own words go.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::event::Topic;
use engine::ports::PartitionEnd;
use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaError,
    statistics,
    types::RDKafkaRespErr,
};

/// What happened in callbacks since anybody looked.
pub(super) struct Remembered {
    topic_prefix: String,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    assigned: Option<Vec<(Topic, i32)>>,
    ends: HashMap<(Topic, i32), PartitionEnd>,
    ticks: u32,
    leaving: bool,
}

impl Remembered {
    pub(super) fn new(topic_prefix: &str) -> Self {
        Self { topic_prefix: topic_prefix.to_owned(), seen: Mutex::default() }
    }

    /// The partitions assigned since the last call, if any were.
    pub(super) fn take_assigned(&self) -> Option<Vec<(Topic, i32)>> {
        self.seen().assigned.take()
    }

    /// Whether the time between two statistics has passed since the last call.
    pub(super) fn take_tick(&self) -> bool {
        std::mem::take(&mut self.seen().ticks) > 0
    }

    /// From here on nothing is taken up.
    pub(super) fn leave(&self) {
        self.seen().leaving = true;
    }

    /// Where partitions ended.
    pub(super) fn ends(&self) -> Vec<PartitionEnd> {
        self.seen().ends.values().copied().collect()
    }

    /// The topic of this name on this cluster.
    pub(super) fn topic(&self, name: &str) -> Option<Topic> {
        Topic::from_name(name.strip_prefix(&self.topic_prefix)?)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<(Topic, i32)> {
        let elements = list.elements();
        elements.iter().filter_map(|one| Some((self.topic(one.topic())?, one.partition()))).collect()
    }
}

impl ClientContext for Remembered {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the Kafka consumer meets an error");
    }

    fn stats(&self, statistics: Statistics) {
        let mut seen = self.seen();
        seen.ticks += 1;
        for (name, topic) in &statistics.topics {
            let Some(of) = self.topic(name) else { continue };
            let known = topic.partitions.values().filter(|one| one.partition >= 0 && one.hi_offset >= 0);
            seen.ends.extend(known.map(|one| ((of, one.partition), end_of(of, one))));
        }
    }
}

impl ConsumerContext for Remembered {
    /// Takes nothing up: the store says first from where on. A partition that is taken away is let go at once.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let leaving = self.seen().leaving;
        if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !leaving {
            let assigned = self.partitions(partitions);
            tracing::info!(partitions = assigned.len(), "partitions were assigned to this worker");
            self.seen().assigned = Some(assigned);
            return;
        }
        tracing::info!("partitions were taken from this worker");
        {
            let mut seen = self.seen();
            seen.assigned = None;
            seen.ends.clear();
        }
        if let Err(error) = consumer.unassign() {
            tracing::warn!(%error, "cannot let partitions go");
        }
    }
}

/// What was fetched and waits to be polled has not been read.
fn end_of(topic: Topic, seen: &statistics::Partition) -> PartitionEnd {
    let read_offset = if seen.fetchq_cnt == 0 { seen.next_offset } else { seen.app_offset };
    PartitionEnd { topic, partition: seen.partition, end_offset: seen.hi_offset, read_offset }
}

/// Passes on what librdkafka says.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(facility, "librdkafka: {message}");
        }
    }
}
