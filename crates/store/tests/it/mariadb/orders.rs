//! Orders that were paid for many times.

use std::sync::Arc;

use testkit::{FixedClock, store_suite::Scribe};

use super::support;
use crate::support::declined_many_times;

#[tokio::test(flavor = "multi_thread")]
async fn of_an_order_one_payment_is_read_however_many_there_are() {
    let database = support::migrated(1).await;
    let store = support::open(&database).await;
    let scribe = Scribe { store: Arc::new(store), clock: Arc::new(FixedClock::default()) };
    let (newest, keys) = declined_many_times(&scribe).await;
    // Whoever reads an earlier one fails.
    database.run(&format!("UPDATE payment SET currency = 'XXX' WHERE id < {newest}")).await;
    let open = scribe.open(&"M1".parse().unwrap(), keys).await;
    assert!(open.loaded.orders.is_empty());
}
