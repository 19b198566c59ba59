//! The real broker.

use std::path::PathBuf;

use super::{section::section, value::Secret};

section! {
    /// Kafka instead of the embedded log.
    Kafka = "kafka" {
        /// Brokers as `host:port`, separated by commas; unset means the embedded log.
        bootstrap_servers: Option<String> = "KAFKA_BOOTSTRAP_SERVERS", "";
        /// Stands before every topic's name, for clusters that several platforms share.
        topic_prefix: Option<String> = "KAFKA_TOPIC_PREFIX", "";
        /// Partitions of each topic. Counts once, when a broker is first used with these books; afterwards the number kept in the books does.
        partitions: u16 = "KAFKA_PARTITIONS", "8", 1..=1_000;
        /// Copies of every partition of a topic that is made; unset leaves it to the cluster.
        replication_factor: Option<u16> = "KAFKA_REPLICATION_FACTOR", "";
        /// The consumer group of the workers, theirs alone.
        group_id: String = "KAFKA_GROUP_ID", "consumer-worker";
        /// A lasting name of this worker: with it a restart disturbs no other worker. No two workers may have the same.
        group_instance_id: Option<String> = "KAFKA_GROUP_INSTANCE_ID", "";
        /// How long a worker may be silent before others take over its partitions, in milliseconds.
        session_timeout_ms: u32 = "KAFKA_SESSION_TIMEOUT_MS", "10000", 6_000..=300_000;
        /// How long a record may take until it is acknowledged, in milliseconds; after that it is sent again.
        delivery_timeout_ms: u32 = "KAFKA_DELIVERY_TIMEOUT_MS", "4000", 500..=60_000;
        /// How long a relay that is silent keeps its lanes, in milliseconds.
        relay_lease_ms: u32 = "SWELITE_RELAY_LEASE_MS", "10000", 1_000..=600_000;
        /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`; unset means `PLAINTEXT`.
        security_protocol: Option<String> = "KAFKA_SECURITY_PROTOCOL", "";
        /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
        sasl_mechanism: Option<String> = "KAFKA_SASL_MECHANISM", "";
        /// Who logs in.
        sasl_username: Option<String> = "KAFKA_SASL_USERNAME", "";
        /// And with what.
        sasl_password: Option<Secret> = "KAFKA_SASL_PASSWORD", "";
        /// Certificates of the authorities to trust, a PEM file; unset trusts those of the system.
        ssl_ca_file: Option<PathBuf> = "KAFKA_SSL_CA_FILE", "";
    }
}
