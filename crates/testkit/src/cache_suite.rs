//! What every [`Cache`] must do, whatever is behind it. An adapter runs it with one line:
//! `testkit::cache_suite!(make)`, where `async fn make(answer_ttl_seconds: u32) -> impl CacheUnderTest` gives an empty cache.
//!
//! What is not here is not promised: how long copies survive when memory runs short, and what happens across a restart.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{id::MerchantId, payment::Operation};
use engine::ports::{
    Admission, Admitted, Cache, CachedAnswer, Charge, IdempotencyScope, Limit, LimitAction, LimitState,
};

use crate::wait::wait_until;

/// A cache and the time its windows live in.
#[async_trait]
pub trait CacheUnderTest: Send + Sync {
    /// The cache.
    fn cache(&self) -> Arc<dyn Cache>;

    /// Lets time pass for windows.
    async fn pass_seconds(&self, seconds: u32);
}

/// Runs every test of the suite on the cache that `$make(answer_ttl_seconds).await` gives.
#[macro_export]
macro_rules! cache_suite {
    ($make:path) => {
        $crate::cache_suite! { @run $make;
            a_window_admits_exactly_its_capacity
            concurrent_calls_share_one_capacity
            a_window_opens_at_the_first_counted_call_and_lasts_its_time
            merchants_and_actions_are_counted_apart
            a_capacity_of_zero_admits_nobody
            limits_that_are_off_count_nothing
            asking_where_a_limit_stands_counts_nothing
            an_answer_is_found_and_nothing_is_charged
            an_answer_is_found_even_when_the_limit_is_used_up
            an_answer_belongs_to_one_merchant_operation_and_key
            an_answer_is_forgotten_after_its_time
            a_charge_given_back_can_be_used_again
            a_window_whose_only_call_was_given_back_was_never_opened
            a_charge_is_never_given_back_to_a_later_window
            concurrent_charges_and_returns_come_out_even
        }
    };
    (@run $make:path; $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            let under_test = $make($crate::cache_suite::ANSWER_TTL_SECONDS).await;
            $crate::cache_suite::$test(&under_test).await;
        }
    )*};
}

/// How long copies are kept in the suite: short, because one test waits for it.
pub const ANSWER_TTL_SECONDS: u32 = 2;

const MINUTE: u32 = 60;

pub async fn a_window_admits_exactly_its_capacity(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 3, MINUTE);
    for remaining in [2, 1, 0] {
        let state = caller.call().await;
        assert_eq!((state.allowed, state.remaining), (true, remaining));
    }
    for _ in 0..2 {
        let refused = caller.admit(None).await;
        assert_eq!(refused.charge, None, "a refused call is not counted");
        let state = refused.limit.expect("limits are on");
        assert_eq!((state.allowed, state.remaining, state.limit), (false, 0, caller.limit));
        assert!((1..=MINUTE).contains(&state.reset_seconds), "{}", state.reset_seconds);
    }
}

pub async fn concurrent_calls_share_one_capacity(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 100, MINUTE);
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let caller = caller.clone();
            tokio::spawn(async move {
                let mut admitted = 0;
                for _ in 0..20 {
                    admitted += u32::from(caller.call().await.allowed);
                }
                admitted
            })
        })
        .collect();
    let mut admitted = 0;
    for call in calls {
        admitted += call.await.expect("no call panics");
    }
    assert_eq!(admitted, 100);
}

pub async fn a_window_opens_at_the_first_counted_call_and_lasts_its_time(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1, 4);
    it.pass_seconds(1).await;
    assert!(caller.call().await.allowed);
    it.pass_seconds(1).await;
    let late = caller.call().await;
    assert!(!late.allowed, "the window has not ended");
    assert!((1..=3).contains(&late.reset_seconds), "{}", late.reset_seconds);
    it.pass_seconds(late.reset_seconds).await;
    assert!(caller.call().await.allowed, "a new window opens with the next call");
    assert!(!caller.call().await.allowed, "and it lasts in its turn");
}

