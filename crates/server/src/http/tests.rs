//! The whole router over a stub engine: the shape of every answer, whatever was sent.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request},
};
use domain::money::Money;
use engine::{
    payments::Reply,
    ports::{Limit, LimitState},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    router,
    state::HttpSettings,
    testing::{Answer, Behaviour, Books, StubPayments, app, get, ok, post, send, state},
};

const GOOD: &str = r#"{"merchantId":"M123","amount":10000,"currency":"KRW","idempotencyKey":"k-1"}"#;
const CARD: &str = "4242424242424242";

/// Every error is a problem with all its members and the id of its call.
fn assert_problem(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["requestId"], answer.header("x-request-id"));
    assert_eq!(problem["docUrl"], format!("/docs#{code}"));
    for member in ["message", "type", "title", "detail", "instance"] {
        assert!(problem[member].is_string(), "{member} is missing in {problem}");
    }
    problem
}

#[tokio::test]
async fn whoever_asks_the_wrong_process_or_for_a_page_hears_what_is_where() {
    let serving = app(Behaviour::Reply(ok()));
    let root = assert_problem(&send(&serving, get("/")).await, 404, "NOT_FOUND");
    let advice = root["detail"].as_str().unwrap();
    let watched = router::watched(state(StubPayments::new(Behaviour::Reply(ok())), HttpSettings::default()));
    for path in ["/payments", "/docs", "/metrics"] {
        assert!(advice.contains(path), "{advice}");
        assert_ne!(send(&serving, get(path)).await.status, 404, "{path}");
    }
    for path in ["/", "/payments", "/docs", "/console", "/nowhere"] {
        let mut request = get(path);
        request.headers_mut().insert("accept", "text/html,*/*".parse().unwrap());
        for request in [request, get(path)] {
            let problem = assert_problem(&send(&watched, request).await, 404, "NOT_FOUND");
            let advice = problem["detail"].as_str().unwrap();
            for path in ["/healthz", "/readyz", "/metrics"] {
                assert!(advice.contains(path), "{advice}");
                assert_ne!(send(&watched, get(path)).await.status, 404, "{path}");
            }
            assert!(advice.contains("swelite ingest"), "{advice}");
        }
    }
}

