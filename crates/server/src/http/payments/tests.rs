//! Payments over the real engine and a real store, as a client sees them.

use serde_json::{Value, json};

use crate::http::testing::{Answer, Books, send};

fn order(merchant: &str, key: &str, amount: i64) -> Value {
    json!({"merchantId": merchant, "amount": amount, "currency": "KRW", "idempotencyKey": key})
}

async fn authorized(books: &Books, merchant: &str, key: &str) -> u64 {
    let answer = books.post("/payments/authorize", &order(merchant, key, 10_000)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["paymentId"].as_u64().unwrap()
}

fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    let problem = answer.json();
    assert_eq!((answer.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
    problem
}

#[tokio::test]
async fn a_payment_lives_from_authorization_to_refund() {
    let books = Books::open();
    let id = authorized(&books, "M1", "k1").await;
    let capture = json!({"merchantId": "M1", "amount": 4000, "final": false});
    let captured = books.post(&format!("/payments/capture/{id}"), &capture).await.json();
    assert_eq!(captured["status"], "PARTIALLY_CAPTURED");
    assert_eq!(captured["ledgerEntries"][0]["debitAccount"], "acquirer_receivable");
    assert_eq!(captured["ledgerEntries"][0]["amount"], 4000);
    let released = books.post(&format!("/payments/void/{id}"), &json!({"merchantId": "M1"})).await.json();
    assert_eq!(
        (released["status"].as_str(), released["capturableAmount"].as_i64()),
        (Some("CAPTURED"), Some(0))
    );
    let refund = json!({"merchantId": "M1", "reason": "고객 변심", "expectedRefundable": 4000});
    let refunded = books.post(&format!("/payments/refund/{id}"), &refund).await.json();
    assert_eq!(
        (refunded["status"].as_str(), refunded["refundedAmount"].as_i64()),
        (Some("REFUNDED"), Some(4000))
    );
    let read = books.get(&format!("/payments/{id}")).await.json();
    for member in ["status", "version", "updatedAt", "capturedAmount", "refundableAmount", "captureBefore"] {
        assert_eq!(read[member], refunded[member], "{member}");
    }
}

#[tokio::test]
async fn a_repeated_call_gets_the_same_bytes_and_another_one_is_refused() {
    let books = Books::open();
    let first = books.post("/payments/authorize", &order("M1", "k1", 10_000)).await;
    let again = books.post("/payments/authorize", &order("M1", "k1", 10_000)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    let other = books.post("/payments/authorize", &order("M1", "k1", 10_001)).await;
    refused(&other, 422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn refusals_say_what_the_caller_needs_to_know() {
    let books = Books::open();
    let mut declined = order("M1", "k1", 10_000);
    declined["paymentMethod"] = json!({"type": "card", "token": "tok_insufficient_funds"});
    let problem = refused(&books.post("/payments/authorize", &declined).await, 402, "CARD_DECLINED");
    assert_eq!(problem["declineCode"], "insufficient_funds");
    let read = books.get(&format!("/payments/{}", problem["paymentId"])).await.json();
    assert_eq!(
        (read["status"].as_str(), read["failure"]["code"].as_str()),
        (Some("DECLINED"), Some("insufficient_funds"))
    );

    let id = authorized(&books, "M1", "k2").await;
    let path = |operation: &str| format!("/payments/{operation}/{id}");
    let too_much = books.post(&path("capture"), &json!({"merchantId": "M1", "amount": 10_001})).await;
    assert_eq!(refused(&too_much, 422, "AMOUNT_TOO_LARGE")["capturableAmount"], 10_000);
    let early = books.post(&path("refund"), &json!({"merchantId": "M1", "reason": "r"})).await;
    assert_eq!(refused(&early, 409, "REFUND_CONFLICT")["instance"], path("refund"));
    refused(&books.post(&path("capture"), &json!({"merchantId": "M2"})).await, 404, "NOT_FOUND");
    refused(&books.post("/payments/void/999999", &json!({"merchantId": "M1"})).await, 404, "NOT_FOUND");
    books.clock.advance_seconds(604_800);
    refused(&books.post(&path("capture"), &json!({"merchantId": "M1"})).await, 409, "AUTHORIZATION_EXPIRED");
}

#[tokio::test]
async fn the_twenty_first_authorization_of_a_minute_waits() {
    let books = Books::open();
    for key in 0..20 {
        let answer = books.post("/payments/authorize", &order("M1", &key.to_string(), 100)).await;
        assert_eq!(answer.header("ratelimit"), format!("\"authorize\";r={};t=60", 19 - key));
    }
    let answer = books.post("/payments/authorize", &order("M1", "20", 100)).await;
    refused(&answer, 429, "RATE_LIMIT_EXCEEDED");
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.header("ratelimit-policy"), "\"authorize\";q=20;w=60");
    let replay = books.post("/payments/authorize", &order("M1", "0", 100)).await;
    assert_eq!((replay.status.as_u16(), replay.header("idempotent-replayed")), (200, "true"));
    assert_eq!(books.post("/payments/authorize", &order("M2", "20", 100)).await.status, 200);
    books.clock.advance_seconds(60);
    assert_eq!(books.post("/payments/authorize", &order("M1", "20", 100)).await.status, 200);
}

async fn ids(books: &Books, query: &str) -> (Vec<u64>, Option<String>) {
    let answer = books.get(&format!("/payments?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = answer.json();
    let ids = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| payment["paymentId"].as_u64().unwrap())
        .collect();
    (ids, page["nextCursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn lists_go_from_the_newest_page_by_page_to_the_end() {
    let books = Books::open();
    let mut all = Vec::new();
    for key in 0..7 {
        all.insert(0, authorized(&books, "M1", &key.to_string()).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (page, next) = ids(&books, &format!("limit=3{cursor}")).await;
        assert!(page.len() <= 3);
        seen.extend(page);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn filters_hold_at_once_and_other_merchants_do_not_exist() {
    let books = Books::open();
    let mine = authorized(&books, "M1", "k1").await;
    let other = authorized(&books, "M2", "k1").await;
    let mut with_order = order("M1", "k2", 500);
    with_order["orderId"] = json!("주문 7");
    let ordered = books.post("/payments/authorize", &with_order).await.json()["paymentId"].as_u64().unwrap();
    books.post(&format!("/payments/capture/{mine}"), &json!({"merchantId": "M1"})).await;
    let cases = [
        ("merchantId=M1".to_owned(), vec![ordered, mine]),
        ("merchantId=M2".to_owned(), vec![other]),
        ("status=CAPTURED".to_owned(), vec![mine]),
        ("status=CAPTURED&status=AUTHORIZED&merchantId=M1".to_owned(), vec![ordered, mine]),
        ("orderId=%EC%A3%BC%EB%AC%B8+7".to_owned(), vec![ordered]),
        ("amountMax=500".to_owned(), vec![ordered]),
        ("amountMin=501&merchantId=M2".to_owned(), vec![other]),
        ("currency=USD".to_owned(), vec![]),
        ("createdFrom=2026-11-22T00:00:00Z".to_owned(), vec![ordered, other, mine]),
        ("createdTo=2026-11-22T00:00:00Z".to_owned(), vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&books, &query).await.0, expected, "{query}");
    }
    assert_eq!(books.get(&format!("/payments/{mine}?merchantId=M1")).await.status, 200);
    let hidden = books.get(&format!("/payments/{mine}?merchantId=M2")).await;
    let missing = books.get("/payments/999999?merchantId=M2").await;
    let (hidden, missing) = (refused(&hidden, 404, "NOT_FOUND"), refused(&missing, 404, "NOT_FOUND"));
    assert_eq!(hidden["message"], missing["message"]);
}

#[tokio::test]
async fn a_payment_is_found_by_when_it_was_last_changed() {
    let books = Books::open();
    let captured = authorized(&books, "M1", "k1").await;
    let created =
        books.read(&format!("/payments/{captured}")).await["createdAt"].as_str().unwrap().to_owned();
    books.clock.advance_seconds(60);
    let later = authorized(&books, "M1", "k2").await;
    books.post(&format!("/payments/capture/{captured}"), &json!({"merchantId": "M1"})).await;
    let at = books.read(&format!("/payments/{later}")).await["createdAt"].as_str().unwrap().to_owned();
    let cases = [
        (format!("createdFrom={at}"), vec![later]),
        (format!("updatedFrom={at}"), vec![later, captured]),
        (format!("createdTo={at}"), vec![captured]),
        (format!("updatedTo={at}"), vec![]),
        (format!("updatedFrom={created}&updatedTo={at}"), vec![]),
        (format!("updatedFrom={at}&status=CAPTURED"), vec![captured]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&books, &query).await.0, expected, "{query}");
    }
    let wrong = books.get("/payments?updatedFrom=today&updatedTo=tomorrow").await;
    let problem = refused(&wrong, 400, "VALIDATION_ERROR");
    assert_eq!(
        (&problem["errors"][0]["field"], &problem["errors"][1]["field"]),
        (&json!("updatedFrom"), &json!("updatedTo"))
    );
}

#[tokio::test]
async fn payments_are_counted_by_status_under_the_conditions_of_the_list() {
    let books = Books::open();
    let none = books.read("/payments/counts").await;
    assert_eq!(none["complete"], true);
    assert_eq!(none["counts"].as_array().unwrap().len(), 9, "{none}");
    assert_eq!(none["counts"][0], json!({"status": "PROCESSING", "count": 0}));
    let captured = authorized(&books, "M1", "k1").await;
    authorized(&books, "M1", "k2").await;
    authorized(&books, "M2", "k1").await;
    books.post(&format!("/payments/capture/{captured}"), &json!({"merchantId": "M1"})).await;
    let count = async |query: &str, status: &str| {
        let counted = books.read(&format!("/payments/counts?{query}")).await;
        let rows = counted["counts"].as_array().unwrap();
        rows.iter().find(|row| row["status"] == status).unwrap()["count"].as_u64().unwrap()
    };
    for (query, expected) in
        [("", [2, 1]), ("merchantId=M1", [1, 1]), ("amountMax=1", [0, 0]), ("status=CAPTURED", [0, 1])]
    {
        let counted = [count(query, "AUTHORIZED").await, count(query, "CAPTURED").await];
        assert_eq!(counted, expected, "{query}");
    }
    let wrong = books.get("/payments/counts?limit=3").await;
    let problem = refused(&wrong, 400, "VALIDATION_ERROR");
    assert_eq!(problem["errors"][0]["field"], "limit");
}

#[tokio::test]
async fn metrics_show_what_waits_for_the_worker() {
    let books = Books::open();
    authorized(&books, "M1", "k1").await;
    books.clock.advance_seconds(30);
    let text = String::from_utf8(books.get("/metrics").await.body.to_vec()).unwrap();
    for line in [
        "outbox_pending 1",
        "outbox_oldest_age_seconds 30",
        "dead_letters_open 0",
        "ledger_imbalance 0",
        r#"payments_total{action="authorize",result="approved"} 1"#,
        "commit_batch_size_count 1",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn every_answer_of_a_limited_action_says_what_the_limit_is_and_where_the_merchant_stands() {
    let books = Books::open();
    let id = authorized(&books, "M1", "k1").await;
    let standing = |answer: &Answer| {
        (answer.header("ratelimit-policy").to_owned(), answer.header("ratelimit").to_owned())
    };
    let authorize =
        |left: u32| (r#""authorize";q=20;w=60"#.to_owned(), format!(r#""authorize";r={left};t=60"#));
    let capture = |left: u32| (r#""capture";q=40;w=60"#.to_owned(), format!(r#""capture";r={left};t=60"#));
    let replay = books.post("/payments/authorize", &order("M1", "k1", 10_000)).await;
    assert_eq!((replay.header("idempotent-replayed"), standing(&replay)), ("true", authorize(19)));
    let wrong = books.post("/payments/authorize", &order("M1", "k2", 0)).await;
    assert_eq!((wrong.status.as_u16(), standing(&wrong)), (400, authorize(19)), "not charged");
    let reused = books.post("/payments/authorize", &order("M1", "k1", 1)).await;
    assert_eq!((reused.status.as_u16(), standing(&reused)), (422, authorize(19)));
    let missing = books.post("/payments/void/424242", &json!({"merchantId": "M1"})).await;
    assert_eq!((missing.status.as_u16(), standing(&missing)), (404, capture(39)));
    let conflict =
        books.post(&format!("/payments/refund/{id}"), &json!({"merchantId": "M1", "reason": "r"})).await;
    assert_eq!((conflict.status.as_u16(), conflict.header("ratelimit")), (409, r#""refund";r=19;t=60"#));
    let untyped = axum::http::Request::post("/payments/refund/1").body("{}".into()).unwrap();
    for nobodys in [
        books.post("/payments/refund/1", &json!({"reason": "r"})).await,
        books.post("/payments/refund/abc", &json!({"merchantId": "M1"})).await,
        send(&books.app, untyped).await,
    ] {
        let expected = (r#""refund";q=20;w=60"#.to_owned(), String::new());
        assert_eq!(standing(&nobodys), expected, "{nobodys:?}");
    }
    assert_eq!(standing(&books.get("/payments").await), Default::default());
}

#[tokio::test]
async fn the_latest_requests_name_the_payment_they_were_about() {
    let books = Books::open();
    let id = authorized(&books, "M1", "k1").await;
    let declined = json!({"merchantId": "M1", "amount": 1, "currency": "KRW", "idempotencyKey": "k2",
                          "paymentMethod": {"type": "card", "token": "tok_decline"}});
    let declined = books.post("/payments/authorize", &declined).await.json()["paymentId"].clone();
    books.post(&format!("/payments/capture/{id}"), &json!({"merchantId": "M1"})).await;
    books.post("/payments/authorize", &order("M1", "k3", 0)).await;
    let requests = books.read("/requests").await;
    let named: Vec<_> =
        requests["data"].as_array().unwrap().iter().map(|request| request["paymentId"].clone()).collect();
    assert_eq!(named, [Value::Null, json!(id), declined, json!(id)]);
    let own = books.read(&format!("/requests?paymentId={id}")).await;
    assert_eq!(own["data"][1]["route"], "/payments/authorize");
}
