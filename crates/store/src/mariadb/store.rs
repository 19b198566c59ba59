//! The store itself: [`MariadbStore`] opens a database and hands out transactions and snapshots of it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{DeadLetterId, Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, Batch, BatchKeys, Clock, DeadLetterMove, InstanceId, LogId, OperatorBatch, OperatorKeys,
    OutboxCut, PartitionClaim, Platform, PostingBatch, PostingScope, RelayLease, Snapshot, Store, StoreError,
};

use super::{
    accounts::Accounts,
    batch::{Committing, MariadbBatch},
    connect::{Endpoint, Purpose},
    durability,
    error::MariadbError,
    lease,
    migrate::{self, Standing},
    operators::MariadbOperators,
    options::MariadbOptions,
    platform,
    pool::{Pool, PoolLimits},
    posting::{self, MariadbPosting},
    retention,
    script::Script,
    session::Session,
    snapshot::MariadbSnapshot,
};

/// The books in a MariaDB database, shared by any number of replicas.
///
/// Committers, other writers and readers have connections of their own each, so that none can take another's. A connection
/// is used in the runtime it was made in.
pub struct MariadbStore {
    committing: Committing,
    writers: Arc<Pool>,
    readers: Arc<Pool>,
    accounts: Arc<Accounts>,
    platform: Platform,
    clock: Option<Arc<dyn Clock>>,
}

impl MariadbStore {
    /// Opens the database. Makes nothing and changes nothing: that is [`super::migrate`]'s work.
    pub async fn open(options: &MariadbOptions) -> Result<Self, MariadbError> {
        check_settings(options)?;
        let endpoint = Arc::new(Endpoint::new(options));
        let pool = |purpose, connections| {
            let limits = PoolLimits {
                connections,
                wait_max: options.wait_max,
                statement_timeout: options.statement_timeout,
            };
            Pool::new(Arc::clone(&endpoint), purpose, limits)
        };
        let writers = pool(Purpose::Write, options.writers);
        let platform = check_database(options).await?;
        endpoint.stay_on(platform.timeline);
        Ok(Self {
            committing: Committing {
                pool: pool(Purpose::Commit, options.committers),
                lanes: platform.lanes,
                instance: options.instance.0,
                fate_timeout: options.fate_timeout,
            },
            readers: pool(Purpose::Read, options.readers),
            // Two, so that the worker and a redrive can name accounts side by side.
            accounts: Arc::new(Accounts::new(pool(Purpose::Write, 2))),
            writers,
            platform,
            clock: None,
        })
    }

    /// The same store with another clock than the database's: a test's own, which stands still until it is moved.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Names this history of the books: a restored database gets another one.
    pub fn timeline_id(&self) -> [u8; 16] {
        self.platform.timeline
    }

    /// What precedes every transaction.
    fn script(&self) -> Script {
        let mut script = Script::default();
        if let Some(clock) = &self.clock {
            let now = clock.now().unix_ms();
            script.ask(&format!("SET timestamp = {}.{:03}", now / 1000, now % 1000));
        }
        script
    }

    /// Begins a transaction that is neither a batch nor a posting.
    async fn begin(&self, context: &'static str) -> Result<Session, StoreError> {
        let mut script = self.script();
        script.ask("BEGIN");
        Ok(self.writers.begin(context, script.sql()).await?.0)
    }
}

#[async_trait]
impl Store for MariadbStore {
    fn lane_count(&self) -> u16 {
        self.platform.lanes
    }

    async fn batch_open(&self, lanes: &[Lane], keys: &BatchKeys) -> Result<Box<dyn Batch>, StoreError> {
        Ok(Box::new(MariadbBatch::open(self.committing.clone(), lanes, keys, self.script()).await?))
    }

