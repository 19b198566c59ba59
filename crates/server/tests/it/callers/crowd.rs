//! Callers at the same time, from the first call to the audit.

use std::sync::Arc;

use testkit::http::HttpClient;
use tokio::{sync::watch, task::JoinSet};

use super::{Audit, Caller, Judge, Log, Phase, Random, Replicas};

/// Callers at work.
pub(crate) struct Crowd {
    log: Arc<Log>,
    phase: watch::Sender<Phase>,
    callers: JoinSet<()>,
}

impl Crowd {
    /// So many callers; whoever gets no answer from one of `clients` asks the next.
    pub(crate) fn start(count: usize, clients: &[HttpClient]) -> Self {
        let (phase, phases) = watch::channel(Phase { generation: 0, last: false });
        let log = Arc::new(Log::new(count));
        let mut callers = JoinSet::new();
        let mut random = Random::new(u64::from(std::process::id()));
        for number in 0..count {
            let replicas = Replicas::several(clients.to_vec(), number);
            callers.spawn(Caller::new(number, random.fork(), replicas, Arc::clone(&log)).run(phases.clone()));
        }
        Self { log, phase, callers }
    }

    /// Who looks at what they are told.
    pub(crate) fn judge(&self) -> Judge {
        Judge { log: Arc::clone(&self.log) }
    }

    /// Lets them finish what is begun, and holds the platform to everything they were told. Nothing here is poison.
    pub(crate) async fn end(mut self, client: &HttpClient) {
        self.phase.send_replace(Phase { generation: 1, last: true });
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        Audit::new(client.clone(), Arc::clone(&self.log)).at_the_end().await;
        let parked = client.get("/dead-letters").await.unwrap().json();
        assert_eq!(parked["data"], serde_json::json!([]), "nothing here was poison");
        println!(
            "{} answers, {} failed calls asked again; all accounted for",
            self.log.answered(),
            self.log.failed()
        );
    }
}
