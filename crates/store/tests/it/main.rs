//! The embedded store against real files.

mod conformance;
mod corruption;
mod disk_full;
mod log;
mod opening;
mod support;
