//! The one connection, and whoever looks after it.
//!
//! Callers take the connection that is there, or hear at once that there is none: nobody waits for one. A task makes it, asks it
//! now and then whether it lives, and makes another when it does not.

use std::{sync::Arc, time::Duration};

use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, aio::MultiplexedConnection, cmd};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::{sleep, timeout},
};

/// How long between two tries to connect.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// How often the connection is asked whether it lives.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long it may take to answer that. A server that is only busy must not lose its connection.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(1);

/// The connection, as callers see it. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Link {
    current: watch::Receiver<State>,
    broken: Arc<Notify>,
    keeper: AbortHandle,
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
        let broken = Arc::new(Notify::new());
        let keeper = Keeper { client, config, show, broken: Arc::clone(&broken) };
        Self { current, broken, keeper: tokio::spawn(keeper.run()).abort_handle() }
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
        self.broken.notify_one();
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
    broken: Arc<Notify>,
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
            self.show.send_replace(State::Down(Arc::new(why)));
            sleep(TRY_AGAIN).await;
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
                () = self.broken.notified() => {}
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
