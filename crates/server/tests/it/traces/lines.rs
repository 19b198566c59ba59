//! What the log says of a call, and what it never says.

use serde_json::{Value, json};
use testkit::http::HttpClient;

use super::{CALLER, TRACE, collector::Collector};
use crate::common::{authorization, launch, payment_id};

const PAN: &str = "4111111111111111";

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_call_says_whose_it_is_and_none_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let server = launch(folder.path())
        .with("SWELITE_LOG", "trace")
        .with("SWELITE_ACCESS_LOG", "on")
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .with("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cr3t-of-the-collector")
        .with("OTEL_BSP_SCHEDULE_DELAY", "50")
        .up()
        .await;
    let client = HttpClient::new(server.url());
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let headers =
        [("traceparent", &*traceparent), ("x-request-id", "call-1"), ("authorization", "Bearer s3cr3t-key")];
    let body = authorization("M-private", "key-private", 54_321);
    let answer = client.post_with("/payments/authorize", &headers, body).await.unwrap();
    let payment = payment_id(&answer);
    let refused = json!({"merchantId": "M-private", "amount": 1, "currency": "KRW", "idempotencyKey": "k2",
        "paymentMethod": {"type": "card", "token": PAN}});
    for (path, id, body) in [
        ("/payments/authorize", "call-2", refused.to_string()),
        (&*format!("/payments/capture/{PAN}"), "call-3", r#"{"merchantId":"M-private"}"#.to_owned()),
        (&*format!("/payments/capture/{payment}"), "call-4", r#"{"merchantId":"M-private"}"#.to_owned()),
        (&*format!("/{PAN}?token={PAN}"), "call-5", "{}".to_owned()),
    ] {
        client.post_with(path, &[("x-request-id", id)], body).await.unwrap();
    }
    collector
        .span("the capture", |span| {
            span.name.contains("capture") && span.attributes.contains_key("payment.id")
        })
        .await;
    assert!(server.stop().await.success());
    assert_eq!(
        collector.authorizations().first().map(String::as_str),
        Some("Bearer s3cr3t-of-the-collector")
    );

    let text = std::fs::read_to_string(folder.path().join("data.log")).unwrap();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let answered = |id: &str| {
        let line =
            lines.iter().find(|line| line["request.id"] == id && line["message"] == "answered request");
        line.unwrap_or_else(|| panic!("no line of {id} in {text}"))
    };
    let payment = json!(payment.to_string());
    assert_eq!(
        (&answered("call-1")["trace.id"], &answered("call-1")["payment.id"]),
        (&json!(TRACE), &payment)
    );
    assert_eq!(answered("call-4")["payment.id"], payment);
    for id in ["call-1", "call-2", "call-3", "call-4", "call-5"] {
        let of_it: Vec<&Value> = lines.iter().filter(|line| line["request.id"] == id).collect();
        let traces: Vec<&str> = of_it.iter().filter_map(|line| line["trace.id"].as_str()).collect();
        assert!(traces.len() == of_it.len() && traces.iter().all(|trace| trace.len() == 32), "{of_it:?}");
    }
    assert_eq!(answered("call-3")["payment.id"], Value::Null, "it may be a card number");
    for private in [PAN, "s3cr3t", "M-private", "key-private", "54321", "tok_"] {
        let told = text.lines().find(|line| line.contains(private));
        assert!(told.is_none(), "{private} in {told:?}");
        let told = collector.spans().into_iter().find(|span| format!("{span:?}").contains(private));
        assert!(told.is_none(), "{private} in {told:?}");
    }
}
