//! Which keys this process is deciding right now. Only consulted when a merchant's limit is used up: a second call with a key
//! that is being decided waits for it instead of being told it was limited.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::ports::IdempotencyScope;

const SHARDS: usize = 16;

/// A count of waiting commands per key, by hash: a collision only makes a limited call wait for the committer's word.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    shards: [Mutex<HashMap<u64, u32>>; SHARDS],
}

/// Counts a key until dropped.
#[derive(Debug)]
pub(super) struct InFlightGuard {
    all: Arc<InFlight>,
    hash: u64,
}

impl InFlight {
    pub(super) fn enter(self: &Arc<Self>, scope: &IdempotencyScope) -> InFlightGuard {
        let hash = hash_of(scope);
        *self.shard(hash).entry(hash).or_insert(0) += 1;
        InFlightGuard { all: Arc::clone(self), hash }
    }

    pub(super) fn contains(&self, scope: &IdempotencyScope) -> bool {
        let hash = hash_of(scope);
        self.shard(hash).contains_key(&hash)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, HashMap<u64, u32>> {
        let index = usize::try_from(hash >> 60).unwrap_or(0);
        self.shards[index % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut shard = self.all.shard(self.hash);
        if let Some(count) = shard.get_mut(&self.hash) {
            *count -= 1;
            if *count == 0 {
                shard.remove(&self.hash);
            }
        }
    }
}

fn hash_of(scope: &IdempotencyScope) -> u64 {
    let mut hasher = DefaultHasher::new();
    scope.hash(&mut hasher);
    hasher.finish()
}
