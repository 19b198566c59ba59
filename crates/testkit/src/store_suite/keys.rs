//! Idempotency keys and attempts.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use bytes::Bytes;
use domain::{
    id::{AttemptId, PaymentId},
    money::{Currency, Money},
    payment::{DeclineCode, Operation, Verdict},
};
use engine::ports::{
    Attempt, AttemptWrite, BatchKeys, Clock, IdempotencyRow, IdempotencyScope, IdempotencyState,
    IdempotencyWrite, StoreError, StoredAnswer,
};

use super::{Scribe, StoreUnderTest, scribe::digest};

pub async fn keys_compare_as_bytes(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for key in ["key", "Key", "key ", " key", "key  ", "%", "_", "'"] {
        let scope = scope("M1", Operation::Authorize, key);
        assert_eq!(find(&scribe, &scope).await, None, "{key:?}");
        write(&scribe, &scope, vec![IdempotencyWrite::Insert(answered(it, &scope, 200))]).await.unwrap();
        assert!(find(&scribe, &scope).await.is_some(), "{key:?}");
    }
}

pub async fn a_key_counts_per_merchant_and_operation(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut status = 200;
    for merchant in ["M1", "m1", "M2"] {
        for &operation in Operation::ALL {
            let scope = scope(merchant, operation, "key");
            assert_eq!(find(&scribe, &scope).await, None, "{scope:?}");
            status += 1;
            write(&scribe, &scope, vec![IdempotencyWrite::Insert(answered(it, &scope, status))])
                .await
                .unwrap();
            assert_eq!(find(&scribe, &scope).await, Some(answered(it, &scope, status)));
        }
    }
}

pub async fn an_answer_comes_back_byte_for_byte(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let scope = scope("M1", Operation::Refund, &"~".repeat(255));
    let state = IdempotencyState::Final(StoredAnswer {
        status: 422,
        body: (0..=255).chain([0, b'\n', 0]).collect(),
        payment: None,
        answered_at: it.clock.now(),
    });
    let row = IdempotencyRow { scope: scope.clone(), fingerprint: digest(u64::MAX), state };
    write(&scribe, &scope, vec![IdempotencyWrite::Insert(row.clone())]).await.unwrap();
    assert_eq!(find(&scribe, &scope).await.as_ref(), Some(&row));

    let keys = BatchKeys { idempotency: vec![scope.clone(), scope.clone()], ..BatchKeys::default() };
    let open = scribe.open(&scope.merchant, keys).await;
    assert_eq!(open.loaded.idempotency.get(&scope), Some(&row));
    assert_eq!(open.loaded.idempotency.len(), 1);
}

pub async fn a_key_is_not_inserted_twice(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let scope = scope("M1", Operation::Authorize, "key");
    let first = answered(it, &scope, 200);
    write(&scribe, &scope, vec![IdempotencyWrite::Insert(first.clone())]).await.unwrap();
    let again = write(&scribe, &scope, vec![IdempotencyWrite::Insert(answered(it, &scope, 402))]).await;
    assert!(matches!(again, Err(StoreError::Statement { .. })));
    assert_eq!(find(&scribe, &scope).await, Some(first));
}

pub async fn a_running_key_gets_one_answer(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let scope = scope("M1", Operation::Authorize, "key");
    let running = running(&scope);
    write(&scribe, &scope, vec![IdempotencyWrite::Insert(running.clone())]).await.unwrap();
    assert_eq!(find(&scribe, &scope).await.as_ref(), Some(&running));

    it.clock.advance_seconds(7);
    let answer = answer(it, 200);
    write(&scribe, &scope, vec![IdempotencyWrite::Finish(scope.clone(), answer.clone())]).await.unwrap();
    let finished = IdempotencyRow { state: IdempotencyState::Final(answer), ..running };
    assert_eq!(find(&scribe, &scope).await.as_ref(), Some(&finished), "the fingerprint stays");

    let other = StoredAnswer { status: 402, ..super::keys::answer(it, 402) };
    let again = write(&scribe, &scope, vec![IdempotencyWrite::Finish(scope.clone(), other)]).await;
    assert!(matches!(again, Err(StoreError::Statement { .. })));
    let removed = write(&scribe, &scope, vec![IdempotencyWrite::Remove(scope.clone())]).await;
    assert!(matches!(removed, Err(StoreError::Statement { .. })), "an answer is never taken back");
    assert_eq!(find(&scribe, &scope).await, Some(finished));
}

