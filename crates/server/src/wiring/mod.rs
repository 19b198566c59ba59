//! Configuration → adapters → engine → application. `adapters` chooses; it is the only file that names two adapters at once.
//!
//! Each committer and the worker get a thread of their own, because the embedded store works on the thread that calls it;
//! what may wait (expiry, retention, proofs) shares a third; HTTP and calls to the acquirer have a runtime of their own.
//!
//! The way down is the way up reversed: no new requests, answers to what was accepted, the loops, the committer, the store. A
//! thread that ends by itself is a bug nobody can work around: the process ends, and recovery begins from the disk.

mod adapters;
mod books;
mod first_link;
mod lab;
mod loops;
mod parts;
mod settings;

use std::{io, net::SocketAddr, process, sync::Arc, time::Duration};

use engine::{
    clocks::compare_with_books,
    commit::{Committer, Context},
    observe::Unobserved,
    operators::OperatorRefusal,
    payments::Payments,
    pipeline::resolver::Resolver,
    ports::{BrokerError, Clock, Entropy, InstanceId, Store},
    signals::Signals,
};
use tokio::{net::TcpListener, runtime};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "redis")]
pub use self::adapters::inspect_redis;
#[cfg(feature = "kafka")]
pub use self::adapters::kafka;
#[cfg(feature = "mariadb")]
pub use self::books::durability_faults;
pub use self::{
    adapters::CacheFault,
    books::{BooksError, TimelineError, begin_timeline, books_place, migrate_books, open_books, read_books},
    first_link::base as public_base,
};
use self::{
    loops::Loops,
    parts::{StopSignals, on_a_thread_of_its_own},
};
use crate::{
    config::Settings,
    faults::Faults,
    http::{
        accept,
        desk::Desk,
        render::JsonRender,
        router,
        state::{App, AppState, Readiness},
        store_answer::StoreAnswer,
    },
    system::System,
    telemetry::{
        metrics::Metrics,
        traces::{Services, Traces},
    },
};

