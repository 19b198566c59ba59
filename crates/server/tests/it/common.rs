//! What several of these tests do: start, pay, read whole lists, verify.
//!
//! It refuses to judge: each test says itself what must hold.

use std::path::Path;

use serde_json::{Value, json};
use testkit::{
    http::{HttpAnswer, HttpClient},
    process::{Launch, Running},
    wait::wait_until,
};

use crate::{LIMIT, real_set::RealSet};

/// What stands behind the platform.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Set {
    /// One process and one file.
    Embedded,
    /// MariaDB, Kafka and Redis.
    Real,
}

impl Set {
    /// The platform on it, without rate limits and with few words; nothing in it yet.
    pub(crate) fn launch(self, folder: &Path) -> Launch {
        self.with_limits(folder).with("SWELITE_RATE_LIMITS", "off")
    }

    /// The same with rate limits as they are by default.
    pub(crate) fn with_limits(self, folder: &Path) -> Launch {
        let data = folder.join("data");
        match self {
            Self::Embedded => Launch::new(env!("CARGO_BIN_EXE_swelite"), data).with("SWELITE_LOG", "warn"),
            Self::Real => RealSet::shared().migrated(&data),
        }
    }
}

/// Runs tests on both sets: whatever a caller can see must not depend on what stands behind.
macro_rules! on_both_sets {
    ($($name:ident,)+) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::common::Set::Embedded).await;
            })+
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::common::Set::Real).await;
            })+
        }
    };
}
pub(crate) use on_both_sets;

/// The platform on the embedded set in `folder`, without rate limits and with few words.
pub(crate) fn launch(folder: &Path) -> Launch {
    Set::Embedded.launch(folder)
}

/// The body of an authorization in won.
pub(crate) fn authorization(merchant: &str, key: &str, amount: i64) -> String {
    json!({"merchantId": merchant, "amount": amount, "currency": "KRW", "idempotencyKey": key}).to_string()
}

/// An authorization that must succeed; its payment's number.
pub(crate) async fn authorize(client: &HttpClient, merchant: &str, key: &str, amount: i64) -> u64 {
    let answer = client.post("/payments/authorize", authorization(merchant, key, amount)).await.unwrap();
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    payment_id(&answer)
}

/// The payment an answer is about.
pub(crate) fn payment_id(answer: &HttpAnswer) -> u64 {
    answer.json()["paymentId"].as_u64().unwrap_or_else(|| panic!("no payment in {:?}", answer.body))
}

/// All rows of a list.
pub(crate) async fn all(client: &HttpClient, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    let mark = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = client.get(&format!("{path}{mark}limit=200{cursor}")).await.unwrap().json();
        rows.extend_from_slice(
            page["data"].as_array().unwrap_or_else(|| panic!("{path} is no list: {page}")),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// Waits until every event is posted.
pub(crate) async fn drained(client: &HttpClient) {
    wait_until("every event is posted", LIMIT, async || {
        client.get("/outbox").await.is_ok_and(|answer| answer.json()["summary"]["pending"] == 0)
    })
    .await;
}

/// The server's own proofs, beside the running server.
pub(crate) fn verify(launch: &Launch, server: &Running) {
    let output = launch.run(&["ledger", "verify"]);
    assert!(
        output.status.success(),
        "ledger verify ended with {}:\n{}{}\nserver:\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr),
        server.words()
    );
}

/// The lines of a shell that `document` gives for a step: the block after `<!-- step: NAME -->`.
pub(crate) fn step_of<'a>(document: &'a str, step: &str) -> &'a str {
    let (_, after) = document
        .split_once(&format!("<!-- step: {step} -->\n```bash\n"))
        .unwrap_or_else(|| panic!("the document has no step `{step}`"));
    after.split("```").next().unwrap_or_default()
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
