//! Fixed windows: each opens at its first counted call, lasts its time, and admits exactly its capacity.
//!
//! Every merchant has at most one window per action, found under one lock of many.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::id::MerchantId;
use engine::ports::{Charge, Limit, LimitAction, LimitState};

use crate::{expiring::Expiring, standing};

/// Enough that callers on a machine's cores seldom want the same lock.
const SHARDS_PER_ACTION: usize = 64;

/// In a second.
const NANOSECONDS: u64 = 1_000_000_000;

/// As many windows are open as may be.
#[derive(Debug)]
pub(crate) struct TooManyWindows;

impl std::fmt::Display for TooManyWindows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too many rate limit windows are open")
    }
}

impl std::error::Error for TooManyWindows {}

/// All windows of this process.
pub(crate) struct Windows {
    shards: [Vec<Mutex<Shard>>; LimitAction::ALL.len()],
    placement: RandomState,
    shard_windows_max: usize,
}

#[derive(Default)]
struct Shard {
    windows: Expiring<MerchantId, Window>,
    last_id: u64,
}

#[derive(Clone, Copy)]
struct Window {
    /// Never used twice in a shard, so that a charge cannot be given back to a later window.
    id: u64,
    ends_ns: u64,
    /// Calls counted. None: every one was given back, so no counted call has opened this window.
    used: u32,
}

impl Windows {
    /// No window open; at most about `windows_max` per action.
    pub(crate) fn new(windows_max: usize) -> Self {
        let shards = LimitAction::ALL.map(|_| (0..SHARDS_PER_ACTION).map(|_| Mutex::default()).collect());
        let shard_windows_max = windows_max.div_ceil(SHARDS_PER_ACTION).max(1);
        Self { shards, placement: RandomState::new(), shard_windows_max }
    }

    /// Counts a call if it may pass; the number of the window it was counted in.
    pub(crate) fn charge(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
        now_ns: u64,
    ) -> Result<(LimitState, Option<u64>), TooManyWindows> {
        let mut shard = self.shard(merchant, action);
        let open = shard.windows.get_mut(merchant, now_ns).filter(|window| window.used > 0);
        let counted = match open {
            Some(window) if window.used >= limit.capacity => {
                return Ok((window.state(limit, now_ns, false), None));
            }
            Some(window) => {
                window.used += 1;
                *window
            }
            None if limit.capacity == 0 => {
                return Ok((LimitState { allowed: false, ..standing::untouched(limit) }, None));
            }
            None => shard.open(merchant, limit, now_ns, self.shard_windows_max)?,
        };
        Ok((counted.state(limit, now_ns, true), Some(counted.id)))
    }

    /// Takes a call out of the window it was counted in, if that window is still the current one.
    pub(crate) fn give_back(&self, charge: &Charge, now_ns: u64) {
        let mut shard = self.shard(&charge.merchant, charge.action);
        let window = shard.windows.get_mut(&charge.merchant, now_ns);
        if let Some(window) = window.filter(|window| window.id == charge.window) {
            window.used = window.used.saturating_sub(1);
        }
    }

    /// Where a limit stands, without counting.
    pub(crate) fn state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
        now_ns: u64,
    ) -> LimitState {
        let shard = self.shard(merchant, action);
        match shard.windows.get(merchant, now_ns).filter(|window| window.used > 0) {
            Some(window) => window.state(limit, now_ns, window.used < limit.capacity),
            None => standing::untouched(limit),
        }
    }

    fn shard(&self, merchant: &MerchantId, action: LimitAction) -> MutexGuard<'_, Shard> {
        let shards = match action {
            LimitAction::Authorize => &self.shards[0],
            LimitAction::Capture => &self.shards[1],
            LimitAction::Refund => &self.shards[2],
        };
        let hash = self.placement.hash_one(merchant.as_str()) as usize;
        // A panic under the lock could only have come from the allocator; counters are whole at every step.
        shards[hash % SHARDS_PER_ACTION].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn open(
        &mut self,
        merchant: &MerchantId,
        limit: Limit,
        now_ns: u64,
        windows_max: usize,
    ) -> Result<Window, TooManyWindows> {
        self.windows.sweep(now_ns, |_, _| {});
        if self.windows.len() >= windows_max && !self.windows.holds(merchant) {
            return Err(TooManyWindows);
        }
        let length_ns = u64::from(limit.window_seconds).saturating_mul(NANOSECONDS);
        let window = Window { id: self.last_id + 1, ends_ns: now_ns.saturating_add(length_ns), used: 1 };
        self.windows.put(merchant, window, window.ends_ns);
        self.last_id = window.id;
        Ok(window)
    }
}

impl Window {
    fn state(&self, limit: Limit, now_ns: u64, allowed: bool) -> LimitState {
        let left_seconds = self.ends_ns.saturating_sub(now_ns).div_ceil(NANOSECONDS);
        standing::open(limit, self.used, left_seconds, allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { capacity: 20, window_seconds: 60 };

    impl Windows {
        fn open_count(&self) -> usize {
            let shards = self.shards.iter().flatten();
            shards.map(|shard| shard.lock().unwrap().windows.len()).sum()
        }

        fn call(&self, merchant: &str, now_ns: u64) -> Result<bool, TooManyWindows> {
            let merchant = merchant.parse().unwrap();
            self.charge(&merchant, LimitAction::Authorize, LIMIT, now_ns).map(|(state, _)| state.allowed)
        }
    }

    #[test]
    fn memory_follows_the_open_windows_and_not_the_merchants_ever_seen() {
        let windows = Windows::new(1 << 20);
        for stranger in 0..300_000_u64 {
            // A thousand strangers a second: 60,000 of their windows are open at once.
            let now = stranger * 1_000_000;
            assert!(windows.call(&format!("m{stranger}"), now).unwrap());
            assert!(windows.call(&format!("regular{}", stranger % 10), now).is_ok());
        }
        let open = windows.open_count();
        assert!((60_000..66_000).contains(&open), "{open}");
    }

    #[test]
    fn a_full_house_says_so_and_makes_room_as_windows_end() {
        let windows = Windows::new(SHARDS_PER_ACTION);
        let callers: Vec<String> = (0..10_000).map(|caller| format!("m{caller}")).collect();
        let seated: Vec<_> = callers.iter().filter(|caller| windows.call(caller, 0).is_ok()).collect();
        assert!(windows.open_count() <= SHARDS_PER_ACTION);
        assert!(!seated.is_empty());
        for caller in &seated {
            assert!(windows.call(caller, 0).unwrap(), "who is in stays counted");
        }
        let later = 60 * NANOSECONDS;
        let newcomers = (0..10_000).map(|caller| format!("n{caller}"));
        assert!(
            newcomers.map(|caller| windows.call(&caller, later).is_ok()).filter(|seated| *seated).count() > 0
        );
        assert!(windows.open_count() <= SHARDS_PER_ACTION);
    }
}
