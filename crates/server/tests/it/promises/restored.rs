//! A database brought back from an earlier copy beside a broker that knows more: the steps of docs/OPERATIONS.md, run as they
//! stand there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use testkit::{http::HttpClient, process::Launch, wait::wait_until};

use super::{PATIENCE, Pair, captured, drained, field, ids, metric};
use crate::{
    common::{all, step_of, text},
    real_set::RealSet,
};

const OPERATIONS: &str = include_str!("../../../../../docs/OPERATIONS.md");

/// The operator, with a shell in which everything is set.
struct Operator {
    set: RealSet,
    folder: PathBuf,
}

impl Operator {
    /// Runs the lines that the document gives for a step.
    fn does(&self, step: &str) {
        let lines = step_of(OPERATIONS, step);
        let output = self.shell().run_shell(lines);
        assert!(output.status.success(), "{step}:\n{lines}{}{}", text(&output.stdout), text(&output.stderr));
    }

    fn shell(&self) -> Launch {
        let programs = Path::new(env!("CARGO_BIN_EXE_swelite")).parent().unwrap();
        self.set
            .launch(&self.folder.join("operator"))
            .with("PATH", format!("{}:/usr/bin:/bin:/usr/sbin", programs.display()))
            .with("PAYMENT_DB_PASSWORD", "")
            .with("COPY", self.folder.join("paydb.sql"))
    }
}

async fn pay(client: &HttpClient, keys: std::ops::Range<usize>) -> Vec<u64> {
    let mut payments = Vec::new();
    for key in keys {
        payments.push(captured(client, &format!("M{}", key % 7), &format!("key-{key}"), 1_000).await);
    }
    payments
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_brought_back_beside_a_newer_broker_posts_nothing_twice_and_reuses_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator { set: RealSet::shared(), folder: folder.path().to_owned() };
    operator.set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&operator.set, folder.path()).await;
    let kept = pay(&pair.client, 0..15).await;
    drained(&pair.client).await;
    operator
        .set
        .sql("INSERT INTO operator_secret VALUES (REPEAT('t', 32), 'token', NULL, NULL, 0, 0, 9e15, 9e15)");
    operator.does("copy");
    let lost = pay(&pair.client, 15..30).await;
    drained(&pair.client).await;
    let in_use = operator.shell().run(&["restore", "--timeline"]);
    assert_eq!(in_use.status.code(), Some(3), "{}", text(&in_use.stderr));
    pair.stop().await;

    operator.does("bring back");
    let tokens = operator.set.sql("SELECT COUNT(*) FROM operator_secret");
    assert_eq!(tokens.trim(), "0", "what was ended in the lost time must not be good again");
    let pair = Pair::start(&operator.set, folder.path()).await;
    let client = &pair.client;
    // Two events a payment that the books know nothing of.
    wait_until("the events of the lost time are parked", PATIENCE, async || {
        all(client, "/dead-letters").await.len() >= 2 * lost.len()
    })
    .await;
    let incidents = metric(pair.worker.url(), r#"incidents_total{kind="foreign_timeline"}"#).await;
    assert!(incidents.is_some_and(|count| count > 0.0), "{incidents:?}");

    // What the copy holds is replayed; what it does not is made anew, under numbers nobody has ever seen.
    assert_eq!(pay(client, 0..15).await, kept);
    let new = pay(client, 15..30).await;
    let seen: BTreeSet<u64> = kept.iter().chain(&lost).copied().collect();
    assert!(new.iter().all(|payment| !seen.contains(payment)), "{new:?} {seen:?}");
    drained(client).await;
    assert_eq!(ids(client, "/ledger/entries").await, ids(client, "/events").await);
    assert_eq!(ids(client, "/events").await.len(), 2 * (kept.len() + new.len()));
    only_discarding_helps(client, 2 * lost.len()).await;
    pair.verify();
    pair.stop().await;
}

async fn only_discarding_helps(client: &HttpClient, count: usize) {
    let parked = all(client, "/dead-letters").await;
    assert_eq!(parked.len(), count, "{parked:#?}");
    for letter in &parked {
        assert_eq!(letter["errorType"], "foreign", "{letter}");
    }
    let path = format!("/dead-letters/{}", field(&parked[0], "id"));
    assert_eq!(client.post(&format!("{path}/redrive"), "{}").await.unwrap().status, 409);
    let discarded =
        client.post(&format!("{path}/discard"), r#"{"reason": "of the lost time"}"#).await.unwrap();
    assert_eq!(discarded.status, 200, "{:?}", discarded.body);
}
