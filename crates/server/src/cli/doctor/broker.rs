//! The Kafka cluster, if one is configured: can it be reached, are the topics as the platform needs them?

use super::{Check, Output};
use crate::{
    config::Settings,
    wiring::{kafka, read_books},
};

const NAME: &str = "kafka";

pub(super) async fn checks(output: &Output, settings: &Settings) -> Vec<Check> {
    let broker = match kafka(settings) {
        None => return Vec::new(),
        Some(Ok(broker)) => broker,
        Some(Err(error)) => {
            let mend = output
                .pick("KAFKA_ 로 시작하는 설정을 고치세요", "correct the settings that begin with KAFKA_");
            return vec![Check::bad(NAME, error.source.to_string(), mend)];
        }
    };
    let servers = settings.kafka.bootstrap_servers.as_deref().unwrap_or_default();
    let faults = match broker.faults(partitions(settings).await).await {
        Ok(faults) => faults,
        Err(error) => {
            let found = output.pick("브로커에 닿지 않음", "the brokers cannot be reached");
            let mend = output.pick(
                "주소와 방화벽, KAFKA_SECURITY_PROTOCOL을 확인하세요",
                "check the address, the firewall and KAFKA_SECURITY_PROTOCOL",
            );
            return vec![Check::bad(NAME, format!("{found}: {servers}: {}", error.source), mend)];
        }
    };
    if faults.is_empty() {
        let found =
            output.pick("브로커가 답하고 토픽이 올바름", "the brokers answer and the topics are right");
        return vec![Check::good(NAME, format!("{found}: {servers}"))];
    }
    let mend = output.pick(
        "없는 토픽은 `swelite up`이 만들어요. 나머지는 kafka-topics로 고치세요",
        "`swelite up` makes what is missing; the rest is for kafka-topics",
    );
    faults.into_iter().map(|fault| Check::doubtful("kafka topic", fault.to_string(), mend)).collect()
}

/// What the books say; before a broker was first used, what is configured.
async fn partitions(settings: &Settings) -> Option<i32> {
    let configured = i32::from(settings.kafka.partitions);
    let Ok(books) = read_books(settings).await else { return Some(configured) };
    let Ok(mut snapshot) = books.snapshot().await else { return Some(configured) };
    let stored = snapshot.platform().await.ok().and_then(|platform| platform.partitions);
    Some(stored.unwrap_or(configured))
}
