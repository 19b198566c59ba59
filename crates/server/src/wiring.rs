//! Configuration → adapters → engine → application: the only file that names two adapters at once.
//!
//! The committer and the worker each get a thread of their own, because the embedded store works on the thread that calls it;
//! what may wait (expiry, retention, proofs) shares a third; HTTP and calls to the acquirer have a runtime of their own.
//!
//! The way down is the way up reversed: no new requests, answers to what was accepted, the loops, the committer, the store. A
//! thread that ends by itself is a bug nobody can work around: the process ends, and recovery begins from the disk.

use std::{
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
use cache::{MemoryCache, MemoryCacheSettings};
use engine::{
    commit::{CommitQueue, Committer, Context},
    payments::Payments,
    pipeline::{expiry, resolver::Resolver, retention, worker::Worker},
    ports::{Acquirer, Cache, Clock, Entropy, Limit, Store},
    proofs::Prover,
    settings::{EngineSettings, Limits},
    signals::Signals,
};
use store::{OpenError, SqliteSettings, SqliteStore};
use tokio::{
    net::TcpListener,
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    acquirer::{RemoteSimulator, Simulator},
    client::HttpClient,
    config::{AcquirerKind, HttpUrl, Origin, Settings},
    http::{
        accept,
        desk::Desk,
        render::JsonRender,
        router,
        state::{App, AppState, HttpSettings, Readiness},
    },
    system::System,
    telemetry::metrics::Metrics,
};

/// How long the loops may take to end once nobody calls any more.
const LOOPS_END_LIMIT: Duration = Duration::from_secs(10);

/// Why the platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The books cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The machine gives no threads, signals or events.
    #[error("cannot start: {context}")]
    Machine {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Runs every role in this process until it is asked to end (SIGINT or SIGTERM). `listening` is told the address.
pub fn up(settings: &Settings, listening: impl FnOnce(SocketAddr)) -> Result<(), UpError> {
    let machine = |context| move |source| UpError::Machine { context, source };
    let runtime = runtime::Builder::new_multi_thread().enable_all().thread_name("http").build();
    let runtime = runtime.map_err(machine("start the runtime"))?;
    let ended = runtime.block_on(async {
        let mut signals = StopSignals::new().map_err(machine("listen to signals"))?;
        let platform = Platform::start(settings)?;
        let address = settings.socket();
        let listener = accept::listen(address).map_err(|source| UpError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| UpError::Listen { address, source })?;
        listening(address);
        platform.serve(listener, &mut signals).await
    });
    // Everything that must end has ended; what is left is nobody's answer.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// The embedded books, for this process alone; makes or migrates them.
pub fn open_books(settings: &Settings) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&SqliteSettings::new(&settings.store.data_dir), Arc::new(System::start()))
}

/// The embedded books for reading, also beside a running server.
pub fn read_books(settings: &Settings) -> Result<Arc<dyn Store>, OpenError> {
    let settings = SqliteSettings::new(&settings.store.data_dir);
    Ok(Arc::new(SqliteStore::open_read_only(&settings, Arc::new(System::start()))?))
}

/// Everything that runs.
struct Platform {
    context: Context,
    state: AppState,
    queue: CommitQueue,
    resolver: Resolver,
    prover: Arc<Prover>,
    committer: JoinHandle<()>,
    worker: Worker,
    proof_interval: Duration,
}

impl Platform {
    fn start(settings: &Settings) -> Result<Self, UpError> {
        let system = Arc::new(System::start());
        let metrics = Arc::new(Metrics::new());
        let store: Arc<dyn Store> = Arc::new(open_books(settings)?);
        let context = Context {
            store: Arc::clone(&store),
            acquirer: acquirer(settings),
            render: Arc::new(JsonRender),
            clock: Arc::clone(&system) as Arc<dyn Clock>,
            entropy: Arc::clone(&system) as Arc<dyn Entropy>,
            observer: Arc::clone(&metrics) as _,
            signals: Arc::new(Signals::default()),
            settings: Arc::new(engine_settings(settings)),
        };
        let cache: Arc<dyn Cache> =
            Arc::new(MemoryCache::new(cache_settings(settings), Arc::clone(&context.clock)));
        let (queue, committer) = Committer::new(context.clone());
        let committer = on_a_thread_of_its_own("committer", committer.run())?;
        let payments = Payments::new(context.clone(), Arc::clone(&cache), queue.clone());
        let resolver = Resolver::new(context.clone(), &payments);
        let broker = EmbeddedBroker::new(
            Arc::clone(&store),
            context.signals.committed(),
            EmbeddedBrokerSettings::default(),
        );
        let worker = Worker::new(context.clone(), Arc::new(broker));
        let desk = Desk::of(&context);
        let prover = Arc::clone(&desk.prover);
        let state = AppState::new(App {
            payments: Arc::new(payments),
            desk,
            store,
            cache,
            clock: Arc::clone(&context.clock),
            settings: http_settings(settings),
            metrics,
            readiness: Arc::new(Readiness::default()),
            request_id_seed: system.attempt_id().0,
        });
        let proof_interval = Duration::from_secs(u64::from(settings.proofs.interval_seconds));
        Ok(Self { context, state, queue, resolver, prover, committer, worker, proof_interval })
    }

    /// Serves until the first signal, then ends in order; a second signal ends at once.
    async fn serve(self, listener: TcpListener, signals: &mut StopSignals) -> Result<(), UpError> {
        let Self { context, state, queue, resolver, prover, committer, worker, proof_interval } = self;
        let (requests_stop, loops_stop) = (CancellationToken::new(), CancellationToken::new());
        let worker = on_a_thread_of_its_own("worker", worker.run(loops_stop.clone()))?;
        let resolver = tokio::spawn(resolver.run(loops_stop.clone()));
        let resolver = tokio::spawn(async move {
            if resolver.await.is_err() {
                end_after_panic("resolver");
            }
        });
        let housekeeping = on_a_thread_of_its_own("housekeeping", {
            let (context, stop) = (context.clone(), loops_stop.clone());
            async move {
                tokio::join!(
                    expiry::run(context.clone(), queue, stop.clone()),
                    retention::run(context, stop.clone()),
                    prover.run_on_schedule(proof_interval, stop),
                );
            }
        })?;
        state.readiness.set(true);
        let stop = requests_stop.clone();
        let down = async move {
            let app = router::app(state.clone());
            let drained = accept::serve(listener, app, &state, stop).await;
            if drained.cut > 0 {
                tracing::warn!(
                    connections = drained.cut,
                    "connections were cut: their answers did not come in time"
                );
            }
            loops_stop.cancel();
            ended("resolver", resolver).await;
            ended("worker", tokio::task::spawn_blocking(|| worker.join())).await;
            ended("housekeeping", tokio::task::spawn_blocking(|| housekeeping.join())).await;
            // The committer ends when nobody is left who could ask it.
            drop(state);
            ended("committer", tokio::task::spawn_blocking(|| committer.join())).await;
            drop(context);
        };
        tokio::pin!(down);
        tokio::select! {
            () = &mut down => return Ok(()),
            () = signals.next() => {}
        }
        tracing::info!("stopping: answering what was accepted; a second signal stops at once");
        requests_stop.cancel();
        tokio::select! {
            () = down => Ok(()),
            // Whatever was answered is on disk.
            () = signals.next() => process::exit(130),
        }
    }
}

/// Waits for a part to end, but not for ever: whatever it was about to do, it can do after the next start.
async fn ended<T>(part: &'static str, end: impl Future<Output = T>) {
    if tokio::time::timeout(LOOPS_END_LIMIT, end).await.is_err() {
        tracing::error!(part, "did not end in time and was left behind");
    }
}

fn on_a_thread_of_its_own(
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, UpError> {
    let machine = |source| UpError::Machine { context: "start a thread", source };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(machine)?;
    let run = move || {
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(work))).is_err() {
            end_after_panic(name);
        }
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(machine)
}

fn end_after_panic(part: &str) -> ! {
    tracing::error!(part, "a part of the platform panicked; ending to recover from the disk");
    process::exit(1)
}

struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn acquirer(settings: &Settings) -> Arc<dyn Acquirer> {
    let chosen = &settings.acquirer;
    match (chosen.kind, &chosen.url) {
        (AcquirerKind::SimulatorRemote, Some(url)) => {
            let timeout = Duration::from_millis(u64::from(chosen.timeout_ms));
            Arc::new(RemoteSimulator::new(HttpClient::new(HttpUrl::as_str(url), timeout)))
        }
        (AcquirerKind::Simulator, _) => Arc::new(Simulator),
        (AcquirerKind::SimulatorRemote, None) => {
            unreachable!("the configuration is refused without its address")
        }
    }
}

fn engine_settings(settings: &Settings) -> EngineSettings {
    let Settings { commit, limits, acquirer, .. } = settings;
    let limit = |capacity, window_seconds| Limit { capacity, window_seconds };
    EngineSettings {
        batch_max: count(commit.batch_max),
        queue_max: count(commit.queue_max),
        command_timeout: Duration::from_millis(u64::from(commit.timeout_ms)),
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
    }
}

fn cache_settings(settings: &Settings) -> MemoryCacheSettings {
    let answer_ttl_seconds = settings.idempotency.cache_ttl_seconds;
    MemoryCacheSettings { answer_ttl_seconds, ..MemoryCacheSettings::default() }
}

fn http_settings(settings: &Settings) -> HttpSettings {
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
