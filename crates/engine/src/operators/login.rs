//! What keeps guessing slow: tries to log in are counted before the password is looked at, per account and per address, in the
//! database, so that any number of replicas count as one.
//!
//! Who gets in gives the try back: people behind one proxy, who come from one address, lock each other out only by failing.
//!
//! A name that nobody has is counted like one that somebody has: a refusal says nothing about it.

use super::{OperatorRefusal, desk::Desk};
use crate::{
    digest::sha256,
    ports::{Digest, LoginAttempts, OperatorChanges, OperatorKeys, Store},
};

/// How long tries count.
pub const WINDOW_SECONDS: u32 = 15 * 60;
/// Tries of one account in a window; who gets in starts anew.
pub const ACCOUNT_MAX: u32 = 10;
/// Tries from one address in a window, whatever the accounts.
pub const ADDRESS_MAX: u32 = 100;

/// Which counters a try was counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tried {
    /// Of the account.
    pub account: Digest,
    /// Of the address, where one is known.
    pub address: Option<Digest>,
}

/// The counter of an account.
pub fn account_bucket(name: &str) -> Digest {
    sha256(format!("account {name}").as_bytes())
}

/// The counter of an address.
pub fn address_bucket(address: &str) -> Digest {
    sha256(format!("address {address}").as_bytes())
}

/// Counts a try; the seconds to wait when there were too many.
pub async fn charge(store: &dyn Store, tried: Tried) -> Result<Option<u32>, OperatorRefusal> {
    let Tried { account, address } = tried;
    let limits: Vec<(Digest, u32)> =
        [(account, ACCOUNT_MAX)].into_iter().chain(address.map(|address| (address, ADDRESS_MAX))).collect();
    let attempts = limits.iter().map(|(bucket, _)| *bucket).collect();
    let desk = Desk::open(store, &OperatorKeys { attempts, ..OperatorKeys::default() }).await?;
    let now = desk.state.now;
    let window_ms = i64::from(WINDOW_SECONDS) * 1000;
    let mut counted = Vec::new();
    for (bucket, limit) in limits {
        let known = desk.state.attempts.get(&bucket).copied();
        let known = known.filter(|attempts| now.ms_since(attempts.since) < window_ms);
        let attempts = known.unwrap_or(LoginAttempts { count: 0, since: now });
        if attempts.count >= limit {
            let left_ms = window_ms.saturating_sub(now.ms_since(attempts.since));
            return Ok(Some(u32::try_from(left_ms.max(0)).unwrap_or(u32::MAX).div_ceil(1000).max(1)));
        }
        counted.push((bucket, Some(LoginAttempts { count: attempts.count.saturating_add(1), ..attempts })));
    }
    desk.commit(OperatorChanges { attempts: counted, ..OperatorChanges::default() }).await?;
    Ok(None)
}

/// The counters of a try that was right, without it: the account begins anew, the address has one try less.
pub(super) fn given_back(desk: &Desk, tried: Tried) -> Vec<(Digest, Option<LoginAttempts>)> {
    let mut counters = vec![(tried.account, None)];
    if let Some(address) = tried.address
        && let Some(known) = desk.state.attempts.get(&address)
    {
        let left = LoginAttempts { count: known.count.saturating_sub(1), ..*known };
        counters.push((address, Some(left).filter(|left| left.count > 0)));
    }
    counters
}
