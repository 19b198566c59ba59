//! Dead letters, as an operator sees them.

use serde_json::{Value, json};

use crate::http::testing::Books;

/// Books with events that were unreadable when the worker came by, and are whole again; how many.
async fn books(parked: u64) -> Books {
    let books = Books::open();
    for number in 0..parked {
        let order = json!({"merchantId": "M1", "amount": 10 + number, "currency": "KRW", "idempotencyKey": format!("k{number}")});
        assert_eq!(books.post("/payments/authorize", &order).await.status, 200);
    }
    let change = |from: &str, to: &str| {
        format!("UPDATE outbox_event SET body = CAST(replace(CAST(body AS TEXT), '{from}', '{to}') AS BLOB)")
    };
    books.tamper(&change("\"postings\"", "\"postingz\""));
    books.work().await;
    books.tamper(&change("\"postingz\"", "\"postings\""));
    books
}

/// Puts the mended bytes where the damaged ones were parked, as an operator's tool would.
fn mend(books: &Books, id: u64) {
    books.tamper(&format!(
        "UPDATE dead_letter SET payload = (SELECT body FROM outbox_event WHERE id = record_offset), \
         payload_sha256 = (SELECT sha256 FROM outbox_event WHERE id = record_offset) WHERE id = {id}"
    ));
}

async fn act(books: &Books, id: u64, what: &str, body: &Value) -> (u16, Value) {
    let answer = books.post(&format!("/dead-letters/{id}/{what}"), body).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_dead_letter_shows_the_fields_of_the_origin_and_its_event() {
    let books = books(2).await;
    let list = books.read("/dead-letters").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let id = list["data"][1]["id"].as_u64().unwrap();
    let letter = books.read(&format!("/dead-letters/{id}")).await;
    assert_eq!(letter, list["data"][1]);
    assert_eq!(letter["originalTopic"], "payment.authorized");
    assert_eq!((letter["partition"].as_i64(), letter["offset"].as_i64()), (Some(0), Some(1)));
    assert_eq!((letter["eventId"].as_str(), letter["attempts"].as_i64()), (Some("0-1"), Some(1)));
    assert_eq!((letter["state"].as_str(), letter["errorType"].as_str()), (Some("OPEN"), Some("schema")));
    assert!(letter["payload"].as_str().unwrap().contains("postingz"), "the bytes as they were read");
    assert!(letter["timestamp"].is_string() && letter["errorMessage"].is_string());
    assert_eq!(books.read("/dead-letters?state=HELD&state=REDRIVEN").await["data"], json!([]));
    assert_eq!(books.read("/dead-letters?errorType=foreign").await["data"], json!([]));
    let payment = letter["paymentId"].as_u64().unwrap();
    assert_eq!(books.read(&format!("/dead-letters?paymentId={payment}")).await["data"][0], letter);
    assert_eq!(books.get("/dead-letters/99").await.status, 404);
    assert_eq!(books.get("/dead-letters?state=open").await.json()["errors"][0]["field"], "state");
    let page = books.read("/dead-letters?limit=1").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(books.read(&format!("/dead-letters?limit=1&cursor={cursor}")).await["data"][0], letter);
    let flow = books.read(&format!("/payments/{payment}/flow")).await;
    assert_eq!(
        (flow["steps"][4]["state"].as_str(), flow["steps"][4]["proof"]["deadLetterId"].as_u64()),
        (Some("dead"), Some(id))
    );
    let timeline = books.read(&format!("/payments/{payment}/timeline")).await;
    assert_eq!(timeline["data"][0]["deadLetter"]["id"], id);
    assert_eq!(books.read("/outbox").await["data"][0]["state"], "parked");
}

#[tokio::test]
async fn dead_letters_are_counted_by_state_and_reason() {
    let books = books(3).await;
    let id = books.read("/dead-letters").await["data"][0]["id"].as_u64().unwrap();
    assert_eq!(act(&books, id, "hold", &json!({})).await.0, 200);
    let counted = books.read("/dead-letters/counts").await;
    let mut rows = counted["data"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row["count"].as_u64());
    assert_eq!(
        rows,
        [
            json!({"state": "HELD", "errorType": "schema", "count": 1}),
            json!({"state": "OPEN", "errorType": "schema", "count": 2}),
        ]
    );
    assert_eq!(books.get("/dead-letters/counts?state=OPEN").await.json()["errors"][0]["field"], "state");
}

#[tokio::test]
async fn a_redrive_posts_once_and_a_second_one_is_a_conflict() {
    let books = books(1).await;
    let (status, still) = act(&books, 1, "redrive", &json!({})).await;
    assert_eq!((status, still["state"].as_str(), still["attempts"].as_i64()), (200, Some("OPEN"), Some(2)));
    assert!(still["note"].is_string(), "why it failed again: {still}");
    mend(&books, 1);
    let (status, done) = act(&books, 1, "redrive", &json!({"reason": "디스크를 고쳤다"})).await;
    assert_eq!((status, done["state"].as_str()), (200, Some("REDRIVEN")), "{done}");
    let (status, problem) = act(&books, 1, "redrive", &json!({})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("DEAD_LETTER_CONFLICT")));
    assert_eq!(books.read("/ledger/entries").await["data"].as_array().unwrap().len(), 1);
    assert_eq!(books.post("/ledger/proofs", &json!({})).await.json()["full"]["ok"], true);
    let audit = books.read("/audit").await;
    let actions: Vec<_> = audit["data"].as_array().unwrap().iter().map(|act| act["reason"].clone()).collect();
    assert_eq!(actions, [json!("디스크를 고쳤다"), Value::Null]);
    assert_eq!(audit["data"][0]["object"], "dead_letter/1");
    assert_eq!(books.read("/audit?limit=1").await["data"][0]["actor"], "local");
    let (status, unknown) = act(&books, 7, "redrive", &json!({})).await;
    assert_eq!((status, &unknown["detail"]), (404, &json!("check the id")), "dead letters have no merchant");
}

