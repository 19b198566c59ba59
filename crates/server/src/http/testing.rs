//! The application with a stub for an engine, for tests of what the wire does by itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
use bytes::Bytes;
use cache::{MemoryCache, MemoryCacheSettings};
use domain::payment::{Capture, Refund, Void};
use engine::{
    commit::{CommitQueue, Committer, Context},
    payments::{Authorize, Call, OnPayment, Payments, Reply},
    pipeline::{expiry::expire_due, worker::Worker},
    ports::{Cache, Clock, InstanceId, Store, Untraced},
    queries::pipeline_status::pipeline_status,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::{SqliteSettings, SqliteStore};
use testkit::{FixedClock, SeededEntropy, away::AwayStore, wait::wait_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    desk::Desk,
    render::JsonRender,
    router,
    state::{App, AppState, HttpSettings, PaymentCalls, Readiness},
    store_answer::StoreAnswer,
};
use crate::{
    acquirer::Simulator,
    telemetry::{metrics::Metrics, traces::Traces},
};

/// What the stub does with a call.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Gives this reply.
    Reply(Reply),
    /// Never answers.
    Hang,
    /// Panics.
    Panic,
}

/// An engine that does as it is told and keeps the request ids of its calls.
#[derive(Debug)]
pub(crate) struct StubPayments {
    behaviour: Behaviour,
    pub(crate) calls: Mutex<Vec<String>>,
}

impl StubPayments {
    pub(crate) fn new(behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self { behaviour, calls: Mutex::default() })
    }

    async fn answer<R: Send>(&self, call: Call<R>) -> Reply {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.request_id.into());
        match &self.behaviour {
            Behaviour::Reply(reply) => reply.clone(),
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Panic => panic!("the stub was told to panic"),
        }
    }
}

#[async_trait]
impl PaymentCalls for StubPayments {
    async fn authorize(&self, call: Call<Authorize>) -> Reply {
        self.answer(call).await
    }

    async fn capture(&self, call: Call<OnPayment<Capture>>) -> Reply {
        self.answer(call).await
    }

    async fn void(&self, call: Call<OnPayment<Void>>) -> Reply {
        self.answer(call).await
    }

    async fn refund(&self, call: Call<OnPayment<Refund>>) -> Reply {
        self.answer(call).await
    }
}

/// A plain 200.
pub(crate) fn ok() -> Reply {
    Reply {
        status: 200,
        body: Bytes::from_static(b"{\"paymentId\":1}"),
        replayed: false,
        retry_after_seconds: None,
        limit: None,
    }
}

/// The state over `payments` with usual settings, in the time of `clock`.
pub(crate) fn state_at(clock: Arc<FixedClock>, payments: Arc<dyn PaymentCalls>) -> AppState {
    state_of(clock, payments, HttpSettings::default())
}

/// The state over `payments`, with a store that is away.
pub(crate) fn state(payments: Arc<dyn PaymentCalls>, settings: HttpSettings) -> AppState {
    state_of(Arc::new(FixedClock::default()), payments, settings)
}

fn state_of(clock: Arc<dyn Clock>, payments: Arc<dyn PaymentCalls>, settings: HttpSettings) -> AppState {
    let store: Arc<dyn Store> = Arc::new(AwayStore);
    AppState::new(App {
        payments,
        desk: Desk::without_engine(&store, &clock),
        store,
        limits: None,
        cache: Arc::new(MemoryCache::new(MemoryCacheSettings::default(), clock.clone())),
        clock,
        settings,
        metrics: Arc::new(Metrics::new()),
        traces: Arc::new(Traces::off(7)),
        readiness: Arc::new(Readiness::default()),
        store_answer: StoreAnswer::default(),
        request_id_seed: 7,
    })
}

/// The application over a stub.
pub(crate) fn app(behaviour: Behaviour) -> Router {
    router::app(state(StubPayments::new(behaviour), HttpSettings::default()))
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends a request through the whole router.
pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = match app.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body in memory").to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A POST of JSON.
pub(crate) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(body.into()).expect("a valid request")
}

/// A GET.
pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a valid request")
}

/// The application over the real engine and a store in a directory of its own, on a clock that the test owns. The worker runs
/// only when it is told to.
pub(crate) struct Books {
    pub(crate) app: Router,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) state: AppState,
    context: Context,
    queue: CommitQueue,
    dir: tempfile::TempDir,
}

