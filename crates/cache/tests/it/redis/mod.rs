//! The cache in a real Redis.

mod outage;
mod replicas;
mod server;
mod suite;
