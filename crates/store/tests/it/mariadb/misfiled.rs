//! Rows whose keys were changed behind the store's back: whoever looks by such a key passes them by, so proofs must see it.

use std::sync::Arc;

use domain::{
    payment::{Birth, Operation},
    time::Timestamp,
};
use engine::ports::{
    BatchKeys, IdempotencyRow, IdempotencyScope, IdempotencyState, IdempotencyWrite, StoredAnswer,
};
use testkit::{FixedClock, store_suite::Scribe};

use super::support;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_its_order_or_its_end_does_not_find_is_told() {
    let database = support::migrated(1).await;
    let store = Arc::new(support::open(&database).await);
    let scribe = Scribe { store, clock: Arc::new(FixedClock::default()) };
    let order = Some("order 1".parse().unwrap());
    scribe.authorize(Birth { order, ..scribe.birth("M1", 7) }).await;
    let misfiled = async || {
        let rows = scribe.snapshot().await.payment_range(None, 9).await.unwrap();
        rows.into_iter().map(|row| row.misfiled).collect::<Vec<_>>()
    };
    assert_eq!(misfiled().await, [None]);
    for column in ["order_key", "expirable_at"] {
        for wrong in ["NULL", "7"] {
            database.run("CREATE OR REPLACE TABLE kept AS SELECT * FROM payment").await;
            database.run(&format!("UPDATE payment SET {column} = {wrong}")).await;
            assert_eq!(misfiled().await, [Some(column)], "{wrong}");
            database.run("REPLACE INTO payment SELECT * FROM kept").await;
            assert_eq!(misfiled().await, [None]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_its_key_does_not_find_is_told() {
    let database = support::migrated(1).await;
    let store = Arc::new(support::open(&database).await);
    let scribe = Scribe { store, clock: Arc::new(FixedClock::default()) };
    let (merchant, key) = ("M1".parse().unwrap(), "key".parse().unwrap());
    let scope = IdempotencyScope { merchant, operation: Operation::Authorize, key };
    let answered_at = Timestamp::from_unix_ms(7);
    let answer = StoredAnswer { status: 200, body: "{}".into(), payment: None, answered_at };
    let row = IdempotencyRow { scope, fingerprint: [1; 32], state: IdempotencyState::Final(answer) };
    let mut open = scribe
        .open(&row.scope.merchant, BatchKeys { idempotency: vec![row.scope.clone()], ..BatchKeys::default() })
        .await;
    open.changes.idempotency.push(IdempotencyWrite::Insert(row.clone()));
    open.commit().await.unwrap();
    let lane = scribe.lane(&row.scope.merchant);
    let keys = async || {
        let keys = scribe.snapshot().await.idempotency_range(lane, i64::MIN, 9).await.unwrap();
        keys.into_iter().map(|key| key.row).collect::<Vec<_>>()
    };
    assert_eq!(keys().await, [Ok(row)]);
    database.run("UPDATE idem_response_cache SET key_hash = REVERSE(key_hash)").await;
    let found = keys().await;
    let what = found[0].as_ref().unwrap_err();
    assert!(what.starts_with("table idem_response_cache, column key_hash, row "), "{what}");
}
