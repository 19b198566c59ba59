//! The servers and the replicas on them: one of each server, or a cluster of each.

use std::path::Path;

use testkit::{
    http::HttpClient,
    process::{Launch, Running},
    services::{
        Balancer, Front, Galera, Kafka, KafkaOptions, Life, Mariadb, Redis, Sharing, free_port, kafka_jars,
    },
};

use crate::real_set::RealSet;

/// How many of each there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Size {
    /// Database nodes: one server, or a Galera cluster behind a balancer.
    pub(super) databases: usize,
    /// Whether every replica writes through a node of its own, which nobody should want: certification has to keep them apart.
    pub(super) scattered: bool,
    /// Kafka brokers.
    pub(super) brokers: usize,
    /// Replicas that take calls.
    pub(super) ingests: usize,
    /// Replicas that post.
    pub(super) workers: usize,
}

/// The database servers.
pub(super) enum Databases {
    /// One.
    Single(Mariadb),
    /// Several that hold the same; the balancer sends everything to the first that lives.
    Cluster(Galera, Balancer),
}

/// Servers and replicas.
pub(super) struct Town {
    pub(super) size: Size,
    pub(super) databases: Databases,
    pub(super) kafka: Kafka,
    pub(super) redis: Redis,
    pub(super) ingests: Vec<Replica>,
    pub(super) workers: Vec<Replica>,
}

impl Town {
    pub(super) async fn start(folder: &Path, size: Size) -> Self {
        let databases = Databases::start(folder, size.databases);
        let redis = Redis::start(&folder.join("redis"), free_port().unwrap(), Life::Owned).unwrap();
        let ports = (0..size.brokers).map(|_| (free_port().unwrap(), free_port().unwrap())).collect();
        let options =
            KafkaOptions { jars: kafka_jars(), heap: "256m".to_owned(), ports, further: Vec::new() };
        let kafka = Kafka::start(&folder.join("kafka"), options, Life::Owned).unwrap();
        let local = |port| ("127.0.0.1".to_owned(), port);
        let set = RealSet {
            mariadb: local(databases.port()),
            kafka: kafka.bootstrap(),
            redis: local(redis.port()),
            name: "failover".to_owned(),
        };
        let launch = |number: usize, role: &str| {
            let mut own = set.clone();
            if size.scattered {
                own.mariadb.1 = databases.own_port(number);
            }
            own.launch(&folder.join(format!("{role}-{number}"))).with("SWELITE_RATE_LIMITS", "off")
        };
        set.migrated(&folder.join("migrate"));
        let (mut ingests, mut workers) = (Vec::new(), Vec::new());
        for number in 0..size.ingests {
            ingests.push(Replica::new("ingest", launch(number, "ingest")).await);
        }
        for number in 0..size.workers {
            workers.push(Replica::new("worker", launch(number, "worker")).await);
        }
        Self { size, databases, kafka, redis, ingests, workers }
    }

    pub(super) fn clients(&self) -> Vec<HttpClient> {
        self.ingests.iter().map(|replica| HttpClient::new(&replica.launch.url())).collect()
    }
}

impl Databases {
    fn start(folder: &Path, nodes: usize) -> Self {
        if nodes == 1 {
            let folder = folder.join("mariadb");
            return Self::Single(Mariadb::start(&folder, free_port().unwrap(), Life::Owned).unwrap());
        }
        let galera = Galera::start(&folder.join("galera"), nodes, Life::Owned).unwrap();
        let port = free_port().unwrap();
        let front = Front { port, servers: galera.ports(), sharing: Sharing::First };
        let balancer = Balancer::start(&folder.join("balancer"), &[front], Life::Owned).unwrap();
        Self::Cluster(galera, balancer)
    }

    /// The port that replicas connect to.
    fn port(&self) -> u16 {
        match self {
            Self::Single(mariadb) => mariadb.port(),
            Self::Cluster(_, balancer) => balancer.ports()[0],
        }
    }

    /// The node of a replica that does not go through the balancer.
    fn own_port(&self, number: usize) -> u16 {
        match self {
            Self::Single(mariadb) => mariadb.port(),
            Self::Cluster(galera, _) => galera.ports()[number % galera.ports().len()],
        }
    }

    /// Kills the one that is written to.
    pub(super) fn kill(&mut self) {
        self.writer().kill().unwrap();
    }

    /// Freezes the one that is written to: it keeps its connections and answers nobody.
    pub(super) fn freeze(&mut self) {
        self.writer().daemon().unwrap().freeze().unwrap();
    }

    /// Lets it go on.
    pub(super) fn thaw(&mut self) {
        self.writer().daemon().unwrap().thaw().unwrap();
    }

    /// Starts it again.
    pub(super) fn restart(&mut self) {
        self.writer().restart().unwrap();
    }

    fn writer(&mut self) -> &mut Mariadb {
        match self {
            Self::Single(mariadb) => mariadb,
            Self::Cluster(galera, _) => galera.node(0),
        }
    }
}

/// One replica, and how to start it again.
pub(super) struct Replica {
    role: &'static str,
    pub(super) launch: Launch,
    running: Option<Running>,
}

impl Replica {
    async fn new(role: &'static str, launch: Launch) -> Self {
        let mut replica = Self { role, launch, running: None };
        replica.start().await;
        replica
    }

    pub(super) async fn start(&mut self) {
        self.running = Some(self.launch.role(self.role).await);
    }

    pub(super) fn running(&self) -> &Running {
        self.running.as_ref().unwrap_or_else(|| panic!("{} was killed", self.role))
    }

    pub(super) fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    pub(super) fn freeze(&self) {
        self.running().freeze();
    }

    pub(super) fn thaw(&self) {
        self.running().thaw();
    }
}
