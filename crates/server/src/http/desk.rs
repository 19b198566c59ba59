//! What the operator's side of the API shares: the proofs, what can be done with dead letters, wake-ups, and what this
//! process remembers of its requests.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{id::DeadLetterId, time::Timestamp};
use engine::{
    commit::Context,
    pipeline::dead_letters::{self, DeadLetterRefusal, RedriveForecast},
    ports::{Clock, DeadLetter, OperatorAct, Store},
    proofs::Prover,
    signals::Signals,
};
use tokio::sync::Semaphore;

use super::{operators::login::Login, render::JsonRender, requests::log::RequestLog};
use crate::faults::Faults;

/// Event streams that may be open at once.
const STREAMS_MAX: usize = 256;

/// What can be done with dead letters, as the routes see it. Tests put a stub here.
#[async_trait]
pub trait DeadLetterActs: Send + Sync {
    /// Every check again, then post.
    async fn redrive(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal>;
    /// What a redrive would do.
    async fn forecast(&self, id: DeadLetterId) -> Result<RedriveForecast, DeadLetterRefusal>;
    /// Put aside on purpose.
    async fn hold(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal>;
    /// Give up for good.
    async fn discard(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal>;
}

#[async_trait]
impl DeadLetterActs for Context {
    async fn redrive(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        dead_letters::redrive(self, id, act).await
    }

    async fn forecast(&self, id: DeadLetterId) -> Result<RedriveForecast, DeadLetterRefusal> {
        dead_letters::redrive_forecast(self, id).await
    }

    async fn hold(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        dead_letters::hold(self, id, act).await
    }

    async fn discard(&self, id: DeadLetterId, act: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        dead_letters::discard(self, id, act).await
    }
}

/// Acts on nothing: for an application without an engine behind it.
struct NoEngine;

#[async_trait]
impl DeadLetterActs for NoEngine {
    async fn redrive(&self, _: DeadLetterId, _: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        Err(DeadLetterRefusal::NotFound)
    }

    async fn forecast(&self, _: DeadLetterId) -> Result<RedriveForecast, DeadLetterRefusal> {
        Err(DeadLetterRefusal::NotFound)
    }

    async fn hold(&self, _: DeadLetterId, _: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        Err(DeadLetterRefusal::NotFound)
    }

    async fn discard(&self, _: DeadLetterId, _: &OperatorAct) -> Result<DeadLetter, DeadLetterRefusal> {
        Err(DeadLetterRefusal::NotFound)
    }
}

/// The parts of the operator's side.
pub struct Desk {
    /// What can be done with dead letters.
    pub acts: Arc<dyn DeadLetterActs>,
    /// The proofs of the ledger.
    pub prover: Arc<Prover>,
    /// Wake-ups for event streams.
    pub signals: Arc<Signals>,
    /// The latest requests of this process.
    pub requests: RequestLog,
    /// When this process began.
    pub started_at: Timestamp,
    /// The switches of the Lab; `None` outside demo mode.
    pub faults: Option<Arc<Faults>>,
    /// Who must log in.
    pub login: Login,
    pub(super) streams: Arc<Semaphore>,
}

impl Desk {
    /// Beside the engine of this process.
    pub fn of(context: &Context) -> Self {
        Self {
            signals: Arc::clone(&context.signals),
            ..Self::new(&context.store, &context.clock, Arc::new(context.clone()))
        }
    }

    /// For an application without an engine behind it: it can only look.
    pub fn without_engine(store: &Arc<dyn Store>, clock: &Arc<dyn Clock>) -> Self {
        Self::new(store, clock, Arc::new(NoEngine))
    }

    /// Beside `acts`, with nobody to wake the streams.
    fn new(store: &Arc<dyn Store>, clock: &Arc<dyn Clock>, acts: Arc<dyn DeadLetterActs>) -> Self {
        Self {
            acts,
            prover: Arc::new(Prover::new(Arc::clone(store), Arc::new(JsonRender), Arc::clone(clock))),
            signals: Arc::default(),
            requests: RequestLog::default(),
            started_at: clock.now(),
            faults: None,
            login: Login::default(),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        }
    }
}
