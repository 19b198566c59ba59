//! What a node of a Galera cluster does not have yet, although another node has answered for it.

use std::{sync::Arc, time::Duration};

use domain::id::{EventId, Lane, Seq};
use engine::ports::{PostingScope, Store};
use mysql_async::{Conn, prelude::Queryable};
use store::{MariadbOptions, MariadbStore, testing::ScratchDatabase};
use testkit::{
    FixedClock,
    services::{Galera, Life},
    store_suite::Scribe,
    wait::wait_until,
};

use super::support;

const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a node that receives what others commit and does not apply it until it is told to go on.
async fn behind(options: &MariadbOptions) -> Conn {
    let mut conn = support::connect_to(options).await;
    for stage in ["START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"] {
        conn.query_drop(format!("BACKUP STAGE {stage}")).await.unwrap();
    }
    conn
}

/// How many wait on this node for what others committed.
async fn waiting(conn: &mut Conn) -> usize {
    let sql = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SET STATEMENT wsrep_sync_wait%'";
    conn.query_first(sql).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a Galera cluster: `cargo xtask cluster` runs it"]
async fn an_event_of_another_node_is_waited_for_and_not_taken_for_a_forged_one() {
    let folder = tempfile::tempdir().unwrap();
    let galera = Galera::start(folder.path(), 2, Life::Owned).unwrap();
    let [here, there] = galera.ports()[..] else { panic!("two nodes") };
    let database = ScratchDatabase::migrated("127.0.0.1", here, 1).await;
    let there = MariadbOptions { port: there, statement_timeout: PATIENCE, ..database.options.clone() };
    let clock = Arc::new(FixedClock::default());
    let scribe = Scribe { store: Arc::new(support::open(&database).await), clock };
    let worker = Arc::new(MariadbStore::open(&there).await.unwrap());
    // Its connection is made before the node falls behind.
    worker.partition_count(1).await.unwrap();

    let mut conn = behind(&there).await;
    scribe.authorize(scribe.birth("M1", 100)).await;
    let place = EventId { lane: Lane(0), seq: Seq(1) };
    let opening = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move {
            let scope = PostingScope { ranges: vec![(Lane(0), Seq(1), Seq(1))], ..PostingScope::default() };
            worker.posting_open(&scope).await.map(|mut batch| batch.take_state())
        }
    });
    wait_until("the worker waits for the other node", PATIENCE, async || {
        assert!(!opening.is_finished(), "it judged an event by what this node has");
        waiting(&mut conn).await > 0
    })
    .await;
    conn.query_drop("BACKUP STAGE END").await.unwrap();
    let state = opening.await.unwrap().unwrap();
    assert!(state.outbox.contains_key(&place), "{state:?}");
    conn.disconnect().await.unwrap();
}