pub async fn a_removed_key_may_try_again(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let scope = scope("M1", Operation::Capture, "key");
    write(&scribe, &scope, vec![IdempotencyWrite::Insert(running(&scope))]).await.unwrap();
    write(&scribe, &scope, vec![IdempotencyWrite::Remove(scope.clone())]).await.unwrap();
    assert_eq!(find(&scribe, &scope).await, None);
    let row = answered(it, &scope, 200);
    write(&scribe, &scope, vec![IdempotencyWrite::Insert(row.clone())]).await.unwrap();
    assert_eq!(find(&scribe, &scope).await, Some(row));
}

pub async fn a_key_can_run_and_finish_in_one_batch(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let scope = scope("M1", Operation::Void, "key");
    let writes = vec![
        IdempotencyWrite::Insert(running(&scope)),
        IdempotencyWrite::Remove(scope.clone()),
        IdempotencyWrite::Insert(running(&scope)),
        IdempotencyWrite::Finish(scope.clone(), answer(it, 409)),
    ];
    write(&scribe, &scope, writes).await.unwrap();
    let state = IdempotencyState::Final(answer(it, 409));
    assert_eq!(find(&scribe, &scope).await, Some(IdempotencyRow { state, ..running(&scope) }));
}

pub async fn an_attempt_comes_back_and_is_closed_once(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let verdicts = [Verdict::Approved, Verdict::Refused, Verdict::Declined(DeclineCode::ExpiredCard)];
    for (number, verdict) in (1_u128..).zip(verdicts) {
        let plain = Attempt { token: None, scope: None, ..attempt(it, number << 100) };
        let full = attempt(it, u128::MAX - number);
        for attempt in [plain, full] {
            write_attempt(&scribe, AttemptWrite::Insert(attempt.clone())).await.unwrap();
            assert_eq!(find_attempt(&scribe, attempt.id).await.as_ref(), Some(&attempt));
            let twice = write_attempt(&scribe, AttemptWrite::Insert(attempt.clone())).await;
            assert!(matches!(twice, Err(StoreError::Statement { .. })));

            write_attempt(&scribe, AttemptWrite::Close(attempt.id, verdict)).await.unwrap();
            let closed = Attempt { verdict: Some(verdict), ..attempt.clone() };
            assert_eq!(find_attempt(&scribe, attempt.id).await.as_ref(), Some(&closed));
            let again = write_attempt(&scribe, AttemptWrite::Close(attempt.id, Verdict::Approved)).await;
            assert!(matches!(again, Err(StoreError::Statement { .. })), "the first outcome stands");
            assert_eq!(find_attempt(&scribe, attempt.id).await.as_ref(), Some(&closed));
        }
    }
    assert_eq!(find_attempt(&scribe, AttemptId(12345)).await, None);
}

pub async fn outstanding_attempts_are_listed_oldest_first(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut all = Vec::new();
    for number in [9, 3, 7, 5] {
        it.clock.advance_seconds(1);
        all.push(attempt(it, number));
        write_attempt(&scribe, AttemptWrite::Insert(attempt(it, number))).await.unwrap();
    }
    write_attempt(&scribe, AttemptWrite::Close(AttemptId(3), Verdict::Approved)).await.unwrap();
    let third = all[2].created_at;
    let expected = [all.remove(0), all.remove(1)];
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.attempt_list_outstanding(third, None, None, 10).await.unwrap(), expected);
    assert_eq!(snapshot.attempt_list_outstanding(third, None, None, 1).await.unwrap(), expected[..1]);
    let of = Some(&*expected[0].acquirer);
    assert_eq!(snapshot.attempt_list_outstanding(third, of, None, 10).await.unwrap(), expected);
    assert_eq!(snapshot.attempt_list_outstanding(third, Some("another"), None, 10).await.unwrap(), []);
}

