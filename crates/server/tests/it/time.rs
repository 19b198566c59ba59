//! What depends on time: a start, an end under load, an authorization that lapses, a limit.
//!
//! The bound on the start is no benchmark, only a deadline: machines that build are busy. The measured time is printed.

use std::{collections::BTreeMap, io, time::Duration};

use serde_json::{Value, json};
use testkit::{http::HttpClient, wait::wait_until};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{
    LIMIT,
    common::{Set, all, authorization, authorize, drained, launch, on_both_sets, verify},
    wire::{Wire, post},
};

/// The longest a start may take here; the promise is less than a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(5);
/// Clients that keep the platform busy while it ends.
const CLIENTS: usize = 32;
/// Payments before it is asked to end.
const PAYMENTS_BEFORE: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_payment_on_an_empty_directory_comes_soon_after_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path());
    let started = Instant::now();
    let server = launch.up().await;
    authorize(&HttpClient::new(server.url()), "M123", "first", 10_000).await;
    let took = started.elapsed();
    println!("from start on an empty directory to the first payment: {took:?}");
    assert!(took < START_LIMIT, "{took:?}");
}

on_both_sets! {
    an_end_under_load_answers_what_was_accepted_and_nothing_else_happened,
    an_authorization_lapses_and_gives_its_hold_back,
    the_21st_authorization_of_a_minute_is_refused_and_a_replay_is_not,
}

async fn an_end_under_load_answers_what_was_accepted_and_nothing_else_happened(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path());
    let server = launch.up().await;
    let (count, counted) = watch::channel(0);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(pay_until_refused(number, launch.port(), count.clone()));
    }
    let mut enough = counted.clone();
    enough.wait_for(|&count| count >= PAYMENTS_BEFORE).await.unwrap();
    let status = server.stop().await;
    assert_eq!(status.code(), Some(0), "{status}");
    let answered: BTreeMap<String, Vec<u8>> = clients.join_all().await.into_iter().flatten().collect();
    println!("{} payments were answered before the end", answered.len());

    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    for (key, first) in &answered {
        let merchant = key.split('/').next().unwrap_or_default();
        let again = client.post("/payments/authorize", authorization(merchant, key, 1_000)).await.unwrap();
        assert_eq!((again.status, &*again.body), (200, first.as_slice()), "{key}");
        assert!(again.replayed(), "{key} was answered and is gone");
    }
    // Whoever got no answer was not served at all.
    assert_eq!(all(&client, "/payments").await.len(), answered.len());
    drained(&client).await;
    verify(&launch, &server);
}

/// Pays over one connection after the other until nobody listens any more; the answers by key.
async fn pay_until_refused(
    number: usize,
    port: u16,
    count: watch::Sender<usize>,
) -> BTreeMap<String, Vec<u8>> {
    let merchant = format!("M{number}");
    let mut answered = BTreeMap::new();
    while let Ok(mut wire) = Wire::connect(port).await {
        let mut fresh = true;
        loop {
            let key = format!("{merchant}/{}", answered.len());
            let request = post("/payments/authorize", authorization(&merchant, &key, 1_000));
            let answer = match wire.send(&request).await {
                Ok(()) => wire.answer().await,
                Err(error) => Err(error),
            };
            let answer = match answer {
                Ok(answer) => answer,
                // The system resets what nobody had taken from its queue when the listener closed: a refusal by another
                // name. That it was none of the platform's is checked afterwards.
                Err(error) if fresh && error.kind() == io::ErrorKind::ConnectionReset => return answered,
                Err(error) => panic!("{key} was sent and got no whole answer: {error}"),
            };
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let closes = answer.closes();
            answered.insert(key, answer.body);
            count.send_modify(|count| *count += 1);
            fresh = false;
            if closes {
                break;
            }
        }
    }
    answered
}

async fn an_authorization_lapses_and_gives_its_hold_back(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path()).with("SWELITE_AUTHORIZATION_SECONDS", "1");
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let payment = authorize(&client, "M123", "lapses", 10_000).await;
    let path = format!("/payments/{payment}");
    wait_until("the authorization has lapsed", LIMIT, async || {
        client.get(&path).await.is_ok_and(|answer| answer.json()["status"] == "EXPIRED")
    })
    .await;
    let shown = client.get(&path).await.unwrap().json();
    assert_eq!((&shown["capturableAmount"], &shown["capturedAmount"]), (&json!(0), &json!(0)));

    let capture = format!("/payments/capture/{payment}");
    let refused = client.post(&capture, r#"{"merchantId":"M123"}"#).await.unwrap();
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("AUTHORIZATION_EXPIRED")));

    drained(&client).await;
    let entries = all(&client, "/ledger/entries").await;
    let postings = entries.iter().flat_map(|entry| entry["postings"].as_array().unwrap());
    let held: i64 = postings.clone().map(held).sum();
    assert_eq!((postings.count(), held), (2, 0), "the hold was not given back: {entries:?}");
    verify(&launch, &server);
}

/// What a posting adds to the merchant's holds.
fn held(posting: &Value) -> i64 {
    assert_eq!(posting["layer"], "HOLD");
    let amount = posting["amount"].as_i64().unwrap();
    if posting["credit"]["code"] == 2100 { amount } else { -amount }
}

async fn the_21st_authorization_of_a_minute_is_refused_and_a_replay_is_not(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let server = set.with_limits(folder.path()).up().await;
    let client = HttpClient::new(server.url());
    let call = async |merchant: &str, number: usize| {
        let body = authorization(merchant, &format!("key-{number}"), 1_000);
        client.post("/payments/authorize", body).await.unwrap()
    };
    for number in 1..=20 {
        let answer = call("M123", number).await;
        assert_eq!(answer.status, 200, "call {number}: {:?}", answer.body);
        assert!(!answer.header("ratelimit").is_empty(), "{:?}", answer.headers);
    }
    let refused = call("M123", 21).await;
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("RATE_LIMIT_EXCEEDED")));
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").contains("r=0"), "{:?}", refused.headers);
    assert!(refused.header("ratelimit-policy").contains("q=20"), "{:?}", refused.headers);

    let replay = call("M123", 7).await;
    assert_eq!((replay.status, replay.replayed()), (200, true), "{:?}", replay.body);
    assert_eq!(call("M456", 1).await.status, 200, "another merchant pays for it");
    assert_eq!(call("M123", 22).await.status, 429, "the replay gave a place back");
    assert_eq!(all(&client, "/payments").await.len(), 21);
}
