//! Prometheus exporters of the servers that cannot speak to Prometheus themselves.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use super::{Daemon, Life};

/// An exporter, and where it is scraped.
#[derive(Debug)]
pub struct Exporter {
    _daemon: Daemon,
    port: u16,
}

impl Exporter {
    /// Of a MariaDB server, as `root` without a password.
    pub fn of_mariadb(dir: &Path, port: u16, server: &(String, u16), life: Life) -> io::Result<Self> {
        let (host, its_port) = server;
        let source = format!("DATA_SOURCE_NAME=root@({host}:{its_port})/");
        let listen = format!("--web.listen-address=127.0.0.1:{port}");
        let command = ["env", &source, "prometheus-mysqld-exporter", &listen, "--no-collect.slave_status"]
            .map(OsString::from);
        Self::start(&command, dir, port, life)
    }

    /// Of a Redis server.
    pub fn of_redis(dir: &Path, port: u16, server: &(String, u16), life: Life) -> io::Result<Self> {
        let (host, its_port) = server;
        let listen = format!("-web.listen-address=127.0.0.1:{port}");
        let address = format!("-redis.addr=redis://{host}:{its_port}");
        let command = ["prometheus-redis-exporter", &listen, &address].map(OsString::from);
        Self::start(&command, dir, port, life)
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn start(command: &[OsString], dir: &Path, port: u16, life: Life) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self { _daemon: Daemon::start(command, dir, life, || shows_metrics(port))?, port })
    }
}

fn shows_metrics(port: u16) -> bool {
    let status = || -> io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    status().is_ok_and(|head| head.ends_with(b" 200"))
}
