//! One connection: to the first host that can take writes, set up the way every transaction here relies on.
//!
//! Invariant: all connections of a process go to one host at a time. When that one is lost, every idle connection is thrown
//! away and the hosts are tried again, beginning with the one that served last; so it is when that one answers but takes no
//! writes any more. Nobody waits for a host that has just been found away, and one that was found silent is tried last for a while.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use engine::ports::StoreError;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts, prelude::Queryable};
use tokio::{
    runtime::{Handle, Id},
    time::{Instant, timeout},
};

use super::{
    error::{Failure, unavailable, word_of_server},
    options::{MariadbOptions, Tls},
    pool::Pool,
    silence::Silence,
};

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Batches of payments: a caller waits for each, so where connections are few these come first.
    Commit,
    /// Other transactions that lock and write.
    Write,
    /// Snapshots: one view for the whole transaction.
    Read,
}

/// How long the hosts are left alone after none could be reached.
const AWAY_PAUSE: Duration = Duration::from_millis(200);

/// How long a host that was found silent is tried after the others.
const SHUNNED: Duration = Duration::from_secs(5);

/// Statements kept prepared on each connection.
const STATEMENTS_MAX: usize = 128;

/// The hosts and how to speak to them.
pub(super) struct Endpoint {
    hosts: Vec<(String, u16)>,
    base: OptsBuilder,
    connect_timeout: Duration,
    standing: Mutex<Standing>,
    /// Which timeline the books were opened on. On another one this process would remember what is not there.
    timeline: OnceLock<[u8; 16]>,
    /// Moves on with every lost connection and every change of host: older idle ones are not trusted any more.
    generation: AtomicU64,
    pub(super) silence: Silence,
    /// Whose connections lead there.
    pools: Mutex<Vec<Weak<Pool>>>,
}

#[derive(Default)]
struct Standing {
    /// The host that served last.
    current: usize,
    away_until: Option<Instant>,
    /// The host that was found silent last, and until when it is tried after the others.
    shunned: Option<(usize, Instant)>,
}

/// Where a connection leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Way {
    /// Which host.
    pub(super) host: usize,
    /// When it was made, counted in losses before.
    pub(super) generation: u64,
}

/// A connection and what was found out while it was made.
pub(super) struct Connected {
    pub(super) conn: Conn,
    pub(super) way: Way,
    /// The runtime that drives it: elsewhere it would wait for two threads.
    pub(super) runtime: Id,
    /// Whether the host is a node of a Galera cluster.
    pub(super) galera: bool,
}

impl Endpoint {
    /// To the database.
    pub(super) fn new(options: &MariadbOptions) -> Self {
        let endpoint = Self::of_server(options);
        Self { base: endpoint.base.clone().db_name(Some(options.database.as_str())), ..endpoint }
    }

