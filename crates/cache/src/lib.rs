//! The cache of one process: rate limit counters and copies of final answers, in memory.
//!
//! Invariants: a window admits exactly its capacity under any concurrency; nothing is kept without an end, and both parts have
//! a bound in size. Nothing here is the truth: a copy that is gone is read from the store, a process that restarts opens new
//! windows.

mod answers;
mod expiring;
mod memory;
mod windows;

pub use memory::{MemoryCache, MemoryCacheSettings};
