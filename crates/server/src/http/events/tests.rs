//! Events and their stream, as a client sees them.

use std::time::Duration;

use axum::body::BodyDataStream;
use domain::id::{Lane, Seq};
use engine::queries::lanes::Places;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

use super::{places_cursor, stream::ID_KIND};
use crate::http::testing::{Books, get, send};

const PATIENCE: Duration = Duration::from_secs(20);

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn events_are_listed_newest_first_by_topic_payment_and_merchant() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    let order = json!({"merchantId": "M2", "amount": 5, "currency": "KRW", "idempotencyKey": "k"});
    assert_eq!(books.post("/payments/authorize", &order).await.status, 200);
    assert_eq!(ids(&books.read("/events").await), ["0-3", "0-2", "0-1"]);
    assert_eq!(ids(&books.read("/events?topics=payment.captured,payment.voided").await), ["0-2"]);
    assert_eq!(ids(&books.read(&format!("/events?paymentId={id}")).await), ["0-2", "0-1"]);
    assert_eq!(ids(&books.read("/events?merchantId=M2").await), ["0-3"]);
    let page = books.read("/events?limit=2").await;
    assert_eq!(page["data"][0]["envelope"]["merchantId"], "M2");
    let cursor = page["nextCursor"].as_str().unwrap();
    books.captured("k2", 10_000).await;
    let rest = books.read(&format!("/events?limit=2&cursor={cursor}")).await;
    assert_eq!((ids(&rest), &rest["nextCursor"]), (vec!["0-1".to_owned()], &Value::Null));
    for (query, field) in [("topics=nothing", "topics"), ("cursor=x", "cursor"), ("colour=red", "colour")] {
        let answer = books.get(&format!("/events?{query}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["errors"][0]["field"]), (400, &json!(field)));
    }
}

/// Captured payments of `count` merchants with twenty each.
async fn many(books: &Books, count: u32) {
    for merchant in 0..count {
        let orders: Vec<_> = (0..20)
            .map(|number| {
                json!({"merchantId": format!("other-{merchant}"), "amount": 1, "currency": "KRW",
                       "idempotencyKey": format!("k{number}"), "captureMode": "automatic"})
            })
            .collect();
        let calls = orders.iter().map(|order| books.post("/payments/authorize", order));
        let answers = futures_util::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    }
}

#[tokio::test]
async fn few_among_many_are_found_without_asking_again() {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    many(&books, 26).await;
    assert_eq!(ids(&books.read("/events?merchantId=M1&limit=2").await), ["0-2", "0-1"]);
    let path = format!("/events?paymentId={id}&limit=1");
    let page = books.read(&path).await;
    assert_eq!(ids(&page), ["0-2"]);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = books.read(&format!("{path}&cursor={cursor}")).await;
    assert_eq!((ids(&rest), &rest["nextCursor"]), (vec!["0-1".to_owned()], &Value::Null));
    assert_eq!(ids(&books.read(&format!("{path}&topics=payment.authorized")).await), ["0-1"]);
    assert_eq!(books.read(&format!("{path}&merchantId=M2")).await["data"], json!([]));
    assert_eq!(books.read("/events?paymentId=424242").await, json!({"data": [], "nextCursor": null}));
    let elsewhere = books.get(&format!("/events?limit=1&cursor={cursor}")).await;
    assert_eq!(elsewhere.json()["errors"][0]["field"], "cursor", "of another list");
    let mut path = "/events?merchantId=other-7&limit=15".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = books.read(&path).await;
        seen.extend(ids(&page));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/events?merchantId=other-7&limit=15&cursor={cursor}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 40, "each once: {seen:?}");
}

#[tokio::test]
async fn a_stream_goes_on_only_from_a_place_that_exists() {
    let books = Books::open();
    books.captured("k1", 10_000).await;
    let place = |lane, seq| places_cursor(ID_KIND, &Places([(Lane(lane), Seq(seq))].into()));
    for (wrong, what) in [(place(0, 3), "ahead of what exists"), (place(1, 1), "of an unknown lane")] {
        let answer = books.get(&format!("/events/stream?cursor={wrong}")).await;
        let error = &answer.json()["errors"][0];
        let told = (answer.status.as_u16(), &error["field"], &error["code"]);
        assert_eq!(told, (400, &json!("cursor"), &json!("OUT_OF_RANGE")), "{what}");
        let mut request = get("/events/stream");
        request.headers_mut().insert("last-event-id", wrong.parse().unwrap());
        let answer = send(&books.app, request).await;
        assert_eq!(answer.json()["errors"][0]["field"], "Last-Event-ID", "{what}");
    }
    let mut stream = Stream::open(&books, "", Some(&place(0, 1))).await;
    assert_eq!(stream.next().await.unwrap().2, "0-2");
    let mut at_the_end = Stream::open(&books, "", Some(&place(0, 2))).await;
    books.captured("k2", 1).await;
    assert_eq!(at_the_end.next().await.unwrap().2, "0-3");
}

/// Reads events of a stream: id, topic, event id.
struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(books: &Books, query: &str, last_event_id: Option<&str>) -> Self {
        let mut request = get(&format!("/events/stream{query}"));
        if let Some(id) = last_event_id {
            request.headers_mut().insert("last-event-id", id.parse().unwrap());
        }
        let response = books.app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    async fn next(&mut self) -> Option<(String, String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = event.lines().filter_map(|line| line.split_once(": "));
                    lines.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
                };
                let read = field("data").map(|data| {
                    let data: Value = serde_json::from_str(&data).unwrap();
                    (field("id").unwrap(), field("event").unwrap(), data["id"].as_str().unwrap().to_owned())
                });
                self.text = rest.to_owned();
                if read.is_some() {
                    return read;
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.body.next()).await.expect("an event comes in time");
            self.text.push_str(std::str::from_utf8(&chunk?.unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn a_stream_brings_what_is_committed_from_now_on_and_goes_on_where_it_was_lost() {
    let books = Books::open();
    books.captured("before", 1).await;
    let mut stream = Stream::open(&books, "", None).await;
    books.captured("k1", 10_000).await;
    let (id, topic, event) = stream.next().await.unwrap();
    assert_eq!((topic.as_str(), event.as_str()), ("payment.authorized", "0-3"));
    drop(stream);
    books.captured("k2", 10_000).await;
    let mut resumed = Stream::open(&books, "", Some(&id)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(resumed.next().await.unwrap().2);
    }
    assert_eq!(seen, ["0-4", "0-5", "0-6"]);
    let mut filtered = Stream::open(&books, &format!("?topics=payment.captured&cursor={id}"), None).await;
    assert_eq!(filtered.next().await.unwrap().2, "0-4");
    assert_eq!(filtered.next().await.unwrap().2, "0-6");
    let wrong = books.get("/events/stream?cursor=x&topics=y").await;
    let problem = wrong.json();
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["topics", "cursor"]);
}

#[tokio::test]
async fn streams_end_when_the_process_stops_and_are_not_endless_in_number() {
    let books = Books::open();
    let mut stream = Stream::open(&books, "", None).await;
    let mut open = Vec::new();
    for _ in 0..255 {
        open.push(Stream::open(&books, "", None).await);
    }
    let full = books.get("/events/stream").await;
    assert_eq!((full.status.as_u16(), full.header("retry-after")), (503, "5"));
    drop(open);
    books.state.readiness.drain();
    assert_eq!(stream.next().await, None);
}
