//! A caller as a careful merchant would write it: every call has a key, and whatever got no answer is asked again under it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde_json::json;
use testkit::http::HttpAnswer;
use tokio::{sync::watch, time::Instant};

use super::{Phase, Random, Replicas};

/// What was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// Reserve this much.
    Authorize(i64),
    /// Take this much, and release the rest or not.
    Capture { amount: i64, last: bool },
    /// Release all.
    Void,
    /// Give back this much.
    Refund(i64),
}

/// One call, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) asked: Asked,
    pub(crate) path: String,
    pub(crate) body: Bytes,
    /// The payment it is about; of an authorization only known by its answer.
    pub(crate) payment: Option<u64>,
    /// The first complete answer.
    pub(crate) answer: Option<(u16, Bytes)>,
}

/// What all callers asked and were told.
#[derive(Debug)]
pub(crate) struct Log {
    callers: Vec<Mutex<Vec<Record>>>,
    answered: AtomicU64,
    /// Calls that got no answer, or one that says to ask again.
    failed: AtomicU64,
    stranded: AtomicUsize,
    /// How long each call that was answered at once took, since they were last looked at.
    latencies: Mutex<Vec<Duration>>,
}

impl Log {
    /// An empty log of so many callers.
    pub(crate) fn new(callers: usize) -> Self {
        let callers = (0..callers).map(|_| Mutex::new(Vec::new())).collect();
        Self {
            callers,
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stranded: AtomicUsize::new(0),
            latencies: Mutex::default(),
        }
    }

    /// How long answers took since this was last asked.
    pub(crate) fn take_latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut self.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many calls have their answer.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// How many calls failed so far: no answer at all, 503 or 504.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// How many callers wait for the server to come back.
    pub(crate) fn stranded(&self) -> usize {
        self.stranded.load(Ordering::SeqCst)
    }

    /// The server is back for all of them.
    pub(crate) fn clear_stranded(&self) {
        self.stranded.store(0, Ordering::SeqCst);
    }

    /// The merchant of a caller; nobody else touches its payments.
    pub(crate) fn merchant(caller: usize) -> String {
        format!("chaos-{caller}")
    }

    /// How many callers there are.
    pub(crate) fn callers(&self) -> usize {
        self.callers.len()
    }

    /// A caller's records from `from` on.
    pub(crate) fn records(&self, caller: usize, from: usize) -> Vec<Record> {
        self.with(caller, |records| records.get(from..).unwrap_or_default().to_vec())
    }

    fn with<T>(&self, caller: usize, act: impl FnOnce(&mut Vec<Record>) -> T) -> T {
        act(&mut self.callers[caller].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One caller.
pub(crate) struct Caller {
    number: usize,
    serial: u64,
    random: Random,
    replicas: Replicas,
    log: Arc<Log>,
}

impl Caller {
    /// Caller `number`.
    pub(crate) fn new(number: usize, random: Random, replicas: Replicas, log: Arc<Log>) -> Self {
        Self { number, serial: 0, random, replicas, log }
    }

    /// Lets payments live until told that this was the last phase.
    pub(crate) async fn run(mut self, phase: watch::Receiver<Phase>) {
        while !phase.borrow().last {
            self.life().await;
        }
    }

    /// One payment's life.
    async fn life(&mut self) {
        let amount = i64::try_from(self.random.below(50_000)).unwrap_or(0) + 2;
        let authorized = self.ask(Asked::Authorize(amount), None).await;
        let Some(payment) = authorized.json()["paymentId"].as_u64().filter(|_| authorized.status == 200)
        else {
            return;
        };
        if self.random.chance(10) {
            self.ask(Asked::Void, Some(payment)).await;
            return;
        }
        let mut captured = 0;
        if self.random.chance(30) {
            let part = amount / 2;
            self.ask(Asked::Capture { amount: part, last: false }, Some(payment)).await;
            captured = part;
        }
        if self.random.chance(70) {
            let rest = amount - captured;
            self.ask(Asked::Capture { amount: rest, last: true }, Some(payment)).await;
            captured = amount;
        }
        if captured > 1 && self.random.chance(60) {
            let part = if self.random.chance(50) { captured } else { captured / 2 };
            self.ask(Asked::Refund(part), Some(payment)).await;
            // Asks for too much on purpose: a refusal must be remembered like any other answer.
            self.ask(Asked::Refund(captured), Some(payment)).await;
        }
    }

    /// Asks until there is an answer, always under the same key.
    async fn ask(&mut self, asked: Asked, payment: Option<u64>) -> HttpAnswer {
        let record = self.record(asked, payment);
        let (path, body) = (record.path.clone(), record.body.clone());
        let index = self.log.with(self.number, |records| {
            records.push(record);
            records.len() - 1
        });
        loop {
            let asked_at = Instant::now();
            match self.replicas.client().post(&path, body.clone()).await {
                // 503 promises that nothing happened; 504 that asking again tells what did.
                Ok(answer) if matches!(answer.status, 503 | 504) => {
                    println!("{path} failed: {} {}", answer.status, answer.json()["code"]);
                    self.log.failed.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    if !self.replicas.waits_for_a_restart() {
                        self.replicas.next().await;
                    }
                }
                Ok(answer) => {
                    let latencies = self.log.latencies.lock();
                    latencies.unwrap_or_else(PoisonError::into_inner).push(asked_at.elapsed());
                    self.note(index, &answer);
                    return answer;
                }
                Err(error) => {
                    println!("{path} failed: {error:?}");
                    self.log.failed.fetch_add(1, Ordering::SeqCst);
                    self.log.stranded.fetch_add(1, Ordering::SeqCst);
                    self.replicas.next().await;
                }
            }
        }
    }

    fn note(&self, index: usize, answer: &HttpAnswer) {
        assert!(answer.status < 500, "caller {}: {} {:?}", self.number, answer.status, answer.body);
        self.log.with(self.number, |records| {
            let record = &mut records[index];
            record.answer = Some((answer.status, answer.body.clone()));
            record.payment = record.payment.or_else(|| answer.json()["paymentId"].as_u64());
        });
        self.log.answered.fetch_add(1, Ordering::SeqCst);
    }

    fn record(&mut self, asked: Asked, payment: Option<u64>) -> Record {
        self.serial += 1;
        let merchant = Log::merchant(self.number);
        let mut body =
            json!({"merchantId": merchant, "idempotencyKey": format!("{merchant}-{}", self.serial)});
        let on = |operation| format!("/payments/{operation}/{}", payment.unwrap_or(0));
        let path = match asked {
            Asked::Authorize(amount) => {
                body["amount"] = amount.into();
                body["currency"] = "KRW".into();
                if self.random.chance(5) {
                    body["paymentMethod"] = json!({"type": "card", "token": "tok_insufficient_funds"});
                }
                "/payments/authorize".to_owned()
            }
            Asked::Capture { amount, last } => {
                body["amount"] = amount.into();
                body["final"] = last.into();
                on("capture")
            }
            Asked::Void => on("void"),
            Asked::Refund(amount) => {
                body["amount"] = amount.into();
                body["reason"] = "chaos".into();
                on("refund")
            }
        };
        Record { asked, path, body: body.to_string().into(), payment, answer: None }
    }
}
