//! What a batch costs the server: as many statements for many payments as for a few.

use std::sync::Arc;

use domain::{
    id::{AttemptId, IdempotencyKey},
    money::{Currency, Money},
    payment::{Capture, Command, Operation, Payment, Verdict},
};
use engine::ports::{
    Attempt, AttemptWrite, BatchKeys, Clock, IdempotencyRow, IdempotencyScope, IdempotencyState,
    IdempotencyWrite, StoredAnswer,
};
use mysql_async::prelude::Queryable;
use store::testing::ScratchDatabase;
use testkit::{
    FixedClock,
    services::{Life, Mariadb, free_port},
    store_suite::Scribe,
};

use super::support::open;

/// Payments with a capture on its way to a remote acquirer.
async fn asked(scribe: &Scribe, count: u128) -> Vec<(Payment, IdempotencyScope, AttemptId)> {
    let mut asked = Vec::new();
    for number in 0..count {
        let payment = scribe.authorize(scribe.birth("M1", 100)).await;
        let key: IdempotencyKey = format!("{count}-{number}").parse().unwrap();
        let scope =
            IdempotencyScope { merchant: payment.merchant.clone(), operation: Operation::Capture, key };
        let attempt = AttemptId(count << 64 | number);
        let mut open = scribe.open(&payment.merchant, BatchKeys::default()).await;
        let state = IdempotencyState::Running { payment: payment.id };
        let running = IdempotencyRow { scope: scope.clone(), fingerprint: [7; 32], state };
        open.changes.idempotency.push(IdempotencyWrite::Insert(running));
        open.changes.attempts.push(AttemptWrite::Insert(Attempt {
            id: attempt,
            payment: payment.id,
            merchant: payment.merchant.clone(),
            operation: Operation::Capture,
            amount: Money::new(100, Currency::KRW),
            token: None,
            scope: Some(scope.clone()),
            request_id: "req".into(),
            created_at: scribe.clock.now(),
            verdict: None,
            acquirer: "remote".into(),
        }));
        open.commit().await.unwrap();
        asked.push((payment, scope, attempt));
    }
    asked
}

/// Commits the outcomes of them all in one batch.
async fn conclude_all(scribe: &Scribe, asked: &[(Payment, IdempotencyScope, AttemptId)]) {
    let keys = BatchKeys {
        payments: asked.iter().map(|(payment, ..)| payment.id).collect(),
        idempotency: asked.iter().map(|(_, scope, _)| scope.clone()).collect(),
        attempts: asked.iter().map(|(.., attempt)| *attempt).collect(),
        ..BatchKeys::default()
    };
    let mut open = scribe.open(&asked[0].0.merchant, keys).await;
    for (payment, scope, attempt) in asked {
        let stored = open.loaded.payments.remove(&payment.id).unwrap();
        let capture = Command::Capture(Capture { amount: None, last: true });
        let (payment, event) = stored.apply(&capture, open.now()).unwrap();
        open.write(payment.clone(), &[event], false);
        let answer = StoredAnswer {
            status: 200,
            body: "{}".into(),
            payment: Some(payment.id),
            answered_at: open.now(),
        };
        open.changes.idempotency.push(IdempotencyWrite::Finish(scope.clone(), answer));
        open.changes.attempts.push(AttemptWrite::Close(*attempt, Verdict::Approved));
    }
    open.commit().await.unwrap();
}

/// What the server has been told to do since it began.
async fn statements(database: &ScratchDatabase) -> i64 {
    let mut conn = super::support::connect(database).await;
    let sql =
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_select', 'Com_insert', 'Com_update', 'Com_delete')";
    let counts: Vec<(String, i64)> = conn.query(sql).await.unwrap();
    assert_eq!(counts.len(), 4);
    conn.disconnect().await.unwrap();
    counts.iter().map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_many_captures_is_as_many_statements_as_one_of_a_few() {
    // A server of its own: nobody else's statements are counted.
    let folder = tempfile::tempdir().unwrap();
    let server = Mariadb::start(folder.path(), free_port().unwrap(), Life::Owned).unwrap();
    let database = ScratchDatabase::migrated("127.0.0.1", server.port(), 1).await;
    let clock = Arc::new(FixedClock::default());
    let store = open(&database).await.with_clock(Arc::clone(&clock) as _);
    let scribe = Scribe { store: Arc::new(store), clock };
    let mut costs = Vec::new();
    for count in [2, 2, 40] {
        let asked = asked(&scribe, count + costs.len() as u128).await;
        let before = statements(&database).await;
        conclude_all(&scribe, &asked).await;
        costs.push(statements(&database).await - before);
        for (payment, scope, _) in asked {
            let stored = scribe.payment(payment.id).await.unwrap();
            assert_eq!(stored.captured, Money::new(100, Currency::KRW));
            let found = scribe
                .open(&scope.merchant, BatchKeys { idempotency: vec![scope.clone()], ..BatchKeys::default() })
                .await;
            assert!(matches!(found.loaded.idempotency[&scope].state, IdempotencyState::Final(_)));
        }
    }
    // The first one may have made a connection.
    assert_eq!(costs[1], costs[2], "{costs:?}");
}
