//! The adapter for MariaDB: any number of replicas over one database.
//!
//! Where to look: `migrations` holds the schema, `connect` what every session relies on, `session` the round trips and what
//! ends a transaction, `batch` the committer's transaction (and what becomes of one whose COMMIT brought no answer), `posting`
//! the worker's, `snapshot` all reads.

mod accounts;
mod batch;
mod connect;
mod durability;
mod error;
mod lease;
mod migrate;
mod operators;
mod options;
mod platform;
mod pool;
mod posting;
mod retention;
mod rows;
mod script;
mod session;
mod silence;
mod snapshot;
mod store;
mod timeline;

pub use durability::{DurabilityFault, durability_faults};
pub use error::MariadbError;
pub use migrate::migrate;
pub use options::{LANES_DEFAULT, MariadbOptions, Tls};
pub use store::MariadbStore;
pub use timeline::begin_timeline;
