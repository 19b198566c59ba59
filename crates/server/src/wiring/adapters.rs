//! Which adapter stands behind each port: an address that is set chooses the real one.

use std::{sync::Arc, time::Duration};

use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
use cache::{MemoryCache, MemoryCacheSettings};
use engine::{
    ports::{Acquirer, Broker, Cache, Clock, Store},
    signals::Signals,
};
use store::{OpenError, SqliteSettings, SqliteStore};

use crate::{
    acquirer::{RemoteSimulator, Simulator},
    client::HttpClient,
    config::{AcquirerKind, HttpUrl, Settings},
    system::System,
};

/// The embedded books, for this process alone; makes or migrates them.
pub fn open_books(settings: &Settings) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&SqliteSettings::new(&settings.store.data_dir), Arc::new(System::start()))
}

/// The embedded books for reading, also beside a running server.
pub fn read_books(settings: &Settings) -> Result<Arc<dyn Store>, OpenError> {
    let settings = SqliteSettings::new(&settings.store.data_dir);
    Ok(Arc::new(SqliteStore::open_read_only(&settings, Arc::new(System::start()))?))
}

pub(super) fn broker(store: &Arc<dyn Store>, signals: &Signals) -> Arc<dyn Broker> {
    let settings = EmbeddedBrokerSettings::default();
    Arc::new(EmbeddedBroker::new(Arc::clone(store), signals.committed(), settings))
}

pub(super) fn cache(settings: &Settings, clock: &Arc<dyn Clock>) -> Arc<dyn Cache> {
    let answer_ttl_seconds = settings.idempotency.cache_ttl_seconds;
    let settings = MemoryCacheSettings { answer_ttl_seconds, ..MemoryCacheSettings::default() };
    Arc::new(MemoryCache::new(settings, Arc::clone(clock)))
}

pub(super) fn acquirer(settings: &Settings) -> Arc<dyn Acquirer> {
    let chosen = &settings.acquirer;
    match (chosen.kind, &chosen.url) {
        (AcquirerKind::SimulatorRemote, Some(url)) => {
            let timeout = Duration::from_millis(u64::from(chosen.timeout_ms));
            Arc::new(RemoteSimulator::new(HttpClient::new(HttpUrl::as_str(url), timeout)))
        }
        (AcquirerKind::Simulator, _) => Arc::new(Simulator),
        (AcquirerKind::SimulatorRemote, None) => {
            unreachable!("the configuration is refused without its address")
        }
    }
}
