//! Keys that are used again when the payment they made is over: the same key keeps its answer, another one meets what is.

use domain::payment::PaymentStatus;
use serde_json::{Value, json};

use crate::http::testing::{Answer, Books};

/// Longer than an authorization lasts.
const PAST_ITS_END_SECONDS: u32 = 8 * 24 * 3600;

fn authorization(key: &str, token: &str) -> Value {
    json!({"merchantId": "M1", "amount": 900, "currency": "KRW", "idempotencyKey": key, "orderId": "order 1",
        "paymentMethod": {"type": "card", "token": token}})
}

async fn authorize(books: &Books, key: &str, token: &str) -> Answer {
    books.post("/payments/authorize", &authorization(key, token)).await
}

async fn act(books: &Books, what: &str, id: &Value, key: &str) -> Answer {
    let mut body = json!({"merchantId": "M1", "idempotencyKey": key});
    if what == "refund" {
        body["reason"] = json!("r");
    }
    books.post(&format!("/payments/{what}/{id}"), &body).await
}

/// The same call again gets the same bytes, and says that it is not new.
fn is_replay(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.header("idempotent-replayed"), "");
}

/// Under new keys a payment that is over refuses each of these, and under the same keys it refuses again.
async fn refuses(books: &Books, id: &Value, refusals: &[(&str, &str)]) {
    for (what, code) in refusals {
        let first = act(books, what, id, &format!("{what} {code}")).await;
        assert_eq!((first.status.as_u16(), &first.json()["code"]), (409, &json!(code)), "{what}: {first:?}");
        is_replay(&act(books, what, id, &format!("{what} {code}")).await, &first);
    }
}

async fn status(books: &Books, id: &Value) -> Value {
    books.read(&format!("/payments/{id}?merchantId=M1")).await["status"].clone()
}

#[tokio::test]
async fn after_a_decline_its_key_stays_declined_and_another_may_pay_the_order() {
    let books = Books::open();
    let declined = authorize(&books, "k", "tok_decline").await;
    assert_eq!(declined.status, 402);
    let id = declined.json()["paymentId"].clone();
    is_replay(&authorize(&books, "k", "tok_decline").await, &declined);
    refuses(
        &books,
        &id,
        &[("capture", "CAPTURE_CONFLICT"), ("void", "VOID_CONFLICT"), ("refund", "REFUND_CONFLICT")],
    )
    .await;
    // With another card the key is of another request; with another key the order is free.
    let other = authorize(&books, "k", "tok_approve").await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    let paid = authorize(&books, "k2", "tok_approve").await;
    assert_eq!(paid.status, 200, "{paid:?}");
    is_replay(&authorize(&books, "k", "tok_decline").await, &declined);
    let third = authorize(&books, "k3", "tok_approve").await;
    assert_eq!((third.status.as_u16(), &third.json()["code"]), (409, &json!("DUPLICATE_REQUEST")));
    assert_eq!(third.json()["paymentId"], paid.json()["paymentId"], "who holds the order");
}

#[tokio::test]
async fn after_a_void_every_key_keeps_its_answer_and_the_order_is_free() {
    let books = Books::open();
    let first = authorize(&books, "k", "tok_approve").await;
    let id = first.json()["paymentId"].clone();
    let voided = act(&books, "void", &id, "v").await;
    assert_eq!(voided.status, 200, "{voided:?}");
    is_replay(&act(&books, "void", &id, "v").await, &voided);
    is_replay(&authorize(&books, "k", "tok_approve").await, &first);
    refuses(
        &books,
        &id,
        &[("capture", "CAPTURE_CONFLICT"), ("void", "VOID_CONFLICT"), ("refund", "REFUND_CONFLICT")],
    )
    .await;
    assert_eq!(status(&books, &id).await, PaymentStatus::Voided.as_str());
    let next = authorize(&books, "k2", "tok_approve").await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_ne!(next.json()["paymentId"], id);
}

#[tokio::test]
async fn after_its_end_an_authorization_keeps_its_answer_and_cannot_be_captured_under_any_key() {
    let books = Books::open();
    let first = authorize(&books, "k", "tok_approve").await;
    let id = first.json()["paymentId"].clone();
    books.clock.advance_seconds(PAST_ITS_END_SECONDS);
    // Over, though nobody has noted it yet.
    refuses(&books, &id, &[("capture", "AUTHORIZATION_EXPIRED")]).await;
    books.expire().await;
    assert_eq!(status(&books, &id).await, PaymentStatus::Expired.as_str());
    is_replay(&authorize(&books, "k", "tok_approve").await, &first);
    let late = act(&books, "capture", &id, "late").await;
    assert_eq!((late.status.as_u16(), &late.json()["code"]), (409, &json!("AUTHORIZATION_EXPIRED")));
    refuses(&books, &id, &[("void", "VOID_CONFLICT"), ("refund", "REFUND_CONFLICT")]).await;
    let next = authorize(&books, "k2", "tok_approve").await;
    assert_eq!(next.status, 200, "its order is free: {next:?}");
}
