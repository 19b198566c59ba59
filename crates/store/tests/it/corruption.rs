//! Rows that somebody changed behind the store's back.

use engine::ports::{BatchKeys, StoreError};
use testkit::store_suite::Scribe;

use crate::support::{declined_many_times, directory, file, store};

#[tokio::test]
async fn a_cell_that_cannot_be_understood_is_named() {
    let cases = [
        ("currency = 'XXX'", "table payment, column currency, row 1"),
        ("merchant = ''", "table payment, column merchant, row 1"),
        ("state = 9", "table payment, column state, row 1"),
        ("state = 1", "table payment, column decline_code, row 1"),
        ("capture_mode = -1", "table payment, column capture_mode, row 1"),
        ("version = -1", "table payment, column version, row 1"),
        ("created_at = -1", "table payment, column created_at, row 1"),
        ("metadata = '{'", "table payment, column metadata, row 1"),
        ("pending = '[]'", "table payment, column pending, row 1"),
    ];
    for (change, what) in cases {
        let it = store();
        let scribe = Scribe::new(&it);
        let payment = scribe.authorize(scribe.birth("M1", 7)).await;
        file(directory(&it)).execute_batch(&format!("UPDATE payment SET {change}")).unwrap();
        let found = scribe.snapshot().await.payment_find(payment.id).await.unwrap_err();
        assert_eq!(found.to_string(), format!("stored row is corrupt: {what}"));
        let keys = BatchKeys { payments: vec![payment.id], ..BatchKeys::default() };
        let loaded = it.store.batch_open(&[scribe.lane(&payment.merchant)], &keys).await.map(drop);
        assert!(matches!(loaded, Err(StoreError::Corrupt { .. })), "{change}");
    }
}

#[tokio::test]
async fn of_an_order_one_payment_is_read_however_many_there_are() {
    let it = store();
    let scribe = Scribe::new(&it);
    let (newest, keys) = declined_many_times(&scribe).await;
    // Whoever reads an earlier one fails.
    let damage = format!("UPDATE payment SET currency = 'XXX' WHERE id < {newest}");
    file(directory(&it)).execute_batch(&damage).unwrap();
    let open = scribe.open(&"M1".parse().unwrap(), keys).await;
    assert!(open.loaded.orders.is_empty());
}

#[tokio::test]
async fn what_is_posted_cannot_be_changed_in_passing() {
    let it = store();
    let scribe = Scribe::new(&it);
    scribe.authorize(scribe.birth("M1", 7)).await;
    scribe.post_all().await;
    for statement in [
        "UPDATE ledger_entry SET amount = 8",
        "DELETE FROM ledger_entry",
        "UPDATE journal_entry SET posted_at = 0",
        "DELETE FROM journal_entry",
        "INSERT INTO ledger_entry VALUES (9999, 0, 1, 2, 0)",
        "INSERT INTO account_balance VALUES (1, 0, 0, 'much', 0)",
    ] {
        assert!(file(directory(&it)).execute_batch(statement).is_err(), "{statement}");
    }
}

#[tokio::test]
async fn a_journal_entry_without_postings_is_named() {
    let it = store();
    let scribe = Scribe::new(&it);
    scribe.authorize(scribe.birth("M1", 7)).await;
    let entry = scribe.post_all().await.remove(0).entry;
    let plant = "DROP TRIGGER ledger_entry_is_never_deleted; DELETE FROM ledger_entry";
    file(directory(&it)).execute_batch(plant).unwrap();
    let found = scribe.snapshot().await.journal_find(entry.id).await.unwrap_err();
    assert!(found.to_string().contains("ledger_entry"), "{found}");
    assert!(found.to_string().contains("0-1"), "{found}");
}

#[tokio::test]
async fn a_balance_that_would_overflow_is_refused() {
    let it = store();
    let scribe = Scribe::new(&it);
    scribe.authorize(scribe.birth("M1", 7)).await;
    scribe.post_all().await;
    let plant = format!("UPDATE account_balance SET debit = {}, credit = {}", i64::MAX, i64::MAX);
    file(directory(&it)).execute_batch(&plant).unwrap();
    scribe.authorize(scribe.birth("M1", 7)).await;
    let changes = scribe.changes_of(&scribe.unposted().await);
    let posting = it.store.posting_open(&Default::default()).await.unwrap();
    assert!(matches!(posting.commit(&changes).await, Err(StoreError::Statement { .. })));
    assert_eq!(scribe.unposted().await.len(), 1, "nothing of it was written");
}
