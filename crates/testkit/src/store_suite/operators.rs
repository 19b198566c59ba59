//! Operators, what they prove themselves with, and what they did.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::time::Duration;

use domain::{id::OperatorId, operator::Role, payment::Payment, time::Timestamp};
use engine::ports::{
    AuditEntry, AuditFilter, BatchKeys, Digest, LoginAttempts, Operator, OperatorChanges, OperatorKeys,
    OperatorState, PasswordHash, PaymentWrite, Secret, SecretEnd, SecretKind, StoreError,
};

use super::{Scribe, StoreUnderTest, scribe::digest};

pub async fn an_operator_comes_back_as_it_was_written(it: &StoreUnderTest) {
    let kim = operator(1, "kim", Role::Admin);
    let lee =
        Operator { password: Some(PasswordHash("$argon2id$…".into())), ..operator(2, "Lee", Role::Viewer) };
    write(it, &OperatorChanges { operators: vec![kim.clone(), lee.clone()], ..OperatorChanges::default() })
        .await
        .unwrap();
    assert_eq!(read(it).await, [lee.clone(), kim.clone()], "by name, as bytes");
    let lee = Operator { role: Role::Operator, disabled_at: Some(at(9)), password: None, ..lee };
    write(it, &OperatorChanges { operators: vec![lee.clone()], ..OperatorChanges::default() }).await.unwrap();
    assert_eq!(read(it).await, [lee.clone(), kim.clone()]);
    assert_eq!(state(it, &OperatorKeys::default()).await.operators, [lee, kim]);
}

pub async fn a_name_belongs_to_one_operator(it: &StoreUnderTest) {
    let kim = operator(1, "kim", Role::Admin);
    let put = async |operator: Operator| {
        write(it, &OperatorChanges { operators: vec![operator], ..OperatorChanges::default() }).await
    };
    put(kim.clone()).await.unwrap();
    let taken = put(operator(2, "kim", Role::Viewer)).await;
    assert!(matches!(taken, Err(StoreError::Statement { .. })));
    assert_eq!(read(it).await, [kim], "nothing of it is there");
    put(operator(2, "Kim", Role::Viewer)).await.unwrap();
}

pub async fn a_secret_comes_back_until_it_ends(it: &StoreUnderTest) {
    let kim = operator(1, "kim", Role::Admin);
    let now = state(it, &OperatorKeys::default()).await.now;
    let session =
        Secret { label: Some("노트북".into()), ..secret(1, SecretKind::Session, Some(kim.id), now) };
    let token = secret(2, SecretKind::Token, Some(kim.id), now);
    let other = secret(3, SecretKind::Session, Some(kim.id), now);
    let first = secret(4, SecretKind::Link, None, now);
    let secrets = vec![session.clone(), token.clone(), other.clone(), first.clone()];
    write(it, &OperatorChanges { operators: vec![kim.clone()], secrets, ..OperatorChanges::default() })
        .await
        .unwrap();
    assert_eq!(find(it, &session.sha256).await, Some((session.clone(), Some(kim.clone()))));
    assert_eq!(find(it, &first.sha256).await, Some((first.clone(), None)), "it is nobody's yet");
    assert_eq!(load(it, &first.sha256).await, Some(first.clone()));
    let used = Secret { used_at: now.plus_seconds(5), expires_at: now.plus_seconds(7000), ..session.clone() };
    write(it, &OperatorChanges { secrets: vec![used.clone()], ..OperatorChanges::default() }).await.unwrap();
    assert_eq!(load(it, &session.sha256).await, Some(used.clone()));
    let listed = Scribe::new(it).snapshot().await.secret_list().await.unwrap();
    assert_eq!(listed.len(), 3, "only those of operators");
    let ended = vec![SecretEnd::All(SecretKind::Session, Some(kim.id), Some(used.sha256))];
    write(it, &OperatorChanges { ended, ..OperatorChanges::default() }).await.unwrap();
    assert_eq!(load(it, &other.sha256).await, None);
    assert_eq!(
        (load(it, &used.sha256).await, load(it, &token.sha256).await),
        (Some(used.clone()), Some(token))
    );
    let ended = vec![SecretEnd::One(used.sha256), SecretEnd::All(SecretKind::Link, None, None)];
    write(it, &OperatorChanges { ended, ..OperatorChanges::default() }).await.unwrap();
    assert_eq!((load(it, &used.sha256).await, load(it, &first.sha256).await), (None, None));
}

