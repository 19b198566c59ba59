//! Real MariaDB, Redis and Kafka servers, started natively: no container engine, private folders and ports, loopback only.
//!
//! Two ways to have one. A test that kills, stops or freezes its server starts its own ([`Mariadb::start`] and so on): it ends
//! when the value is dropped, and with the thread that started it. Every other test shares the servers of
//! `cargo xtask services up` and takes their addresses from [`Shared`]; what it makes in them it names so that nobody else
//! meets it. Nothing here installs anything: `cargo xtask services up` does.

mod authority;
mod balancer;
mod daemon;
mod exporter;
mod galera;
mod kafka;
mod mariadb;
mod redis;
mod shared;

pub use authority::{Authority, Certificate};
pub use balancer::{Balancer, Front, Sharing};
pub use daemon::{Daemon, Life};
pub use exporter::Exporter;
pub use galera::Galera;
pub use kafka::{Kafka, KafkaOptions};
pub use mariadb::{Mariadb, MariadbOptions};
pub use redis::Redis;
pub use shared::{KAFKA_JARS, Shared, kafka_jars};

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// A port nobody listens on now. Somebody could take it before it is used; then the start fails and says so.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
