//! The embedded store does what every store must do.

use std::sync::Arc;

use store::{SqliteSettings, SqliteStore};
use testkit::{FixedClock, store_suite::StoreUnderTest};

testkit::store_suite!(sqlite);

async fn sqlite() -> StoreUnderTest {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::default());
    let settings = SqliteSettings::new(directory.path().join("data"));
    let store = SqliteStore::open(&settings, Arc::clone(&clock) as _).unwrap();
    StoreUnderTest { store: Arc::new(store), clock, keep: Box::new(directory) }
}