pub async fn a_secret_that_has_run_out_is_no_longer_loaded(it: &StoreUnderTest) {
    let kim = operator(1, "kim", Role::Admin);
    let now = state(it, &OperatorKeys::default()).await.now;
    let over = Secret { expires_at: now.minus_seconds(1), ..secret(1, SecretKind::Link, Some(kim.id), now) };
    let changes =
        OperatorChanges { operators: vec![kim], secrets: vec![over.clone()], ..OperatorChanges::default() };
    write(it, &changes).await.unwrap();
    assert_eq!(load(it, &over.sha256).await, None);
    assert_eq!(find(it, &over.sha256).await, None, "the next transaction deletes it");
}

pub async fn tries_to_log_in_are_counted_until_they_are_forgotten(it: &StoreUnderTest) {
    let now = state(it, &OperatorKeys::default()).await.now;
    let keys = OperatorKeys { attempts: vec![digest(1), digest(2)], ..OperatorKeys::default() };
    let tries = |count| LoginAttempts { count, since: now };
    let count = async |attempts| {
        write(it, &OperatorChanges { attempts, ..OperatorChanges::default() }).await.unwrap();
    };
    count(vec![(digest(1), Some(tries(1))), (digest(2), Some(tries(4)))]).await;
    count(vec![(digest(1), Some(tries(2)))]).await;
    let counted = state(it, &keys).await.attempts;
    assert_eq!((counted[&digest(1)], counted[&digest(2)]), (tries(2), tries(4)));
    count(vec![(digest(1), None)]).await;
    assert!(!state(it, &keys).await.attempts.contains_key(&digest(1)));
}

pub async fn a_dropped_operator_transaction_leaves_nothing(it: &StoreUnderTest) {
    drop(it.store.operators_open(&OperatorKeys::default()).await.unwrap());
    let twice = vec![operator(1, "kim", Role::Admin), operator(1, "lee", Role::Admin)];
    let changes = OperatorChanges { operators: twice, audit: vec![did(1)], ..OperatorChanges::default() };
    assert!(write(it, &changes).await.is_err());
    assert_eq!(read(it).await, []);
    assert_eq!(audit(it, &AuditFilter::default()).await, []);
}

pub async fn operator_transactions_take_turns(it: &StoreUnderTest) {
    let first = it.store.operators_open(&OperatorKeys::default()).await.unwrap();
    let keys = OperatorKeys::default();
    let mut second = std::pin::pin!(it.store.operators_open(&keys));
    let early = tokio::time::timeout(Duration::from_millis(200), second.as_mut()).await;
    assert!(early.is_err(), "the second waits");
    let operators = vec![operator(1, "kim", Role::Admin)];
    first.commit(&OperatorChanges { operators, ..OperatorChanges::default() }).await.unwrap();
    let mut second = second.await.unwrap();
    assert_eq!(second.take_state().operators.len(), 1, "and sees what the first has done");
}

pub async fn an_act_commits_with_its_payment(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 5)).await;
    let payment = Payment { updated_at: payment.updated_at.plus_seconds(1), ..payment };
    let act = async |new| {
        let mut open = scribe.open(&payment.merchant, BatchKeys::default()).await;
        open.changes.audit = vec![did(1), did(2)];
        open.changes.payments.push(PaymentWrite { payment: payment.clone(), new });
        open.commit().await
    };
    assert!(matches!(act(true).await, Err(StoreError::Statement { .. })), "born twice");
    assert_eq!(audit(it, &AuditFilter::default()).await, [], "what failed leaves no row");
    act(false).await.unwrap();
    assert_eq!(audit(it, &AuditFilter::default()).await, [did(2), did(1)]);
}

