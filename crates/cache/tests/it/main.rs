//! Both caches from outside: one suite for both, and what only several processes and a real server can show.

mod memory;
#[cfg(feature = "redis")]
mod redis;
