//! What can be set about Kafka. Reading it from the environment is `server::config`'s work.

use std::{fmt, path::PathBuf, time::Duration};

use rdkafka::ClientConfig;

/// How to reach a cluster, and how to behave there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KafkaSettings {
    /// `host:port` of some brokers, with commas between.
    pub bootstrap_servers: String,
    /// Stands before every topic's name, so that several platforms can share a cluster.
    pub topic_prefix: String,
    /// Copies of every partition of a topic that is created; `None` leaves it to the cluster.
    pub replication: Option<i32>,
    /// The consumer group of the workers.
    pub group: String,
    /// A lasting name of this worker: with it a restart keeps its partitions and no other worker is disturbed. No two workers may
    /// have the same.
    pub group_instance: Option<String>,
    /// How long a worker may be silent before its partitions are given to another.
    pub session_timeout: Duration,
    /// How long a record may take until it is acknowledged.
    pub delivery_timeout: Duration,
    /// How often the client says where partitions end.
    pub statistics_interval: Duration,
    /// How the connection is secured.
    pub security: KafkaSecurity,
    /// Whether readers look for the trace context of a record.
    pub traced: bool,
}

/// How a connection is secured.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KafkaSecurity {
    /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`; `None` is plaintext.
    pub protocol: Option<String>,
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub sasl_mechanism: Option<String>,
    /// Who.
    pub sasl_username: Option<String>,
    /// And the password.
    pub sasl_password: Option<Password>,
    /// Certificates of the authorities to trust, as a PEM file; `None` trusts those of the system.
    pub ca_file: Option<PathBuf>,
}

/// A password; it does not show in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl KafkaSettings {
    /// The defaults, for the cluster at `bootstrap_servers`.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            topic_prefix: String::new(),
            replication: None,
            group: "consumer-worker".to_owned(),
            group_instance: None,
            session_timeout: Duration::from_secs(10),
            delivery_timeout: Duration::from_secs(4),
            statistics_interval: Duration::from_secs(5),
            security: KafkaSecurity::default(),
            traced: false,
        }
    }

    /// What every client of the cluster is told.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", "swelite")
            // A broker that comes back is found again soon.
            .set("reconnect.backoff.ms", "100")
            .set("reconnect.backoff.max.ms", "2000")
            .set("socket.keepalive.enable", "true")
            // A topic that somebody deletes under load would come back with as many partitions as the cluster likes.
            .set("allow.auto.create.topics", "false")
            .set("topic.metadata.refresh.interval.ms", "30000");
        let security = &self.security;
        let secrets = [
            ("security.protocol", security.protocol.as_deref()),
            ("sasl.mechanism", security.sasl_mechanism.as_deref()),
            ("sasl.username", security.sasl_username.as_deref()),
            ("sasl.password", security.sasl_password.as_ref().map(|password| password.0.as_str())),
        ];
        for (name, value) in secrets {
            if let Some(value) = value {
                config.set(name, value);
            }
        }
        if let Some(file) = &security.ca_file {
            config.set("ssl.ca.location", file.to_string_lossy());
        }
        config
    }

    /// What the publishing client is told.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("linger.ms", "2")
            .set("batch.size", "262144")
            .set("message.timeout.ms", self.delivery_timeout.as_millis().to_string());
        config
    }

    /// What a reading client is told. Where to read comes from the store, never from the group.
    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        let session_ms = self.session_timeout.as_millis();
        config
            .set("group.id", &self.group)
            .set("group.protocol", "classic")
            // One worker gets partition p of every topic, so that no two post to one lane.
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", session_ms.to_string())
            .set("heartbeat.interval.ms", (session_ms / 4).to_string())
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            // Nothing is believed for having been committed there. A transaction that somebody else leaves open would hold up
            // everything behind it for as long as it lasts.
            .set("isolation.level", "read_uncommitted")
            // Under load one answer brings many events, to be posted together; a lone event waits this long at most.
            .set("fetch.min.bytes", "65536")
            .set("fetch.wait.max.ms", "50")
            .set("queued.max.messages.kbytes", "16384")
            .set("statistics.interval.ms", self.statistics_interval.as_millis().to_string());
        if let Some(instance) = &self.group_instance {
            config.set("group.instance.id", instance);
        }
        config
    }

    /// The name a topic has on this cluster.
    pub(super) fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }
}
