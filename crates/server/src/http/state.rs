//! What every route shares.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::payment::{Capture, Refund, Void};
use engine::{
    payments::{Authorize, Call, OnPayment, Payments, Reply},
    ports::{Cache, Clock, Store},
    settings::Limits,
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{desk::Desk, store_answer::StoreAnswer};
use crate::telemetry::{metrics::Metrics, traces::Traces};

/// The use cases that change a payment, as the routes see them. Tests put a stub here.
#[async_trait]
pub trait PaymentCalls: Send + Sync {
    /// Reserve funds.
    async fn authorize(&self, call: Call<Authorize>) -> Reply;
    /// Take reserved funds.
    async fn capture(&self, call: Call<OnPayment<Capture>>) -> Reply;
    /// Release reserved funds.
    async fn void(&self, call: Call<OnPayment<Void>>) -> Reply;
    /// Give captured funds back.
    async fn refund(&self, call: Call<OnPayment<Refund>>) -> Reply;
}

#[async_trait]
impl PaymentCalls for Payments {
    async fn authorize(&self, call: Call<Authorize>) -> Reply {
        Self::authorize(self, call).await
    }

    async fn capture(&self, call: Call<OnPayment<Capture>>) -> Reply {
        Self::capture(self, call).await
    }

    async fn void(&self, call: Call<OnPayment<Void>>) -> Reply {
        Self::void(self, call).await
    }

    async fn refund(&self, call: Call<OnPayment<Refund>>) -> Reply {
        Self::refund(self, call).await
    }
}

/// Bounds and choices of the HTTP server.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Origins whose pages may call us, e.g. `http://localhost:3000`.
    pub cors_allowed_origins: Vec<String>,
    /// The longest body that is read, in bytes.
    pub body_bytes_max: usize,
    /// How long a client may take to send its body.
    pub body_time_limit: Duration,
    /// How long a request may take as a whole.
    pub request_time_limit: Duration,
    /// How long a connection may take to send the next request's header; so also how long it may be idle.
    pub header_time_limit: Duration,
    /// The longest header that is read, in bytes.
    pub header_bytes_max: usize,
    /// How long a client may take nothing of an answer that waits for it.
    pub write_stall_limit: Duration,
    /// The same once stopping has begun.
    pub write_stall_limit_stopping: Duration,
    /// How many connections are served at once.
    pub connections_max: usize,
    /// How long stopping still lets connections in and keeps idle ones, so that clients can be told to close.
    pub drain_grace: Duration,
    /// How long stopping waits for what has been accepted.
    pub drain_time_limit: Duration,
    /// Whether every request is logged at `info` (else at `debug`).
    pub access_log: bool,
    /// Whether requests are counted.
    pub counted: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            cors_allowed_origins: Vec::new(),
            body_bytes_max: 64 * 1024,
            body_time_limit: Duration::from_secs(10),
            request_time_limit: Duration::from_secs(30),
            header_time_limit: Duration::from_secs(30),
            header_bytes_max: 16 * 1024,
            write_stall_limit: Duration::from_secs(10),
            write_stall_limit_stopping: Duration::from_secs(1),
            connections_max: 4096,
            drain_grace: Duration::from_millis(300),
            drain_time_limit: Duration::from_secs(20),
            access_log: false,
            counted: true,
        }
    }
}

/// Whether this process wants requests. Wiring opens it when everything is up; the server closes it when stopping begins.
#[derive(Debug, Default)]
pub struct Readiness {
    ready: AtomicBool,
    draining: AtomicBool,
    stopping: CancellationToken,
}

impl Readiness {
    /// From here on (not) ready.
    pub fn set(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    /// From here on stopping: never ready again, and every answer closes its connection.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.stopping.cancel();
    }

    /// Done when stopping begins: what would answer for ever (a stream of events) ends then, so that nobody waits for it.
    pub fn stopping(&self) -> WaitForCancellationFutureOwned {
        self.stopping.clone().cancelled_owned()
    }

    /// Whether requests are wanted.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire) && !self.is_draining()
    }

    /// Whether it is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

/// What every route shares; a clone is one reference.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of [`AppState`].
pub struct App {
    /// The use cases.
    pub payments: Arc<dyn PaymentCalls>,
    /// The books, for reading.
    pub store: Arc<dyn Store>,
    /// The limits of every merchant; `None` while they are off.
    pub limits: Option<Limits>,
    /// Where limits stand.
    pub cache: Arc<dyn Cache>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// What the operator's side of the API shares.
    pub desk: Desk,
    /// Bounds and choices.
    pub settings: HttpSettings,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Whoever records traces.
    pub traces: Arc<Traces>,
    /// Whether requests are wanted.
    pub readiness: Arc<Readiness>,
    /// Whether the store answers.
    pub store_answer: StoreAnswer,
    /// What makes this process's request ids differ from every other's: random.
    pub request_id_seed: u128,
}

impl AppState {
    /// Shares `app`.
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl std::ops::Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}