pub async fn the_audit_log_is_filtered(it: &StoreUnderTest) {
    let entries: Vec<AuditEntry> = (1..=4).map(did).collect();
    write(it, &OperatorChanges { audit: entries.clone(), ..OperatorChanges::default() }).await.unwrap();
    let all = AuditFilter::default();
    let by = |actor: &str| AuditFilter { actor: Some(actor.into()), ..AuditFilter::default() };
    assert_eq!(audit(it, &by("kim")).await, [did(3), did(1)]);
    assert_eq!(audit(it, &by("KIM")).await, [], "names compare as bytes");
    let object = AuditFilter { object: Some("payment/4".into()), ..all.clone() };
    assert_eq!(audit(it, &object).await, [did(4)]);
    let action = AuditFilter { action: Some("payment.void".into()), ..by("kim") };
    assert_eq!(audit(it, &action).await, []);
    let span = AuditFilter { from: Some(at(2)), to: Some(at(4)), ..all };
    assert_eq!(audit(it, &span).await, [did(3), did(2)]);
    let mut snapshot = Scribe::new(it).snapshot().await;
    let page = snapshot.audit_list(&by("kim"), None, 1).await.unwrap();
    assert_eq!(page.rows, [did(3)]);
    assert_eq!(snapshot.audit_list(&by("kim"), page.next, 1).await.unwrap().rows, [did(1)]);
}

fn at(second: u32) -> Timestamp {
    Timestamp::from_unix_ms(1_800_000_000_000).plus_seconds(second)
}

fn operator(id: u64, name: &str, role: Role) -> Operator {
    Operator {
        id: OperatorId::new(id).unwrap(),
        name: name.parse().unwrap(),
        role,
        password: None,
        disabled_at: None,
        created_at: at(1),
    }
}

fn secret(number: u64, kind: SecretKind, operator: Option<OperatorId>, now: Timestamp) -> Secret {
    Secret {
        sha256: digest(number),
        kind,
        operator,
        label: None,
        created_at: now,
        used_at: now,
        expires_at: now.plus_seconds(600),
        ends_at: now.plus_seconds(6000),
    }
}

/// The acts of two operators in turn.
fn did(number: u32) -> AuditEntry {
    let odd = number % 2 == 1;
    AuditEntry {
        actor: if odd { "kim" } else { "lee" }.into(),
        role: odd.then_some(Role::Admin),
        action: "payment.refund".into(),
        object: format!("payment/{number}").into(),
        reason: odd.then(|| "고객 요청".into()),
        outcome: odd.then(|| "done".into()),
        request_id: format!("r-{number}").into(),
        at: at(number),
    }
}

async fn state(it: &StoreUnderTest, keys: &OperatorKeys) -> OperatorState {
    it.store.operators_open(keys).await.unwrap().take_state()
}

async fn load(it: &StoreUnderTest, sha256: &Digest) -> Option<Secret> {
    state(it, &OperatorKeys { secret: Some(*sha256), ..OperatorKeys::default() }).await.secret
}

async fn write(it: &StoreUnderTest, changes: &OperatorChanges) -> Result<(), StoreError> {
    it.store.operators_open(&OperatorKeys::default()).await?.commit(changes).await
}

async fn read(it: &StoreUnderTest) -> Vec<Operator> {
    Scribe::new(it).snapshot().await.operator_list().await.unwrap()
}

async fn find(it: &StoreUnderTest, sha256: &Digest) -> Option<(Secret, Option<Operator>)> {
    Scribe::new(it).snapshot().await.secret_find(sha256).await.unwrap()
}

async fn audit(it: &StoreUnderTest, filter: &AuditFilter) -> Vec<AuditEntry> {
    Scribe::new(it).snapshot().await.audit_list(filter, None, 100).await.unwrap().rows
}
