//! A server that somebody holds still for a copy.

use std::sync::Arc;

use domain::id::Lane;
use engine::ports::{BatchKeys, Store, StoreError};
use mysql_async::{Conn, prelude::Queryable};
use store::testing::ScratchDatabase;
use testkit::{
    FixedClock,
    services::{Life, Mariadb, free_port},
    store_suite::Scribe,
};

use super::{replicas::with_payment, support};

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
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
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
