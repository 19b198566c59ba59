//! Waiting in tests: for a condition, never for a time.

use std::time::Duration;

use tokio::time;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; a test that waits longer than `limit` has failed, and says what it waited for.
pub async fn wait_until(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> bool) {
    wait_for(what, limit, async || condition().await.then_some(())).await;
}

/// Waits until `look` finds something, and gives it back.
pub async fn wait_for<T>(what: &str, limit: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
    look_every(LOOK_EVERY, what, limit, look).await
}

/// The same for looks that cost something: at most one in `every`.
pub async fn look_every<T>(
    every: Duration,
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        let mut looks = time::interval(every);
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    match time::timeout(limit, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {limit:?} in vain until {what}"),
    }
}
