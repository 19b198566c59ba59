//! An acquirer as a process of its own, for trying what networks do to payments: it can be slow, fail before it decides, and
//! lose answers after it decided. What it answered is on its disk, and one attempt id has one outcome for ever.
//!
//! It moves no money and asks nobody who calls.

mod attempt;
mod journal;
mod service;
mod settings;

use std::{convert::Infallible, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use self::service::Service;
pub use self::{
    journal::{Journal, JournalError},
    settings::{Faults, FaultsError},
};

/// How long a caller may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to leave the listener alone when the process has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A simulator that is listening.
#[derive(Debug)]
pub struct SimulatorServer {
    listener: TcpListener,
    service: Arc<Service>,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its file cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl SimulatorServer {
    /// Reads back what it decided before and takes the address.
    pub async fn start(
        address: SocketAddr,
        data_dir: &Path,
        faults: Faults,
        seed: u64,
    ) -> Result<Self, StartError> {
        let journal = Journal::open(data_dir)?;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| StartError::Listen { address, source })?;
        Ok(Self { listener, service: Arc::new(Service::new(journal, faults, seed)) })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many attempts it knows.
    pub fn attempt_count(&self) -> usize {
        self.service.attempt_count()
    }

    /// Answers until the process ends. Whatever was answered is on disk, so ending it at any moment loses nothing.
    pub async fn run(self) -> Infallible {
        loop {
            match self.listener.accept().await {
                Ok((connection, _)) => drop(tokio::spawn(serve(connection, Arc::clone(&self.service)))),
                Err(error) => {
                    tracing::warn!(error = %error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn serve(connection: TcpStream, service: Arc<Service>) {
    // Without it an answer may wait for an acknowledgement; a failure only costs time.
    drop(connection.set_nodelay(true));
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.answer(request).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(connection), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
