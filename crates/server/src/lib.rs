//! HTTP, configuration, command line.
//!
//! Where to look: [`http`] is the only place that talks to clients in their own format; [`telemetry`] counts and logs;
//! [`config`] is the only place that reads the environment; [`acquirer`] and [`simulator`] are the two ends of moving money.

pub mod acquirer;
pub mod cli;
pub mod client;
pub mod config;
pub mod faults;
pub mod http;
pub mod password;
pub mod simulator;
pub mod system;
pub mod telemetry;
pub mod wiring;
