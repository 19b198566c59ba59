//! A MariaDB server with the durability of its defaults: every commit is flushed.

use std::{
    ffi::OsString,
    fs,
    io::{self, Error, Read},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{Daemon, Life};

/// What a client may do: `root`, without a password, from loopback only. These servers hold nothing worth a password.
const SETUP: &str =
    "CREATE USER IF NOT EXISTS root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n";

/// The user the packages make.
const OWN_USER: &str = "mysql";

/// How to start one.
#[derive(Clone, Debug, Default)]
pub struct MariadbOptions {
    /// Lines for the `[mysqld]` section of its settings.
    pub settings: Vec<String>,
    /// Further arguments of the first start.
    pub arguments: Vec<OsString>,
    /// Run as the packages' own user where root starts it. Galera's copying of state needs that: its rsync gives up root.
    pub as_own_user: bool,
}

/// A MariaDB server.
#[derive(Debug)]
pub struct Mariadb {
    daemon: Option<Daemon>,
    dir: PathBuf,
    port: u16,
    life: Life,
}

impl Mariadb {
    /// Starts one in `dir`; makes its data folder the first time.
    pub fn start(dir: &Path, port: u16, life: Life) -> io::Result<Self> {
        Self::start_with(dir, port, life, &MariadbOptions::default())
    }

    /// The same, with settings of its own.
    pub fn start_with(dir: &Path, port: u16, life: Life, options: &MariadbOptions) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut mariadb = Self { daemon: None, dir: dir.canonicalize()?, port, life };
        let is_root = rustix::process::geteuid().is_root();
        let user = is_root.then_some(if options.as_own_user { OWN_USER } else { "root" });
        mariadb.write_settings(user, &options.settings)?;
        mariadb.install()?;
        if user == Some(OWN_USER) {
            mariadb.give_to_own_user()?;
        }
        mariadb.restart_with(&options.arguments)?;
        Ok(mariadb)
    }

    /// Starts it again after it was killed or stopped.
    pub fn restart(&mut self) -> io::Result<()> {
        self.restart_with(&[])
    }

    /// The same, with arguments of this start only.
    pub fn restart_with(&mut self, arguments: &[OsString]) -> io::Result<()> {
        let mut command: Vec<OsString> = vec!["mariadbd".into(), self.defaults_file()];
        command.extend_from_slice(arguments);
        self.daemon = Some(Daemon::start(&command, &self.dir, self.life, || greets(self.port))?);
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

    /// Asks it to end.
    pub fn stop(&mut self) -> io::Result<()> {
        self.daemon.take().map_or(Ok(()), |mut daemon| daemon.stop())
    }

    fn defaults_file(&self) -> OsString {
        let mut argument = OsString::from("--defaults-file=");
        argument.push(self.dir.join("my.cnf"));
        argument
    }

    fn write_settings(&self, user: Option<&str>, further: &[String]) -> io::Result<()> {
        let (dir, port) = (self.dir.display(), self.port);
        let user = user.map_or(String::new(), |user| format!("user={user}\n"));
        let further = further.join("\n");
        let settings = format!(
            "[mysqld]\n{user}datadir={dir}/data\nsocket={dir}/socket\npid-file={dir}/mariadbd.pid\nport={port}\n\
             bind-address=127.0.0.1\nskip-name-resolve\ncharacter-set-server=utf8mb4\n\
             innodb_flush_log_at_trx_commit=1\ninnodb_buffer_pool_size=512M\ninnodb_log_file_size=512M\n\
             max_connections=500\nperformance_schema=OFF\ninit-file={dir}/setup.sql\n{further}\n"
        );
        fs::write(self.dir.join("setup.sql"), SETUP)?;
        fs::write(self.dir.join("my.cnf"), settings)
    }

    fn give_to_own_user(&self) -> io::Result<()> {
        let given = Command::new("chown").arg("-R").arg(OWN_USER).arg(&self.dir).status()?;
        if given.success() {
            Ok(())
        } else {
            Err(Error::other(format!("cannot give {} away", self.dir.display())))
        }
    }

    fn install(&self) -> io::Result<()> {
        if self.dir.join("data/mysql").is_dir() {
            return Ok(());
        }
        fs::create_dir_all(self.dir.join("data"))?;
        let made = Command::new("mariadb-install-db")
            .arg(self.defaults_file())
            .args(["--auth-root-authentication-method=normal", "--skip-test-db", "--wsrep-on=OFF"])
            .output()?;
        if made.status.success() {
            return Ok(());
        }
        Err(Error::other(format!("mariadb-install-db failed: {}", String::from_utf8_lossy(&made.stderr))))
    }
}

/// Whether the server sends its greeting: a packet whose first byte is protocol version 10.
fn greets(port: u16) -> bool {
    let greeting = || -> io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut head = [0; 5];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    greeting().is_ok_and(|head| head[4] == 10)
}
