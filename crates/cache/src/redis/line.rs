//! The way to Redis that whoever asks goes by: the connection that is there, behind the breaker.

use std::{sync::Arc, time::Duration};

use engine::ports::CacheError;
use recloser::{AsyncRecloser, Error as BreakerError, Recloser};
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, aio::MultiplexedConnection};
use thiserror::Error;

use super::link::{Link, is_read_only};

/// Calls looked at before the breaker may open, and the share of them that must have failed.
const BREAKER_WINDOW: usize = 20;
const BREAKER_SHARE: f32 = 0.5;
/// How long an open breaker lets nobody ask, and how many then try before it closes.
const BREAKER_WAIT: Duration = Duration::from_secs(1);
const BREAKER_TRIALS: usize = 3;

/// Why Redis gave no answer.
#[derive(Debug, Error)]
pub(super) enum Away {
    #[error("not connected to redis")]
    NotConnected(#[source] Arc<RedisError>),
    #[error("redis failed too often and is left alone for a moment")]
    BreakerOpen,
    #[error("redis did not do as it was asked")]
    Failed(#[source] RedisError),
    #[error("redis answered something unexpected")]
    Unreadable,
    #[error("copies are made faster than redis takes them")]
    Crowded,
}

impl From<Away> for CacheError {
    fn from(away: Away) -> Self {
        Self { source: Box::new(away) }
    }
}

/// The connection behind the breaker.
pub(super) struct Line {
    link: Link,
    breaker: AsyncRecloser,
}

impl Line {
    /// Begins to connect; must be called on a runtime that lives as long as the line.
    pub(super) fn open(client: Client, config: AsyncConnectionConfig) -> Self {
        let breaker = Recloser::custom()
            .error_rate(BREAKER_SHARE)
            .closed_len(BREAKER_WINDOW)
            .half_open_len(BREAKER_TRIALS)
            .open_wait(BREAKER_WAIT)
            .build();
        Self { link: Link::open(client, config), breaker: AsyncRecloser::from(breaker) }
    }

    /// Whether there is a connection, or why there is none.
    pub(super) fn is_up(&self) -> Result<(), Away> {
        self.link.connection().map(drop).map_err(Away::NotConnected)
    }

    /// Asks, unless there is no connection or Redis is left alone for a moment.
    pub(super) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Away> {
        let mut connection = self.link.connection().map_err(Away::NotConnected)?;
        match self.breaker.call(question(&mut connection)).await {
            Ok(answer) => Ok(answer),
            Err(BreakerError::Rejected) => Err(Away::BreakerOpen),
            Err(BreakerError::Inner(error)) => {
                if is_read_only(&error) {
                    self.link.stood_down();
                } else if error.is_unrecoverable_error() {
                    self.link.is_broken();
                }
                Err(Away::Failed(error))
            }
        }
    }
}
