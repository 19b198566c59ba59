//! A server that answers nobody: frozen, or on a host that is gone without a word.
//!
//! That one statement takes seconds says nothing: it may wait for a lock or for a disk. But when no connection to the server has
//! brought an answer for a while and a new one is not let in either, callers need not wait for the limit of a statement: they
//! are told that the database is away, and whoever comes next is not sent there.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use super::{
    connect::{Endpoint, Way},
    error::Failure,
    session::Trip,
};

/// How long an answer may take before anybody asks whether there will be one.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long an answer to anybody speaks for the server.
const LATELY: Duration = Duration::from_millis(LATELY_MS);
const LATELY_MS: u64 = 125;

/// What is known about answers that do not come. Moments are in milliseconds after it began.
pub(super) struct Silence {
    begun: Instant,
    /// When any connection last brought an answer.
    heard: AtomicU64,
    /// Connections of generations below this one lead to a server that was found silent.
    silent_below: AtomicU64,
    /// One asks, the others wait for what it learns.
    asking: Mutex<()>,
}

impl Silence {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            heard: AtomicU64::new(0),
            silent_below: AtomicU64::new(0),
            asking: Mutex::default(),
        }
    }

    /// Now.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether any connection has brought an answer at that moment or after it.
    pub(super) fn heard_since(&self, moment: u64) -> bool {
        self.heard.load(Ordering::Relaxed) >= moment
    }

    fn hear(&self) {
        self.heard.store(self.now(), Ordering::Relaxed);
    }
}

impl Endpoint {
    /// What a round trip on a connection that leads along `way` brings: an answer within `limit`, or no sooner than the server
    /// is found to answer nobody, none.
    pub(super) async fn answer<T>(
        &self,
        way: Way,
        limit: Duration,
        mut trip: Trip<'_, T>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let answered = match timeout(PATIENCE.min(limit), &mut trip).await {
            Ok(answered) => answered,
            Err(_) => tokio::select! {
                biased;
                answered = trip => answered,
                () = sleep(limit.saturating_sub(begun.elapsed())) => return Err(Failure::Late(limit)),
                () = self.found_silent(way) => return Err(Failure::Late(begun.elapsed())),
            },
        };
        let answered = answered.map_err(Failure::from);
        if !answered.as_ref().is_err_and(Failure::lost_connection) {
            self.silence.hear();
        }
        answered
    }

    /// Ends when the server at the end of `way` is found to answer nobody.
    async fn found_silent(&self, way: Way) {
        let silence = &self.silence;
        loop {
            let alone = silence.asking.lock().await;
            if way.generation < silence.silent_below.load(Ordering::Acquire) {
                return;
            }
            let asked = silence.now();
            let lately = asked.saturating_sub(LATELY_MS);
            let answers = silence.heard_since(lately) || self.lets_in(way.host).await;
            if !answers && !silence.heard_since(asked) {
                let below = self.left_silent(way);
                silence.silent_below.fetch_max(below, Ordering::AcqRel);
                return;
            }
            drop(alone);
            sleep(LATELY).await;
        }
    }
}
