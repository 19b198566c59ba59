//! A lent connection: round trips with a limit, and an end to every transaction.
//!
//! Invariant: a connection goes back to its pool only when no transaction is open on it and nothing travels on it. Whatever is
//! given up half-way (a caller that hangs up, a limit, an error of the connection) is closed instead, and the server rolls
//! back.
//!
//! On a Galera cluster another node's write may end a transaction between two statements, and the error of it can be lost with a
//! message that has no answer (a statement is closed): what followed would then be committed one by one. So a transaction that
//! writes there runs without autocommit and is committed only while the savepoint of its beginning stands. All of that travels
//! with statements that are sent anyway. A snapshot locks and writes nothing: no other node has a reason to end it.

use std::{pin::Pin, sync::Arc, time::Duration};

use engine::ports::StoreError;
use mysql_async::{
    Conn, Params, Row, Value,
    prelude::{Query, Queryable},
};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    connect::{CATCH_UP, Connected, Purpose},
    error::Failure,
    pool::Pool,
    script::Script,
};

/// A round trip that has begun.
pub(super) type Trip<'c, T> = Pin<Box<dyn Future<Output = mysql_async::Result<T>> + Send + 'c>>;

/// A lent connection.
pub(super) struct Session {
    /// `None` while something travels on it, and after it was lost.
    connected: Option<Connected>,
    in_transaction: bool,
    pool: Arc<Pool>,
    limit: Duration,
    // Released after the connection is back: fields are dropped after `drop`, in this order.
    permit: Option<OwnedSemaphorePermit>,
}

impl Session {
    pub(super) fn new(
        pool: Arc<Pool>,
        connected: Connected,
        permit: OwnedSemaphorePermit,
        limit: Duration,
    ) -> Self {
        Self { connected: Some(connected), in_transaction: false, pool, limit, permit: Some(permit) }
    }

    /// Sends the statements that begin a transaction.
    pub(super) async fn begin(&mut self, opening: &str) -> Result<Vec<Vec<Row>>, Failure> {
        self.in_transaction = true;
        if !self.is_guarded() {
            return self.text(opening).await;
        }
        let sets = self.text(&format!("SET autocommit = 0; {opening}; SAVEPOINT begun")).await?;
        // What answers the opening, without what stands before it.
        Ok(sets.into_iter().skip(1).collect())
    }

    /// Gives the transaction up and waits until this node has what others committed before; then another can be begun.
    pub(super) async fn catch_up(&mut self) -> Result<(), Failure> {
        self.finish("ROLLBACK").await?;
        self.text(CATCH_UP).await.map(drop)
    }

    /// Sends statements as text, all in one round trip; the rows of each, in order.
    pub(super) async fn text(&mut self, sql: &str) -> Result<Vec<Vec<Row>>, Failure> {
        let sql = sql.to_owned();
        self.trip(move |conn| {
            Box::pin(async move {
                let mut result = conn.query_iter(sql).await?;
                let mut sets = Vec::new();
                while !result.is_empty() {
                    sets.push(result.collect::<Row>().await?);
                }
                result.drop_result().await?;
                Ok(sets)
            })
        })
        .await
    }

    /// Sends a script; nothing for an empty one.
    pub(super) async fn script(&mut self, script: Script) -> Result<Vec<Vec<Row>>, Failure> {
        if script.is_empty() { Ok(Vec::new()) } else { self.text(script.sql()).await }
    }

    /// Sends a whole transaction as text, from BEGIN to COMMIT.
    pub(super) async fn whole(&mut self, sql: &str) -> Result<Vec<Vec<Row>>, Failure> {
        self.in_transaction = true;
        let sets = self.text(sql).await?;
        self.in_transaction = false;
        Ok(sets)
    }

