//! Which adapter stands behind each port: an address that is set chooses the real one.

#[cfg(feature = "redis")]
use std::fs;
use std::{io, path::PathBuf, sync::Arc, time::Duration};

#[cfg(feature = "kafka")]
use broker::KafkaBroker;
use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
#[cfg(feature = "redis")]
use cache::{Inspection, RedisAddress, RedisCache, RedisCacheSettings, RedisTls, inspect};
use cache::{MemoryCache, MemoryCacheSettings};
use engine::{
    commit::Context,
    ports::{Acquirer, Broker, BrokerError, Cache, CacheError, StoreError},
};
#[cfg(feature = "redis")]
use tokio::time::{Instant, sleep};

#[cfg(feature = "redis")]
use crate::config::Redis;
use crate::{
    acquirer::{Simulator, SimulatorClient},
    client::HttpClient,
    config::{AcquirerKind, HttpUrl, Settings},
};

/// How long a busy database is waited for at a start, and how often it is asked.
#[cfg(feature = "redis")]
const START_PATIENCE: Duration = Duration::from_secs(5);
#[cfg(feature = "redis")]
const START_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn broker(settings: &Settings, context: &Context) -> Result<Arc<dyn Broker>, BrokerError> {
    #[cfg(feature = "kafka")]
    if let Some(kafka) = kafka(settings) {
        return Ok(Arc::new(kafka?));
    }
    debug_assert!(settings.kafka.bootstrap_servers.is_none());
    let settings = EmbeddedBrokerSettings::default();
    let log = EmbeddedBroker::new(Arc::clone(&context.store), context.signals.committed(), settings);
    Ok(Arc::new(log.traced(Arc::clone(&context.tracer))))
}

/// The Kafka cluster, if one is configured. It need not be there.
#[cfg(feature = "kafka")]
pub fn kafka(settings: &Settings) -> Option<Result<KafkaBroker, BrokerError>> {
    let servers = settings.kafka.bootstrap_servers.as_ref()?;
    Some(KafkaBroker::new(super::settings::kafka(servers, settings)))
}

/// Counters and copies, beside `store`.
pub(super) async fn cache(settings: &Settings, context: &Context) -> Result<Arc<dyn Cache>, CacheFault> {
    let answer_ttl_seconds = settings.idempotency.cache_ttl_seconds;
    #[cfg(feature = "redis")]
    if let Some(address) = redis_address(&settings.redis)? {
        let timeline = timeline(context).await?;
        let settings = RedisCacheSettings { address, answer_ttl_seconds, timeline };
        return Ok(Arc::new(RedisCache::open(&settings)?));
    }
    let settings = MemoryCacheSettings { answer_ttl_seconds, ..MemoryCacheSettings::default() };
    Ok(Arc::new(MemoryCache::new(settings, Arc::clone(&context.clock))))
}

/// Which timeline the books are on. They have just been opened: a database that is too busy to be read at once is asked again.
#[cfg(feature = "redis")]
async fn timeline(context: &Context) -> Result<[u8; 16], StoreError> {
    let until = Instant::now() + START_PATIENCE;
    loop {
        let read = async { context.store.snapshot().await?.platform().await };
        match read.await {
            Ok(platform) => return Ok(platform.timeline),
            Err(StoreError::Unavailable { .. }) if Instant::now() < until => sleep(START_PAUSE).await,
            Err(error) => return Err(error),
        }
    }
}

/// Why there is no cache to start with. One that is away is none of these: it is waited for while payments pass.
#[derive(Debug, thiserror::Error)]
pub enum CacheFault {
    /// A file that is named cannot be read.
    #[error("cannot read {path}, which `REDIS_TLS_CA` names")]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its address or its certificate authority is of no use, or (to a doctor) it does not answer.
    #[error("cannot use redis")]
    Address(#[from] CacheError),
    /// The books do not say whose keys are ours.
    #[error(transparent)]
    Books(#[from] StoreError),
}

/// What is found at the address of Redis; `None` when the cache is in memory.
#[cfg(feature = "redis")]
pub async fn inspect_redis(settings: &Settings) -> Result<Option<Inspection>, CacheFault> {
    match redis_address(&settings.redis)? {
        Some(address) => Ok(Some(inspect(&address).await?)),
        None => Ok(None),
    }
}

#[cfg(feature = "redis")]
fn redis_address(redis: &Redis) -> Result<Option<RedisAddress>, CacheFault> {
    let Some(host) = &redis.host else { return Ok(None) };
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|source| CacheFault::Authority { path: path.clone(), source })
    };
    let authority = redis.tls_authority.as_ref().map(read).transpose()?;
    Ok(Some(RedisAddress {
        host: host.as_str().into(),
        port: redis.port,
        password: redis.password.as_ref().map(|password| password.reveal().into()),
        tls: redis.tls.then_some(RedisTls { authority }),
        timeout: Duration::from_millis(u64::from(redis.timeout_ms)),
    }))
}

pub(super) fn acquirer(settings: &Settings) -> Arc<dyn Acquirer> {
    let chosen = &settings.acquirer;
    match (chosen.kind, &chosen.url) {
        (AcquirerKind::SimulatorRemote, Some(url)) => {
            let timeout = Duration::from_millis(u64::from(chosen.timeout_ms));
            Arc::new(SimulatorClient::new(HttpClient::new(HttpUrl::as_str(url), timeout)))
        }
        (AcquirerKind::Simulator, _) => Arc::new(Simulator),
        (AcquirerKind::SimulatorRemote, None) => {
            unreachable!("the configuration is refused without its address")
        }
    }
}
