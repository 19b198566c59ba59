//! The `Cache` port in Redis or Valkey: counters and copies that several replicas share.
//!
//! An admission is one script, so one round trip, and exact whoever else asks at the same moment. Calls made at the same time
//! share one connection and, under load, one write. Nobody waits for the copy of an answer to be kept: the books have the answer.
//!
//! Invariants: no key without an end; a window admits exactly its capacity across all replicas; while Redis is away or slow,
//! nobody waits for it: without a connection a call fails at once, and one that does not answer in time is asked no more once the
//! breaker is open.

mod address;
mod copies;
mod inspect;
mod line;
mod link;
mod names;
mod procedure;

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::MerchantId;
use engine::ports::{
    Admission, Admitted, Cache, CacheError, CachedAnswer, Charge, IdempotencyScope, Limit, LimitAction,
    LimitState,
};
use redis::Value;

pub use address::{RedisAddress, RedisTls};
pub use inspect::{Inspection, inspect};

use self::{
    copies::Copies,
    line::{Away, Line},
    names::{Names, decode, encode},
    procedure::{Procedure, Procedures},
};
use crate::standing;

/// How the cache is kept.
#[derive(Clone, Debug)]
pub struct RedisCacheSettings {
    /// Where Redis is.
    pub address: RedisAddress,
    /// How long a copy of an answer is kept.
    pub answer_ttl_seconds: u32,
    /// The timeline of the books the cache is beside: part of every key.
    pub timeline: [u8; 16],
}

/// Counters and short-lived copies in Redis.
pub struct RedisCache {
    line: Arc<Line>,
    copies: Copies,
    procedures: Procedures,
    names: Names,
}

impl RedisCache {
    /// A cache that connects by itself, now and whenever it must; the address alone can be wrong. Must be made on a runtime that
    /// lives as long as the cache.
    pub fn open(settings: &RedisCacheSettings) -> Result<Self, CacheError> {
        let address = &settings.address;
        let client = address.client().map_err(Away::Failed)?;
        let line = Arc::new(Line::open(client, address.connection_config()));
        Ok(Self {
            copies: Copies::open(Arc::clone(&line), settings.answer_ttl_seconds),
            line,
            procedures: Procedures::new(),
            names: Names::new(settings.timeline),
        })
    }

    async fn call(&self, procedure: &Procedure, keys: &[&str], numbers: &[u64]) -> Result<Value, Away> {
        self.line.ask(async |connection| procedure.call(connection, keys, numbers).await).await
    }

    async fn copy(&self, scope: &IdempotencyScope) -> Result<Option<CachedAnswer>, Away> {
        let mut get = redis::cmd("GET");
        get.arg(self.names.answer(scope));
        let found: Option<Vec<u8>> =
            self.line.ask(async |connection| get.query_async(connection).await).await?;
        found.map(|bytes| decode(bytes).ok_or(Away::Unreadable)).transpose()
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn admit(&self, admission: Admission<'_>) -> Result<Admitted, CacheError> {
        let Admission { scope, merchant, action, limit } = admission;
        if limit.is_none() {
            // Nothing to count: a plain look-up costs Redis a third of a script.
            let answer = match scope {
                Some(scope) => self.copy(scope).await?,
                None => None,
            };
            return Ok(Admitted { answer, limit: None, charge: None });
        }
        let window = self.names.window(merchant, action);
        let answer = scope.map(|scope| self.names.answer(scope));
        let keys: Vec<&str> =
            [Some(&window), answer.as_ref()].into_iter().flatten().map(String::as_str).collect();
        let numbers = limit.map(|limit| [limit.capacity.into(), u64::from(limit.window_seconds) * 1000]);
        let said =
            self.call(&self.procedures.admit, &keys, numbers.as_ref().map_or(&[], |numbers| numbers)).await?;
        let said = Said::read(said).ok_or(Away::Unreadable)?;
        let charge = said.charged.map(|window| Charge { merchant: merchant.clone(), action, window });
        Ok(Admitted { limit: limit.map(|limit| said.state(limit)), answer: said.answer, charge })
    }

    async fn give_back(&self, charge: &Charge) -> Result<(), CacheError> {
        let window = self.names.window(&charge.merchant, charge.action);
        self.call(&self.procedures.give_back, &[&window], &[charge.window]).await?;
        Ok(())
    }

    async fn remember(&self, scope: &IdempotencyScope, answer: CachedAnswer) -> Result<(), CacheError> {
        Ok(self.copies.keep(self.names.answer(scope), encode(&answer))?)
    }

    async fn limit_state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
    ) -> Result<LimitState, CacheError> {
        let window = self.names.window(merchant, action);
        let said = self.call(&self.procedures.standing, &[&window], &[]).await?;
        let Value::Array(parts) = said else { return Err(Away::Unreadable.into()) };
        let [Value::Int(used), Value::Int(left_ms)] = parts[..] else { return Err(Away::Unreadable.into()) };
        let used = calls(used);
        Ok(match used {
            0 => standing::untouched(limit),
            used => standing::open(limit, used, seconds(left_ms), used < limit.capacity),
        })
    }
}

/// What came of an admission.
struct Said {
    answer: Option<CachedAnswer>,
    used: u32,
    left_ms: i64,
    /// The window that was charged.
    charged: Option<u64>,
}

impl Said {
    fn read(said: Value) -> Option<Self> {
        let Value::Array(parts) = said else { return None };
        let [answer, Value::Int(used), Value::Int(left_ms), charged] = <[Value; 4]>::try_from(parts).ok()?
        else {
            return None;
        };
        let answer = match answer {
            Value::Nil => None,
            Value::BulkString(bytes) => Some(decode(bytes)?),
            _ => return None,
        };
        let charged = match charged {
            Value::Nil => None,
            Value::Int(number) => Some(u64::try_from(number).ok()?),
            _ => return None,
        };
        Some(Self { answer, used: calls(used), left_ms, charged })
    }

    fn state(&self, limit: Limit) -> LimitState {
        // What has been answered may be answered again, whatever the limit says.
        let allowed = self.answer.is_some() || self.charged.is_some();
        let state = match self.used {
            0 => standing::untouched(limit),
            used => standing::open(limit, used, seconds(self.left_ms), allowed),
        };
        LimitState { allowed, ..state }
    }
}

fn calls(used: i64) -> u32 {
    u32::try_from(used.max(0)).unwrap_or(u32::MAX)
}

/// Rounded up; a window in its last instant has a second left.
fn seconds(left_ms: i64) -> u64 {
    u64::try_from(left_ms.max(1)).unwrap_or(1).div_ceil(1000)
}
