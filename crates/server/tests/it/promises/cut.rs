//! Connections to the database that are cut in the middle of COMMIT, under load.

use testkit::{
    proxy::{Cut, Proxy},
    wait::wait_until,
};

use super::{PATIENCE, Pair};
use crate::{callers::Crowd, common::verify, real_set::RealSet};

/// How often each kind of cut is made.
const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_in_the_middle_of_commit_lose_nothing_and_do_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let direct = RealSet::shared();
    direct.migrated(&folder.path().join("migrate"));
    let proxy = Proxy::to(&direct.mariadb.0, direct.mariadb.1).await;
    let set = RealSet { mariadb: ("127.0.0.1".to_owned(), proxy.port()), ..direct.clone() };
    let pair = Pair::start(&set, folder.path()).await;
    let crowd = Crowd::start(8, std::slice::from_ref(&pair.client));
    let judge = crowd.judge();
    judge.sees_answers("before any cut").await;
    let kinds = [
        // A batch of payments: whether the server heard it is for the platform to find out.
        Cut::Question("lane_writer"),
        Cut::AnswerTo("lane_writer"),
        // Whoever commits next: the worker, the relay or a batch.
        Cut::Question("COMMIT"),
        Cut::AnswerTo("COMMIT"),
    ];
    for round in 0..ROUNDS * kinds.len() {
        proxy.cut(kinds[round % kinds.len()]);
        wait_until("the connection is cut", PATIENCE, async || proxy.cuts() > round).await;
    }
    judge.sees_answers("after the last cut").await;
    crowd.end(&pair.client).await;
    verify(&direct.launch(&folder.path().join("verify")), &pair.ingest);
    pair.stop().await;
}
