//! A payment's timeline, flow and ledger, as a client sees them.

use serde_json::{Value, json};

use crate::http::testing::{self, Books};

fn words(steps: &Value, member: &str) -> Vec<String> {
    let steps = steps.as_array().unwrap();
    steps.iter().map(|step| step[member].as_str().unwrap_or("null").to_owned()).collect()
}

#[tokio::test]
async fn a_flow_waits_at_the_worker_and_is_done_when_the_entry_stands() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    let waiting = books.read(&format!("/payments/{id}/flow")).await;
    assert_eq!(
        words(&waiting["steps"], "station"),
        ["api", "outbox", "published", "broker", "worker", "ledger"]
    );
    assert_eq!(words(&waiting["steps"], "state"), ["done", "done", "done", "done", "waiting", "waiting"]);
    assert_eq!(waiting["eventId"], "0-2", "the latest event: the capture");
    assert_eq!(waiting["steps"][3]["proof"]["kind"], "embedded_log");
    books.work().await;
    let done = books.read(&format!("/payments/{id}/flow")).await;
    assert!(words(&done["steps"], "state").iter().all(|state| state == "done"), "{done}");
    assert_eq!(done["steps"][5]["proof"], json!({"kind": "journal_entry", "entryId": "0-2", "postings": 2}));
    let first = books.read(&format!("/payments/{id}/flow?eventId=0-1")).await;
    assert_eq!(first["topic"], "payment.authorized");
    assert_eq!(books.get(&format!("/payments/{id}/flow?eventId=0-7")).await.status, 404);
}

#[tokio::test]
async fn a_decline_is_done_without_anything_to_post() {
    let books = Books::open();
    let order = json!({"merchantId": "M1", "amount": 5, "currency": "KRW", "idempotencyKey": "k",
        "paymentMethod": {"type": "card", "token": "tok_decline"}});
    let id = books.post("/payments/authorize", &order).await.json()["paymentId"].as_u64().unwrap();
    books.work().await;
    let flow = books.read(&format!("/payments/{id}/flow")).await;
    assert!(words(&flow["steps"], "state").iter().all(|state| state == "done"), "{flow}");
    assert_eq!(flow["steps"][5]["proof"]["kind"], "without_postings");
    assert_eq!(books.read(&format!("/payments/{id}/ledger")).await["data"], json!([]));
}

#[tokio::test]
async fn an_unknown_outcome_is_running_at_the_api_and_first_in_the_timeline() {
    let books = Books::open();
    let order = json!({"merchantId": "M1", "amount": 5, "currency": "KRW", "idempotencyKey": "k",
        "paymentMethod": {"type": "card", "token": "tok_timeout"}});
    let answer = books.post("/payments/authorize", &order).await;
    assert_eq!(answer.status, 504);
    let id = answer.json()["paymentId"].as_u64().unwrap();
    let flow = books.read(&format!("/payments/{id}/flow")).await;
    assert_eq!(
        words(&flow["steps"], "state"),
        ["running", "waiting", "waiting", "waiting", "waiting", "waiting"]
    );
    let timeline = books.read(&format!("/payments/{id}/timeline")).await;
    assert_eq!(timeline["data"][0]["kind"], "attempt");
}

#[tokio::test]
async fn a_timeline_goes_back_event_by_event_in_the_order_of_the_lane() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    books.captured("other", 5).await;
    let refund = json!({"merchantId": "M1", "reason": "r", "amount": 1000});
    assert_eq!(books.post(&format!("/payments/refund/{id}"), &refund).await.status, 200);
    books.work().await;
    let whole = books.read(&format!("/payments/{id}/timeline")).await;
    assert_eq!(words(&whole["data"], "kind"), ["posted", "event", "posted", "event", "posted", "event"]);
    assert_eq!(whole["data"][1]["event"]["id"], "0-5");
    assert_eq!(whole["data"][1]["event"]["envelope"]["reason"], "r");
    assert_eq!(whole["nextCursor"], Value::Null);
    let page = books.read(&format!("/payments/{id}/timeline?limit=2")).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 4);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = books.read(&format!("/payments/{id}/timeline?limit=2&cursor={cursor}")).await;
    assert_eq!(rest["data"][1]["event"]["topic"], "payment.authorized");
    assert_eq!(rest["nextCursor"], Value::Null);
}

#[tokio::test]
async fn an_operators_act_stands_under_the_event_it_caused_and_no_merchant_sees_it() {
    let books = Books::open();
    let order = json!({"merchantId": "M1", "amount": 900, "currency": "KRW", "idempotencyKey": "k"});
    let id = books.post("/payments/authorize", &order).await.json()["paymentId"].as_u64().unwrap();
    for (what, reason) in [("capture", "sent by hand"), ("refund", "came back broken")] {
        books.clock.advance_seconds(1);
        let body = json!({"merchantId": "M1", "amount": 900, "reason": reason});
        let mut request = testing::post(&format!("/payments/{what}/{id}"), body.to_string());
        request.headers_mut().insert("operator-act", "true".parse().unwrap());
        assert_eq!(testing::send(&books.app, request).await.status, 200);
    }
    books.work().await;
    let whole = books.read(&format!("/payments/{id}/timeline")).await;
    let kinds = ["posted", "event", "act", "posted", "event", "act", "posted", "event"];
    assert_eq!(words(&whole["data"], "kind"), kinds);
    let act = &whole["data"][2]["act"];
    assert_eq!((act["action"].as_str(), act["actor"].as_str()), (Some("payment.refund"), Some("local")));
    assert_eq!((act["reason"].as_str(), act["outcome"].as_str()), (Some("came back broken"), Some("done")));
    // Page by page every act is there once, on the page of its event.
    let mut paged = Vec::new();
    let mut more = String::new();
    loop {
        let page = books.read(&format!("/payments/{id}/timeline?limit=1{more}")).await;
        paged.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { break };
        more = format!("&cursor={next}");
    }
    assert_eq!(json!(paged), whole["data"]);
    let merchants = books.read(&format!("/payments/{id}/timeline?merchantId=M1")).await;
    assert_eq!(words(&merchants["data"], "kind"), ["posted", "event", "posted", "event", "posted", "event"]);
}

#[tokio::test]
async fn a_payments_entries_are_its_own_and_another_merchant_sees_nothing() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    books.captured("k2", 700).await;
    books.work().await;
    let entries = books.read(&format!("/payments/{id}/ledger?merchantId=M1")).await;
    let ids = words(&entries["data"], "id");
    assert_eq!(ids, ["0-2", "0-1"]);
    let capture = &entries["data"][0]["postings"][1];
    assert_eq!((capture["layer"].as_str(), capture["amount"].as_i64()), (Some("POSTED"), Some(10_000)));
    assert_eq!(
        capture["debit"],
        json!({"code": 1200, "name": "acquirer_receivable", "owner": "simulator", "currency": "KRW"})
    );
    for path in ["ledger", "timeline", "flow"] {
        let answer = books.get(&format!("/payments/{id}/{path}?merchantId=M2")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &json!("NOT_FOUND")), "{path}");
        let answer = books.get(&format!("/payments/{id}/{path}?nonsense=1")).await;
        assert_eq!(answer.json()["errors"][0]["field"], "nonsense", "{path}");
    }
    // A cursor of another payment's place shows nothing of it.
    let other = crate::http::list::cursor_encode(8, &[4]);
    let foreign = books.read(&format!("/payments/{id}/ledger?cursor={other}")).await;
    assert_eq!(foreign["data"], json!([]));
}
