//! What tests of several crates share. Never part of the product: it appears under `[dev-dependencies]` only.
//!
//! Where to look: [`clock`] has a clock and randomness that the test owns; [`mod@store_suite`], [`mod@broker_suite`] and
//! [`mod@cache_suite`] are what every store, broker and cache must do; [`wait`] waits for conditions; [`process`] runs the real
//! binary and [`http`] speaks to it; [`proxy`] cuts connections; [`away`] is a store that is not there, [`faults`] makes one fail
//! on demand; [`alarms`] counts what somebody must look at; [`services`] starts real MariaDB, Redis and Kafka servers.

#[cfg(feature = "suites")]
pub mod alarms;
#[cfg(feature = "suites")]
pub mod away;
#[cfg(feature = "suites")]
pub mod broker_suite;
#[cfg(feature = "suites")]
pub mod cache_suite;
#[cfg(feature = "suites")]
pub mod clock;
#[cfg(feature = "suites")]
pub mod faults;
#[cfg(feature = "suites")]
pub mod http;
#[cfg(feature = "suites")]
pub mod process;
#[cfg(feature = "suites")]
pub mod proxy;
#[cfg(feature = "suites")]
mod render;
#[cfg(feature = "suites")]
pub mod schema;
pub mod services;
#[cfg(feature = "suites")]
pub mod store_suite;
#[cfg(feature = "suites")]
pub mod wait;

#[cfg(feature = "suites")]
pub use alarms::Alarms;
#[cfg(feature = "suites")]
pub use clock::{FixedClock, SeededEntropy};
#[cfg(feature = "suites")]
pub use render::PlainRender;
