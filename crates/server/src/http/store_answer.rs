//! Whether the store answers, asked on behalf of many.

use std::time::Duration;

use engine::ports::{Clock, Store};
use tokio::{sync::Mutex, time::timeout};

/// How long what the store said of itself is good for.
const STORE_ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to say so.
const STORE_TIME_LIMIT: Duration = Duration::from_secs(1);

/// When (by monotonic time) the store was last asked, and whether it answered.
#[derive(Debug, Default)]
pub struct StoreAnswer(Mutex<Option<(Duration, bool)>>);

impl StoreAnswer {
    /// Whether the store answers: asked at most once a second, however many ask us.
    pub(super) async fn is_there(&self, store: &dyn Store, clock: &dyn Clock) -> bool {
        let mut asked = self.0.lock().await;
        match *asked {
            Some((at, answered)) if clock.monotonic().saturating_sub(at) < STORE_ASKED_EVERY => answered,
            _ => {
                let lanes = async { store.snapshot().await?.lane_list().await };
                let answered = matches!(timeout(STORE_TIME_LIMIT, lanes).await, Ok(Ok(_)));
                *asked = Some((clock.monotonic(), answered));
                answered
            }
        }
    }
}
