//! The stores against real files and real servers.

mod conformance;
mod copies;
mod corruption;
mod disk_full;
mod log;
#[cfg(feature = "mariadb")]
mod mariadb;
mod opening;
mod support;
