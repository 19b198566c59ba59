//! An engine with everything embedded, whose clock and acquirer the test owns.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
use bytes::Bytes;
use cache::{MemoryCache, MemoryCacheSettings};
use domain::{
    id::{AttemptId, MerchantId, PaymentId},
    money::{Currency, Money},
    payment::{Capture, CaptureMode, Metadata, Payment, Refund, Verdict, Void},
};
use engine::{
    commit::{CommitQueue, Committer, Context},
    observe::{Observer, Unobserved},
    payments::{Authorize, Call, OnPayment, Payments, Reply},
    pipeline::{relay::Relay, resolver::Resolver, worker::Worker},
    ports::{
        Acquirer, AcquirerDecision, AcquirerRequest, Broker, Cache, DeadLetterFilter, DeadLetterReason,
        Inquiry, InstanceId, Store, Tracer, Untraced,
    },
    proofs::{Mode, Prover},
    settings::EngineSettings,
    signals::Signals,
};
use store::{SqliteSettings, SqliteStore};
use tempfile::TempDir;
use testkit::{FixedClock, PlainRender, SeededEntropy, wait::wait_until};
use tokio_util::sync::CancellationToken;

/// How long anything may take before the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An engine and the handles a test needs.
pub(crate) struct App {
    pub(crate) context: Context,
    pub(crate) payments: Payments,
    pub(crate) queue: CommitQueue,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) acquirer: Arc<ScriptedAcquirer>,
    worker: Option<(CancellationToken, thread::JoinHandle<()>)>,
    relay: Option<(CancellationToken, thread::JoinHandle<()>)>,
    broker: Arc<dyn Broker>,
    finished: bool,
    dir: TempDir,
}

/// Puts something between the engine and its store.
pub(crate) type Wrap = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store>>;

/// How an [`App`] differs from the usual.
pub(crate) struct Options {
    pub(crate) settings: EngineSettings,
    pub(crate) remote: bool,
    pub(crate) wrap: Wrap,
    /// Instead of the embedded log.
    pub(crate) broker: Option<Arc<dyn Broker>>,
    pub(crate) tracer: Arc<dyn Tracer>,
    pub(crate) observer: Arc<dyn Observer>,
    /// The clock the store goes by, where it has one of its own.
    pub(crate) store_clock: Option<Arc<FixedClock>>,
}

