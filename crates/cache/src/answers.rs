//! Copies of final answers: each for its time, all together within a bound in bytes; the oldest go first.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use engine::ports::{CachedAnswer, IdempotencyScope};

use crate::expiring::Expiring;

const SHARDS: usize = 64;

/// What one copy takes beside its body and names: slots in map and queue, headers, and the heap's rounding. Measured with
/// `examples/admit_cost.rs`.
const OVERHEAD_BYTES: usize = 400;

/// All copies of this process.
pub(crate) struct Answers {
    shards: Vec<Mutex<Shard>>,
    placement: RandomState,
    ttl_ns: u64,
    shard_bytes_max: usize,
}

#[derive(Default)]
struct Shard {
    copies: Expiring<IdempotencyScope, CachedAnswer>,
    bytes: usize,
}

impl Answers {
    /// No copies; later ones live for `ttl_ns` and take at most about `bytes_max`.
    pub(crate) fn new(ttl_ns: u64, bytes_max: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, placement: RandomState::new(), ttl_ns, shard_bytes_max: bytes_max / SHARDS }
    }

    /// The copy, if there is one that is not too old.
    pub(crate) fn get(&self, scope: &IdempotencyScope, now_ns: u64) -> Option<CachedAnswer> {
        self.shard(scope).copies.get(scope, now_ns).cloned()
    }

    /// Keeps a copy, and lets go of others where they have ended or the room is needed.
    pub(crate) fn put(&self, scope: &IdempotencyScope, answer: CachedAnswer, now_ns: u64) {
        let weight = weight(scope, &answer);
        if weight > self.shard_bytes_max {
            return;
        }
        let mut shard = self.shard(scope);
        let Shard { copies, bytes } = &mut *shard;
        copies.sweep(now_ns, |scope, answer| *bytes -= self::weight(scope, &answer));
        while *bytes + weight > self.shard_bytes_max
            && let Some((scope, answer)) = copies.pop_front()
        {
            *bytes -= self::weight(&scope, &answer);
        }
        *bytes += weight;
        if let Some(earlier) = copies.put(scope, answer, now_ns.saturating_add(self.ttl_ns)) {
            *bytes -= self::weight(scope, &earlier);
        }
    }

    fn shard(&self, scope: &IdempotencyScope) -> MutexGuard<'_, Shard> {
        let hash = self.placement.hash_one(scope.key.as_str()) as usize;
        // A panic under the lock could only have come from the allocator, between whole steps.
        self.shards[hash % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weight(scope: &IdempotencyScope, answer: &CachedAnswer) -> usize {
    scope.merchant.as_str().len() + scope.key.as_str().len() + answer.body.len() + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::payment::Operation;

    use super::*;

    fn scope(n: u32) -> IdempotencyScope {
        IdempotencyScope {
            merchant: "M1".parse().unwrap(),
            operation: Operation::Authorize,
            key: format!("key-{n}").parse().unwrap(),
        }
    }

    fn answer(bytes: usize) -> CachedAnswer {
        CachedAnswer { fingerprint: [0; 32], status: 200, body: Bytes::from(vec![b'x'; bytes]) }
    }

    impl Answers {
        fn bytes(&self) -> usize {
            self.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum()
        }
    }

    #[test]
    fn copies_stay_within_their_bytes_and_the_newest_stay() {
        let answers = Answers::new(u64::MAX, 1 << 20);
        for n in 0..20_000 {
            answers.put(&scope(n), answer(600), 0);
            assert!(answers.get(&scope(n), 0).is_some());
        }
        assert!((1 << 19..=1 << 20).contains(&answers.bytes()), "{}", answers.bytes());
        assert!(answers.get(&scope(0), 0).is_none());
    }

    #[test]
    fn the_count_of_bytes_is_what_the_copies_weigh() {
        let answers = Answers::new(10, 1 << 20);
        for n in 0..5_000_u64 {
            let (put_again, size) = (n % 300, usize::try_from(n % 7).unwrap() * 100);
            answers.put(&scope(u32::try_from(put_again).unwrap()), answer(size), n / 10);
            answers.put(&scope(u32::try_from(n + 1000).unwrap()), answer(size), n / 10);
        }
        for shard in answers.shards {
            let mut shard = shard.into_inner().unwrap();
            let held = std::iter::from_fn(|| shard.copies.pop_front());
            assert_eq!(held.map(|(scope, answer)| weight(&scope, &answer)).sum::<usize>(), shard.bytes);
        }
    }

    #[test]
    fn an_answer_too_large_to_share_the_room_is_not_kept() {
        let answers = Answers::new(10, SHARDS * 1000);
        answers.put(&scope(1), answer(1000), 0);
        assert!(answers.get(&scope(1), 0).is_none());
        assert_eq!(answers.bytes(), 0);
    }
}