pub async fn outstanding_attempts_are_listed_page_by_page(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut all = Vec::new();
    // Ids that begin with every kind of byte, and three of one millisecond.
    for (number, wait) in [(9, true), (u128::MAX, false), (1 << 127, false), (1 << 120, true), (0, true)] {
        it.clock.advance_seconds(u32::from(wait));
        all.push(attempt(it, number));
        write_attempt(&scribe, AttemptWrite::Insert(attempt(it, number))).await.unwrap();
    }
    all.sort_by_key(|attempt| (attempt.created_at, attempt.id.0));
    let (mut listed, mut after) = (Vec::new(), None);
    let mut snapshot = scribe.snapshot().await;
    let now = it.clock.now();
    loop {
        let page = snapshot.attempt_list_outstanding(now, Some(&all[0].acquirer), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some((last.created_at, last.id));
        listed.extend(page);
    }
    assert_eq!(listed, all);
}

pub(super) fn scope(merchant: &str, operation: Operation, key: &str) -> IdempotencyScope {
    IdempotencyScope { merchant: merchant.parse().unwrap(), operation, key: key.parse().unwrap() }
}

pub(super) fn running(scope: &IdempotencyScope) -> IdempotencyRow {
    let state = IdempotencyState::Running { payment: PaymentId::new(17).unwrap() };
    IdempotencyRow { scope: scope.clone(), fingerprint: digest(1), state }
}

pub(super) fn answer(it: &StoreUnderTest, status: u16) -> StoredAnswer {
    let body = Bytes::from(format!("{{\"status\":{status}}}"));
    StoredAnswer { status, body, payment: PaymentId::new(17), answered_at: it.clock.now() }
}

pub(super) fn answered(it: &StoreUnderTest, scope: &IdempotencyScope, status: u16) -> IdempotencyRow {
    IdempotencyRow { state: IdempotencyState::Final(answer(it, status)), ..running(scope) }
}

pub(super) async fn find(scribe: &Scribe, scope: &IdempotencyScope) -> Option<IdempotencyRow> {
    scribe.snapshot().await.idempotency_find(scope).await.unwrap()
}

/// Looks `scope` up and writes, in one batch.
pub(super) async fn write(
    scribe: &Scribe,
    scope: &IdempotencyScope,
    writes: Vec<IdempotencyWrite>,
) -> Result<(), StoreError> {
    let keys = BatchKeys { idempotency: vec![scope.clone()], ..BatchKeys::default() };
    let mut open = scribe.open(&scope.merchant, keys).await;
    open.changes.idempotency = writes;
    open.commit().await
}

fn attempt(it: &StoreUnderTest, number: u128) -> Attempt {
    Attempt {
        id: AttemptId(number),
        acquirer: "simulator-remote".into(),
        payment: PaymentId::new(domain::id::ID_MAX).unwrap(),
        merchant: "M1".parse().unwrap(),
        operation: Operation::Authorize,
        amount: Money::new(7, Currency::KRW),
        token: Some("tok_timeout".parse().unwrap()),
        scope: Some(scope("M1", Operation::Authorize, "key ")),
        request_id: "요청-1".into(),
        created_at: it.clock.now(),
        verdict: None,
    }
}

async fn write_attempt(scribe: &Scribe, write: AttemptWrite) -> Result<(), StoreError> {
    let mut open = scribe.open(&"M1".parse().unwrap(), BatchKeys::default()).await;
    open.changes.attempts.push(write);
    open.commit().await
}

async fn find_attempt(scribe: &Scribe, id: AttemptId) -> Option<Attempt> {
    let keys = BatchKeys { attempts: vec![id, id], ..BatchKeys::default() };
    scribe.open(&"M1".parse().unwrap(), keys).await.loaded.attempts.remove(&id)
}