#[tokio::test]
async fn a_good_call_gets_the_engines_bytes_and_an_id() {
    let stub = StubPayments::new(Behaviour::Reply(Reply { replayed: true, ..ok() }));
    let app = router::app(state(stub.clone(), HttpSettings::default()));
    let mut request = post("/payments/authorize", GOOD);
    request.headers_mut().insert("x-request-id", "mine-1".parse().unwrap());
    let answer = send(&app, request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, ok().body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("idempotent-replayed"), "true");
    assert_eq!(answer.header("x-request-id"), "mine-1");
    assert_eq!(*stub.calls.lock().unwrap(), ["mine-1"]);

    let answer = send(&app, post("/payments/refund/7", r#"{"merchantId":"M1","reason":"x"}"#)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("x-request-id").starts_with("req_"));
}

#[tokio::test]
async fn a_limited_call_says_where_it_stands() {
    let limit = LimitState {
        limit: Limit { capacity: 20, window_seconds: 60 },
        remaining: 19,
        reset_seconds: 60,
        allowed: true,
    };
    let app = app(Behaviour::Reply(Reply { limit: Some(limit), ..ok() }));
    let answer = send(&app, post("/payments/authorize", GOOD)).await;
    assert_eq!(answer.header("ratelimit-policy"), r#""authorize";q=20;w=60"#);
    assert_eq!(answer.header("ratelimit"), r#""authorize";r=19;t=60"#);
}

#[tokio::test]
async fn the_form_of_a_request_is_refused_with_the_right_status() {
    let app = app(Behaviour::Reply(ok()));
    let mut text = post("/payments/authorize", GOOD);
    text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_problem(&send(&app, text).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    let untyped = Request::post("/payments/authorize").body(Body::from(GOOD)).unwrap();
    assert_problem(&send(&app, untyped).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    let mut charset = post("/payments/authorize", GOOD);
    charset.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    assert_eq!(send(&app, charset).await.status, 200);

    let mut twice = post("/payments/authorize", GOOD);
    twice.headers_mut().append("content-type", "text/plain".parse().unwrap());
    assert_problem(&send(&app, twice).await, 400, "MALFORMED_REQUEST");
    for (encoding, status) in [("gzip", 415), ("identity, br", 415), ("Identity", 200)] {
        let mut encoded = post("/payments/authorize", GOOD);
        encoded.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        assert_eq!(send(&app, encoded).await.status, status, "{encoding}");
    }

    let huge = format!(r#"{{"merchantId":"{}"}}"#, "M".repeat(64 * 1024));
    assert_problem(&send(&app, post("/payments/authorize", huge.clone())).await, 413, "PAYLOAD_TOO_LARGE");
    let pieces = huge
        .into_bytes()
        .chunks(1000)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    let streamed = Body::from_stream(futures_util::stream::iter(pieces));
    assert_problem(&send(&app, post("/payments/authorize", streamed)).await, 413, "PAYLOAD_TOO_LARGE");

    let answer = send(&app, get("/payments/authorize")).await;
    assert_problem(&answer, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "POST");
    let answer = send(&app, Request::delete("/payments").body(Body::empty()).unwrap()).await;
    assert_problem(&answer, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_page_for_people() {
    let app = app(Behaviour::Reply(ok()));
    for path in ["/nothing", "/payments/1/nothing", "/"] {
        assert_problem(&send(&app, get(path)).await, 404, "NOT_FOUND");
    }
    for id in ["abc", "-1", "1.0", "9007199254740992", "%FF", "99999999999999999999", "+1", "1%20"] {
        let path = format!("/payments/{id}");
        assert_problem(&send(&app, get(&path)).await, 404, "NOT_FOUND");
        let path = format!("/payments/capture/{id}");
        assert_problem(&send(&app, post(&path, r#"{"merchantId":"M1"}"#)).await, 404, "NOT_FOUND");
    }
    let mut program = get("/nothing");
    program.headers_mut().insert("accept", "text/html;q=0, */*".parse().unwrap());
    let problem = assert_problem(&send(&app, program).await, 404, "NOT_FOUND");
    assert_eq!(problem["detail"], "check the path; /docs lists all of them");
    let mut page = get("/nothing");
    page.headers_mut().insert("accept", "text/html,application/xhtml+xml".parse().unwrap());
    let answer = send(&app, page).await;
    assert_eq!(answer.status, 404);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn wrong_fields_are_listed_and_a_card_number_is_never_said_back() {
    let app = app(Behaviour::Reply(ok()));
    let body = json!({"merchantId": CARD, "amount": "1", "currency": "krw", "idempotencyKey": CARD, "orderId": CARD,
        "description": CARD, "metadata": {"a": CARD, CARD: "x"}, "paymentMethod": {"type": CARD, "token": CARD}});
    let answer = send(&app, post("/payments/authorize", body.to_string())).await;
    let problem = assert_problem(&answer, 400, "VALIDATION_ERROR");
    let mut named: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    named.sort_unstable();
    let expected = [
        "amount",
        "currency",
        "description",
        "idempotencyKey",
        "merchantId",
        "metadata",
        "metadata.a",
        "orderId",
        "paymentMethod.token",
        "paymentMethod.type",
    ];
    assert_eq!(named, expected);
    assert!(!String::from_utf8_lossy(&answer.body).contains(CARD));
    assert_eq!(problem["instance"], "/payments/authorize");

    let answer = send(&app, get(&format!("/cards/{CARD}"))).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains(CARD));
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_by_name() {
    let app = app(Behaviour::Reply(ok()));
    let answer = send(&app, get("/payments?colour=red&limit=201&status=NEW&currency=won&cursor=!")).await;
    let problem = assert_problem(&answer, 400, "VALIDATION_ERROR");
    let errors = problem["errors"].as_array().unwrap();
    let named: Vec<_> = errors
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("status", "INVALID_FORMAT"),
        ("currency", "UNKNOWN_CURRENCY"),
        ("cursor", "INVALID_FORMAT"),
        ("limit", "OUT_OF_RANGE"),
        ("colour", "INVALID_FORMAT"),
    ];
    assert_eq!(named, expected);
    assert_problem(&send(&app, get("/payments/1?x=1")).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_store_that_is_away_is_503_with_retry_after() {
    let app = app(Behaviour::Reply(ok()));
    for path in ["/payments", "/payments/1"] {
        let answer = send(&app, get(path)).await;
        assert_problem(&answer, 503, "UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "1");
        assert!(!String::from_utf8_lossy(&answer.body).contains("connect"), "the cause is for the log");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_says_nothing_about_itself() {
    let answer = send(&app(Behaviour::Panic), post("/payments/authorize", GOOD)).await;
    assert_problem(&answer, 500, "INTERNAL_ERROR");
    assert!(!String::from_utf8_lossy(&answer.body).contains("stub"));
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_unknown_not_refused() {
    let settings = HttpSettings { request_time_limit: Duration::from_millis(20), ..HttpSettings::default() };
    let app = router::app(state(StubPayments::new(Behaviour::Hang), settings));
    assert_problem(&send(&app, post("/payments/authorize", GOOD)).await, 504, "OUTCOME_UNKNOWN");
    let answer = send(&app, post("/payments/void/42", r#"{"merchantId":"M1"}"#)).await;
    let problem = assert_problem(&answer, 504, "OUTCOME_UNKNOWN");
    assert_eq!(problem["paymentId"], 42);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_refused_before_anything_happens() {
    let stub = StubPayments::new(Behaviour::Reply(ok()));
    let settings = HttpSettings { body_time_limit: Duration::from_millis(20), ..HttpSettings::default() };
    let app = router::app(state(stub.clone(), settings));
    let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_problem(&send(&app, post("/payments/authorize", never)).await, 400, "MALFORMED_REQUEST");
    assert!(stub.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn only_origins_of_the_settings_may_call() {
    let settings = HttpSettings {
        cors_allowed_origins: vec!["http://store.test".to_owned()],
        ..HttpSettings::default()
    };
    let app = router::app(state(StubPayments::new(Behaviour::Reply(ok())), settings));
    let from = |origin: &str, method: Method| {
        let request = Request::builder().method(method).uri("/payments/authorize").header("origin", origin);
        let request = request
            .header("access-control-request-method", "POST")
            .header("content-type", "application/json");
        request.body(Body::from(GOOD)).unwrap()
    };
    let answer = send(&app, from("http://store.test", Method::OPTIONS)).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "http://store.test");
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
    let answer = send(&app, from("http://store.test", Method::POST)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "http://store.test");
    assert!(answer.header("access-control-expose-headers").contains("idempotent-replayed"));
    assert_eq!(answer.header("vary"), "origin");
    for method in [Method::OPTIONS, Method::POST] {
        let answer = send(&app, from("http://evil.test", method)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("access-control-allow-methods"), "");
    }
}

#[tokio::test]
async fn where_nobody_logs_in_a_foreign_name_leads_nowhere() {
    let stub = StubPayments::new(Behaviour::Reply(ok()));
    let app = router::app(state(stub.clone(), HttpSettings::default()));
    let asked = |host: &str| {
        let request = Request::builder().method(Method::POST).uri("/payments/authorize").header("host", host);
        let request =
            request.header("origin", format!("http://{host}")).header("content-type", "application/json");
        request.body(Body::from(GOOD)).unwrap()
    };
    for host in ["evil.test", "evil.test:8080", "localhost.evil.test:8080", "127.0.0.1.evil.test"] {
        let answer = send(&app, asked(host)).await;
        assert_problem(&answer, 403, "FORBIDDEN");
    }
    assert!(stub.calls.lock().unwrap().is_empty(), "nothing happened");
    for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080"] {
        assert_eq!(send(&app, asked(host)).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_template_and_ids_are_no_labels() {
    let app = app(Behaviour::Reply(ok()));
    send(&app, post("/payments/void/4711", r#"{"merchantId":"M1"}"#)).await;
    send(&app, get("/payments/4711")).await;
    send(&app, get("/wp-admin.php")).await;
    let text = String::from_utf8(send(&app, get("/metrics")).await.body.to_vec()).unwrap();
    for labels in [
        r#"method="POST",outcome="SUCCESS",status="200",uri="/payments/void/{paymentId}""#,
        r#"method="GET",outcome="SERVER_ERROR",status="503",uri="/payments/{id}""#,
        r#"method="GET",outcome="CLIENT_ERROR",status="404",uri="UNKNOWN""#,
    ] {
        let line = format!("http_server_requests_seconds_count{{application=\"ingest-service\",{labels}}} 1");
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("4711") && !text.contains("wp-admin"));
}

#[tokio::test]
async fn a_stopping_process_is_not_ready_and_closes_its_connections() {
    let state = state(StubPayments::new(Behaviour::Reply(ok())), HttpSettings::default());
    let app = router::app(state.clone());
    assert_problem(&send(&app, get("/readyz")).await, 503, "UNAVAILABLE");
    state.readiness.set(true);
    let answer = send(&app, get("/healthz")).await;
    assert_eq!((answer.status.as_u16(), answer.header("connection")), (200, ""));
    state.readiness.drain();
    assert_problem(&send(&app, get("/readyz")).await, 503, "UNAVAILABLE");
    let answer = send(&app, post("/payments/authorize", GOOD)).await;
    assert_eq!((answer.status.as_u16(), answer.header("connection")), (200, "close"));
    assert_eq!(send(&app, get("/healthz")).await.status, 200);
}

#[tokio::test]
async fn a_process_is_ready_while_its_store_answers() {
    let books = Books::open();
    assert_problem(&books.get("/readyz").await, 503, "UNAVAILABLE");
    books.state.readiness.set(true);
    assert_eq!(books.get("/readyz").await.status, 200);

    let alone = state(StubPayments::new(Behaviour::Reply(ok())), HttpSettings::default());
    alone.readiness.set(true);
    let answer = send(&router::app(alone), get("/readyz")).await;
    assert_problem(&answer, 503, "UNAVAILABLE");
    assert!(String::from_utf8_lossy(&answer.body).contains("the store is away"));
}

/// JSON of any shape, often with the names we know.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!(CARD)),
        Just(json!("KRW")),
        Just(json!("M1")),
        (1..=Money::AMOUNT_MAX).prop_map(Value::from),
    ];
    let known = [
        "merchantId",
        "amount",
        "currency",
        "idempotencyKey",
        "orderId",
        "metadata",
        "paymentMethod",
        "token",
        "type",
        "reason",
        "final",
        "expectedRefundable",
        "captureMode",
        "description",
    ];
    let name =
        prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    leaf.prop_recursive(4, 64, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const CALLS: [&str; 4] =
    ["/payments/authorize", "/payments/capture/1", "/payments/void/1", "/payments/refund/1"];

fn assert_never_ours(body: Vec<u8>, path: &str) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let answer = runtime.block_on(send(&app(Behaviour::Reply(ok())), post(path, body)));
    prop_assert!(answer.status == 200 || answer.status.is_client_error(), "{:?}", answer);
    prop_assert!(!String::from_utf8_lossy(&answer.body).contains(CARD));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_are_our_fault(body: Vec<u8>, path in prop::sample::select(CALLS.to_vec())) {
        assert_never_ours(body, path)?;
    }

    #[test]
    fn no_json_is_our_fault(body in any_json(), path in prop::sample::select(CALLS.to_vec())) {
        assert_never_ours(body.to_string().into_bytes(), path)?;
    }

    #[test]
    fn no_query_is_our_fault(query in "[ -~&&[^ \"<>`{}#\\\\^|]]{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let Ok(request) = Request::get(format!("/payments?{query}")).body(Body::empty()) else { return Ok(()) };
        let answer = runtime.block_on(send(&app(Behaviour::Reply(ok())), request));
        // The store of these tests is away: a query that is right gets its 503.
        prop_assert!(answer.status == 503 || answer.status == 400, "{:?}", answer);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_unless_it_is_allowed() {
    let settings = HttpSettings {
        cors_allowed_origins: vec!["http://localhost:3000".to_owned()],
        ..HttpSettings::default()
    };
    let stub = StubPayments::new(Behaviour::Reply(ok()));
    let app = router::app(state(stub.clone(), settings));
    let call = |path: &str, headers: &[(&str, &str)]| {
        let mut request = post(path, GOOD);
        request.headers_mut().insert("host", "127.0.0.1:8080".parse().unwrap());
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        request
    };
    for forbidden in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:8081")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        for path in ["/payments/authorize", "/dead-letters/7/redrive", "/dead-letters/7/hold", "/nothing"] {
            let problem = assert_problem(&send(&app, call(path, forbidden)).await, 403, "FORBIDDEN");
            assert!(problem["detail"].as_str().unwrap().contains("APP_CORS_ALLOWED_ORIGINS"), "{problem}");
        }
    }
    assert!(stub.calls.lock().unwrap().is_empty(), "nothing came through");
    for allowed in [
        &[][..],
        &[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
        &[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        let answer = send(&app, call("/payments/authorize", allowed)).await;
        assert_eq!(answer.status, 200, "{allowed:?}");
    }
    let mut read = get("/healthz");
    read.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(send(&app, read).await.status, 200, "what only reads is the browser's to keep from the page");
}
