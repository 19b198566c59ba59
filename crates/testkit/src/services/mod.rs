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
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports for servers: below those the system gives to outgoing connections, any of which could take a port between the look
/// and the start.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port nobody listens on now, never the same twice in a row. Another process could take it before it is used; then the
/// start fails and says so.
pub fn free_port() -> io::Result<u16> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Test programs that run beside each other begin at different places.
    let begin = u16::try_from(process::id().wrapping_mul(97) % u32::from(count)).unwrap_or(0);
    for _ in 0..count {
        let next = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + (begin + next % count) % count;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "every port for servers is taken"))
}
