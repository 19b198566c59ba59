//! The engine's limits, each with its unit; read once, by the server's configuration.

use std::time::Duration;

use crate::ports::{Limit, LimitAction};

/// The engine's limits.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Commands a batch.
    pub batch_max: usize,
    /// Committers that share the lanes.
    pub committers: usize,
    /// Commands that may wait for the committer.
    pub queue_max: usize,
    /// How long a command may wait for its answer.
    pub command_timeout: Duration,
    /// When a batch has been under way for this long, the store counts as away: what waits behind it is told so at once.
    pub stall_limit: Duration,
    /// How long an authorization can be captured, in seconds.
    pub authorization_seconds: u32,
    /// How long an answer is kept, in seconds.
    pub idempotency_seconds: u32,
    /// How long an outbox row is kept at least, in seconds.
    pub outbox_retention_seconds: u32,
    /// Rate limits; `None` while they are off.
    pub limits: Option<Limits>,
    /// Calls to a remote acquirer that may be outstanding at once.
    pub acquirer_calls_max: usize,
    /// Within this bound every reachable attempt is known; past it, it is an alarm.
    pub resolver_bound: Duration,
    /// Events the worker posts in one transaction.
    pub worker_batch_max: usize,
    /// Whether a relay publishes the outbox; then nothing is deleted that it has not published.
    pub relayed: bool,
    /// Partitions each topic is made with; what the store holds counts.
    pub partitions: i32,
    /// Events of one lane the relay publishes at once.
    pub relay_batch_max: usize,
    /// How long a relay that is silent keeps its lanes. Longer than publishing may take, twice.
    pub relay_lease: Duration,
    /// How long the worker waits for an event that is missing before it has it published again.
    pub missing_event_patience: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            batch_max: 256,
            committers: 1,
            queue_max: 4096,
            command_timeout: Duration::from_secs(5),
            stall_limit: Duration::from_secs(5),
            authorization_seconds: 604_800,
            idempotency_seconds: 1_296_000,
            outbox_retention_seconds: 604_800,
            limits: Some(Limits::default()),
            acquirer_calls_max: 256,
            resolver_bound: Duration::from_secs(60),
            worker_batch_max: 512,
            relayed: false,
            partitions: 8,
            relay_batch_max: 1000,
            relay_lease: Duration::from_secs(10),
            missing_event_patience: Duration::from_secs(30),
        }
    }
}

/// Calls a merchant may make.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Authorizations.
    pub authorize: Limit,
    /// Captures and voids.
    pub capture: Limit,
    /// Refunds.
    pub refund: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let a_minute = |capacity| Limit { capacity, window_seconds: 60 };
        Self { authorize: a_minute(20), capture: a_minute(40), refund: a_minute(20) }
    }
}

impl Limits {
    /// The limit of an action.
    pub fn of(&self, action: LimitAction) -> Limit {
        match action {
            LimitAction::Authorize => self.authorize,
            LimitAction::Capture => self.capture,
            LimitAction::Refund => self.refund,
        }
    }
}
