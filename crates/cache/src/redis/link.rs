//! The one connection, and whoever looks after it.
//!
//! Callers take the connection that is there, or hear at once that there is none: nobody waits for one. A task makes it, asks it
//! now and then whether it lives, and makes another when it does not, or when it leads to a server that takes no writes any more:
//! behind the same address there may be another that does.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, ServerErrorKind,
    aio::MultiplexedConnection, cmd,
};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::{sleep, timeout},
};

/// How long between two tries to connect.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// The same after a server that lives but takes no writes: there may be no other for a while.
const STOOD_DOWN_PAUSE: Duration = Duration::from_secs(1);
/// How often the connection is asked whether it lives.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long it may take to answer that. A server that is only busy must not lose its connection.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(1);

/// The connection, as callers see it. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Link {
    current: watch::Receiver<State>,
    complaints: Arc<Complaints>,
    keeper: AbortHandle,
}

/// What calls say of their connection.
#[derive(Debug, Default)]
struct Complaints {
    broken: Notify,
    stood_down: Notify,
}

/// Whether there is a connection.
#[derive(Clone, Debug)]
pub(super) enum State {
    Up(MultiplexedConnection),
    Down(Arc<RedisError>),
}

impl Link {
    /// Begins to connect; must be called on a runtime that lives as long as the link.
    pub(super) fn open(client: Client, config: AsyncConnectionConfig) -> Self {
        let not_yet = RedisError::from(std::io::Error::from(std::io::ErrorKind::NotConnected));
        let (show, current) = watch::channel(State::Down(Arc::new(not_yet)));
        let complaints = Arc::new(Complaints::default());
        let keeper = Keeper { client, config, show, complaints: Arc::clone(&complaints) };
        Self { current, complaints, keeper: tokio::spawn(keeper.run()).abort_handle() }
    }

    /// The connection, or why there is none.
    pub(super) fn connection(&self) -> Result<MultiplexedConnection, Arc<RedisError>> {
        match &*self.current.borrow() {
            State::Up(connection) => Ok(connection.clone()),
            State::Down(why) => Err(Arc::clone(why)),
        }
    }

    /// Says that a call met a connection that will not recover.
    pub(super) fn is_broken(&self) {
        self.complaints.broken.notify_one();
    }

    /// Says that a call met a server that has become a replica.
    pub(super) fn stood_down(&self) {
        self.complaints.stood_down.notify_one();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

struct Keeper {
    client: Client,
    config: AsyncConnectionConfig,
    show: watch::Sender<State>,
    complaints: Arc<Complaints>,
}

impl Keeper {
    async fn run(self) {
        let mut was_up = true;
        loop {
            let why = match self.connect().await {
                Ok(connection) => {
                    tracing::info!("connected to redis");
                    was_up = true;
                    self.show.send_replace(State::Up(connection.clone()));
                    self.watch_over(connection).await
                }
                Err(error) => error,
            };
            // Once for every outage, however long it lasts.
            if std::mem::take(&mut was_up) {
                tracing::warn!(
                    error = &why as &dyn std::error::Error,
                    "redis is away: limits let every call pass, keys are looked up in the books"
                );
            }
            let pause = if is_read_only(&why) { STOOD_DOWN_PAUSE } else { TRY_AGAIN };
            self.show.send_replace(State::Down(Arc::new(why)));
            sleep(pause).await;
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.client.get_multiplexed_async_connection_with_config(&self.config).await
    }

    /// Returns when the connection is of no use any more, with the reason.
    async fn watch_over(&self, mut connection: MultiplexedConnection) -> RedisError {
        // The limit of a call is for callers who wait; here nobody does.
        connection.set_response_timeout(HEARTBEAT_LIMIT);
        loop {
            tokio::select! {
                () = self.complaints.broken.notified() => {}
                () = self.complaints.stood_down.notified() => {
                    let kind = ErrorKind::Server(ServerErrorKind::ReadOnly);
                    return RedisError::from((kind, "the server has become a replica"));
                }
                () = sleep(HEARTBEAT) => {}
            }
            let ping = cmd("PING");
            let answered = timeout(HEARTBEAT_LIMIT, ping.query_async::<()>(&mut connection)).await;
            match answered {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)),
            }
        }
    }
}

/// Whether the server lives and takes no writes.
pub(super) fn is_read_only(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}
