//! A store in a directory of its own, and the file behind it.

use std::{path::Path, sync::Arc};

use domain::{
    id::{OrderId, PaymentId},
    payment::{Birth, DeclineCode, Verdict},
};
use engine::ports::{BatchKeys, Store};
use rusqlite::Connection;
use store::{OpenError, SqliteSettings, SqliteStore};
use tempfile::TempDir;
use testkit::{
    FixedClock,
    store_suite::{Scribe, StoreUnderTest},
};

/// Opens `directory`.
pub(crate) fn open(directory: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&SqliteSettings::new(directory), Arc::new(FixedClock::default()))
}

/// A store in a new directory.
pub(crate) fn store() -> StoreUnderTest {
    store_with(|_| ())
}

/// A store in a new directory, with other settings.
pub(crate) fn store_with(change: impl FnOnce(&mut SqliteSettings)) -> StoreUnderTest {
    let directory = TempDir::new().unwrap();
    let clock = Arc::new(FixedClock::default());
    let mut settings = SqliteSettings::new(directory.path());
    change(&mut settings);
    let store = SqliteStore::open(&settings, Arc::clone(&clock) as _).unwrap();
    let tamper = move |sql: String| {
        store::testing::tamper(&settings, &sql);
        Box::pin(std::future::ready(())) as _
    };
    StoreUnderTest { store: Arc::new(store), clock, tamper: Box::new(tamper), keep: Box::new(directory) }
}

/// The directory of a store made here.
pub(crate) fn directory(it: &StoreUnderTest) -> &Path {
    it.keep.downcast_ref::<TempDir>().unwrap().path()
}

/// A scribe for a store that somebody else keeps.
pub(crate) fn scribe(store: Arc<dyn Store>) -> Scribe {
    Scribe { store, clock: Arc::new(FixedClock::default()) }
}

/// An order with payments that are all over: the number of the latest, and how to ask for the order.
pub(crate) async fn declined_many_times(scribe: &Scribe) -> (PaymentId, BatchKeys) {
    let order: OrderId = "order-1".parse().unwrap();
    let mut latest = None;
    for _ in 0..300 {
        let birth = Birth { order: Some(order.clone()), ..scribe.birth("M1", 100) };
        let declined = Verdict::Declined(DeclineCode::LostCard);
        latest = Some(scribe.authorize_with(birth, declined).await.id);
    }
    let keys = BatchKeys { orders: vec![("M1".parse().unwrap(), order)], ..BatchKeys::default() };
    (latest.unwrap(), keys)
}

/// The file itself, as an operator's tool opens it.
pub(crate) fn file(directory: &Path) -> Connection {
    Connection::open(directory.join("swelite.db")).unwrap()
}
