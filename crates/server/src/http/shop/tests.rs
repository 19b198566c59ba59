//! The shop over the real engine: prices, orders, their owners, repeated tries, money back.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::http::testing::{Answer, Books, get, post, send};

struct Browser {
    books: Books,
    cookie: Option<String>,
}

impl Browser {
    fn open() -> Self {
        Self { books: Books::open(), cookie: None }
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        send(&self.books.app, request).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(post(path, body.to_string())).await
    }

    /// Begins an order and becomes its shopper; its number.
    async fn begin(&mut self) -> String {
        let draft = self.post("/store/orders", json!({"lines": lines()})).await;
        assert_eq!(draft.status, 200, "{draft:?}");
        let cookie = draft.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        self.cookie = cookie.split(';').next().map(str::to_owned);
        draft.json()["orderNo"].as_str().unwrap().to_owned()
    }

    async fn pay(&self, number: &str, token: &str, key: &str) -> Answer {
        self.post(&format!("/store/orders/{number}/pay"), try_of(token, key)).await
    }
}

fn lines() -> Value {
    json!([
        {"slug": "iphone-17-pro", "color": "silver", "option": "512", "quantity": 1},
        {"slug": "mug-onki", "color": "clay", "option": "300", "quantity": 2},
    ])
}

const TOTAL: i64 = 1_690_000 + 250_000 + 2 * 32_000;

fn try_of(token: &str, key: &str) -> Value {
    json!({"lines": lines(), "expectedAmount": TOTAL, "token": token, "instalmentMonths": 3, "idempotencyKey": key})
}

