//! The MariaDB store against a real server, each test in a database of its own.

mod conformance;
mod failover;
mod held;
mod misfiled;
mod opening;
mod orders;
mod peculiar;
mod replicas;
mod statements;
mod support;
mod switchover;
mod timeline;