    async fn posting_open(&self, scope: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError> {
        let accounts = Arc::clone(&self.accounts);
        Ok(Box::new(MariadbPosting::open(&self.writers, accounts, scope, self.script()).await?))
    }

    async fn operators_open(&self, keys: &OperatorKeys) -> Result<Box<dyn OperatorBatch>, StoreError> {
        Ok(Box::new(MariadbOperators::open(&self.writers, keys, self.script()).await?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(MariadbSnapshot::take(&self.readers, self.platform.lanes).await?))
    }

    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError> {
        let mut session = self.begin("move dead letter").await?;
        posting::dead_letter_move(&mut session, change, audit.at).await?;
        posting::audit_append(&mut session, audit).await?;
        session.commit().await
    }

    async fn dead_letter_published(&self, ids: &[DeadLetterId], at: Timestamp) -> Result<(), StoreError> {
        let mut session = self.begin("note published dead letters").await?;
        posting::dead_letter_published(&mut session, ids, at).await?;
        session.commit().await
    }

    async fn relay_claim(
        &self,
        lane: Lane,
        log: &LogId,
        owner: InstanceId,
        lease: Duration,
    ) -> Result<Option<RelayLease>, StoreError> {
        let (mut session, _) = self.writers.lend().await?;
        let claimed = lease::relay_claim(&mut session, self.script(), (lane, log, owner), lease).await?;
        if claimed.is_some() {
            session.commit().await?;
        }
        Ok(claimed)
    }

    async fn relay_move(
        &self,
        moves: &[(RelayLease, Seq)],
        lease: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let (mut session, _) = self.writers.lend().await?;
        lease::relay_move(&mut session, self.script(), moves, lease).await
    }

    async fn relay_release(&self, held: &RelayLease) -> Result<(), StoreError> {
        let (mut session, _) = self.writers.lend().await?;
        lease::relay_release(&mut session, held).await
    }

    async fn relay_rewind(&self, lane: Lane, to: Seq, audit: &AuditEntry) -> Result<Option<Seq>, StoreError> {
        let mut session = self.begin("rewind relay position").await?;
        let position = lease::relay_rewind(&mut session, lane, to).await?;
        if position.is_some() {
            posting::audit_append(&mut session, audit).await?;
        }
        session.commit().await?;
        Ok(position)
    }

    async fn partition_count(&self, wanted: i32) -> Result<i32, StoreError> {
        let mut session = self.begin("store partition count").await?;
        let count = lease::partition_count(&mut session, wanted).await?;
        session.commit().await?;
        Ok(count)
    }

    async fn partition_claim(
        &self,
        log: &LogId,
        owner: InstanceId,
        partitions: &[(Topic, i32)],
    ) -> Result<Vec<PartitionClaim>, StoreError> {
        let mut session = self.begin("claim partitions").await?;
        let claims = lease::partition_claim(&mut session, log, owner, partitions).await?;
        session.commit().await?;
        Ok(claims)
    }

    async fn outbox_prune(&self, cut: &OutboxCut) -> Result<(), StoreError> {
        let mut session = self.begin("prune outbox").await?;
        retention::outbox_prune(&mut session, cut).await?;
        session.commit().await
    }

    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut session = self.begin("prune idempotency keys").await?;
        let lanes = self.platform.lanes;
        let pruned = retention::idempotency_prune(&mut session, lanes, answered_before, limit).await?;
        session.commit().await?;
        Ok(pruned)
    }
}

fn check_settings(options: &MariadbOptions) -> Result<(), MariadbError> {
    options.check_authority()?;
    if options.hosts().is_empty() {
        return Err(MariadbError::Setting("no host of MariaDB is named"));
    }
    // The server gives up a lock after two seconds: only then is the answer its own.
    if options.statement_timeout <= Duration::from_secs(2) {
        return Err(MariadbError::Setting(
            "a statement must have more time than the 2 s it may wait for a lock",
        ));
    }
    Ok(())
}

async fn check_database(options: &MariadbOptions) -> Result<Platform, MariadbError> {
    let endpoint = Arc::new(Endpoint::new(&options.patient()));
    let connect = |source| MariadbError::Connect { address: endpoint.address(), source };
    let limits = PoolLimits {
        connections: 1,
        wait_max: options.wait_max,
        statement_timeout: options.statement_timeout,
    };
    let pool = Pool::new(Arc::clone(&endpoint), Purpose::Write, limits);
    let (mut session, _) = pool.lend().await.map_err(connect)?;
    let session = &mut session;
    for fault in durability::read(session).await.map_err(connect)? {
        tracing::warn!(setting = %fault, "MariaDB may lose what it has answered for; `swelite doctor` says more");
    }
    let empty = || MariadbError::Empty { database: options.database.clone() };
    match migrate::check(session, options).await? {
        Standing::Empty => Err(empty()),
        Standing::Current => {
            let read = platform::read(session).await;
            let database = || options.database.clone();
            read.map_err(|source| MariadbError::Database { context: "read", database: database(), source })?
                .ok_or_else(empty)
        }
    }
}