pub async fn merchants_and_actions_are_counted_apart(it: &dyn CacheUnderTest) {
    let first = Caller::new(it, "m1", 1, MINUTE);
    assert!(first.call().await.allowed);
    assert!(!first.call().await.allowed);
    assert!(Caller::new(it, "M1", 1, MINUTE).call().await.allowed, "names compare as bytes");
    for action in [LimitAction::Capture, LimitAction::Refund] {
        let other = Caller { action, ..first.clone() };
        assert!(other.call().await.allowed, "{action:?}");
        assert!(!other.call().await.allowed, "{action:?}");
    }
}

pub async fn a_capacity_of_zero_admits_nobody(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 0, MINUTE);
    let refused = caller.admit(None).await;
    assert_eq!(refused.charge, None);
    assert!(!refused.limit.expect("limits are on").allowed);
    assert!(!caller.standing().await.allowed);
}

pub async fn limits_that_are_off_count_nothing(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1, MINUTE);
    let admission = Admission { scope: None, merchant: &caller.merchant, action: caller.action, limit: None };
    for _ in 0..3 {
        let admitted = it.cache().admit(admission).await.expect("the cache is there");
        assert_eq!(admitted, Admitted { answer: None, limit: None, charge: None });
    }
    assert_eq!(caller.standing().await.remaining, 1);
}

pub async fn asking_where_a_limit_stands_counts_nothing(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 2, MINUTE);
    let untouched = LimitState { limit: caller.limit, remaining: 2, reset_seconds: MINUTE, allowed: true };
    for _ in 0..3 {
        assert_eq!(caller.standing().await, untouched);
    }
    caller.call().await;
    assert_eq!(caller.standing().await.remaining, 1);
    caller.call().await;
    let used_up = caller.standing().await;
    assert_eq!((used_up.allowed, used_up.remaining), (false, 0));
}

pub async fn an_answer_is_found_and_nothing_is_charged(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 5, MINUTE);
    let scope = scope("M1", Operation::Authorize, "key");
    assert_eq!(caller.admit(Some(&scope)).await.answer, None);
    let answer = answer("first");
    remembered(it.cache().as_ref(), &scope, answer.clone()).await;
    let found = caller.admit(Some(&scope)).await;
    assert_eq!(found.answer, Some(answer));
    assert_eq!(found.charge, None);
    assert_eq!(found.limit.expect("limits are on").remaining, 4, "only the first call was counted");
}

pub async fn an_answer_is_found_even_when_the_limit_is_used_up(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1, MINUTE);
    caller.call().await;
    let scope = scope("M1", Operation::Authorize, "key");
    remembered(it.cache().as_ref(), &scope, answer("first")).await;
    let found = caller.admit(Some(&scope)).await;
    assert_eq!(found.answer, Some(answer("first")));
    let state = found.limit.expect("limits are on");
    assert_eq!((state.allowed, state.remaining), (true, 0));
}

pub async fn an_answer_belongs_to_one_merchant_operation_and_key(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 100, MINUTE);
    let stored = scope("M1", Operation::Authorize, "Key");
    remembered(it.cache().as_ref(), &stored, answer("first")).await;
    for other in [
        scope("m1", Operation::Authorize, "Key"),
        scope("M1", Operation::Capture, "Key"),
        scope("M1", Operation::Authorize, "key"),
        scope("M1", Operation::Authorize, "Key "),
    ] {
        assert_eq!(caller.admit(Some(&other)).await.answer, None, "{other:?}");
    }
    assert!(caller.admit(Some(&stored)).await.answer.is_some());
}

pub async fn an_answer_is_forgotten_after_its_time(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", u32::MAX, MINUTE);
    let scope = scope("M1", Operation::Authorize, "key");
    remembered(it.cache().as_ref(), &scope, answer("first")).await;
    it.pass_seconds(ANSWER_TTL_SECONDS).await;
    wait_until("the copy is gone", Duration::from_secs(30), async || {
        caller.admit(Some(&scope)).await.answer.is_none()
    })
    .await;
}