    /// To the server, whether or not the database is there yet.
    pub(super) fn of_server(options: &MariadbOptions) -> Self {
        let base = OptsBuilder::default()
            .user(Some(options.user.as_str()))
            .pass(options.password.as_deref())
            .prefer_socket(false)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(10)))
            .stmt_cache_size(STATEMENTS_MAX)
            .client_found_rows(true)
            .ssl_opts(ssl(&options.tls));
        Self {
            hosts: options.hosts(),
            base,
            connect_timeout: options.connect_timeout,
            standing: Mutex::default(),
            timeline: OnceLock::new(),
            generation: AtomicU64::new(0),
            silence: Silence::new(),
            pools: Mutex::default(),
        }
    }

    /// A pool of connections to it.
    pub(super) fn know(&self, pool: &Arc<Pool>) {
        self.pools().push(Arc::downgrade(pool));
    }

    /// Closes what is idle of all pools but those that come first.
    pub(super) fn close_idle(&self) {
        let pools: Vec<Arc<Pool>> = self.pools().iter().filter_map(Weak::upgrade).collect();
        for pool in pools.iter().filter(|pool| pool.purpose != Purpose::Commit) {
            pool.close_idle();
        }
    }

    fn pools(&self) -> MutexGuard<'_, Vec<Weak<Pool>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it leads, for messages.
    pub(super) fn address(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        hosts.join(",")
    }

    /// Which connections are trusted: those made since the latest loss.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A connection of `generation` was lost: the others of its time are probably lost too.
    pub(super) fn lost(&self, generation: u64) {
        // Whoever comes second finds it done.
        let next = generation.wrapping_add(1);
        let _ = self.generation.compare_exchange(generation, next, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on only a database of this timeline will do.
    pub(super) fn stay_on(&self, timeline: [u8; 16]) {
        self.timeline.get_or_init(|| timeline);
    }

    /// Connects to the first host that can serve.
    pub(super) async fn connect(&self, purpose: Purpose) -> Result<Connected, StoreError> {
        let context = "connect";
        if self.standing().away_until.is_some_and(|until| Instant::now() < until) {
            return Err(unavailable(context, "the database was away a moment ago"));
        }
        let mut failure = unavailable(context, "no host is configured");
        let asked = self.silence.now();
        for host in self.in_order() {
            match self.connect_to(host, purpose).await {
                Ok(connected) if self.serves(host) => {
                    return Ok(Connected { way: Way { host, generation: self.generation() }, ..connected });
                }
                Ok(connected) => return Ok(connected),
                Err(error) => failure = error,
            }
        }
        // A server that answers others meanwhile, or says why it lets nobody in, is not away: whoever tries again may be let in.
        if !self.silence.heard_since(asked) && word_of_server(&failure).is_none() {
            self.standing().away_until = Some(Instant::now() + AWAY_PAUSE);
        }
        Err(failure)
    }

    /// The hosts in the order they are tried.
    fn in_order(&self) -> Vec<usize> {
        let standing = self.standing();
        let hosts = self.hosts.len();
        let mut order: Vec<usize> = (0..hosts).map(|step| (standing.current + step) % hosts).collect();
        if let Some((shunned, _)) = standing.shunned.filter(|(_, until)| Instant::now() < *until) {
            order.sort_by_key(|host| *host == shunned);
        }
        order
    }

    /// The server at the end of `way` answers nobody: callers are told at once, and other hosts are tried before it. Connections of
    /// generations below what is said lead there.
    pub(super) fn left_silent(&self, way: Way) -> u64 {
        let (host, port) = &self.hosts[way.host];
        tracing::warn!(host, port, "MariaDB answers nobody; it is taken to be away");
        let mut standing = self.standing();
        let generation = if standing.current == way.host { self.generation() } else { way.generation };
        let now = Instant::now();
        standing.shunned = Some((way.host, now + SHUNNED));
        if self.hosts.len() == 1 {
            standing.away_until = Some(now + AWAY_PAUSE);
        }
        drop(standing);
        self.lost(generation);
        generation.saturating_add(1)
    }

    /// Whether the server there lets anybody in, or says why not.
    pub(super) async fn lets_in(&self, host: usize) -> bool {
        let asked = timeout(self.connect_timeout, Conn::new(self.opts(host))).await;
        asked.is_ok_and(|asked| !asked.is_err_and(|error| Failure::from(error).lost_connection()))
    }

    fn opts(&self, host: usize) -> Opts {
        let (name, port) = &self.hosts[host];
        self.base.clone().ip_or_hostname(name.as_str()).tcp_port(*port).into()
    }

    async fn connect_to(&self, host: usize, purpose: Purpose) -> Result<Connected, StoreError> {
        let context = "connect";
        let way = Way { host, generation: self.generation() };
        let attempt = async {
            let mut conn = Conn::new(self.opts(host)).await?;
            conn.query_drop(setup(purpose)).await?;
            let standing: Option<(String, Option<String>)> = conn.query_first(STANDING).await?;
            if matches!(&standing, Some((read_only, Some(ready))) if takes_writes(read_only) && ready == "ON")
            {
                conn.query_drop(CATCH_UP).await?;
            }
            let timeline = match self.timeline.get() {
                Some(_) => timeline(&mut conn).await?,
                None => None,
            };
            Ok::<_, mysql_async::Error>((conn, standing, timeline))
        };
        let connected = timeout(self.connect_timeout, attempt).await;
        let connected = connected.map_err(|_| Failure::Late(self.connect_timeout).sort(context))?;
        let (conn, standing, timeline) = connected.map_err(|error| Failure::from(error).sort(context))?;
        let (read_only, wsrep) = standing.unwrap_or_default();
        let galera = wsrep.is_some();
        match wsrep.as_deref() {
            Some("OFF") => Err(unavailable(context, "the node is not part of a cluster that may write")),
            _ if !takes_writes(&read_only) => Err(unavailable(context, "the server is read-only")),
            _ if timeline.as_deref() != self.timeline.get().map(<[u8; 16]>::as_slice) => Err(unavailable(
                context,
                "the database is on another timeline than it was: start this replica again",
            )),
            _ => Ok(Connected { conn, way, runtime: Handle::current().id(), galera }),
        }
    }

    /// Whether that is another host than before. Then what is idle leads to the wrong one.
    fn serves(&self, at: usize) -> bool {
        let mut standing = self.standing();
        standing.away_until = None;
        if standing.current == at {
            return false;
        }
        tracing::warn!(host = %self.hosts[at].0, port = self.hosts[at].1, "writing through another host");
        standing.current = at;
        self.generation.fetch_add(1, Ordering::AcqRel);
        true
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address())
    }
}