#[tokio::test]
async fn holding_needs_an_open_one_and_discarding_a_reason() {
    let books = books(1).await;
    let (status, held) = act(&books, 1, "hold", &json!({"reason": "wait"})).await;
    assert_eq!((status, held["state"].as_str(), held["note"].as_str()), (200, Some("HELD"), Some("wait")));
    assert_eq!(act(&books, 1, "hold", &json!({})).await.1["code"], "DEAD_LETTER_CONFLICT");
    let (status, problem) = act(&books, 1, "discard", &json!({})).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"], &problem["errors"][0]["code"]),
        (400, &json!("reason"), &json!("REQUIRED"))
    );
    let (status, discarded) = act(&books, 1, "discard", &json!({"reason": "made by a test"})).await;
    assert_eq!((status, discarded["state"].as_str()), (200, Some("DISCARDED")));
    assert_eq!(act(&books, 1, "redrive", &json!({})).await.0, 409);
    assert_eq!(books.read("/outbox").await["data"][0]["state"], "discarded");
    let proofs = books.post("/ledger/proofs", &json!({})).await.json();
    assert_eq!(
        (proofs["full"]["ok"].as_bool(), proofs["full"]["events"]["discarded"].as_i64()),
        (Some(true), Some(1))
    );
    let plain = crate::http::testing::send(
        &books.app,
        axum::http::Request::post("/dead-letters/1/hold").body("reason".into()).unwrap(),
    )
    .await;
    assert_eq!(plain.status, 415);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_the_real_one_does_what_it_said() {
    let books = books(3).await;
    mend(&books, 1);
    mend(&books, 2);
    let before = books.read("/dead-letters").await;
    let dry = json!({"action": "redrive", "dryRun": true});
    let said = books.post("/dead-letters/bulk", &dry).await.json();
    assert_eq!(
        (said["succeeded"].as_i64(), said["failed"].as_i64(), said["dryRun"].as_bool()),
        (Some(2), Some(1), Some(true))
    );
    assert_eq!(said["results"][0]["outcome"], "would_stay_open");
    for one in said["results"].as_array().unwrap() {
        assert_eq!(books.read(&format!("/dead-letters/{}/forecast", one["id"])).await, *one);
    }
    assert_eq!(books.read("/dead-letters").await, before);
    let done = books.post("/dead-letters/bulk", &json!({"action": "redrive"})).await.json();
    assert_eq!((done["succeeded"].as_i64(), done["failed"].as_i64()), (Some(2), Some(1)));
    assert_eq!(books.read("/ledger/entries").await["data"].as_array().unwrap().len(), 2);
    let closed = books.get("/dead-letters/1/forecast").await;
    assert_eq!((closed.status.as_u16(), closed.json()["code"].as_str()), (409, Some("DEAD_LETTER_CONFLICT")));
    assert_eq!(books.get("/dead-letters/9/forecast").await.status, 404);
    let again = books
        .post("/dead-letters/bulk", &json!({"action": "discard", "reason": "beyond repair"}))
        .await
        .json();
    assert_eq!(
        (again["succeeded"].as_i64(), again["results"][0]["outcome"].as_str()),
        (Some(1), Some("discarded"))
    );
    let empty = books.post("/dead-letters/bulk", &json!({"action": "discard", "state": "HELD"})).await;
    assert_eq!(empty.json()["errors"][0]["field"], "reason");
    let wrong = books.post("/dead-letters/bulk", &json!({"action": "burn", "dryRun": 1})).await.json();
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn one_that_the_store_refuses_stays_open_and_ends_no_bulk_act() {
    let books = books(3).await;
    (1..=3).for_each(|id| mend(&books, id));
    books.tamper(
        "CREATE TRIGGER planted BEFORE INSERT ON ledger_entry WHEN NEW.amount = 11 \
         BEGIN SELECT RAISE(ABORT, 'planted'); END; UPDATE dead_letter SET attempts = attempts",
    );
    let done = books.post("/dead-letters/bulk", &json!({"action": "redrive"})).await;
    assert_eq!(done.status, 200);
    let done = done.json();
    let outcomes: Vec<_> =
        done["results"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["redriven", "still_open", "redriven"], "{done}");
    let (status, letter) = act(&books, 2, "redrive", &json!({})).await;
    assert_eq!((status, &letter["state"], &letter["attempts"]), (200, &json!("OPEN"), &json!(3)), "{letter}");
    assert!(letter["note"].as_str().unwrap().contains("planted"), "{letter}");
}