impl Default for Options {
    fn default() -> Self {
        let settings = EngineSettings { limits: None, ..EngineSettings::default() };
        let (wrap, tracer) = (Box::new(|store| store), Arc::new(Untraced));
        let observer = Arc::new(Unobserved);
        Self { settings, remote: false, wrap, broker: None, tracer, observer, store_clock: None }
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::default());
        let settings = SqliteSettings::new(dir.path());
        let store: Arc<dyn Store> = {
            let clock = options.store_clock.unwrap_or_else(|| clock.clone());
            Arc::new(SqliteStore::open(&settings, clock).unwrap())
        };
        let store = (options.wrap)(store);
        let acquirer = Arc::new(ScriptedAcquirer::new(options.remote));
        let signals = Arc::new(Signals::default());
        let context = Context {
            instance: InstanceId(7),
            store: Arc::clone(&store),
            acquirer: acquirer.clone(),
            render: Arc::new(PlainRender),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            observer: options.observer,
            tracer: options.tracer,
            signals: Arc::clone(&signals),
            settings: Arc::new(options.settings),
        };
        let cache: Arc<dyn Cache> = Arc::new(MemoryCache::new(MemoryCacheSettings::default(), clock.clone()));
        let (queue, committers) = Committer::several(context.clone());
        committers.into_iter().for_each(|committer| drop(on_a_thread_of_its_own(committer.run())));
        let payments = Payments::new(context.clone(), cache, queue.clone());
        let broker_settings = EmbeddedBrokerSettings { poll_interval: Duration::from_millis(20) };
        let embedded = || {
            let broker = EmbeddedBroker::new(store, signals.committed(), broker_settings);
            Arc::new(broker.traced(Arc::clone(&context.tracer))) as _
        };
        let broker: Arc<dyn Broker> = options.broker.unwrap_or_else(embedded);
        let (worker, relay, finished) = (None, None, false);
        let mut app =
            Self { context, payments, queue, clock, acquirer, worker, relay, broker, finished, dir };
        app.start_worker();
        if app.broker.needs_relay() {
            app.start_relay();
        }
        app
    }

    pub(crate) fn start_worker(&mut self) {
        let stop = CancellationToken::new();
        let worker = Worker::new(self.context.clone(), Arc::clone(&self.broker));
        let thread = on_a_thread_of_its_own(worker.run(stop.clone()));
        self.worker = Some((stop, thread));
    }

    pub(crate) fn start_relay(&mut self) {
        let stop = CancellationToken::new();
        let relay = Relay::new(self.context.clone(), Arc::clone(&self.broker));
        let thread = on_a_thread_of_its_own(relay.run(stop.clone()));
        self.relay = Some((stop, thread));
    }

    pub(crate) fn stop_relay(&mut self) {
        if let Some((stop, thread)) = self.relay.take() {
            stop.cancel();
            thread.join().unwrap();
        }
    }

    pub(crate) fn stop_worker(&mut self) {
        if let Some((stop, thread)) = self.worker.take() {
            stop.cancel();
            thread.join().unwrap();
        }
    }

    pub(crate) fn resolver(&self) -> Resolver {
        Resolver::new(self.context.clone(), &self.payments)
    }

    /// The resolver of a process that was started with another acquirer.
    pub(crate) fn resolver_asking(&self, acquirer: Arc<ScriptedAcquirer>) -> Resolver {
        Resolver::new(Context { acquirer, ..self.context.clone() }, &self.payments)
    }

    pub(crate) async fn authorize(&self, call: Call<Authorize>) -> Answer {
        self.payments.authorize(call).await.into()
    }

    /// An approved authorization under a key of its own.
    pub(crate) async fn authorized(&self, amount: i64) -> PaymentId {
        let key = format!("made-{}", self.context.entropy.attempt_id());
        let answer = self.authorize(authorize(amount, &key)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.payment()
    }

    /// An approved authorization, captured in full.
    pub(crate) async fn captured(&self, amount: i64) -> PaymentId {
        let payment = self.authorized(amount).await;
        assert_eq!(self.capture(payment, None, None).await.status, 200);
        payment
    }

    pub(crate) async fn capture(&self, payment: PaymentId, amount: Option<i64>, key: Option<&str>) -> Answer {
        let command = Capture { amount, last: true };
        self.payments.capture(on_payment(payment, command, key, &format!("capture{amount:?}"))).await.into()
    }

    /// A capture that may leave a rest.
    pub(crate) async fn capture_more(&self, payment: PaymentId, amount: i64, last: bool) -> Answer {
        let command = Capture { amount: Some(amount), last };
        self.payments.capture(on_payment(payment, command, None, "capture more")).await.into()
    }

    pub(crate) async fn void(&self, payment: PaymentId) -> Answer {
        self.payments.void(on_payment(payment, Void::default(), None, "void")).await.into()
    }

    pub(crate) async fn refund(&self, payment: PaymentId, amount: Option<i64>, key: Option<&str>) -> Answer {
        let command = Refund { amount, reason: "test".parse().unwrap(), expected_refundable: None };
        self.payments.refund(on_payment(payment, command, key, &format!("refund{amount:?}"))).await.into()
    }

    pub(crate) async fn payment(&self, id: PaymentId) -> Payment {
        let mut snapshot = self.context.store.snapshot().await.unwrap();
        snapshot.payment_find(id).await.unwrap().expect("payment is stored")
    }

    pub(crate) async fn payments_stored(&self) -> usize {
        let mut snapshot = self.context.store.snapshot().await.unwrap();
        snapshot.payment_range(None, 10_000).await.unwrap().len()
    }

    pub(crate) async fn entries_posted(&self) -> u64 {
        let lanes = self.context.store.snapshot().await.unwrap().lane_list().await.unwrap();
        lanes.iter().map(|lane| lane.entries_posted).sum()
    }

    pub(crate) async fn dead_letters(&self) -> Vec<engine::ports::DeadLetter> {
        let mut snapshot = self.context.store.snapshot().await.unwrap();
        snapshot.dead_letter_list(&DeadLetterFilter::default(), None, 100).await.unwrap().rows
    }

    /// Waits until the worker has handled every committed event.
    pub(crate) async fn drain(&self) {
        wait_until("the worker handles every event", PATIENCE, async || self.is_drained().await).await;
    }

    pub(crate) async fn is_drained(&self) -> bool {
        let mut snapshot = self.context.store.snapshot().await.unwrap();
        let lanes = snapshot.lane_list().await.unwrap();
        let positions = snapshot.position_list().await.unwrap();
        lanes.iter().all(|lane| {
            domain::event::Topic::ALL.into_iter().all(|topic| {
                let last = lane.state.topics.get(topic);
                let position = positions.iter().find(|at| at.lane == lane.state.lane && at.topic == topic);
                last.0 == 0 || position.is_some_and(|at| at.seq >= last)
            })
        })
    }

    /// Damages the stored books behind the platform's back.
    pub(crate) fn tamper(&self, sql: &str) {
        store::testing::tamper(&SqliteSettings::new(self.dir.path()), sql);
    }

    /// Drains the pipeline and audits the books; every test ends here.
    pub(crate) async fn finish(mut self) {
        self.drain().await;
        self.audit().await;
        self.prove().await;
        self.finished = true;
        self.stop_relay();
        self.stop_worker();
    }

    /// Like [`App::finish`], for a test that has pruned events whose entries remain.
    pub(crate) async fn finish_pruned(mut self) {
        self.drain().await;
        self.prove().await;
        self.finished = true;
        self.stop_relay();
        self.stop_worker();
    }

    /// For a test that has damaged the books.
    pub(crate) fn finish_damaged(mut self) {
        self.finished = true;
        self.stop_relay();
        self.stop_worker();
    }

    /// Every proof holds.
    async fn prove(&self) {
        let report = self.prover().run(Mode::Full).await.unwrap();
        assert!(report.ok(), "{report:#?}");
    }

    pub(crate) fn prover(&self) -> Prover {
        Prover::new(Arc::clone(&self.context.store), Arc::clone(&self.context.render), self.clock.clone())
    }

    async fn audit(&self) {
        let mut snapshot = self.context.store.snapshot().await.unwrap();
        let mut folded: HashMap<_, (i64, i64)> = HashMap::new();
        for lane in snapshot.lane_list().await.unwrap() {
            let events = snapshot.outbox_range(lane.state.lane, lane.pruned_to, 100_000).await.unwrap();
            let entries =
                snapshot.journal_range(lane.state.lane, domain::id::Seq::START, 100_000).await.unwrap();
            let posted: HashMap<_, _> =
                entries.iter().map(|posted| (posted.entry.id, posted.topic)).collect();
            assert_eq!(posted.len(), entries.len(), "an event was posted twice");
            let open = self.open_dead_letters().await;
            for event in events.iter().filter(|event| event.topic.carries_postings()) {
                let parked = open.contains(&Some(event.id));
                assert!(
                    parked != posted.contains_key(&event.id),
                    "event {} is neither posted nor parked, or both",
                    event.id
                );
            }
            for posting in entries.iter().flat_map(|posted| posted.entry.postings()) {
                for (account, delta) in posting.legs() {
                    let sums = folded.entry((account.clone(), posting.layer())).or_default();
                    if delta > 0 { sums.0 += delta } else { sums.1 -= delta }
                }
            }
        }
        let mut stored: HashMap<_, (i64, i64)> = HashMap::new();
        for balance in snapshot.balance_list().await.unwrap() {
            let sums = stored.entry((balance.account, balance.layer)).or_default();
            sums.0 += balance.debit;
            sums.1 += balance.credit;
        }
        assert_eq!(stored, folded, "balances are not the sum of the entries");
        let total: i64 = stored.values().map(|(debit, credit)| debit - credit).sum();
        assert_eq!(total, 0, "the books do not balance");
    }

    /// The events that are parked or discarded. A foreign letter is not the event it claims to be.
    async fn open_dead_letters(&self) -> Vec<Option<domain::id::EventId>> {
        use engine::ports::DeadLetterState::{Discarded, Held, Open};
        let letters = self.dead_letters().await;
        let unposted = letters.iter().filter(|letter| {
            matches!(letter.state, Open | Held | Discarded)
                && letter.letter.reason != DeadLetterReason::Foreign
        });
        unposted.map(|letter| letter.letter.event).collect()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        assert!(
            self.finished || thread::panicking(),
            "a test must end with App::finish, which audits the books"
        );
    }
}

