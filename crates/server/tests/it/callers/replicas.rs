//! Whom a caller asks, and what it does when no answer comes: wait for the one server to come back, or ask the next replica.

use std::time::Duration;

use testkit::http::HttpClient;
use tokio::sync::watch;

/// A careful caller's pause before it asks again; what it waits for it cannot see.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// What callers are told by the test that breaks things around them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Phase {
    /// How often the server was started again.
    pub(crate) generation: u64,
    /// Whether to finish what is begun and end.
    pub(crate) last: bool,
}

/// The servers a caller may ask.
#[derive(Clone, Debug)]
pub(crate) struct Replicas {
    clients: Vec<HttpClient>,
    at: usize,
    restarts: Option<watch::Receiver<Phase>>,
}

impl Replicas {
    /// One server that is started again after every kill.
    pub(crate) fn one(client: HttpClient, restarts: watch::Receiver<Phase>) -> Self {
        Self { clients: vec![client], at: 0, restarts: Some(restarts) }
    }

    /// Several; `first` is asked first.
    pub(crate) fn several(clients: Vec<HttpClient>, first: usize) -> Self {
        Self { clients, at: first, restarts: None }
    }

    /// The one to ask now.
    pub(crate) fn client(&mut self) -> &HttpClient {
        if let Some(restarts) = &mut self.restarts {
            restarts.mark_unchanged();
        }
        &self.clients[self.at % self.clients.len()]
    }

    /// Whether a missing answer means waiting for the test.
    pub(crate) fn waits_for_a_restart(&self) -> bool {
        self.restarts.is_some()
    }

    /// No answer came, or one that says to ask again.
    pub(crate) async fn next(&mut self) {
        match &mut self.restarts {
            Some(restarts) => {
                restarts.changed().await.unwrap_or_else(|_| panic!("the test ended before its callers"));
            }
            None => {
                self.at += 1;
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}
