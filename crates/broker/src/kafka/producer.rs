//! Publishes batches: one wait a batch, not one a record.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::ports::{BrokerError, Outgoing};
use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{DeliveryResult, Header, OwnedHeaders},
    metadata::Metadata,
    producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer},
};
use tokio::{sync::oneshot, time};

use super::{context::log, failed, settings::KafkaSettings};

/// How long a full queue is given before it is tried again.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(5);

type Client = ThreadedProducer<Delivered>;

/// The publishing client. It is replaced when it has failed for good.
pub(super) struct Publisher {
    settings: Arc<KafkaSettings>,
    client: Mutex<Arc<Client>>,
}

/// Receives acknowledgements, on the client's own thread.
struct Delivered;

/// Records that are on their way together.
struct Batch {
    /// Not yet acknowledged; one more while records are still being added.
    left: AtomicUsize,
    state: Mutex<BatchState>,
}

struct BatchState {
    failure: Option<KafkaError>,
    done: Option<oneshot::Sender<Option<KafkaError>>>,
}

impl Publisher {
    pub(super) fn new(settings: Arc<KafkaSettings>) -> KafkaResult<Self> {
        let client = connect(&settings)?;
        Ok(Self { settings, client: Mutex::new(client) })
    }

    /// Publishes, and waits until every record is acknowledged or has failed.
    pub(super) async fn publish(&self, outgoing: &[Outgoing]) -> Result<(), BrokerError> {
        let client = Arc::clone(&self.client());
        let (done, outcome) = oneshot::channel();
        let batch = Arc::new(Batch {
            left: AtomicUsize::new(1),
            state: Mutex::new(BatchState { failure: None, done: Some(done) }),
        });
        for record in outgoing {
            if let Err(error) = self.enqueue(&client, record, &batch).await {
                batch.note(error);
                break;
            }
        }
        batch.one_answered();
        // The sender is gone only with the client's thread.
        let failure = outcome.await.unwrap_or(Some(KafkaError::Canceled));
        match failure {
            None => Ok(()),
            Some(error) => {
                self.replace_if_fatal(&client)?;
                Err(failed("publish")(error))
            }
        }
    }

    /// The cluster's name for itself.
    pub(super) fn cluster_id(&self, limit: Duration) -> Result<String, BrokerError> {
        let client = Arc::clone(&self.client());
        let id = client.client().fetch_cluster_id(limit);
        id.ok_or_else(|| BrokerError { context: "ask Kafka who it is", source: "no answer in time".into() })
    }

    /// Brokers, topics and partitions, as the cluster has them.
    pub(super) fn metadata(&self, limit: Duration) -> Result<Metadata, BrokerError> {
        let client = Arc::clone(&self.client());
        client.client().fetch_metadata(None, limit).map_err(failed("ask Kafka for its topics"))
    }

    async fn enqueue(&self, client: &Client, outgoing: &Outgoing, batch: &Arc<Batch>) -> KafkaResult<()> {
        let topic = self.settings.topic(outgoing.topic);
        let mut headers = OwnedHeaders::new_with_capacity(outgoing.headers.len());
        for (key, value) in &outgoing.headers {
            headers = headers.insert(Header { key, value: Some(&**value) });
        }
        let mut record = BaseRecord::with_opaque_to(&topic, Arc::clone(batch))
            .key(&*outgoing.key)
            .payload(&outgoing.payload[..])
            .headers(headers);
        record.partition = outgoing.partition;
        batch.left.fetch_add(1, Ordering::Relaxed);
        loop {
            match client.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    record = refused;
                    time::sleep(FULL_QUEUE_PAUSE).await;
                }
                Err((error, _)) => {
                    batch.one_answered();
                    return Err(error);
                }
            }
        }
    }

    /// An idempotent producer that lost track of its sequence refuses everything from then on.
    fn replace_if_fatal(&self, failed_client: &Arc<Client>) -> Result<(), BrokerError> {
        let Some((_, why)) = failed_client.client().fatal_error() else { return Ok(()) };
        let mut client = self.client();
        if Arc::ptr_eq(&client, failed_client) {
            tracing::warn!(why, "the Kafka producer failed for good; another takes its place");
            *client = connect(&self.settings).map_err(failed("set up Kafka"))?;
        }
        Ok(())
    }

    fn client(&self) -> MutexGuard<'_, Arc<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn note(&self, error: KafkaError) {
        self.state().failure.get_or_insert(error);
    }

    fn one_answered(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let mut state = self.state();
        if let Some(done) = state.done.take() {
            // Whoever gave up waiting need not know.
            drop(done.send(state.failure.take()));
        }
    }

    fn state(&self) -> MutexGuard<'_, BatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Delivered {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the Kafka producer meets an error");
    }
}

impl ProducerContext for Delivered {
    type DeliveryOpaque = Arc<Batch>;

    fn delivery(&self, result: &DeliveryResult<'_>, batch: Arc<Batch>) {
        if let Err((error, _)) = result {
            batch.note(error.clone());
        }
        batch.one_answered();
    }
}

fn connect(settings: &KafkaSettings) -> KafkaResult<Arc<Client>> {
    settings.producer().create_with_context(Delivered).map(Arc::new)
}
