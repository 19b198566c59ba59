//! Tests of the whole platform, from outside, through the real binary.
//!
//! One test program, so that the platform is linked once. Names are sentences.

#![expect(clippy::print_stdout, reason = "a long run says how far it has come")]

mod callers;
mod chaos;
mod cli;
mod common;
mod event_schemas;
mod failover;
mod full_disk;
mod hostile;
mod lifecycle;
#[cfg(feature = "mariadb")]
mod mariadb;
mod operators;
mod origin;
mod prometheus;
#[cfg(all(feature = "mariadb", feature = "kafka"))]
mod promises;
mod readme;
mod real_set;
mod redis;
mod remote_simulator;
mod scripts;
mod time;
mod traces;
mod wire;

use std::time::Duration;

/// How long a condition may take to come true; generous, because machines that build are busy.
const LIMIT: Duration = Duration::from_secs(30);
