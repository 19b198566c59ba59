//! Apache Kafka: an idempotent producer, a consumer of a group, and the topics.
//!
//! Invariants: what is published is acknowledged by every replica that must before anybody is told so; where to read on comes
//! from the store, and the offsets Kafka keeps are for displays. No call that waits for a broker runs on an async thread.

mod consumer;
mod context;
mod producer;
mod reader;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod topics;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use engine::ports::{Broker, BrokerError, Consumer, LogId, Outgoing};
use rdkafka::error::KafkaError;
use tokio::task::spawn_blocking;

pub use self::settings::{KafkaSecurity, KafkaSettings, Password};
pub use self::topics::TopicFault;
use self::{consumer::KafkaConsumer, producer::Publisher};

/// How long a question about the cluster may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);

/// A Kafka cluster.
pub struct KafkaBroker {
    settings: Arc<KafkaSettings>,
    publisher: Arc<Publisher>,
}

impl KafkaBroker {
    /// A client of the cluster; it need not be there yet. Fails when the settings contradict each other.
    pub fn new(settings: KafkaSettings) -> Result<Self, BrokerError> {
        let settings = Arc::new(settings);
        let publisher = Publisher::new(Arc::clone(&settings)).map_err(failed("set up Kafka"))?;
        Ok(Self { settings, publisher: Arc::new(publisher) })
    }

    /// What is wrong with the topics: missing, too few partitions, too few copies. Asks the cluster.
    pub async fn faults(&self, partitions: Option<i32>) -> Result<Vec<TopicFault>, BrokerError> {
        let (settings, publisher) = (Arc::clone(&self.settings), Arc::clone(&self.publisher));
        blocking(move || topics::faults(&settings, &publisher, partitions)).await
    }
}

#[async_trait]
impl Broker for KafkaBroker {
    fn needs_relay(&self) -> bool {
        true
    }

    async fn log_id(&self) -> Result<LogId, BrokerError> {
        let publisher = Arc::clone(&self.publisher);
        let cluster = blocking(move || publisher.cluster_id(QUESTION_LIMIT)).await?;
        Ok(LogId(format!("kafka:{cluster}:{}", self.settings.topic_prefix).into()))
    }

    async fn prepare(&self, partitions: i32) -> Result<(), BrokerError> {
        topics::prepare(&self.settings, Arc::clone(&self.publisher), partitions).await
    }

    async fn publish(&self, outgoing: Vec<Outgoing>) -> Result<(), BrokerError> {
        self.publisher.publish(&outgoing).await
    }

    async fn consume(&self) -> Result<Box<dyn Consumer>, BrokerError> {
        let settings = Arc::clone(&self.settings);
        let consumer = blocking(move || KafkaConsumer::join(&settings)).await?;
        Ok(Box::new(consumer))
    }
}

/// Runs what may wait for a broker where waiting is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BrokerError> + Send + 'static,
) -> Result<T, BrokerError> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(BrokerError { context: "ask Kafka", source: error.into() }),
    }
}

fn failed(context: &'static str) -> impl Fn(KafkaError) -> BrokerError {
    move |source| BrokerError { context, source: source.into() }
}
