//! A Redis server that keeps nothing: what it holds may be lost at any moment.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Daemon, Life};

/// A Redis server.
#[derive(Debug)]
pub struct Redis {
    daemon: Option<Daemon>,
    dir: PathBuf,
    port: u16,
    life: Life,
    further: Vec<OsString>,
}

impl Redis {
    /// Starts one in `dir`.
    pub fn start(dir: &Path, port: u16, life: Life) -> io::Result<Self> {
        Self::start_with(dir, port, life, &[])
    }

    /// The same, with further arguments.
    pub fn start_with(dir: &Path, port: u16, life: Life, further: &[OsString]) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut redis = Self { daemon: None, dir: dir.to_owned(), port, life, further: further.to_vec() };
        redis.restart()?;
        Ok(redis)
    }

    /// Starts it again after it was killed or stopped.
    pub fn restart(&mut self) -> io::Result<()> {
        let (port, dir) = (self.port.to_string(), self.dir.canonicalize()?);
        let arguments =
            ["redis-server", "--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let mut command: Vec<OsString> = arguments.map(OsString::from).into();
        command.extend(["--dir".into(), dir.into_os_string()]);
        command.extend_from_slice(&self.further);
        self.daemon = Some(Daemon::start(&command, &self.dir, self.life, || answers(self.port))?);
        Ok(())
    }

    /// Its process; `None` after it was killed or stopped.
    pub fn daemon(&self) -> Option<&Daemon> {
        self.daemon.as_ref()
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) -> io::Result<()> {
        self.daemon.take().map_or(Ok(()), |mut daemon| daemon.kill())
    }
}

fn answers(port: u16) -> bool {
    let ping = || -> io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut pong = [0; 5];
        stream.read_exact(&mut pong)?;
        Ok(pong)
    };
    // One that wants a password first is there too.
    ping().is_ok_and(|pong| pong == *b"+PONG" || pong == *b"-NOAU")
}