/// A reply, opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) replayed: bool,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, body: reply.body, replayed: reply.replayed }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The payment the answer is about.
    pub(crate) fn payment(&self) -> PaymentId {
        let (_, rest) = self.text().split_once("payment=").expect("answer names a payment");
        rest.split(' ').next().unwrap().parse().unwrap()
    }
}

pub(crate) fn merchant() -> MerchantId {
    "M123".parse().unwrap()
}

/// A call to authorize; its fingerprint follows from the amount.
pub(crate) fn authorize(amount: i64, key: &str) -> Call<Authorize> {
    let request = Authorize {
        amount: Money::new(amount, Currency::KRW),
        order: None,
        description: None,
        metadata: Metadata::default(),
        token: "tok_approve".parse().unwrap(),
        capture_mode: CaptureMode::Manual,
    };
    Call {
        merchant: merchant(),
        request,
        key: Some(key.parse().unwrap()),
        fingerprint: engine::digest::sha256(format!("authorize{amount}").as_bytes()),
        request_id: format!("req-{key}").into(),
        traceparent: None,
        act: None,
    }
}

fn on_payment<C>(payment: PaymentId, command: C, key: Option<&str>, request: &str) -> Call<OnPayment<C>> {
    Call {
        merchant: merchant(),
        request: OnPayment { payment, command },
        key: key.map(|key| key.parse().unwrap()),
        fingerprint: engine::digest::sha256(format!("{payment}{request}").as_bytes()),
        request_id: "req".into(),
        traceparent: None,
        act: None,
    }
}