/// What the database is called now; nothing while it is being brought back.
async fn timeline(conn: &mut Conn) -> mysql_async::Result<Option<Vec<u8>>> {
    match conn.query_first("SELECT timeline_id FROM platform").await {
        Err(mysql_async::Error::Server(_)) => Ok(None),
        asked => asked,
    }
}

/// Whether the server takes writes, and whether it is ready as a node of a cluster (null where there is none).
const STANDING: &str = "SELECT CAST(@@global.read_only AS CHAR), \
     (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'WSREP_READY' \
      AND EXISTS (SELECT 1 FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'WSREP_ON' \
                  AND VARIABLE_VALUE = 'ON'))";

/// What `read_only` says: a number, and from MariaDB 12 on one of several words.
fn takes_writes(read_only: &str) -> bool {
    matches!(read_only, "0" | "OFF")
}

/// Waits until this node of a cluster has what any of them committed before. A certified commit is answered before the other nodes
/// have it, so whoever comes from another node could find less here than it has seen there.
pub(super) const CATCH_UP: &str = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1";

/// What every session relies on.
///
/// A stopped or cut-off replica frees its locks within five seconds; nobody waits for a lock longer than two, of a row or of a whole
/// server that is held for a copy: who gives up here leaves no thread waiting there. Values that do not fit are refused, never cut. Times are UTC. An IN list is looked up key by key, however long it is.
/// Whatever the server is set to: text is UTF-8 both ways, a statement outside of a transaction is one by itself, COMMIT ends a
/// transaction and nothing else, no answer is cut, and a connection is not closed for having been idle for a while.
fn setup(purpose: Purpose) -> String {
    let isolation = match purpose {
        Purpose::Commit | Purpose::Write => "READ COMMITTED",
        Purpose::Read => "REPEATABLE READ",
    };
    format!(
        "SET NAMES utf8mb4; SET SESSION TRANSACTION ISOLATION LEVEL {isolation}, READ WRITE; \
         SET SESSION autocommit = 1, completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615, \
         sql_safe_updates = 0, sql_auto_is_null = 0, wait_timeout = 28800; \
         SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE', \
         innodb_lock_wait_timeout = 2, lock_wait_timeout = 2, idle_transaction_timeout = 5, idle_readonly_transaction_timeout = 5, \
         in_predicate_conversion_threshold = 0, net_write_timeout = 10"
    )
}

fn ssl(tls: &Tls) -> Option<SslOpts> {
    match tls {
        Tls::Off => None,
        Tls::Required { ca_file: None } => Some(SslOpts::default()),
        Tls::Required { ca_file: Some(path) } => Some(
            SslOpts::default().with_root_certs(vec![path.clone().into()]).with_disable_built_in_roots(true),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_takes_writes_only_when_it_says_so() {
        for says in ["0", "OFF"] {
            assert!(takes_writes(says), "{says}");
        }
        for says in ["1", "ON", "NO_LOCK", "NO_LOCK_NO_ADMIN", ""] {
            assert!(!takes_writes(says), "{says}");
        }
    }

    #[tokio::test]
    async fn a_host_found_silent_is_tried_after_the_others_for_a_while() {
        let endpoint = Endpoint::new(&MariadbOptions::new("a,b,c", 3306, "paydb"));
        assert_eq!(endpoint.in_order(), [0, 1, 2]);
        assert_eq!(endpoint.left_silent(Way { host: 0, generation: 0 }), 1);
        assert_eq!(endpoint.in_order(), [1, 2, 0]);
        assert_eq!(endpoint.generation(), 1, "its connections are not used again");
        assert_eq!(endpoint.standing().away_until, None, "another host may serve");
        endpoint.standing().shunned = Some((0, Instant::now()));
        assert_eq!(endpoint.in_order(), [0, 1, 2], "the while is over");
    }

    #[tokio::test]
    async fn nobody_is_sent_to_the_only_host_while_it_is_silent() {
        let endpoint = Endpoint::new(&MariadbOptions::new("a", 3306, "paydb"));
        endpoint.left_silent(Way { host: 0, generation: 0 });
        let refused = endpoint.connect(Purpose::Write).await.map(drop);
        let Err(StoreError::Unavailable { source, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(source.to_string(), "the database was away a moment ago");
    }
}
