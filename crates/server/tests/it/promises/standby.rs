//! A primary and its semi-synchronous replica: the primary dies, an operator promotes the replica, nothing told is lost.

use std::time::Duration;

use testkit::{
    services::{Life, Mariadb, MariadbOptions, free_port},
    wait::wait_until,
};

use super::Pair;
use crate::{
    callers::{Crowd, STEP_LIMIT},
    real_set::{RealSet, sql_at},
};

/// One server of the two.
fn start(folder: &std::path::Path, id: u8, read_only: bool) -> Mariadb {
    let settings = [
        format!("server_id={id}"),
        "log_bin=binlog".to_owned(),
        "binlog_format=ROW".to_owned(),
        "sync_binlog=1".to_owned(),
        "log_slave_updates=ON".to_owned(),
        "rpl_semi_sync_slave_enabled=ON".to_owned(),
        // A commit is told only when the replica has it; nobody is told otherwise, however long it takes.
        "rpl_semi_sync_master_wait_point=AFTER_SYNC".to_owned(),
        "rpl_semi_sync_master_timeout=3600000".to_owned(),
        "rpl_semi_sync_master_wait_no_slave=ON".to_owned(),
        format!("read_only={}", u8::from(read_only)),
    ];
    let options = MariadbOptions { settings: settings.to_vec(), ..MariadbOptions::default() };
    Mariadb::start_with(&folder.join(format!("server-{id}")), free_port().unwrap(), Life::Owned, &options)
        .unwrap()
}

/// Has the second follow the first.
fn follow(primary: u16, replica: u16) {
    let change = format!(
        "CHANGE MASTER TO master_host='127.0.0.1', master_port={primary}, master_user='root', \
         master_use_gtid=slave_pos; START SLAVE"
    );
    sql_at(replica, None, &change);
    // Only now: before, nothing could be committed, for want of a replica.
    sql_at(primary, None, "SET GLOBAL rpl_semi_sync_master_enabled=ON");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_semi_synchronous_replica_lacks_nothing_that_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mut primary, replica) = (start(folder.path(), 1, false), start(folder.path(), 2, true));
    follow(primary.port(), replica.port());
    wait_until("the replica is semi-synchronous", STEP_LIMIT, async || {
        sql_at(primary.port(), None, "SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'").contains("\t1")
    })
    .await;
    let both = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), replica.port());
    let set = RealSet { mariadb: (both, primary.port()), ..RealSet::shared() };
    set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let crowd = Crowd::start(8, std::slice::from_ref(&pair.client));
    let judge = crowd.judge();
    judge.sees_answers_for("with a primary and its replica", Duration::from_secs(5)).await;

    primary.kill().unwrap();
    let failed = judge.failed();
    wait_until("callers are told that the store is away", STEP_LIMIT, async || judge.failed() > failed + 8)
        .await;
    // What it has received is what was told: it must apply all of it before anybody writes.
    wait_until("the replica has applied what it received", STEP_LIMIT, async || {
        sql_at(replica.port(), None, "SHOW SLAVE STATUS").contains("Slave has read all relay log")
    })
    .await;
    sql_at(replica.port(), None, "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=0");
    judge.sees_answers("after the replica was promoted").await;
    crowd.end(&pair.client).await;
    pair.verify();
    pair.stop().await;
}
