//! What a transaction on a node of a cluster sends beside its own statements, and what comes of one that was ended half-way. Any
//! server will do: it is told everything a node is told.

use std::{sync::Arc, time::Duration};

use testkit::services::Shared;

use super::{
    super::{
        connect::{Endpoint, Purpose},
        pool::{Pool, PoolLimits},
    },
    Session,
};
use crate::testing::ScratchDatabase;

async fn database() -> ScratchDatabase {
    let (host, port) = Shared::Mariadb.host_and_port();
    let database = ScratchDatabase::create(&host, port).await;
    database.run("CREATE TABLE note (number INT NOT NULL PRIMARY KEY) ENGINE = InnoDB").await;
    database
}

/// A pool of one connection.
fn pool(database: &ScratchDatabase, purpose: Purpose) -> Arc<Pool> {
    let patience = Duration::from_secs(10);
    let limits = PoolLimits { connections: 1, wait_max: patience, statement_timeout: patience };
    let options = crate::MariadbOptions { connect_timeout: patience, ..database.options.clone() };
    Pool::new(Arc::new(Endpoint::new(&options)), purpose, limits)
}

/// Its connection, taken for one to a node.
async fn on_a_node(pool: &Arc<Pool>) -> Session {
    let (mut session, _) = pool.lend().await.unwrap();
    session.connected.as_mut().unwrap().galera = true;
    session
}

async fn number(session: &mut Session, sql: &str) -> i64 {
    let sets = session.text(sql).await.unwrap();
    sets[0][0].get(0).unwrap()
}

/// How many statements this connection was told that only a guard needs.
async fn told(session: &mut Session) -> i64 {
    let sql = "SELECT CAST(SUM(VARIABLE_VALUE) AS SIGNED) FROM information_schema.SESSION_STATUS \
               WHERE VARIABLE_NAME IN ('Com_savepoint', 'Com_release_savepoint', 'Com_set_option')";
    number(session, sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_pays_nothing_for_the_guard_of_writes() {
    let database = database().await;
    for (purpose, guard) in [(Purpose::Read, 0), (Purpose::Write, 4)] {
        let pool = pool(&database, purpose);
        let mut session = on_a_node(&pool).await;
        let before = told(&mut session).await;
        let sets = session.begin("BEGIN; SELECT 17; SELECT 18").await.unwrap();
        let answers: Vec<Option<i64>> =
            [1, 2].iter().map(|at| sets[*at].first().and_then(|row| row.get(0))).collect();
        assert_eq!(answers, [Some(17), Some(18)], "{purpose:?}: answers stand where they were asked");
        session.finish("COMMIT").await.unwrap();
        assert_eq!(told(&mut session).await - before, guard, "{purpose:?}");
        session.begin("BEGIN").await.unwrap();
        drop(session);
        // The one connection comes back when it has been rolled back.
        let mut session = on_a_node(&pool).await;
        let guard = if guard == 0 { 0 } else { guard + 3 };
        assert_eq!(told(&mut session).await - before, guard, "{purpose:?}, given up half-way");
        assert_eq!(number(&mut session, "SELECT @@autocommit").await, 1, "{purpose:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_ended_in_between_is_not_committed_by_halves() {
    let database = database().await;
    let pool = pool(&database, Purpose::Write);
    let mut session = on_a_node(&pool).await;
    session.begin("BEGIN").await.unwrap();
    session.text("INSERT INTO note VALUES (1)").await.unwrap();
    // What another node's write does to it; the error of it is lost.
    session.text("ROLLBACK").await.unwrap();
    session.text("INSERT INTO note VALUES (2)").await.unwrap();
    let ended = session.finish("COMMIT").await.unwrap_err();
    assert!(ended.rolled_back(), "{ended:?}");
    drop(session);
    let mut session = on_a_node(&pool).await;
    assert_eq!(number(&mut session, "SELECT COUNT(*) FROM note").await, 0);
    session.begin("BEGIN").await.unwrap();
    session.text("INSERT INTO note VALUES (3)").await.unwrap();
    session.commit().await.unwrap();
    let mut session = on_a_node(&pool).await;
    assert_eq!(number(&mut session, "SELECT COUNT(*) FROM note").await, 1);
}
