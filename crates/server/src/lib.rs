//! HTTP, configuration, command line.
//!
//! Where to look: [`http`] is the only place that talks to clients in their own format; [`telemetry`] counts and logs.

pub mod http;
pub mod telemetry;
