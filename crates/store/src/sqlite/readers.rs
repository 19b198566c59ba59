//! The connections that read: a fixed number, lent one snapshot each, never waited for without a limit.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::failed;

/// All reading connections.
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    wait_max: Duration,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>, wait_max_ms: u64) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self {
            idle: Arc::new(Mutex::new(connections)),
            permits,
            wait_max: Duration::from_millis(wait_max_ms),
        }
    }

    /// A connection for one snapshot.
    pub(super) async fn lend(&self) -> Result<Lent, StoreError> {
        let unavailable = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Unavailable {
            context: "wait for a reading connection",
            source,
        };
        let acquired = tokio::time::timeout(self.wait_max, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = acquired
            .map_err(|late| unavailable(late.into()))?
            .map_err(|closed| unavailable(closed.into()))?;
        let conn = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = conn.ok_or_else(|| unavailable("no connection for a permit".into()))?;
        Ok(Lent { conn: Some(conn), idle: Arc::clone(&self.idle), _permit: permit })
    }
}

/// A reading connection, given back when dropped.
pub(super) struct Lent {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    // Released after the connection is back: fields are dropped after `drop`.
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    /// The connection, inside one read transaction.
    pub(super) fn conn(&self) -> Result<&Connection, StoreError> {
        let conn = self
            .conn
            .as_ref()
            .ok_or_else(|| super::error::refused("read", "the connection was given back"))?;
        if conn.is_autocommit() {
            let begin = conn.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
            begin.map_err(failed("begin a snapshot"))?;
        }
        Ok(conn)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if !conn.is_autocommit()
            && let Err(error) = conn.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]))
        {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot end a snapshot");
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }
}
