//! What operators look at, over a real engine and a store that is away.

use serde_json::{Value, json};

use super::testing::{Behaviour, Books, app, get, ok, send};

fn part<'a>(parts: &'a Value, name: &str) -> &'a Value {
    parts["data"].as_array().unwrap().iter().find(|part| part["name"] == name).unwrap()
}

#[tokio::test]
async fn limits_are_shown_without_being_charged() {
    let books = Books::open();
    books.captured("k1", 1).await;
    for _ in 0..3 {
        let limits = books.read("/limits?merchantId=M1").await;
        assert_eq!(limits["data"][0]["action"], "authorize");
        assert_eq!(
            (limits["data"][0]["capacity"].as_i64(), limits["data"][0]["used"].as_i64()),
            (Some(20), Some(1))
        );
        assert_eq!(limits["data"][1]["remaining"], 40);
    }
    let missing = books.get("/limits").await.json();
    assert_eq!(
        (&missing["errors"][0]["field"], &missing["errors"][0]["code"]),
        (&json!("merchantId"), &json!("REQUIRED"))
    );
    let wrong = books.get("/limits?merchantId=a%20b").await.json();
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 1, "{wrong}");
}

#[tokio::test]
async fn a_key_shows_its_answer_and_an_unknown_key_shows_nothing() {
    let books = Books::open();
    let id = books.captured("k1", 1).await;
    let rows = books.read("/idempotency?merchantId=M1&key=k1").await;
    let row = &rows["data"][0];
    assert_eq!(
        (row["operation"].as_str(), row["state"].as_str(), row["status"].as_i64()),
        (Some("authorize"), Some("final"), Some(200))
    );
    assert_eq!((row["body"]["paymentId"].as_u64(), row["paymentId"].as_u64()), (Some(id), Some(id)));
    assert_eq!(row["fingerprint"].as_str().unwrap().len(), 64);
    assert_eq!(row["cached"], "held");
    assert_eq!(books.read("/idempotency?merchantId=M2&key=k1").await["data"], json!([]));
    let missing = books.get("/idempotency").await.json();
    assert_eq!(missing["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_outbox_says_what_waits_and_what_became_of_each_row() {
    let books = Books::open();
    books.captured("k1", 1).await;
    books.clock.advance_seconds(3);
    let waiting = books.read("/outbox").await;
    assert_eq!(
        (waiting["summary"]["pending"].as_i64(), waiting["summary"]["oldestAgeMs"].as_i64()),
        (Some(2), Some(3_000))
    );
    assert_eq!(waiting["data"][0]["state"], "pending");
    books.work().await;
    let page = books.read("/outbox?limit=1").await;
    assert_eq!(
        (page["summary"]["pending"].as_i64(), &page["summary"]["oldestPendingAt"]),
        (Some(0), &Value::Null)
    );
    assert_eq!(
        (page["data"][0]["id"].as_str(), page["data"][0]["state"].as_str()),
        (Some("0-2"), Some("posted"))
    );
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(books.read(&format!("/outbox?limit=1&cursor={cursor}")).await["data"][0]["id"], "0-1");
    assert_eq!(page["summary"]["lanes"][0]["entriesPosted"], 2);
}

#[tokio::test]
async fn the_overview_counts_calls_money_and_what_waits() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    let refund = json!({"merchantId": "M1", "reason": "r", "amount": 4_000});
    assert_eq!(books.post(&format!("/payments/refund/{id}"), &refund).await.status, 200);
    assert_eq!(
        books
            .post(
                &format!("/payments/refund/{id}"),
                &json!({"merchantId": "M1", "reason": "r", "amount": 9_999})
            )
            .await
            .status,
        422
    );
    books.work().await;
    let overview = books.read("/overview").await;
    assert_eq!(
        overview["money"],
        json!([{"currency": "KRW", "captured": 10_000, "refunded": 4_000, "held": 0}])
    );
    assert_eq!(overview["outbox"]["pending"], 0);
    let refunds =
        overview["requests"].as_array().unwrap().iter().find(|calls| calls["action"] == "refund").unwrap();
    assert_eq!((refunds["succeeded"].as_i64(), refunds["refused"].as_i64()), (Some(1), Some(1)));
    assert_eq!(overview["proofs"], Value::Null, "no proof was run: not known, not well");
    assert_eq!(books.get("/overview?window=0").await.status, 400);
}

#[tokio::test]
async fn the_overview_tells_second_by_second_and_never_before_the_process_began() {
    let books = Books::open();
    books.captured("k1", 10_000).await;
    books.clock.advance_ms(3000);
    assert_eq!(books.read("/overview").await["seconds"], json!([]));
    let overview = books.read("/overview?series=300").await;
    let seconds = overview["seconds"].as_array().unwrap();
    let calls: Vec<_> = seconds.iter().map(|second| second["succeeded"].as_i64().unwrap()).collect();
    assert_eq!(calls, [1, 0, 0], "{overview}");
    assert!(seconds[0]["p95Ms"].is_number() && seconds[1]["p95Ms"].is_null(), "{overview}");
}

#[tokio::test]
async fn requests_are_remembered_by_template_and_without_secrets() {
    let books = Books::open();
    let id = books.captured("k1", 1).await;
    books.captured("k1", 1).await;
    books.get(&format!("/payments/{id}?merchantId=M1")).await;
    books.get("/nowhere/4242424242424242").await;
    let requests = books.read("/requests").await;
    let rows = requests["data"].as_array().unwrap();
    let routes: Vec<_> = rows.iter().map(|row| row["route"].as_str().unwrap()).collect();
    assert_eq!(routes, ["UNKNOWN", "/payments/{id}", "/payments/authorize", "/payments/authorize"]);
    assert_eq!((rows[2]["replayed"].as_bool(), rows[3]["replayed"].as_bool()), (Some(true), Some(false)));
    assert_eq!(rows[1]["paymentId"].as_u64(), Some(id));
    assert!(!requests.to_string().contains("4242"), "{requests}");
    let one = books.read(&format!("/requests?requestId={}", rows[1]["requestId"].as_str().unwrap())).await;
    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(books.read("/requests?status=404").await["data"][0]["route"], "UNKNOWN");
    let page = books.read("/requests?limit=1").await;
    assert!(page["nextCursor"].is_string());
    let acts = books.read("/requests?reads=false").await;
    let routes: Vec<_> = acts["data"].as_array().unwrap().iter().map(|row| &row["route"]).collect();
    assert_eq!(routes, ["UNKNOWN", "/payments/authorize", "/payments/authorize"], "a failed read is no read");
}

#[tokio::test]
async fn components_say_how_they_were_checked_and_unknown_is_not_well() {
    let books = Books::open();
    books.captured("k1", 1).await;
    let parts = books.read("/health/components").await;
    assert_eq!(part(&parts, "store")["state"], "up");
    assert_eq!(part(&parts, "proofs")["state"], "unknown");
    assert_eq!(part(&parts, "proofs")["checkedAt"], Value::Null);
    assert_eq!(part(&parts, "worker")["state"], "up", "it has not waited long yet");
    assert!(parts["data"].as_array().unwrap().iter().all(|part| part["how"].is_string()));
    books.clock.advance_seconds(60);
    assert_eq!(part(&books.read("/health/components").await, "worker")["state"], "degraded");
    let away = send(&app(Behaviour::Reply(ok())), get("/health/components")).await.json();
    assert_eq!(part(&away, "store")["state"], "down");
    for name in ["worker", "dead_letters", "acquirer"] {
        assert_eq!(
            (part(&away, name)["state"].as_str(), &part(&away, name)["checkedAt"]),
            (Some("unknown"), &Value::Null),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_503_on_every_read_and_an_unknown_parameter_400() {
    let app = app(Behaviour::Reply(ok()));
    for path in [
        "/payments/1/timeline",
        "/payments/1/flow",
        "/payments/1/ledger",
        "/ledger/accounts",
        "/ledger/accounts/1200/entries",
        "/ledger/entries",
        "/ledger/entries/0-1",
        "/ledger/trial-balance",
        "/events",
        "/events/stream",
        "/outbox",
        "/dead-letters",
        "/dead-letters/1",
        "/idempotency?merchantId=M1&key=k",
        "/overview",
        "/audit",
    ] {
        let answer = send(&app, get(path)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("UNAVAILABLE")), "{path}");
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = send(&app, get(&format!("{path}{sign}colour=red"))).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!("colour")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_was_said_is_remembered_only_while_somebody_watches_and_without_secrets() {
    let books = Books::open();
    let order = json!({"merchantId": "M1", "amount": 5, "currency": "KRW", "idempotencyKey": "k",
        "paymentMethod": {"type": "card", "token": "tok_approve"}});
    let calling = async |key: &str| {
        let mut order = order.clone();
        order["idempotencyKey"] = json!(key);
        let answer = books.post("/payments/authorize", &order).await;
        assert_eq!(answer.status, 200);
        answer.header("x-request-id").to_owned()
    };
    let said = async |id: String| books.read(&format!("/requests?requestId={id}")).await["data"][0].clone();
    let unwatched = calling("k1").await;
    let row = said(unwatched).await;
    assert_eq!((row["route"].as_str(), &row["requestBody"]), (Some("/payments/authorize"), &Value::Null));
    let watched = calling("k2").await;
    let row = said(watched).await;
    let asked = &row["requestBody"]["json"];
    assert_eq!((&asked["amount"], &asked["idempotencyKey"]), (&json!(5), &json!("k2")));
    assert_eq!(asked["paymentMethod"]["token"], "•••");
    assert_eq!(row["responseBody"]["json"]["status"], "AUTHORIZED");
    assert!(!books.read("/requests").await.to_string().contains("requestBody"), "a list stays short");
    // Nobody has looked for longer than a page waits.
    books.clock.advance_seconds(61);
    let later = calling("k3").await;
    assert_eq!(said(later).await["requestBody"], Value::Null);
}
