//! The configuration in the words of the parts it is for.

use std::time::Duration;

use engine::{
    ports::Limit,
    settings::{EngineSettings, Limits},
};

use crate::{
    config::{Origin, Settings},
    http::state::HttpSettings,
};

pub(super) fn engine(settings: &Settings) -> EngineSettings {
    let Settings { commit, limits, acquirer, .. } = settings;
    let limit = |capacity, window_seconds| Limit { capacity, window_seconds };
    EngineSettings {
        batch_max: count(commit.batch_max),
        queue_max: count(commit.queue_max),
        command_timeout: Duration::from_millis(u64::from(commit.timeout_ms)),
        // A disk of this machine may take its time; another machine that does not answer is away.
        stall_limit: match settings.mariadb.host {
            Some(_) => Duration::from_millis(800),
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
        relayed: false,
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
        ..HttpSettings::default()
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
