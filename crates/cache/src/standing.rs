//! Where a limit stands, from what a window holds: the same arithmetic wherever windows are kept.

use engine::ports::{Limit, LimitState};

/// In an open window with `used` calls counted.
pub(crate) fn open(limit: Limit, used: u32, left_seconds: u64, allowed: bool) -> LimitState {
    LimitState {
        limit,
        remaining: limit.capacity.saturating_sub(used),
        reset_seconds: u32::try_from(left_seconds).unwrap_or(u32::MAX),
        allowed,
    }
}

/// While no window is open: the next counted call opens one.
pub(crate) fn untouched(limit: Limit) -> LimitState {
    LimitState {
        limit,
        remaining: limit.capacity,
        reset_seconds: limit.window_seconds,
        allowed: limit.capacity > 0,
    }
}
