//! Waiting in tests: for a condition, never for a time.

use std::time::Duration;

use tokio::time;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; a test that waits longer than `limit` has failed, and says what it waited for.
pub async fn wait_until(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let look = async {
        let mut looks = time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            if condition().await {
                return;
            }
        }
    };
    assert!(time::timeout(limit, look).await.is_ok(), "waited {limit:?} in vain until {what}");
}