impl Books {
    /// Empty books; the committer runs on the test's runtime.
    pub(crate) fn open() -> Self {
        Self::open_with(|_| {})
    }

    /// The same with another desk.
    pub(crate) fn open_with(change: impl FnOnce(&mut Desk)) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(FixedClock::default());
        let metrics = Arc::new(Metrics::new());
        let store =
            SqliteStore::open(&SqliteSettings::new(dir.path()), clock.clone()).expect("an empty store");
        let context = Context {
            instance: InstanceId(7),
            store: Arc::new(store),
            acquirer: Arc::new(Simulator),
            render: Arc::new(JsonRender),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            observer: metrics.clone(),
            tracer: Arc::new(Untraced),
            signals: Arc::default(),
            settings: Arc::default(),
        };
        let cache: Arc<dyn Cache> = Arc::new(MemoryCache::new(MemoryCacheSettings::default(), clock.clone()));
        let (queue, committers) = Committer::several(context.clone());
        committers.into_iter().for_each(|committer| drop(tokio::spawn(committer.run())));
        let mut desk = Desk::of(&context);
        change(&mut desk);
        let state = AppState::new(App {
            payments: Arc::new(Payments::new(context.clone(), Arc::clone(&cache), queue.clone())),
            desk,
            store: Arc::clone(&context.store),
            limits: context.settings.limits,
            cache,
            clock: clock.clone(),
            settings: HttpSettings::default(),
            metrics,
            traces: Arc::new(Traces::off(7)),
            readiness: Arc::new(Readiness::default()),
            store_answer: StoreAnswer::default(),
            request_id_seed: 7,
        });
        Self { app: router::app(state.clone()), clock, state, context, queue, dir }
    }

    /// Ends the authorizations whose time has run out.
    pub(crate) async fn expire(&self) {
        let expired = expire_due(&self.context, &self.queue).await.expect("the store can be read");
        assert!(expired > 0, "nothing was over");
    }

    /// Runs the worker until it has handled every event.
    pub(crate) async fn work(&self) {
        let committed = self.context.signals.committed();
        let settings = EmbeddedBrokerSettings { poll_interval: Duration::from_millis(10) };
        let broker = EmbeddedBroker::new(Arc::clone(&self.context.store), committed, settings);
        let stop = CancellationToken::new();
        let worker = tokio::spawn(Worker::new(self.context.clone(), Arc::new(broker)).run(stop.clone()));
        wait_until("every event is handled", Duration::from_secs(20), async || self.pending().await == 0)
            .await;
        stop.cancel();
        worker.await.expect("the worker does not panic");
    }

    async fn pending(&self) -> u64 {
        let mut snapshot = self.context.store.snapshot().await.expect("the store can be read");
        pipeline_status(snapshot.as_mut()).await.expect("the store can be read").pending()
    }

    /// Damages the stored books behind the platform's back.
    pub(crate) fn tamper(&self, sql: &str) {
        store::testing::tamper(&SqliteSettings::new(self.dir.path()), sql);
    }

    /// Authorizes and captures a payment of M1 in won; its number.
    pub(crate) async fn captured(&self, key: &str, amount: i64) -> u64 {
        let order = json!({"merchantId": "M1", "amount": amount, "currency": "KRW", "idempotencyKey": key, "captureMode": "automatic"});
        let answer = self.post("/payments/authorize", &order).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["paymentId"].as_u64().expect("a number")
    }

    /// Sends a GET that must succeed.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Sends a POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(&self.app, post(path, body.to_string())).await
    }

    /// Sends a GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(&self.app, get(path)).await
    }
}

/// The same books behind an application that pages of `origin` may call.
pub(crate) fn reallowed(books: &Books, origin: &str) -> AppState {
    let (old, mut desk) = (&books.state, Desk::of(&books.context));
    desk.login.required = old.desk.login.required;
    AppState::new(App {
        payments: Arc::clone(&old.payments),
        desk,
        store: Arc::clone(&old.store),
        limits: old.limits,
        cache: Arc::clone(&old.cache),
        clock: Arc::clone(&old.clock),
        settings: HttpSettings { cors_allowed_origins: vec![origin.to_owned()], ..old.settings.clone() },
        metrics: Arc::clone(&old.metrics),
        traces: Arc::clone(&old.traces),
        readiness: Arc::clone(&old.readiness),
        store_answer: StoreAnswer::default(),
        request_id_seed: 8,
    })
}
