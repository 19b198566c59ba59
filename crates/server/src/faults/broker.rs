//! A broker that can be away, that can be left unread, and that can bring an event nobody committed.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use engine::ports::{
    Broker, BrokerError, Consumer, LogId, Outgoing, PartitionEnd, PartitionProgress, Polled, Record,
};
use serde_json::json;
use tokio::{sync::watch, time::sleep};

use super::{FaultSettings, Faults};

/// How long a broker that is away lets its caller wait before it says so.
const AWAY: Duration = Duration::from_millis(200);

/// Any broker, with switches in front of it.
pub struct FaultyBroker {
    inner: Arc<dyn Broker>,
    faults: Arc<Faults>,
}

impl FaultyBroker {
    /// `inner`, as the switches say.
    pub fn new(inner: Arc<dyn Broker>, faults: Arc<Faults>) -> Self {
        Self { inner, faults }
    }
}

impl FaultyBroker {
    async fn reach(&self, context: &'static str) -> Result<&dyn Broker, BrokerError> {
        if self.faults.get().broker_off {
            sleep(AWAY).await;
            return Err(away(context));
        }
        Ok(self.inner.as_ref())
    }
}

fn away(context: &'static str) -> BrokerError {
    BrokerError { context, source: Box::new(io::Error::other("switched off in the Lab")) }
}

#[async_trait]
impl Broker for FaultyBroker {
    fn needs_relay(&self) -> bool {
        self.inner.needs_relay()
    }

    async fn log_id(&self) -> Result<LogId, BrokerError> {
        self.reach("name the log").await?.log_id().await
    }

    async fn prepare(&self, partitions: i32) -> Result<(), BrokerError> {
        self.reach("prepare topics").await?.prepare(partitions).await
    }

    async fn publish(&self, outgoing: Vec<Outgoing>) -> Result<(), BrokerError> {
        self.reach("publish").await?.publish(outgoing).await
    }

    async fn consume(&self) -> Result<Box<dyn Consumer>, BrokerError> {
        let inner = self.reach("join the readers").await?.consume().await?;
        Ok(Box::new(FaultyConsumer {
            inner,
            changes: self.faults.changes(),
            faults: Arc::clone(&self.faults),
        }))
    }
}

struct FaultyConsumer {
    inner: Box<dyn Consumer>,
    faults: Arc<Faults>,
    changes: watch::Receiver<FaultSettings>,
}

#[async_trait]
impl Consumer for FaultyConsumer {
    async fn poll(&mut self, max: usize) -> Result<Polled, BrokerError> {
        // Nothing has been read yet: giving this wait up loses nothing.
        let waited = self.changes.wait_for(|faults| !faults.worker_paused).await;
        if waited.is_ok_and(|faults| faults.broker_off) {
            sleep(AWAY).await;
            return Err(away("poll"));
        }
        let mut polled = self.inner.poll(max).await?;
        if let Polled::Delivered(delivery) = &mut polled {
            delivery.records.extend(self.faults.take_poison().iter().map(|request_id| poison(request_id)));
        }
        Ok(polled)
    }

    async fn start(&mut self, progress: &[PartitionProgress]) -> Result<(), BrokerError> {
        self.inner.start(progress).await
    }

    fn show_progress(&mut self, progress: &[PartitionProgress]) {
        self.inner.show_progress(progress);
    }

    fn ends(&self) -> Vec<PartitionEnd> {
        self.inner.ends()
    }

    async fn leave(self: Box<Self>) {
        self.inner.leave().await;
    }
}

/// What a producer of another version might have left behind: the worker must put it aside and go on. It names the call that
/// asked for it, so that each is a dead letter of its own.
fn poison(request_id: &str) -> Record {
    let note = "slipped in from the Lab";
    let payload = json!({"version": 99, "type": "payment.captured", "note": note, "requestId": request_id});
    Record {
        topic: "payment.captured".into(),
        partition: 0,
        offset: -1,
        payload: payload.to_string().into(),
        place: None,
        traceparent: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damaged_event_is_one_of_its_own() {
        assert_ne!(poison("req_1").payload, poison("req_2").payload);
    }
}
