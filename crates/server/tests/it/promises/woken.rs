//! A replica that slept while the database was brought back: its memory is of a time that is lost.

use testkit::{http::HttpClient, wait::wait_until};

use super::PATIENCE;
use crate::{
    common::{authorization, authorize, text},
    real_set::{RealSet, sql_at},
};

/// Cuts every connection to the database, as the server does that is stopped to be brought back.
fn cut_all(set: &RealSet) {
    let list = format!("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}'", set.name);
    for id in sql_at(set.mariadb.1, None, &list).lines() {
        sql_at(set.mariadb.1, None, &format!("KILL CONNECTION {id}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_through_a_restore_takes_no_call_until_it_is_started_anew() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    let launch = set.migrated(&folder.path().join("replica")).with("SWELITE_RATE_LIMITS", "off");
    let sleeper = launch.role("ingest").await;
    let client = HttpClient::new(sleeper.url());
    authorize(&client, "M1", "before", 1_000).await;
    sleeper.freeze();
    cut_all(&set);
    wait_until("a timeline begins", PATIENCE, async || {
        let begun = launch.run(&["restore", "--timeline", "--reason", "a test"]);
        assert!([Some(0), Some(3)].contains(&begun.status.code()), "{}", text(&begun.stderr));
        begun.status.success()
    })
    .await;

    sleeper.thaw();
    // From its first call on: nothing it remembers may become an answer.
    for number in 0..5 {
        let body = authorization("M1", &format!("woken-{number}"), 1_000);
        let refused = client.post("/payments/authorize", body).await.unwrap();
        assert_eq!(refused.status, 503, "{:?}", refused.body);
    }
    assert_eq!(set.sql("SELECT COUNT(*) FROM payment").trim(), "1");
    assert!(sleeper.stop().await.success());

    let anew = launch.role("ingest").await;
    authorize(&HttpClient::new(anew.url()), "M1", "after", 1_000).await;
    assert!(anew.stop().await.success());
}
