//! The store itself: [`SqliteStore`] opens a data directory and hands out transactions and snapshots of it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{DeadLetterId, Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, Batch, BatchKeys, Clock, DeadLetterMove, InstanceId, LogId, OperatorBatch, OperatorKeys,
    OutboxCut, PartitionClaim, PostingBatch, PostingScope, RelayLease, Snapshot, Store, StoreError,
};
use rusqlite::Connection;

use super::{
    OpenError,
    batch::SqliteBatch,
    error::refused,
    late::{Finder, LateIndexes},
    lease,
    open::{self, Platform},
    operators::SqliteOperators,
    posting::{self, SqlitePosting},
    readers::Readers,
    retention,
    snapshot::SqliteSnapshot,
    writer::{Transaction, WriterQueue},
};
use crate::SqliteSettings;

/// The books in one file of one directory.
///
/// Batches and postings run on the thread that polls them. Snapshots run on the blocking threads of the tokio runtime they
/// are used in.
pub struct SqliteStore {
    // Dropped before the writer: the last connection to close folds the log into the database.
    readers: Readers,
    writer: Option<WriterQueue>,
    finder: Finder,
    platform: Platform,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the directory for reading and writing, as the only process to do so. Makes what is missing.
    pub fn open(settings: &SqliteSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let opened = open::open_writer(settings, clock.now())?;
        let (platform, path) = (opened.platform, settings.database_path());
        let late = LateIndexes::open(&opened.conn, settings.index_lag_rows)
            .map_err(|source| OpenError::Corrupt { path: path.clone(), source })?;
        let late = Arc::new(late);
        let queue = WriterQueue::start(settings, opened, Arc::clone(&late))?;
        let readers = open_readers(settings)?;
        Ok(Self { readers, writer: Some(queue), finder: Finder::Memory(late), platform, clock })
    }

    /// Opens the directory for reading only, also beside a process that writes.
    pub fn open_read_only(settings: &SqliteSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let platform = open::check_readable(settings)?;
        Ok(Self { readers: open_readers(settings)?, writer: None, finder: Finder::Rows, platform, clock })
    }

    /// Names this history of the books: a restored database gets another one.
    pub fn timeline_id(&self) -> [u8; 16] {
        self.platform.timeline_id
    }

    async fn begin(&self) -> Result<Transaction, StoreError> {
        match &self.writer {
            Some(writer) => writer.begin().await,
            None => Err(refused("begin", "the store was opened for reading only")),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn lane_count(&self) -> u16 {
        self.platform.lanes
    }

    async fn batch_open(&self, lanes: &[Lane], keys: &BatchKeys) -> Result<Box<dyn Batch>, StoreError> {
        let transaction = self.begin().await?;
        Ok(Box::new(SqliteBatch::load(transaction, self.clock.now(), lanes, keys)?))
    }

    async fn posting_open(&self, scope: &PostingScope) -> Result<Box<dyn PostingBatch>, StoreError> {
        let transaction = self.begin().await?;
        Ok(Box::new(SqlitePosting::load(transaction, self.clock.now(), scope)?))
    }

    async fn operators_open(&self, keys: &OperatorKeys) -> Result<Box<dyn OperatorBatch>, StoreError> {
        let transaction = self.begin().await?;
        Ok(Box::new(SqliteOperators::load(transaction, self.clock.now(), keys)?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let lent = self.readers.lend().await?;
        Ok(Box::new(SqliteSnapshot::take(lent, self.finder.clone(), self.platform.lanes).await?))
    }

    async fn dead_letter_move(&self, change: &DeadLetterMove, audit: &AuditEntry) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        posting::dead_letter_move(transaction.conn(), change, audit.at)?;
        posting::audit_append(transaction.conn(), audit)?;
        transaction.commit()
    }

    async fn dead_letter_published(&self, ids: &[DeadLetterId], at: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        posting::dead_letter_published(transaction.conn(), ids, at)?;
        transaction.commit()
    }

    async fn relay_claim(
        &self,
        lane: Lane,
        log: &LogId,
        owner: InstanceId,
        lease: Duration,
    ) -> Result<Option<RelayLease>, StoreError> {
        let transaction = self.begin().await?;
        let now = self.clock.now();
        let Some(claimed) = lease::relay_claim(transaction.conn(), (lane, log, owner), now, lease)? else {
            return Ok(None);
        };
        transaction.commit()?;
        Ok(Some(claimed))
    }

    async fn relay_move(
        &self,
        moves: &[(RelayLease, Seq)],
        lease: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let transaction = self.begin().await?;
        let until = lease::until(self.clock.now(), lease);
        let moved = moves.iter().map(|(held, to)| lease::relay_move(transaction.conn(), held, *to, until));
        let moved = moved.collect::<Result<Vec<bool>, StoreError>>()?;
        transaction.commit()?;
        Ok(moved)
    }

    async fn relay_release(&self, held: &RelayLease) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        lease::relay_release(transaction.conn(), held)?;
        transaction.commit()
    }

    async fn relay_rewind(&self, lane: Lane, to: Seq, audit: &AuditEntry) -> Result<Option<Seq>, StoreError> {
        let transaction = self.begin().await?;
        let position = lease::relay_rewind(transaction.conn(), lane, to)?;
        if position.is_some() {
            posting::audit_append(transaction.conn(), audit)?;
        }
        transaction.commit()?;
        Ok(position)
    }

    async fn partition_count(&self, wanted: i32) -> Result<i32, StoreError> {
        let transaction = self.begin().await?;
        let count = lease::partition_count(transaction.conn(), wanted)?;
        transaction.commit()?;
        Ok(count)
    }

    async fn partition_claim(
        &self,
        log: &LogId,
        owner: InstanceId,
        partitions: &[(Topic, i32)],
    ) -> Result<Vec<PartitionClaim>, StoreError> {
        let transaction = self.begin().await?;
        let claims = partitions.iter();
        let claims: Result<_, _> = claims
            .map(|partition| lease::partition_claim(transaction.conn(), log, owner, *partition))
            .collect();
        let claims = claims?;
        transaction.commit()?;
        Ok(claims)
    }

    async fn outbox_prune(&self, cut: &OutboxCut) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        retention::outbox_prune(transaction.conn(), cut)?;
        transaction.commit()
    }

    async fn idempotency_prune(&self, answered_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let transaction = self.begin().await?;
        let pruned = retention::idempotency_prune(transaction.conn(), answered_before, limit)?;
        transaction.commit()?;
        Ok(pruned)
    }
}

fn open_readers(settings: &SqliteSettings) -> Result<Readers, OpenError> {
    let connections: Result<Vec<Connection>, OpenError> =
        (0..settings.readers.max(1)).map(|_| open::open_reader(settings)).collect();
    Ok(Readers::new(connections?, settings.reader_wait_ms))
}
