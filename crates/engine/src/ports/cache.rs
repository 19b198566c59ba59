//! Counters and short-lived copies. Nothing here is the truth: when it is away, limits let everything pass (counted) and keys
//! are looked up in the store.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{id::MerchantId, payment::Operation};
use thiserror::Error;

use super::{Digest, IdempotencyScope};

/// The cache is away.
#[derive(Debug, Error)]
#[error("cache is unavailable")]
pub struct CacheError {
    /// Why it failed.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LimitAction {
    /// Authorizations.
    Authorize,
    /// Captures and voids.
    Capture,
    /// Refunds.
    Refund,
}

impl LimitAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Authorize, Self::Capture, Self::Refund];

    /// What an operation counts as.
    pub fn of(operation: Operation) -> Self {
        match operation {
            Operation::Authorize => Self::Authorize,
            Operation::Capture | Operation::Void => Self::Capture,
            Operation::Refund => Self::Refund,
        }
    }

    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Refund => "refund",
        }
    }
}

/// A fixed window: it opens at the first counted call, lasts `window_seconds`, and admits exactly `capacity`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Calls a window.
    pub capacity: u32,
    /// How long a window lasts.
    pub window_seconds: u32,
}

/// A question to the cache: is there an answer to this key, and if not, may the call pass?
#[derive(Clone, Copy, Debug)]
pub struct Admission<'a> {
    /// The key, if the caller sent one.
    pub scope: Option<&'a IdempotencyScope>,
    /// Who calls.
    pub merchant: &'a MerchantId,
    /// What for.
    pub action: LimitAction,
    /// The limit to charge; `None` while limits are off.
    pub limit: Option<Limit>,
}

/// The cache's answer. Charged only when there is no stored answer and the call may pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// A copy of the final answer.
    pub answer: Option<CachedAnswer>,
    /// Where the limit stands; `None` while limits are off.
    pub limit: Option<LimitState>,
    /// What was charged, to be given back when the call turns out to be a replay.
    pub charge: Option<Charge>,
}

/// Where a limit stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitState {
    /// The limit.
    pub limit: Limit,
    /// Calls left in this window, after this one.
    pub remaining: u32,
    /// Until the window ends, rounded up; the whole window when none is open.
    pub reset_seconds: u32,
    /// Whether this call may pass.
    pub allowed: bool,
}

/// One charge to one window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// Who called.
    pub merchant: MerchantId,
    /// What for.
    pub action: LimitAction,
    /// Which window, so that a charge is never given back to a later one.
    pub window: u64,
}

/// A copy of a final answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CachedAnswer {
    /// SHA-256 of the request.
    pub fingerprint: Digest,
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// Counters and short-lived copies.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Looks up the answer and charges the limit only if there is none: one round trip.
    async fn admit(&self, admission: Admission<'_>) -> Result<Admitted, CacheError>;

    /// Gives a charge back, if its window is still the current one.
    async fn give_back(&self, charge: &Charge) -> Result<(), CacheError>;

    /// Keeps a copy of a final answer for a while, from soon after: nobody waits for it. Whoever asks before finds none.
    async fn remember(&self, scope: &IdempotencyScope, answer: CachedAnswer) -> Result<(), CacheError>;

    /// Where a limit stands, without charging.
    async fn limit_state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
    ) -> Result<LimitState, CacheError>;
}
