//! HAProxy as a small TCP balancer: one address before several servers.

use std::{
    ffi::OsString,
    fs, io,
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use super::{Daemon, Life};

/// How the servers behind it share the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Every server that answers `GET /readyz` with 200 gets its part.
    Ready,
    /// The first that greets as MariaDB does gets everything; the others wait for it to fail. A frozen one still accepts connections.
    First,
}

/// One address and what is behind it.
#[derive(Clone, Debug)]
pub struct Front {
    /// Where it listens.
    pub port: u16,
    /// The servers behind it.
    pub servers: Vec<u16>,
    /// Who gets what.
    pub sharing: Sharing,
}

/// A running balancer.
#[derive(Debug)]
pub struct Balancer {
    _daemon: Daemon,
    ports: Vec<u16>,
}

impl Balancer {
    /// Starts it in `dir`.
    pub fn start(dir: &Path, fronts: &[Front], life: Life) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let settings = dir.canonicalize()?.join("haproxy.cfg");
        fs::write(&settings, text(fronts))?;
        let command: [OsString; 4] = ["haproxy".into(), "-db".into(), "-f".into(), settings.into()];
        let ports: Vec<u16> = fronts.iter().map(|front| front.port).collect();
        let daemon = Daemon::start(&command, dir, life, || {
            ports.iter().all(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok())
        })?;
        Ok(Self { _daemon: daemon, ports })
    }

    /// Where it listens, in the order of its fronts.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }
}

fn text(fronts: &[Front]) -> String {
    let mut text =
        "global\n  maxconn 4096\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  \
                    timeout server 1h\n  option redispatch\n  retries 3\n"
            .to_owned();
    for front in fronts {
        let port = front.port;
        text.push_str(&format!("listen front-{port}\n  bind 127.0.0.1:{port}\n"));
        if front.sharing == Sharing::Ready {
            text.push_str("  balance leastconn\n  option httpchk GET /readyz\n");
        }
        if front.sharing == Sharing::First {
            text.push_str("  option mysql-check\n  timeout check 1s\n");
        }
        for (number, server) in front.servers.iter().enumerate() {
            let backup = if front.sharing == Sharing::First && number > 0 { " backup" } else { "" };
            // What is gone loses its connections at once: a caller must not wait for an answer that cannot come.
            text.push_str(&format!(
                "  server s{number} 127.0.0.1:{server} check inter 500ms fall 2 rise 1 \
                 on-marked-down shutdown-sessions{backup}\n"
            ));
        }
    }
    text
}
