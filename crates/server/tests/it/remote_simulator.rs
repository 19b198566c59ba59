//! An acquirer behind a connection that loses answers, is slow, or dies: nothing stays unknown, nothing is approved twice, and
//! the acquirer's own list equals the books to the won.
//!
//! Three lists are compared: what the callers were told, what the acquirer says it approved, and what the ledger posted.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{
    http::{HttpAnswer, HttpClient},
    process::Launch,
    wait::{look_every, wait_until},
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    LIMIT,
    common::{all, authorization, drained, launch, payment_id, verify},
};

/// What a merchant who was told "unknown" or "wait" lets pass before asking again.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// Callers of the acquirer that loses answers; each pays twice.
const CALLERS: usize = 24;
/// Callers at the same time of the acquirer that is slow or dies.
const AT_ONCE: usize = 48;
/// A delay nobody waits for.
const DELAY_MS: u64 = 30_000;
/// How long the platform waits for the slow acquirer.
const TIMEOUT: Duration = Duration::from_millis(1_000);
/// How long it waits for one that dies: so long that no call ends before.
const PATIENCE: Duration = Duration::from_secs(15);

/// Money moved, by payment and operation.
type Moved = BTreeMap<(u64, &'static str), i64>;

/// The platform, the acquirer, and how to start either again.
struct Pair {
    acquirer: Launch,
    platform: Launch,
    books: HttpClient,
    attempts: HttpClient,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acquirer_that_loses_answers_and_the_books_agree_to_the_won() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::new(folder.path(), Duration::from_secs(5));
    let _acquirer = pair.acquirer.simulator(&["--lose-answers", "0.3"]).await;
    let server = pair.platform.up().await;
    let unknown = AtomicUsize::new(0);
    let callers = (0..CALLERS).map(|number| lives(number, &pair.books, &unknown));
    let told: Moved = join_all(callers).await.into_iter().flatten().collect();
    let unknown = unknown.into_inner();
    println!("{} calls moved money, {unknown} answers were lost at first", told.len());
    assert_eq!(told.len(), CALLERS * 2 * 3);
    assert!(unknown > 0, "no answer was lost: this test has shown nothing");
    pair.agree(&told).await;
    verify(&pair.platform, &server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_acquirer_slows_only_its_own_calls_and_only_until_their_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::new(folder.path(), TIMEOUT);
    let _acquirer = pair.acquirer.simulator(&[]).await;
    let server = pair.platform.up().await;
    let earlier = pair.books.post("/payments/authorize", authorization("M0", "earlier", 500)).await.unwrap();
    assert_eq!(earlier.status, 200, "{:?}", earlier.body);
    pair.delay(DELAY_MS).await;

    let begun = Instant::now();
    let mut calls = JoinSet::new();
    for number in 0..AT_ONCE {
        calls.spawn(call(pair.books.clone(), number));
    }
    let path = format!("/payments/{}", payment_id(&earlier));
    let mut reads = Vec::new();
    let mut answers = Vec::new();
    while answers.len() < AT_ONCE {
        // No read is given up half-way: the client would close its connection, maybe under the next one.
        let begun = Instant::now();
        let read = pair.books.get(&path).await.unwrap();
        assert_eq!(read.status, 200);
        reads.push(begun.elapsed());
        while let Some(answer) = calls.try_join_next() {
            answers.push(answer.unwrap());
        }
    }
    let took = begun.elapsed();
    reads.sort();
    let median = reads[reads.len() / 2];
    println!("{AT_ONCE} calls had their 504 after {took:?}; half of {} reads took {median:?}", reads.len());
    for answer in &answers {
        let problem = answer.as_ref().unwrap().json();
        if problem["status"] == 504 {
            assert_eq!(problem["code"], "OUTCOME_UNKNOWN");
            assert!(problem["paymentId"].is_u64(), "{problem}");
        } else {
            // The breaker: nothing happened.
            assert_eq!(problem["status"], 503, "{problem}");
        }
    }
    // One after the other they would take AT_ONCE times as long; waiting for the acquirer, thirty times.
    assert!(took >= TIMEOUT, "the acquirer was not slow: this test has shown nothing");
    assert!(took < TIMEOUT * 10, "calls waited for each other or for the acquirer: {took:?}");
    assert!(median < TIMEOUT / 4, "reads waited for the acquirer: {median:?}");

    pair.delay(0).await;
    let mut told = pair.conclude_all().await;
    told.insert((payment_id(&earlier), "authorize"), 500);
    pair.agree(&told).await;
    verify(&pair.platform, &server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_killed_with_calls_outstanding_learns_their_outcome_after_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::new(folder.path(), PATIENCE);
    let _acquirer = pair.acquirer.simulator(&["--delay-ms", &DELAY_MS.to_string()]).await;
    let server = pair.platform.up().await;
    let mut calls = JoinSet::new();
    for number in 0..AT_ONCE {
        calls.spawn(call(pair.books.clone(), number));
    }
    wait_until("calls are outstanding", LIMIT, async || pair.approved().await.len() >= AT_ONCE / 4).await;
    server.kill();
    let answers = calls.join_all().await;
    assert!(answers.iter().all(Option::is_none), "the acquirer was not slow: this test has shown nothing");

    pair.delay(0).await;
    let server = pair.platform.up().await;
    let told = pair.conclude_all().await;
    pair.agree(&told).await;
    verify(&pair.platform, &server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acquirer_killed_with_calls_outstanding_is_asked_again_and_charges_once() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::new(folder.path(), PATIENCE);
    let acquirer = pair.acquirer.simulator(&["--delay-ms", &DELAY_MS.to_string()]).await;
    let server = pair.platform.up().await;
    let mut calls = JoinSet::new();
    for number in 0..AT_ONCE / 2 {
        calls.spawn(call(pair.books.clone(), number));
    }
    wait_until("calls are outstanding", LIMIT, async || pair.approved().await.len() >= AT_ONCE / 4).await;
    acquirer.kill();
    // These meet nobody.
    for number in AT_ONCE / 2..AT_ONCE {
        calls.spawn(call(pair.books.clone(), number));
    }
    for answer in calls.join_all().await {
        let answer = answer.unwrap();
        // 503 is the breaker's: nothing happened.
        assert!(matches!(answer.status, 503 | 504), "{} {:?}", answer.status, answer.body);
    }

    let _acquirer = pair.acquirer.simulator(&[]).await;
    let told = pair.conclude_all().await;
    pair.agree(&told).await;
    verify(&pair.platform, &server);
}

/// Two payments of one merchant, each authorized, captured and half given back; what moved by its answers.
async fn lives(number: usize, books: &HttpClient, unknown: &AtomicUsize) -> Moved {
    let merchant = format!("M{number}");
    let mut moved = Moved::new();
    for serial in 0..2 {
        let amount = i64::try_from(number * 100 + serial * 10).unwrap() + 1_000;
        let key = |operation| format!("{merchant}/{serial}/{operation}");
        let body = authorization(&merchant, &key("authorize"), amount);
        let payment = payment_id(&ask(books, "/payments/authorize", body, unknown).await);
        moved.insert((payment, "authorize"), amount);
        let captured = json!({"merchantId": merchant, "idempotencyKey": key("capture")}).to_string();
        ask(books, &format!("/payments/capture/{payment}"), captured, unknown).await;
        moved.insert((payment, "capture"), amount);
        let refunded = json!({
            "merchantId": merchant, "amount": amount / 2, "reason": "half", "idempotencyKey": key("refund"),
        });
        ask(books, &format!("/payments/refund/{payment}"), refunded.to_string(), unknown).await;
        moved.insert((payment, "refund"), amount / 2);
    }
    moved
}

/// Asks under the same key until the outcome is known; it must be 200, and the same again.
async fn ask(books: &HttpClient, path: &str, body: String, unknown: &AtomicUsize) -> HttpAnswer {
    let known = look_every(ASK_AGAIN, "the outcome is known", LIMIT, async || {
        let answer = books.post(path, body.clone()).await.unwrap();
        match answer.status {
            504 => {
                unknown.fetch_add(1, Ordering::Relaxed);
                None
            }
            // The breaker: nothing happened.
            503 => None,
            409 if answer.json()["code"] == "DUPLICATE_REQUEST" => {
                assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers);
                None
            }
            _ => Some(answer),
        }
    })
    .await;
    assert_eq!(known.status, 200, "{path}: {:?}", known.body);
    let again = books.post(path, body).await.unwrap();
    assert_eq!((again.status, &again.body, again.replayed()), (200, &known.body, true), "{path}");
    known
}

/// One authorization of one of many merchants; `None` if the connection broke.
async fn call(books: HttpClient, number: usize) -> Option<HttpAnswer> {
    books.post("/payments/authorize", body(number)).await.ok()
}

fn body(number: usize) -> String {
    let amount = i64::try_from(number).unwrap() + 1_000;
    authorization(&format!("M{number}"), &format!("key-{number}"), amount)
}

impl Pair {
    fn new(folder: &Path, timeout: Duration) -> Self {
        let acquirer = launch(folder).on(folder.join("acquirer"));
        let platform = launch(folder)
            .with("SWELITE_ACQUIRER", "simulator-remote")
            .with("SWELITE_ACQUIRER_URL", acquirer.url())
            .with("SWELITE_ACQUIRER_TIMEOUT_MS", timeout.as_millis().to_string());
        let (books, attempts) = (HttpClient::new(&platform.url()), HttpClient::new(&acquirer.url()));
        Self { acquirer, platform, books, attempts }
    }

    async fn delay(&self, ms: u64) {
        let answer = self.attempts.put("/settings", json!({"delayMs": ms}).to_string()).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }

    /// Retries the calls of [`body`] until each has its final answer; what they moved.
    async fn conclude_all(&self) -> Moved {
        let callers = (0..AT_ONCE).map(async |number| {
            let answer = ask(&self.books, "/payments/authorize", body(number), &AtomicUsize::new(0)).await;
            ((payment_id(&answer), "authorize"), answer.json()["amount"].as_i64().unwrap())
        });
        join_all(callers).await.into_iter().collect()
    }

    /// What the acquirer approved, one line an approval.
    async fn approved(&self) -> Vec<Value> {
        let list = self.attempts.get("/attempts").await.unwrap().body;
        let lines = list.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let attempts = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
        attempts.filter(|attempt| attempt["outcome"] == "approved").collect()
    }

    /// Nothing is unknown, and the three lists are one.
    async fn agree(&self, told: &Moved) {
        for payment in all(&self.books, "/payments").await {
            assert_ne!(payment["status"], "PROCESSING", "{payment}");
            assert!(payment.get("pending").is_none(), "{payment}");
        }
        let mut approved = Moved::new();
        for attempt in self.approved().await {
            let operation =
                ["authorize", "capture", "refund"].into_iter().find(|it| attempt["operation"] == *it);
            let key = (attempt["paymentId"].as_u64().unwrap(), operation.unwrap());
            let before = approved.insert(key, attempt["amount"].as_i64().unwrap());
            assert!(before.is_none(), "the acquirer approved {key:?} twice");
        }
        assert_eq!(&approved, told, "the acquirer and the callers do not agree");
        drained(&self.books).await;
        let mut posted = Moved::new();
        for entry in all(&self.books, "/ledger/entries").await {
            let (operation, layer) = match entry["topic"].as_str() {
                Some("payment.authorized") => ("authorize", "HOLD"),
                Some("payment.captured") => ("capture", "POSTED"),
                Some("payment.refunded") => ("refund", "POSTED"),
                other => panic!("nobody asked for {other:?}"),
            };
            let postings = entry["postings"].as_array().unwrap().iter();
            let amounts =
                postings.filter(|posting| posting["layer"] == layer).map(|it| it["amount"].as_i64());
            let key = (entry["paymentId"].as_u64().unwrap(), operation);
            let before = posted.insert(key, amounts.map(Option::unwrap).sum());
            assert!(before.is_none(), "{key:?} was posted twice");
        }
        assert_eq!(&posted, told, "the books and the callers do not agree");
    }
}