    /// The last statements of a transaction that was begun, COMMIT or ROLLBACK the very last.
    pub(super) async fn finish(&mut self, closing: &str) -> Result<Vec<Vec<Row>>, Failure> {
        let sets = if self.is_guarded() {
            let guarded = match closing.strip_suffix("COMMIT") {
                Some(before) => format!("{before} RELEASE SAVEPOINT begun; COMMIT; SET autocommit = 1"),
                None => format!("{closing}; SET autocommit = 1"),
            };
            self.text(&guarded).await?
        } else {
            self.text(closing).await?
        };
        self.in_transaction = false;
        Ok(sets)
    }

    /// Commits what needs no more than that. The outcome of a lost COMMIT is unknown.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        match self.finish("COMMIT").await {
            Ok(_) => Ok(()),
            Err(failure) if failure.rolled_back() => Err(failure.sort("commit")),
            Err(failure) => Err(StoreError::UnknownOutcome { source: failure.into_source() }),
        }
    }

    /// Asks with a prepared statement.
    pub(super) async fn rows(
        &mut self,
        context: &'static str,
        sql: impl Into<String>,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = sql.into();
        let asked = self.trip(move |conn| Box::pin(async move { conn.exec(sql, positional(params)).await }));
        asked.await.map_err(|failure| failure.sort(context))
    }

    /// Runs a prepared statement once; how many rows it met.
    pub(super) async fn change(
        &mut self,
        context: &'static str,
        sql: impl Into<String>,
        params: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let sql = sql.into();
        let changed = self.trip(move |conn| {
            Box::pin(async move {
                conn.exec_drop(sql, positional(params)).await?;
                Ok(conn.affected_rows())
            })
        });
        changed.await.map_err(|failure| failure.sort(context))
    }

    /// Runs a prepared statement once a row, in one round trip; nothing for no rows. Each column must have one type. The server
    /// takes the rows of an INSERT as one statement; an UPDATE or DELETE it runs anew for each.
    pub(super) async fn bulk(
        &mut self,
        context: &'static str,
        sql: &'static str,
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let changed = self.trip(move |conn| {
            Box::pin(async move {
                conn.exec_batch(sql, rows.into_iter().map(Params::Positional)).await?;
                Ok(conn.affected_rows())
            })
        });
        changed.await.map_err(|failure| failure.sort(context))
    }

    /// Whether it leads to a node of a Galera cluster.
    pub(super) fn is_galera(&self) -> bool {
        self.connected.as_ref().is_some_and(|connected| connected.galera)
    }

    /// Whether a transaction on it guards itself.
    fn is_guarded(&self) -> bool {
        self.pool.purpose != Purpose::Read && self.is_galera()
    }

    async fn trip<T>(
        &mut self,
        work: impl for<'c> FnOnce(&'c mut Conn) -> Trip<'c, T>,
    ) -> Result<T, Failure> {
        let lost = || Failure::Lost(mysql_async::DriverError::ConnectionClosed.into());
        let mut connected = self.connected.take().ok_or_else(lost)?;
        let (endpoint, way) = (&self.pool.endpoint, connected.way);
        let result = endpoint.answer(way, self.limit, work(&mut connected.conn)).await;
        match &result {
            Err(failure) if failure.lost_connection() => endpoint.lost(way.generation),
            Err(failure) if failure.host_stood_down() => {
                endpoint.lost(way.generation);
                self.connected = Some(connected);
            }
            _ => self.connected = Some(connected),
        }
        result
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let ending = if self.is_guarded() { "ROLLBACK; SET autocommit = 1" } else { "ROLLBACK" };
        let Some(mut connected) = self.connected.take() else { return };
        if !self.in_transaction {
            self.pool.give_back(connected);
            return;
        }
        // Without a runtime it is closed where it is, and the server rolls back.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (pool, limit, permit) = (Arc::clone(&self.pool), self.limit, self.permit.take());
        runtime.spawn(async move {
            match timeout(limit, ending.ignore(&mut connected.conn)).await {
                Ok(Ok(())) => pool.give_back(connected),
                Ok(Err(_)) | Err(_) => pool.endpoint.lost(connected.way.generation),
            }
            drop(permit);
        });
    }
}

fn positional(params: Vec<Value>) -> Params {
    if params.is_empty() { Params::Empty } else { Params::Positional(params) }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
