//! A member of the workers' group, as the engine sees it.

use std::{
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::event::Topic;
use engine::ports::{BrokerError, Consumer, PartitionEnd, PartitionProgress, Polled};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tokio::{sync::oneshot, time::timeout};

use super::{
    context::Remembered,
    failed,
    reader::{Order, Reader},
    settings::KafkaSettings,
};

/// How long leaving the group may take before nobody waits for it any more.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);

/// Reads through a thread of its own. Dropped, it leaves the group too, but some time later.
pub(super) struct KafkaConsumer {
    orders: Sender<Order>,
    /// The answer to a poll that was given up; the next poll takes it.
    pending: Option<oneshot::Receiver<Result<Polled, BrokerError>>>,
    remembered: Arc<Remembered>,
    /// Closes when the thread has left the group.
    left: oneshot::Receiver<()>,
}

impl KafkaConsumer {
    /// Joins the group; the assignment comes with a later poll.
    pub(super) fn join(settings: &Arc<KafkaSettings>) -> Result<Self, BrokerError> {
        let context = Remembered::new(&settings.topic_prefix);
        let client: BaseConsumer<Remembered> =
            settings.consumer().create_with_context(context).map_err(failed("set up the Kafka consumer"))?;
        let names = Topic::ALL.map(|topic| settings.topic(topic.as_str()));
        client.subscribe(&names.each_ref().map(String::as_str)).map_err(failed("join the consumer group"))?;
        let remembered = Arc::clone(client.context());
        let (orders, received) = channel();
        let reader = Reader::new(Arc::clone(settings), client);
        let (leaving, left) = oneshot::channel();
        std::thread::Builder::new()
            .name("kafka-reader".to_owned())
            .spawn(move || {
                reader.run(&received);
                drop(leaving);
            })
            .map_err(|source| BrokerError { context: "start a thread", source: source.into() })?;
        Ok(Self { orders, pending: None, remembered, left })
    }

    fn order(&self, order: Order) -> Result<(), BrokerError> {
        self.orders.send(order).map_err(|_| gone())
    }
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn poll(&mut self, max: usize) -> Result<Polled, BrokerError> {
        if self.pending.is_none() {
            let (answer, answered) = oneshot::channel();
            self.order(Order::Poll(max, answer))?;
            self.pending = Some(answered);
        }
        let Some(answered) = &mut self.pending else { return Err(gone()) };
        // Given up here, the answer stays where it is for the next poll.
        let polled = answered.await;
        self.pending = None;
        polled.unwrap_or_else(|_| Err(gone()))
    }

    async fn start(&mut self, progress: &[PartitionProgress]) -> Result<(), BrokerError> {
        // What was polled before is forgotten.
        self.pending = None;
        let (answer, answered) = oneshot::channel();
        self.order(Order::Start(progress.to_vec(), answer))?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn show_progress(&mut self, progress: &[PartitionProgress]) {
        // A reader that is gone says so at the next poll.
        drop(self.order(Order::Show(progress.to_vec())));
    }

    fn ends(&self) -> Vec<PartitionEnd> {
        self.remembered.ends()
    }

    async fn leave(self: Box<Self>) {
        let Self { orders, left, .. } = *self;
        // Without anybody to tell it what to do the thread leaves and ends.
        drop(orders);
        if timeout(LEAVE_LIMIT, left).await.is_err() {
            tracing::warn!(
                "Kafka does not answer; others get this worker's partitions when its session is over"
            );
        }
    }
}

fn gone() -> BrokerError {
    BrokerError { context: "read from Kafka", source: "the reading thread has ended".into() }
}
