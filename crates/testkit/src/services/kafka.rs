//! Apache Kafka brokers in KRaft mode, each broker and controller in one.

use std::{
    ffi::OsString,
    fs,
    io::{self, Error},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
};

use super::{Daemon, Life};

/// The name of every cluster made here: 16 bytes in URL-safe base 64.
const CLUSTER_ID: &str = "U1dFTElURS1LQUZLQS0wMQ";

/// Words for people; what a broker says at the level below would fill disks.
const LOG_SETTINGS: &str = "Configuration:\n  Appenders: {Console: {name: C, PatternLayout: {pattern: \"%d %p %m (%c)%n\"}}}\n  Loggers: {Root: {level: WARN, AppenderRef: {ref: C}}}\n";

/// How to start them.
#[derive(Clone, Debug)]
pub struct KafkaOptions {
    /// The folder that holds the jars.
    pub jars: PathBuf,
    /// The Java heap of each broker, e.g. `256m`.
    pub heap: String,
    /// Where each broker listens for clients and for controllers; one pair a broker.
    pub ports: Vec<(u16, u16)>,
    /// Further lines of each broker's properties; a later line takes the place of an earlier one.
    pub further: Vec<String>,
}

/// Brokers of one cluster.
#[derive(Debug)]
pub struct Kafka {
    brokers: Vec<Option<Daemon>>,
    dir: PathBuf,
    options: KafkaOptions,
    life: Life,
}

impl Kafka {
    /// Starts a cluster in `dir`; formats its data folders the first time.
    pub fn start(dir: &Path, options: KafkaOptions, life: Life) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        fs::write(dir.join("log4j2.yaml"), LOG_SETTINGS)?;
        let mut kafka = Self { brokers: Vec::new(), dir, options, life };
        for node in 0..kafka.options.ports.len() {
            kafka.format(node)?;
        }
        kafka.restart_all()?;
        Ok(kafka)
    }

    /// `host:port` of every broker, with commas between.
    pub fn bootstrap(&self) -> String {
        let ports = self.options.ports.iter();
        ports.map(|(client, _)| format!("127.0.0.1:{client}")).collect::<Vec<_>>().join(",")
    }

    /// A broker's process; `None` after it was killed.
    pub fn broker(&self, node: usize) -> Option<&Daemon> {
        self.brokers.get(node)?.as_ref()
    }

    /// Ends one broker as a crash would.
    pub fn kill(&mut self, node: usize) -> io::Result<()> {
        self.brokers[node].take().map_or(Ok(()), |mut daemon| daemon.kill())
    }

    /// Starts every broker again. A cluster forms only when most of them run: none is waited for before all are started.
    pub fn restart_all(&mut self) -> io::Result<()> {
        let nodes = 0..self.options.ports.len();
        self.brokers = nodes.clone().map(|node| self.spawn(node).map(Some)).collect::<io::Result<_>>()?;
        nodes.into_iter().try_for_each(|node| self.wait(node))
    }

    /// Starts one broker again.
    pub fn restart(&mut self, node: usize) -> io::Result<()> {
        self.brokers[node] = Some(self.spawn(node)?);
        self.wait(node)
    }

    /// Where a broker keeps its pid and its words, below the folder of the cluster.
    pub fn folder(dir: &Path, node: usize) -> PathBuf {
        dir.join(format!("broker-{}", node + 1))
    }

    fn spawn(&self, node: usize) -> io::Result<Daemon> {
        let folder = Self::folder(&self.dir, node);
        let heap = &self.options.heap;
        let mut command: Vec<OsString> =
            vec!["java".into(), format!("-Xms{heap}").into(), format!("-Xmx{heap}").into()];
        command.extend(["-XX:+UseSerialGC".into(), self.log_option(), "-cp".into(), self.class_path()]);
        command.extend(["kafka.Kafka".into(), folder.join("server.properties").into_os_string()]);
        Daemon::spawn(&command, &folder, self.life)
    }

    fn wait(&mut self, node: usize) -> io::Result<()> {
        let port = self.options.ports[node].0;
        let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        self.brokers[node].as_mut().map_or(Ok(()), |broker| broker.wait_until_ready(ready))
    }

    fn format(&self, node: usize) -> io::Result<()> {
        let folder = Self::folder(&self.dir, node);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("server.properties"), self.properties(node))?;
        if folder.join("data/meta.properties").is_file() {
            return Ok(());
        }
        let formatted = Command::new("java")
            .args(["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            .arg(self.log_option())
            .arg("-cp")
            .arg(self.class_path())
            .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
            .arg(folder.join("server.properties"))
            .output()?;
        if formatted.status.success() {
            return Ok(());
        }
        Err(Error::other(format!(
            "cannot format a Kafka folder: {}",
            String::from_utf8_lossy(&formatted.stderr)
        )))
    }

    fn properties(&self, node: usize) -> String {
        let brokers = self.options.ports.len();
        let (copies, insync) = if brokers >= 3 { (3, 2) } else { (1, 1) };
        let (client, controller) = self.options.ports[node];
        let voters = self.options.ports.iter().enumerate();
        let voters: Vec<String> =
            voters.map(|(node, (_, port))| format!("{}@127.0.0.1:{port}", node + 1)).collect();
        format!(
            "process.roles=broker,controller\nnode.id={}\ncontroller.quorum.voters={}\n\
             listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{client}\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             inter.broker.listener.name=PLAINTEXT\nlog.dirs={}/data\n\
             offsets.topic.replication.factor={copies}\noffsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor={copies}\ntransaction.state.log.min.isr={insync}\n\
             default.replication.factor={copies}\nmin.insync.replicas={insync}\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n\
             num.network.threads=2\nnum.io.threads=4\nlog.cleaner.threads=1\n\
             log.cleaner.dedupe.buffer.size=8388608\n{}\n",
            node + 1,
            voters.join(","),
            Self::folder(&self.dir, node).display(),
            self.options.further.join("\n"),
        )
    }

    fn log_option(&self) -> OsString {
        let mut option = OsString::from("-Dlog4j2.configurationFile=");
        option.push(self.dir.join("log4j2.yaml"));
        option
    }

    fn class_path(&self) -> OsString {
        self.options.jars.join("*").into_os_string()
    }
}