/// Why the platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The books cannot be opened.
    #[error(transparent)]
    Store(#[from] BooksError),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheFault),
    /// The broker's settings contradict each other.
    #[error("cannot set up the broker")]
    Broker(#[from] BrokerError),
    /// Spans cannot be sent that way.
    #[error("cannot set up the traces")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The link of the first admin cannot be made.
    #[error("cannot make the link of the first admin")]
    FirstLink(#[from] OperatorRefusal),
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

/// What a process does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Everything.
    Everything,
    /// The API, the committer, the relay and the loops beside them.
    Ingest,
    /// The worker, and what watches it: `/healthz`, `/readyz`, `/metrics`.
    Worker,
}

impl Role {
    fn ingests(self) -> bool {
        self != Self::Worker
    }

    fn works(self) -> bool {
        self != Self::Ingest
    }
}

/// What people are told once a process listens.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The page on which the first admin sets a password; `None` when there is one, or nobody has to log in.
    pub first_link: Option<String>,
}

/// Runs a role in this process until it is asked to end (SIGINT or SIGTERM). `listening` is told where it listens.
pub fn up(settings: &Settings, role: Role, listening: impl FnOnce(Listening)) -> Result<(), UpError> {
    let machine = |context| move |source| UpError::Machine { context, source };
    // Before there is anything async: what sends spans has a runtime of its own inside.
    let telemetry = Telemetry::start(settings, role)?;
    let traces = Arc::clone(&telemetry.traces);
    let runtime = runtime::Builder::new_multi_thread().enable_all().thread_name("http").build();
    let runtime = runtime.map_err(machine("start the runtime"))?;
    let ended = runtime.block_on(async {
        let mut signals = StopSignals::new().map_err(machine("listen to signals"))?;
        let address = settings.socket();
        // Before the books are opened: whoever finds the port taken has changed nothing.
        let bound = accept::bind(address).map_err(|source| UpError::Listen { address, source })?;
        let platform = Platform::start(settings, role, telemetry).await?;
        let listener = bound.listen().map_err(|source| UpError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| UpError::Listen { address, source })?;
        let first_link = first_link::make(settings, role, &platform.loops.context, address).await?;
        listening(Listening { address, first_link });
        platform.serve(listener, &mut signals).await
    });
    // Everything that must end has ended; what is left is nobody's answer.
    runtime.shutdown_timeout(Duration::from_secs(1));
    traces.finish();
    ended
}

/// What watches.
struct Telemetry {
    metrics: Arc<Metrics>,
    traces: Arc<Traces>,
}

impl Telemetry {
    fn start(settings: &Settings, role: Role) -> Result<Self, UpError> {
        let metrics = Arc::new(Metrics::new());
        let services = Services { ingest: role.ingests(), worker: role.works() };
        let seed = System::start().attempt_id().0;
        let traces = Traces::start(settings, services, seed, &metrics.spans)?;
        Ok(Self { metrics, traces: Arc::new(traces) })
    }
}

/// Everything that runs: the API and the loops beside it.
struct Platform {
    role: Role,
    state: AppState,
    loops: Loops,
}

impl Platform {
    async fn start(settings: &Settings, role: Role, telemetry: Telemetry) -> Result<Self, UpError> {
        let Telemetry { metrics, traces } = telemetry;
        let system = Arc::new(System::start());
        let faults = settings.demo.enabled.then(Faults::new);
        let instance = InstanceId(system.attempt_id().0);
        let store: Arc<dyn Store> = open_books(settings, instance).await?;
        let context = Context {
            instance,
            store: Arc::clone(&store),
            acquirer: lab::acquirer(faults.as_ref(), adapters::acquirer(settings)),
            render: Arc::new(JsonRender),
            clock: Arc::clone(&system) as Arc<dyn Clock>,
            entropy: Arc::clone(&system) as Arc<dyn Entropy>,
            observer: if settings.metrics.enabled { metrics.clone() } else { Arc::new(Unobserved) },
            tracer: traces.clone(),
            signals: Arc::new(Signals::default()),
            settings: Arc::new(settings::engine(settings)),
        };
        if let Err(error) = compare_with_books(&context).await {
            tracing::warn!(error = %error, "cannot compare the clock with the books");
        }
        let cache = lab::cache(faults.as_ref(), adapters::cache(settings, &context).await?);
        let (queue, committers) = Committer::several(context.clone());
        let committers = committers.into_iter();
        let committers: Vec<_> = committers
            .map(|committer| on_a_thread_of_its_own("committer", committer.run()))
            .collect::<Result<_, _>>()?;
        let payments = Payments::new(context.clone(), Arc::clone(&cache), queue.clone());
        let resolver = Resolver::new(context.clone(), &payments);
        let broker = lab::broker(faults.as_ref(), adapters::broker(settings, &context)?);
        let mut desk = Desk::of(&context);
        desk.faults = faults;
        desk.login = settings::login(settings);
        let prover = Arc::clone(&desk.prover);
        let state = AppState::new(App {
            payments: Arc::new(payments),
            desk,
            store,
            limits: context.settings.limits,
            cache,
            clock: Arc::clone(&context.clock),
            settings: settings::http(settings),
            metrics,
            traces,
            readiness: Arc::new(Readiness::default()),
            store_answer: StoreAnswer::default(),
            request_id_seed: system.attempt_id().0,
        });
        let proof_interval = Duration::from_secs(u64::from(settings.proofs.interval_seconds));
        let loops = Loops { context, queue, resolver, prover, proof_interval, broker, committers };
        Ok(Self { role, state, loops })
    }

    /// Serves until the first signal, then ends in order; a second signal ends at once.
    async fn serve(self, listener: TcpListener, signals: &mut StopSignals) -> Result<(), UpError> {
        let Self { role, state, loops } = self;
        let running = loops.start(role)?;
        state.readiness.set(true);
        let stop = CancellationToken::new();
        let down = async {
            answer_requests(role, listener, state, stop.clone()).await;
            running.end().await;
        };
        tokio::pin!(down);
        tokio::select! {
            () = &mut down => return Ok(()),
            () = signals.next() => {}
        }
        tracing::info!("stopping: answering what was accepted; a second signal stops at once");
        stop.cancel();
        tokio::select! {
            () = down => Ok(()),
            // Whatever was answered is on disk.
            () = signals.next() => process::exit(130),
        }
    }
}

/// Answers requests until `stop`, and then what was accepted. Nobody can ask the committers through `state` afterwards.
async fn answer_requests(role: Role, listener: TcpListener, state: AppState, stop: CancellationToken) {
    let app = if role.ingests() { router::app(state.clone()) } else { router::watched(state.clone()) };
    let drained = accept::serve(listener, app, &state, stop).await;
    if drained.cut > 0 {
        tracing::warn!(connections = drained.cut, "connections were cut: their answers did not come in time");
    }
}
