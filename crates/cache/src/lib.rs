//! Rate limit counters and copies of final answers: in the memory of one process, or in Redis for several.
//!
//! Invariants: a window admits exactly its capacity under any concurrency; nothing is kept without an end, and in memory both
//! parts have a bound in size. Nothing here is the truth: a copy that is gone is read from the store, a cache that restarts
//! opens new windows.

mod answers;
mod expiring;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod standing;
mod windows;

pub use memory::{MemoryCache, MemoryCacheSettings};
#[cfg(feature = "redis")]
pub use redis::{Inspection, RedisAddress, RedisCache, RedisCacheSettings, RedisTls, inspect};
