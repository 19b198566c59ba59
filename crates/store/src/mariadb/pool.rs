//! The connections of one kind: a fixed number at work at one time, lent one call each, never waited for without a limit.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine::ports::StoreError;
use mysql_async::Row;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};

use super::{
    connect::{Connected, Endpoint, Purpose},
    error::{Failure, is_too_many, unavailable},
    session::Session,
};

/// All connections of one kind.
pub(super) struct Pool {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) purpose: Purpose,
    idle: Mutex<Vec<Connected>>,
    permits: Arc<Semaphore>,
    wait_max: Duration,
    statement_timeout: Duration,
}

/// How many connections, and how long they are waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolLimits {
    pub(super) connections: usize,
    pub(super) wait_max: Duration,
    pub(super) statement_timeout: Duration,
}

/// How long the server is given to notice that a connection was closed.
const ROOM_PAUSE: Duration = Duration::from_millis(20);

impl Pool {
    pub(super) fn new(endpoint: Arc<Endpoint>, purpose: Purpose, limits: PoolLimits) -> Arc<Self> {
        let pool = Arc::new(Self {
            endpoint,
            purpose,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(limits.connections.max(1))),
            wait_max: limits.wait_max,
            statement_timeout: limits.statement_timeout,
        });
        pool.endpoint.know(&pool);
        pool
    }

    /// A connection in which `opening` has begun a transaction, and what that brought. An idle connection that turns out to be
    /// lost is replaced once: nothing has happened on it yet.
    pub(super) async fn begin(
        self: &Arc<Self>,
        context: &'static str,
        opening: &str,
    ) -> Result<(Session, Vec<Vec<Row>>), StoreError> {
        let (mut session, reused) = self.lend().await?;
        match session.begin(opening).await {
            Ok(sets) => Ok((session, sets)),
            Err(failure) if reused && matches!(failure, Failure::Lost(_)) => {
                drop(session);
                let (mut session, _) = self.lend().await?;
                let sets = session.begin(opening).await.map_err(|failure| failure.sort(context))?;
                Ok((session, sets))
            }
            Err(failure) => Err(failure.sort(context)),
        }
    }

    /// A connection, and whether it has been used before.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<(Session, bool), StoreError> {
        let context = "wait for a connection";
        let permit = timeout(self.wait_max, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit
            .map_err(|_| unavailable(context, "all connections are busy"))?
            .map_err(|_| unavailable(context, "the store is closed"))?;
        if let Some(connected) = self.take_idle() {
            return Ok((self.session(connected, permit), true));
        }
        let connected = match self.endpoint.connect(self.purpose).await {
            Err(error) if self.purpose == Purpose::Commit && is_too_many(&error) => {
                self.connect_in_place_of_others(error).await
            }
            connected => connected,
        }?;
        Ok((self.session(connected, permit), false))
    }

    /// The server gives no more connections: some of ours that nobody uses make room.
    async fn connect_in_place_of_others(&self, mut error: StoreError) -> Result<Connected, StoreError> {
        let until = Instant::now() + self.wait_max;
        while is_too_many(&error) && Instant::now() + ROOM_PAUSE < until {
            self.endpoint.close_idle();
            sleep(ROOM_PAUSE).await;
            match self.endpoint.connect(self.purpose).await {
                Ok(connected) => return Ok(connected),
                Err(again) => error = again,
            }
        }
        Err(error)
    }

    /// Closes what nobody uses.
    pub(super) fn close_idle(&self) {
        self.idle().clear();
    }

    pub(super) fn give_back(&self, connected: Connected) {
        if connected.way.generation == self.endpoint.generation() {
            self.idle().push(connected);
        }
    }

    fn session(self: &Arc<Self>, connected: Connected, permit: OwnedSemaphorePermit) -> Session {
        Session::new(Arc::clone(self), connected, permit, self.statement_timeout)
    }

    fn take_idle(&self) -> Option<Connected> {
        let current = self.endpoint.generation();
        let mut idle = self.idle();
        idle.retain(|connected| connected.way.generation == current);
        let here = Handle::current().id();
        let at = idle.iter().rposition(|connected| connected.runtime == here)?;
        Some(idle.swap_remove(at))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connected>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