/// An acquirer that does what the test says.
pub(crate) struct ScriptedAcquirer {
    remote: bool,
    script: Mutex<Vec<AcquirerDecision>>,
    inquiries: Mutex<HashMap<AttemptId, Inquiry>>,
    /// Every request it was sent, in order.
    pub(crate) requests: Mutex<Vec<AcquirerRequest>>,
}

impl ScriptedAcquirer {
    pub(crate) fn new(remote: bool) -> Self {
        Self { remote, script: Mutex::default(), inquiries: Mutex::default(), requests: Mutex::default() }
    }

    /// What it answers next; afterwards it approves.
    pub(crate) fn will(&self, decisions: impl IntoIterator<Item = AcquirerDecision>) {
        self.script.lock().unwrap().extend(decisions);
    }

    /// From now on it approves.
    pub(crate) fn forget_script(&self) {
        self.script.lock().unwrap().clear();
    }

    /// What it says when asked about an attempt; otherwise it has never heard of it.
    pub(crate) fn knows(&self, attempt: AttemptId, inquiry: Inquiry) {
        self.inquiries.lock().unwrap().insert(attempt, inquiry);
    }

    fn next(&self) -> AcquirerDecision {
        let mut script = self.script.lock().unwrap();
        if script.is_empty() { AcquirerDecision::Known(Verdict::Approved) } else { script.remove(0) }
    }
}

#[async_trait]
impl Acquirer for ScriptedAcquirer {
    fn name(&self) -> &str {
        "simulator"
    }

    fn id(&self) -> &str {
        if self.remote { "scripted-remote" } else { "scripted" }
    }

    fn is_remote(&self) -> bool {
        self.remote
    }

    fn decide_at_once(&self, request: &AcquirerRequest) -> Option<AcquirerDecision> {
        if self.remote {
            return None;
        }
        self.requests.lock().unwrap().push(request.clone());
        Some(self.next())
    }

    async fn send(&self, request: &AcquirerRequest) -> AcquirerDecision {
        self.requests.lock().unwrap().push(request.clone());
        self.next()
    }

    async fn inquire(&self, attempt: AttemptId) -> Inquiry {
        self.inquiries.lock().unwrap().get(&attempt).copied().unwrap_or(Inquiry::NoSuchAttempt)
    }
}

pub(crate) fn on_a_thread_of_its_own(
    task: impl Future<Output = ()> + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(task);
    })
}
