//! The cache in a real Redis.

mod foreign;
mod outage;
mod replicas;
mod server;
mod suite;
