//! `kill -9` at random points under load. What was answered must be there afterwards, word for word.
//!
//! Everything is checked against the callers' own log of what they asked and what they were told; the server's word counts only
//! where it is compared with that log. A failing run prints its seed.

use std::{sync::Arc, time::Duration};

use testkit::{http::HttpClient, process::Launch, wait::wait_until};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    callers::{Audit, Caller, Log, Phase, Random, Replicas},
    common::verify,
};

/// Callers at the same time.
const CALLERS: usize = 8;
/// Kills in the short form.
const ROUNDS: u64 = 10;
/// At most so many answers between two kills.
const ANSWERS_MAX: u64 = 400;
/// How long a round may take before the test has failed.
const ROUND_LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_answered_survives_kill_9_and_every_retry_gets_the_first_answer() {
    let rounds = setting("SWELITE_CHAOS_ROUNDS").unwrap_or(ROUNDS);
    let seed = setting("SWELITE_CHAOS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("chaos: {rounds} rounds, seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::new(env!("CARGO_BIN_EXE_swelite"), folder.path().join("data"))
        .with("SWELITE_RATE_LIMITS", "off")
        .with("SWELITE_LOG", "warn");
    let mut server = launch.up().await;
    let client = HttpClient::new(server.url());
    let (start, started) = watch::channel(Phase { generation: 0, last: false });
    let log = Arc::new(Log::new(CALLERS));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let caller = Caller::new(
            number,
            random.fork(),
            Replicas::one(client.clone(), started.clone()),
            Arc::clone(&log),
        );
        callers.spawn(caller.run(started.clone()));
    }
    let mut audit = Audit::new(client, Arc::clone(&log));
    for round in 1..=rounds {
        let enough = log.answered() + random.below(ANSWERS_MAX) + 1;
        wait_until("the callers have their answers", ROUND_LIMIT, async || log.answered() >= enough).await;
        server.kill();
        wait_until("every caller has noticed", ROUND_LIMIT, async || log.stranded() == CALLERS).await;
        server = launch.up().await;
        audit.after_crash().await;
        verify(&launch, &server);
        log.clear_stranded();
        start.send_replace(Phase { generation: round, last: round == rounds });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    audit.at_the_end().await;
    verify(&launch, &server);
    println!(
        "chaos: {} answers, {} unanswered at a kill; all accounted for",
        log.answered(),
        audit.unanswered()
    );
    assert!(server.stop().await.success());
}

#[expect(clippy::disallowed_methods, reason = "how long this test runs is asked for from outside")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}
