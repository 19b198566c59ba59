//! A server that somebody holds still for a copy.

use std::{sync::Arc, time::Duration};

use domain::id::Lane;
use engine::ports::{BatchKeys, Store, StoreError};
use mysql_async::{Conn, prelude::Queryable};
use store::{MariadbOptions, MariadbStore, testing::ScratchDatabase};
use testkit::{
    FixedClock,
    services::{Life, Mariadb, free_port},
    store_suite::Scribe,
};
use tokio::time::{Instant, sleep, timeout};

use super::{replicas::with_payment, support};

/// How long anything may take that is not to wait for a limit.
const STEP_LIMIT: Duration = Duration::from_secs(20);

/// How many threads of the server wait for it to be let go.
async fn waiting(conn: &mut Conn) -> i64 {
    let sql =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for backup lock%'";
    conn.query_first(sql).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_held_is_busy_and_whoever_gives_up_leaves_nothing_waiting_there() {
    // A server of its own: nobody else may be held.
    let folder = tempfile::tempdir().unwrap();
    let server = Mariadb::start(folder.path(), free_port().unwrap(), Life::Owned).unwrap();
    let database = ScratchDatabase::migrated("127.0.0.1", server.port(), 1).await;
    let store = Arc::new(support::open(&database).await);
    let scribe = Scribe { store: Arc::clone(&store) as _, clock: Arc::new(FixedClock::default()) };
    let mut holder = support::connect(&database).await;

    holder.query_drop("FLUSH TABLES WITH READ LOCK").await.unwrap();
    let refused = store.batch_open(&[Lane(0)], &BatchKeys::default()).await.map(drop);
    let Err(StoreError::Unavailable { source, .. }) = refused else { panic!("{refused:?}") };
    let held = source.downcast_ref::<mysql_async::ServerError>().map(|error| error.code);
    assert_eq!(held, Some(1205), "the server's own word, because it answers others: {source}");
    assert_eq!(waiting(&mut holder).await, 0, "a batch that could not be opened");
    holder.query_drop("UNLOCK TABLES").await.unwrap();

    let (open, payment) = with_payment(&scribe, 100).await;
    for stage in ["START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"] {
        holder.query_drop(format!("BACKUP STAGE {stage}")).await.unwrap();
    }
    let held = open.commit().await;
    assert!(
        matches!(held, Err(StoreError::Unavailable { .. })),
        "nothing was written, and that is known: {held:?}"
    );
    assert_eq!(waiting(&mut holder).await, 0, "a commit");
    holder.query_drop("BACKUP STAGE END").await.unwrap();
    assert_eq!(scribe.payment(payment.id).await, None);
    assert_eq!(scribe.authorize(scribe.birth("M1", 100)).await.id, payment.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_nobody_is_away_long_before_a_statement_is_late() {
    let folder = tempfile::tempdir().unwrap();
    let server = Mariadb::start(folder.path(), free_port().unwrap(), Life::Owned).unwrap();
    let database = ScratchDatabase::migrated("127.0.0.1", server.port(), 1).await;
    // Nothing here ends because a statement took too long.
    let options = MariadbOptions { statement_timeout: STEP_LIMIT * 10, ..database.options.clone() };
    let store = Arc::new(MariadbStore::open(&options).await.unwrap());
    let scribe = Scribe { store: Arc::clone(&store) as _, clock: Arc::new(FixedClock::default()) };
    let (open, payment) = with_payment(&scribe, 100).await;

    server.daemon().unwrap().freeze().unwrap();
    let told = timeout(STEP_LIMIT, async {
        let refused = store.batch_open(&[Lane(0)], &BatchKeys::default()).await.map(drop);
        let read = store.snapshot().await.map(drop);
        (refused, read, open.commit().await)
    })
    .await;
    // Before anything is judged: a test that fails would wait for the frozen server to drop its database.
    server.daemon().unwrap().thaw().unwrap();
    let (refused, read, committed) = told.expect("callers wait for a server that answers nobody");
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    assert!(
        matches!(committed, Err(StoreError::Unavailable { .. } | StoreError::UnknownOutcome { .. })),
        "{committed:?}"
    );

    let until = Instant::now() + STEP_LIMIT;
    let again = loop {
        match store.batch_open(&[Lane(0)], &BatchKeys::default()).await {
            Ok(open) => break open,
            Err(error) => assert!(Instant::now() < until, "it answers again: {error}"),
        }
        sleep(Duration::from_millis(20)).await;
    };
    drop(again);
    assert_eq!(scribe.payment(payment.id).await, None, "its transaction ended with its connection");
    assert_eq!(scribe.authorize(scribe.birth("M1", 100)).await.id, payment.id);
}
