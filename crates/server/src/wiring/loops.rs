//! The loops beside the API: which of them a role has, and the order in which they end.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use engine::{
    commit::{CommitQueue, Context},
    pipeline::{expiry, relay::Relay, resolver::Resolver, retention, worker::Worker},
    ports::Broker,
    proofs::Prover,
};
use tokio::task;
use tokio_util::sync::CancellationToken;

use super::{
    Role, UpError,
    parts::{end_after_panic, ended, on_a_thread_of_its_own},
};

/// What the loops are made of. The committers run already: whoever has the queue can ask them.
pub(super) struct Loops {
    pub(super) context: Context,
    pub(super) queue: CommitQueue,
    pub(super) resolver: Resolver,
    pub(super) prover: Arc<Prover>,
    pub(super) proof_interval: Duration,
    pub(super) broker: Arc<dyn Broker>,
    pub(super) committers: Vec<JoinHandle<()>>,
}

/// The loops that run.
pub(super) struct Running {
    context: Context,
    stop: CancellationToken,
    resolver: Option<task::JoinHandle<()>>,
    pipeline: Vec<(&'static str, JoinHandle<()>)>,
    housekeeping: Option<JoinHandle<()>>,
    committers: Vec<JoinHandle<()>>,
}

impl Loops {
    /// Starts those of `role`.
    pub(super) fn start(self, role: Role) -> Result<Running, UpError> {
        let Self { context, queue, resolver, prover, proof_interval, broker, committers } = self;
        let stop = CancellationToken::new();
        let pipeline = start_pipeline(role, &context, &broker, &stop)?;
        if !role.ingests() {
            // Where nobody ingests nobody asks an acquirer, so nothing has to be found out; the rest is the ingesting role's too.
            return Ok(Running { context, stop, resolver: None, pipeline, housekeeping: None, committers });
        }
        let resolver = Some(start_resolver(resolver, stop.clone()));
        let housekeeping = {
            let (context, stop) = (context.clone(), stop.clone());
            async move {
                tokio::join!(
                    expiry::run(context.clone(), queue, stop.clone()),
                    retention::run(context, retention::EVERY, stop.clone()),
                    prover.run_on_schedule(proof_interval, stop),
                );
            }
        };
        let housekeeping = Some(on_a_thread_of_its_own("housekeeping", housekeeping)?);
        Ok(Running { context, stop, resolver, pipeline, housekeeping, committers })
    }
}

/// The worker and the relay, as far as this role has them.
fn start_pipeline(
    role: Role,
    context: &Context,
    broker: &Arc<dyn Broker>,
    stop: &CancellationToken,
) -> Result<Vec<(&'static str, JoinHandle<()>)>, UpError> {
    let mut parts = Vec::new();
    if role.works() {
        let worker = Worker::new(context.clone(), Arc::clone(broker));
        parts.push(("worker", on_a_thread_of_its_own("worker", worker.run(stop.clone()))?));
    }
    if role.ingests() && broker.needs_relay() {
        let relay = Relay::new(context.clone(), Arc::clone(broker));
        parts.push(("relay", on_a_thread_of_its_own("relay", relay.run(stop.clone()))?));
    }
    Ok(parts)
}

/// The resolver waits for a network, so it runs beside HTTP. Its panic ends the process.
fn start_resolver(resolver: Resolver, stop: CancellationToken) -> task::JoinHandle<()> {
    let running = tokio::spawn(resolver.run(stop));
    tokio::spawn(async move {
        if running.await.is_err() {
            end_after_panic("resolver");
        }
    })
}

impl Running {
    /// Ends them all, once no request is answered any more: the committers last, when nobody is left who could ask them.
    pub(super) async fn end(self) {
        let Self { context, stop, resolver, pipeline, housekeeping, committers } = self;
        stop.cancel();
        if let Some(resolver) = resolver {
            ended("resolver", resolver).await;
        }
        let housekeeping = housekeeping.map(|thread| ("housekeeping", thread));
        let committers = committers.into_iter().map(|thread| ("committer", thread));
        for (part, thread) in pipeline.into_iter().chain(housekeeping).chain(committers) {
            ended(part, task::spawn_blocking(|| thread.join())).await;
        }
        // The store closes when nobody uses it any more.
        drop(context);
    }
}
