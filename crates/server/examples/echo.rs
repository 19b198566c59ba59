//! The ceiling of the HTTP part: the real accept loop, middleware, routes and parsing, and an answer of the real size, but no
//! engine and no store. What the whole platform does with the same load is to be compared with this.
//!
//! `cargo run --release -p server --example echo -- [PORT]` prints its address and serves `POST /payments/authorize` until it
//! is interrupted.

use std::{
    io::{self, Write},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use cache::{MemoryCache, MemoryCacheSettings};
use domain::{
    id::{Lane, PaymentId},
    payment::{Birth, Capture, Operation, Payment, Refund, Verdict, Void},
};
use engine::{
    payments::{Authorize, Call, OnPayment, Reply},
    ports::{Clock, Entropy, Outcome, Render, Store},
};
use server::{
    http::{
        accept,
        desk::Desk,
        render::JsonRender,
        router,
        state::{App, AppState, HttpSettings, PaymentCalls, Readiness},
        store_answer::StoreAnswer,
    },
    system::System,
    telemetry::{metrics::Metrics, traces::Traces},
};
use testkit::away::AwayStore;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Answers every call with the bytes of one authorization.
struct Echo(Bytes);

impl Echo {
    fn reply(&self) -> Reply {
        Reply { status: 200, body: self.0.clone(), replayed: false, retry_after_seconds: None, limit: None }
    }
}

#[async_trait]
impl PaymentCalls for Echo {
    async fn authorize(&self, _: Call<Authorize>) -> Reply {
        self.reply()
    }

    async fn capture(&self, _: Call<OnPayment<Capture>>) -> Reply {
        self.reply()
    }

    async fn void(&self, _: Call<OnPayment<Void>>) -> Reply {
        self.reply()
    }

    async fn refund(&self, _: Call<OnPayment<Refund>>) -> Reply {
        self.reply()
    }
}

/// The bytes a real authorization would get.
fn answer(clock: &System) -> Option<Bytes> {
    let birth = Birth {
        id: PaymentId::compose(1_000_000, Lane(0), 1)?,
        merchant: "B000001".parse().ok()?,
        order: None,
        description: None,
        metadata: Default::default(),
        amount: domain::money::Money::new(10_000, domain::money::Currency::KRW),
        capture_mode: Default::default(),
        capture_before: clock.now().plus_seconds(604_800),
    };
    let (payment, _) = Payment::authorize(birth, Verdict::Approved, clock.now());
    let outcome = Outcome::Done { operation: Operation::Authorize, payment: &payment, postings: &[] };
    Some(JsonRender.render(outcome).body)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let clock = System::start();
    let body = answer(&clock).ok_or_else(|| io::Error::other("the sample payment is not one"))?;
    let store: Arc<dyn Store> = Arc::new(AwayStore);
    let time: Arc<dyn Clock> = Arc::new(clock.clone());
    let state = AppState::new(App {
        payments: Arc::new(Echo(body)),
        desk: Desk::without_engine(&store, &time),
        store,
        limits: None,
        cache: Arc::new(MemoryCache::new(MemoryCacheSettings::default(), Arc::clone(&time))),
        clock: time,
        settings: HttpSettings::default(),
        metrics: Arc::new(Metrics::new()),
        traces: Arc::new(Traces::off(7)),
        readiness: Arc::new(Readiness::default()),
        store_answer: StoreAnswer::default(),
        request_id_seed: clock.attempt_id().0,
    });
    state.readiness.set(true);
    let listener = accept::listen(([127, 0, 0, 1], port).into())?;
    say(&listener.local_addr()?.to_string())?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        interrupted.cancel();
    });
    accept::serve(listener, router::app(state.clone()), &state, stop).await;
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
