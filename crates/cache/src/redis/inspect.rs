//! What a doctor wants to know of a Redis server.

use engine::ports::CacheError;
use redis::cmd;

use super::{Away, RedisAddress};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// Its version, as it calls it.
    pub version: String,
    /// What it does when its memory is full.
    pub eviction_policy: String,
}

impl Inspection {
    /// Whether it may drop windows and copies before their time, without a word.
    pub fn evicts(&self) -> bool {
        self.eviction_policy != "noeviction"
    }
}

/// Connects, asks, and leaves.
pub async fn inspect(address: &RedisAddress) -> Result<Inspection, CacheError> {
    let found = async {
        let client = address.client()?;
        let config = address.connection_config();
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        cmd("INFO").query_async::<String>(&mut connection).await
    };
    let info = found.await.map_err(Away::Failed)?;
    let field = |name: &str| {
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
    };
    let version = field("valkey_version").or_else(|| field("redis_version"));
    let found = version.zip(field("maxmemory_policy"));
    let (version, eviction_policy) = found.ok_or(Away::Unreadable)?;
    Ok(Inspection { version, eviction_policy })
}
