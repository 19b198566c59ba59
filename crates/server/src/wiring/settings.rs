//! The configuration in the words of the parts it is for.

use std::time::Duration;

#[cfg(feature = "kafka")]
use broker::{KafkaSecurity, KafkaSettings, Password};
use engine::{
    ports::Limit,
    settings::{EngineSettings, Limits},
};

use crate::{
    config::{Origin, Settings},
    http::{operators::login::Login, state::HttpSettings},
    password::Passwords,
};

pub(super) fn engine(settings: &Settings) -> EngineSettings {
    let Settings { commit, limits, acquirer, .. } = settings;
    let limit = |capacity, window_seconds| Limit { capacity, window_seconds };
    EngineSettings {
        batch_max: count(commit.batch_max),
        committers: count(commit.committers),
        queue_max: count(commit.queue_max),
        command_timeout: Duration::from_millis(u64::from(commit.timeout_ms)),
        // A disk of this machine may take its time. MariaDB has longer than it may wait for a lock (2 s); that it answers nobody the
        // store finds out by itself, and sooner.
        stall_limit: match settings.mariadb.host {
            Some(_) => Duration::from_millis(2500),
            None => Duration::from_millis(u64::from(commit.timeout_ms)),
        },
        authorization_seconds: settings.payments.authorization_seconds,
        idempotency_seconds: settings.idempotency.retention_seconds,
        outbox_retention_seconds: settings.retention.outbox_seconds,
        limits: limits.enabled.then(|| Limits {
            authorize: limit(limits.authorize_capacity, limits.authorize_window_seconds),
            capture: limit(limits.capture_capacity, limits.capture_window_seconds),
            refund: limit(limits.refund_capacity, limits.refund_window_seconds),
        }),
        acquirer_calls_max: count(acquirer.calls_max),
        resolver_bound: Duration::from_secs(u64::from(acquirer.resolver_bound_seconds)),
        worker_batch_max: count(commit.worker_batch_max),
        relayed: settings.kafka.bootstrap_servers.is_some(),
        partitions: i32::from(settings.kafka.partitions),
        relay_lease: Duration::from_millis(u64::from(settings.kafka.relay_lease_ms)),
        ..EngineSettings::default()
    }
}

#[cfg(feature = "kafka")]
pub(super) fn kafka(bootstrap_servers: &str, settings: &Settings) -> KafkaSettings {
    let kafka = &settings.kafka;
    let ms = |ms| Duration::from_millis(u64::from(ms));
    KafkaSettings {
        topic_prefix: kafka.topic_prefix.clone().unwrap_or_default(),
        replication: kafka.replication_factor.map(i32::from),
        group: kafka.group_id.clone(),
        group_instance: kafka.group_instance_id.clone(),
        session_timeout: ms(kafka.session_timeout_ms),
        delivery_timeout: ms(kafka.delivery_timeout_ms),
        security: KafkaSecurity {
            protocol: kafka.security_protocol.clone(),
            sasl_mechanism: kafka.sasl_mechanism.clone(),
            sasl_username: kafka.sasl_username.clone(),
            sasl_password: kafka.sasl_password.as_ref().map(|secret| Password(secret.reveal().to_owned())),
            ca_file: kafka.ssl_ca_file.clone(),
        },
        traced: settings.traces.endpoint.is_some() || settings.traces.traces_endpoint.is_some(),
        ..KafkaSettings::new(bootstrap_servers)
    }
}

pub(super) fn login(settings: &Settings) -> Login {
    let login = &settings.login;
    Login {
        required: settings.login_required(),
        public_url: login.public_url.as_ref().map(Origin::to_string),
        trust_forwarded: login.trust_forwarded,
        session_idle_seconds: login.session_idle_seconds,
        session_seconds: login.session_seconds,
        link_seconds: login.link_seconds,
        passwords: Passwords::default(),
    }
}

pub(super) fn http(settings: &Settings) -> HttpSettings {
    let ms = |ms| Duration::from_millis(u64::from(ms));
    let http = &settings.http;
    HttpSettings {
        cors_allowed_origins: settings.listen.cors_allowed_origins.iter().map(Origin::to_string).collect(),
        body_time_limit: ms(http.body_timeout_ms),
        request_time_limit: ms(http.timeout_ms),
        header_time_limit: ms(http.header_timeout_ms),
        connections_max: count(http.connections_max),
        drain_time_limit: ms(http.shutdown_timeout_ms),
        access_log: settings.log.access,
        counted: settings.metrics.enabled,
        ..HttpSettings::default()
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
