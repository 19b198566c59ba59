//! The acquirer simulator as a process of its own, and the platform in front of it.

use std::{
    collections::HashMap,
    path::Path,
    process::{Child, Stdio},
};

use serde_json::{Value, json};
use testkit::{http::HttpClient, wait::wait_until};

use super::{address_said, code, command, launch, swelite};
use crate::LIMIT;

/// A simulator that is killed when the test ends.
struct Simulator {
    child: Child,
    url: String,
    client: HttpClient,
}

impl Simulator {
    fn start(data_dir: &Path, faults: &[&str]) -> Self {
        let dir = data_dir.to_str().unwrap();
        let arguments = [&["simulator", "--listen", "127.0.0.1:0", "--data-dir", dir], faults].concat();
        let mut child =
            command(&arguments, &[]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let url = address_said(&mut child);
        Self { client: HttpClient::new(&url), child, url }
    }

    async fn ask(&self, id: u128, token: &str) -> Result<(u16, Value), ()> {
        let body = json!({
            "attemptId": format!("{id:032x}"), "operation": "authorize", "paymentId": 7, "amount": 10_000,
            "currency": "KRW", "token": token,
        });
        let answer = self.client.post("/attempts", body.to_string()).await.map_err(|_| ())?;
        Ok((answer.status, answer.json()))
    }

    async fn set(&self, faults: Value) {
        // The test client only posts and reads.
        let client = server::client::HttpClient::new(&self.url, LIMIT);
        let put = server::client::Method::PUT;
        assert_eq!(client.call(put, "/settings", &[], Some(&faults)).await.unwrap().status, 200);
    }

    async fn attempts(&self) -> Vec<Value> {
        let listed = self.client.get("/attempts").await.unwrap();
        let text = String::from_utf8(listed.body.to_vec()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn it_decides_by_the_test_tokens() {
    let data = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(data.path(), &[]);
    for (id, token, status, outcome) in [
        (1, "tok_approve", 200, "approved"),
        (2, "tok_decline", 200, "declined"),
        (3, "tok_processing_error", 422, "refused"),
        (4, "tok_of_nobody", 200, "declined"),
    ] {
        let (answered, said) = simulator.ask(id, token).await.unwrap();
        assert_eq!((answered, said["outcome"].as_str()), (status, Some(outcome)), "{token}");
    }
    let unheard = simulator.client.get(&format!("/attempts/{:032x}", 99)).await.unwrap();
    assert_eq!(unheard.status, 404);
    assert_eq!(simulator.attempts().await.len(), 4);
}

#[tokio::test]
async fn what_it_answered_survives_kill_9_and_an_id_has_one_outcome() {
    let data = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(data.path(), &[]);
    for id in 0..50 {
        simulator.ask(id, if id % 2 == 0 { "tok_approve" } else { "tok_lost_card" }).await.unwrap();
    }
    let before = simulator.attempts().await;
    simulator.kill();
    let simulator = Simulator::start(data.path(), &[]);
    assert_eq!(simulator.attempts().await, before);
    // Another token under a known id changes nothing.
    assert_eq!(simulator.ask(1, "tok_approve").await.unwrap().1["declineCode"], "lost_card");
    assert_eq!(simulator.attempts().await.len(), 50);
}

#[tokio::test]
async fn a_lost_answer_was_decided_and_an_error_was_not() {
    let data = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(data.path(), &["--lose-answers", "1"]);
    assert_eq!(simulator.ask(1, "tok_approve").await, Err(()));
    assert_eq!(simulator.attempts().await.len(), 1);
    simulator.set(json!({"loseAnswers": 0, "errorRate": 1})).await;
    assert_eq!(simulator.ask(2, "tok_approve").await.unwrap().0, 503);
    assert_eq!(simulator.attempts().await.len(), 1);
    simulator.set(json!({"errorRate": 0})).await;
    assert_eq!(simulator.ask(1, "tok_approve").await.unwrap().1["outcome"], "approved");
}

#[test]
fn a_rate_above_one_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    assert_eq!(code(&swelite(&["simulator", "--data-dir", dir, "--error-rate", "1.5"], &[])), 2);
}

/// The platform before a simulator that loses every second answer: nobody is charged twice, and soon everything is known.
#[tokio::test]
async fn an_acquirer_that_loses_answers_leaves_nothing_unknown_and_charges_nobody_twice() {
    let data = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(&data.path().join("acquirer"), &["--lose-answers", "0.5"]);
    let launch = launch(&data.path().join("books"))
        .with("SWELITE_ACQUIRER", "simulator-remote")
        .with("SWELITE_ACQUIRER_URL", &simulator.url)
        .with("SWELITE_RATE_LIMITS", "off");
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let body = |key: usize| {
        json!({"merchantId": "M1", "amount": 10_000, "currency": "KRW", "idempotencyKey": format!("k{key}")})
            .to_string()
    };
    // One at a time: with half of all answers lost the breaker opens, and 503 means that nothing happened.
    let mut first: HashMap<usize, u16> = HashMap::new();
    for key in 0..20 {
        first.insert(key, client.post("/payments/authorize", body(key)).await.unwrap().status);
    }
    assert!(first.values().any(|status| *status == 504), "{first:?}");
    assert!(first.values().all(|status| matches!(status, 200 | 503 | 504)), "{first:?}");
    for key in 0..20 {
        wait_until("the key has its final answer", LIMIT, async || {
            client.post("/payments/authorize", body(key)).await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }
    let approved = simulator.attempts().await;
    assert!(approved.iter().all(|attempt| attempt["outcome"] == "approved"));
    assert_eq!(approved.len(), 20, "one approval a key");
    assert_eq!(code(&launch.run(&["ledger", "verify"])), 0);
    assert!(server.stop().await.success());
}