#[tokio::test]
async fn the_server_owns_the_price() {
    let mut browser = Browser::open();
    let quote = browser.post("/store/quote", json!({"lines": lines()})).await.json();
    assert_eq!((&quote["totalAmount"], &quote["available"]), (&json!(TOTAL), &json!(true)));
    let number = browser.begin().await;
    let mut cheap = try_of("tok_approve", "k1");
    cheap["expectedAmount"] = json!(1);
    let answer = browser.post(&format!("/store/orders/{number}/pay"), cheap).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (422, &json!("EXPECTED_AMOUNT_MISMATCH")));
    let gone =
        json!({"lines": [{"slug": "iphone-17-pro", "color": "orange", "option": "1tb", "quantity": 1}]});
    assert_eq!(browser.post("/store/quote", gone).await.json()["available"], false);
    for (lines, status) in
        [(json!([]), 400), (json!([{"slug": "x", "color": "y", "option": "z", "quantity": 1}]), 400)]
    {
        assert_eq!(browser.post("/store/quote", json!({ "lines": lines })).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_repeated_try_is_charged_once_and_the_order_is_its_shoppers_alone() {
    let mut browser = Browser::open();
    let number = browser.begin().await;
    let first = browser.pay(&number, "tok_approve", "k1").await;
    assert_eq!(first.status, 200, "{first:?}");
    let again = browser.pay(&number, "tok_approve", "k1").await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    let order = browser.send(get(&format!("/store/orders/{number}"))).await.json();
    assert_eq!(
        (&order["status"], &order["totalAmount"], &order["instalmentMonths"]),
        (&json!("CAPTURED"), &json!(TOTAL), &json!(3))
    );
    assert_eq!(order["lines"][1]["quantity"], 2);
    assert_ne!(browser.begin().await, number, "the next order has the next number");
    browser.cookie = None;
    assert_eq!(browser.send(get(&format!("/store/orders/{number}"))).await.status, 404);
    browser.begin().await;
    assert_eq!(browser.send(get(&format!("/store/orders/{number}"))).await.status, 404);
    assert_eq!(browser.pay(&number, "tok_approve", "k2").await.status, 404);
}

#[tokio::test]
async fn a_declined_card_leaves_the_order_to_another_card() {
    let mut browser = Browser::open();
    let number = browser.begin().await;
    let declined = browser.pay(&number, "tok_insufficient_funds", "k1").await;
    assert_eq!(
        (declined.status.as_u16(), &declined.json()["declineCode"]),
        (402, &json!("insufficient_funds"))
    );
    let paid = browser.pay(&number, "tok_approve", "k2").await;
    assert_eq!(paid.status, 200, "{paid:?}");
    let orders = browser.send(get("/store/orders")).await.json();
    let data = orders["data"].as_array().unwrap();
    assert_eq!((data.len(), &data[0]["status"]), (1, &json!("CAPTURED")));
    assert_eq!(data[0]["declinedPaymentIds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn orders_are_listed_newest_first_page_by_page() {
    let mut browser = Browser::open();
    let mut numbers = Vec::new();
    for index in 0..5 {
        let number = browser.begin().await;
        assert_eq!(browser.pay(&number, "tok_approve", &format!("k{index}")).await.status, 200);
        numbers.insert(0, number);
    }
    let mut seen = Vec::new();
    let mut path = "/store/orders?limit=2".to_owned();
    loop {
        let page = browser.send(get(&path)).await.json();
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|one| one["orderNo"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/store/orders?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, numbers);
}

#[tokio::test]
async fn no_more_is_given_back_than_was_paid() {
    let mut browser = Browser::open();
    let number = browser.begin().await;
    assert_eq!(browser.pay(&number, "tok_approve", "k1").await.status, 200);
    let path = format!("/store/orders/{number}/refunds");
    let wish = |amount: i64, expected: i64, key: &str| json!({"amount": amount, "reason": "마음이 바뀌었어요", "expectedRefundable": expected, "idempotencyKey": key});
    assert_eq!(browser.post(&path, wish(32_000, TOTAL, "r1")).await.status, 200);
    let stale = browser.post(&path, wish(32_000, TOTAL, "r2")).await;
    assert_eq!((stale.status.as_u16(), &stale.json()["code"]), (422, &json!("EXPECTED_AMOUNT_MISMATCH")));
    let over = browser.post(&path, wish(TOTAL, TOTAL - 32_000, "r3")).await;
    assert_eq!((over.status.as_u16(), &over.json()["code"]), (422, &json!("AMOUNT_TOO_LARGE")));
    let order = browser.send(get(&format!("/store/orders/{number}"))).await.json();
    assert_eq!((&order["status"], &order["refundedAmount"]), (&json!("PARTIALLY_REFUNDED"), &json!(32_000)));
}

/// The wrong fields of a 400.
fn wrong(answer: &Answer) -> Vec<String> {
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (400, &json!("VALIDATION_ERROR")),
        "{answer:?}"
    );
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| format!("{} {}", error["field"], error["code"]).replace('"', "")).collect()
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_cart_is_said_at_once() {
    let mut browser = Browser::open();
    let lines = json!([
        {"slug": "iphone-17-pro", "color": "plaid", "option": 5, "quantity": 6},
        {"slug": "nothing", "color": "clay", "quantity": 1},
        7,
    ]);
    let expected = [
        "lines.2 WRONG_TYPE",
        "lines.0.option WRONG_TYPE",
        "lines.0.quantity OUT_OF_RANGE",
        "lines.0.color INVALID_FORMAT",
        "lines.1.option REQUIRED",
        "lines.1.slug INVALID_FORMAT",
    ];
    for path in ["/store/quote", "/store/orders"] {
        assert_eq!(wrong(&browser.post(path, json!({ "lines": lines })).await), expected, "{path}");
    }
    for (body, field) in [
        (json!({}), "lines REQUIRED"),
        (json!({"lines": {}}), "lines WRONG_TYPE"),
        (json!({"lines": []}), "lines OUT_OF_RANGE"),
    ] {
        assert_eq!(wrong(&browser.post("/store/quote", body).await), [field]);
    }
    let number = browser.begin().await;
    let body = json!({"lines": lines, "expectedAmount": "1", "token": "", "instalmentMonths": 25});
    let mut pay = vec!["idempotencyKey REQUIRED"];
    pay.extend(expected);
    pay.extend(["expectedAmount WRONG_TYPE", "token TOO_SHORT", "instalmentMonths OUT_OF_RANGE"]);
    assert_eq!(wrong(&browser.post(&format!("/store/orders/{number}/pay"), body).await), pay);
    let body = json!({"amount": 0, "reason": "", "expectedRefundable": 1.5, "idempotencyKey": 7});
    assert_eq!(browser.pay(&number, "tok_approve", "k").await.status, 200);
    assert_eq!(
        wrong(&browser.post(&format!("/store/orders/{number}/refunds"), body).await),
        [
            "amount OUT_OF_RANGE",
            "reason TOO_SHORT",
            "expectedRefundable WRONG_TYPE",
            "idempotencyKey WRONG_TYPE",
        ]
    );
}

#[tokio::test]
async fn a_query_parameter_nobody_knows_is_refused() {
    let mut browser = Browser::open();
    let number = browser.begin().await;
    assert_eq!(browser.pay(&number, "tok_approve", "k").await.status, 200);
    for path in ["/store/products", "/store/products/mug-onki", &format!("/store/orders/{number}")] {
        assert_eq!(browser.send(get(path)).await.status, 200, "{path}");
        assert_eq!(wrong(&browser.send(get(&format!("{path}?x=1"))).await).len(), 1, "{path}");
    }
}