pub async fn a_charge_given_back_can_be_used_again(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 2, MINUTE);
    caller.call().await;
    let charge = caller.admit(None).await.charge.expect("the call was counted");
    assert!(!caller.call().await.allowed);
    it.cache().give_back(&charge).await.expect("the cache is there");
    assert!(caller.call().await.allowed);
    assert!(!caller.call().await.allowed);
}

pub async fn a_window_whose_only_call_was_given_back_was_never_opened(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1, 4);
    let charge = caller.admit(None).await.charge.expect("the call was counted");
    it.cache().give_back(&charge).await.expect("the cache is there");
    assert_eq!(caller.standing().await.reset_seconds, 4);
    it.pass_seconds(3).await;
    assert!(caller.call().await.allowed);
    it.pass_seconds(2).await;
    assert!(!caller.call().await.allowed, "this window opened with the call that counts");
}

pub async fn a_charge_is_never_given_back_to_a_later_window(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1, 2);
    let old = caller.admit(None).await.charge.expect("the call was counted");
    it.pass_seconds(2).await;
    let new = caller.admit(None).await.charge.expect("a new window has opened");
    it.cache().give_back(&old).await.expect("the cache is there");
    assert!(!caller.call().await.allowed);
    it.cache().give_back(&new).await.expect("the cache is there");
    assert!(caller.call().await.allowed);
}

pub async fn concurrent_charges_and_returns_come_out_even(it: &dyn CacheUnderTest) {
    let caller = Caller::new(it, "M1", 1000, MINUTE);
    let kept = caller.admit(None).await.charge;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let caller = caller.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let charge: Charge = caller.admit(None).await.charge.expect("there is room for all");
                    caller.cache.give_back(&charge).await.expect("the cache is there");
                }
            })
        })
        .collect();
    for call in calls {
        call.await.expect("no call panics");
    }
    assert!(kept.is_some());
    assert_eq!(caller.standing().await.remaining, 999, "only the kept call is counted");
}

/// One merchant doing one thing under one limit.
#[derive(Clone)]
struct Caller {
    cache: Arc<dyn Cache>,
    merchant: MerchantId,
    action: LimitAction,
    limit: Limit,
}

impl Caller {
    fn new(it: &dyn CacheUnderTest, merchant: &str, capacity: u32, window_seconds: u32) -> Self {
        Self {
            cache: it.cache(),
            merchant: merchant.parse().expect("a merchant id"),
            action: LimitAction::Authorize,
            limit: Limit { capacity, window_seconds },
        }
    }

    async fn admit(&self, scope: Option<&IdempotencyScope>) -> Admitted {
        let limit = Some(self.limit);
        let admission = Admission { scope, merchant: &self.merchant, action: self.action, limit };
        self.cache.admit(admission).await.expect("the cache is there")
    }

    async fn call(&self) -> LimitState {
        let admitted = self.admit(None).await;
        let state = admitted.limit.expect("limits are on");
        assert_eq!(admitted.charge.is_some(), state.allowed, "what passes is counted, what does not is not");
        state
    }

    async fn standing(&self) -> LimitState {
        let state = self.cache.limit_state(&self.merchant, self.action, self.limit).await;
        state.expect("the cache is there")
    }
}

/// Keeps a copy and waits until it is there: nobody else waits for it.
pub async fn remembered(cache: &dyn Cache, scope: &IdempotencyScope, answer: CachedAnswer) {
    cache.remember(scope, answer).await.expect("the cache is there");
    let look_up =
        Admission { scope: Some(scope), merchant: &scope.merchant, action: LimitAction::Refund, limit: None };
    wait_until("the copy is kept", Duration::from_secs(10), async || {
        cache.admit(look_up).await.expect("the cache is there").answer.is_some()
    })
    .await;
}

fn scope(merchant: &str, operation: Operation, key: &str) -> IdempotencyScope {
    let merchant = merchant.parse().expect("a merchant id");
    IdempotencyScope { merchant, operation, key: key.parse().expect("a key") }
}

fn answer(body: &'static str) -> CachedAnswer {
    CachedAnswer { fingerprint: [7; 32], status: 200, body: Bytes::from_static(body.as_bytes()) }
}
