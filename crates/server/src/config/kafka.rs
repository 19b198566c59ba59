//! The real broker. Not built in yet: naming one is refused, never ignored.

use super::setting::section;

section! {
    /// Kafka instead of the embedded log. Not built in yet: setting it is refused.
    Kafka = "kafka" {
        /// Brokers as `host:port`, separated by commas; unset means the embedded log.
        bootstrap_servers: Option<String> = "KAFKA_BOOTSTRAP_SERVERS", "";
    }
}
