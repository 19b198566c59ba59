//! Clients that are slow, rude or gone, and bodies made to break a parser: each costs its own connection at most, none sees a
//! 5xx, and no card number reaches a log.

use std::time::Duration;

use serde_json::{Value, json};
use socket2::SockRef;
use testkit::{http::HttpClient, process::Running, wait::wait_until};

use crate::{
    LIMIT,
    common::{Set, all, authorization, authorize, launch, on_both_sets, payment_id, verify},
    wire::{Wire, post},
};

/// Connections that say nothing useful.
const SLOW: usize = 64;
/// A number the payment networks give out for tests.
const CARD: &str = "4242424242424242";
/// The same as people write it.
const CARD_WRITTEN: &str = "4242-4242 4242-4242";

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_cost_their_own_connections_and_only_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path())
        .with("SWELITE_HTTP_HEADER_TIMEOUT_MS", "1000")
        .with("SWELITE_HTTP_BODY_TIMEOUT_MS", "1000")
        .with("SWELITE_HTTP_CONNECTIONS_MAX", (SLOW + 8).to_string());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let whole = post("/payments/authorize", authorization("M123", "slow", 1_000));
    let mut heads = Vec::new();
    let mut bodies = Vec::new();
    for number in 0..SLOW {
        let mut wire = Wire::connect(launch.port()).await.unwrap();
        let cut = if number % 2 == 0 { 40 } else { whole.len() - 10 };
        wire.send(&whole[..cut]).await.unwrap();
        if number % 2 == 0 { heads.push(wire) } else { bodies.push(wire) }
    }
    authorize(&client, "M123", "meanwhile", 1_000).await;
    let trickle = &mut heads[0];
    wait_until("a header that trickles is given up", LIMIT, async || trickle.send("x").await.is_err()).await;
    for mut wire in heads.drain(1..) {
        let said = wire.until_closed().await;
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&said));
    }
    for mut wire in bodies {
        assert_eq!(wire.answer().await.unwrap().status, 400);
        wire.until_closed().await;
    }
    // Another client: the connection of the first one was idle for too long as well.
    let client = HttpClient::new(server.url());
    assert_eq!(all(&client, "/payments").await.len(), 1, "half a request was taken for a whole one");
    no_panic(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_said_all_and_one_that_hangs_up_are_both_served() {
    let folder = tempfile::tempdir().unwrap();
    let acquirer = launch(folder.path()).on(folder.path().join("acquirer"));
    let launch = launch(folder.path())
        .with("SWELITE_ACQUIRER", "simulator-remote")
        .with("SWELITE_ACQUIRER_URL", acquirer.url());
    let _acquirer = acquirer.simulator(&["--delay-ms", "1000"]).await;
    let server = launch.up().await;
    let client = HttpClient::new(server.url());

    let half = async {
        let mut wire = Wire::connect(launch.port()).await.unwrap();
        wire.send(post("/payments/authorize", authorization("M1", "half", 1_000))).await.unwrap();
        SockRef::from(&wire.stream).shutdown(std::net::Shutdown::Write).unwrap();
        wire.answer().await.unwrap()
    };
    let gone = async {
        let mut wire = Wire::connect(launch.port()).await.unwrap();
        wire.send(post("/payments/authorize", authorization("M2", "gone", 2_000))).await.unwrap();
        let attempts = HttpClient::new(&acquirer.url());
        wait_until("the acquirer has decided, and nobody knows yet", LIMIT, async || {
            let list = attempts.get("/attempts").await.unwrap().body;
            String::from_utf8_lossy(&list).contains(r#""amount":2000"#)
        })
        .await;
        // Away with a reset, not with a farewell.
        SockRef::from(&wire.stream).set_linger(Some(Duration::ZERO)).unwrap();
    };
    let (half, ()) = tokio::join!(half, gone);
    assert_eq!(half.status, 200, "{}", String::from_utf8_lossy(&half.body));

    wait_until("the payment of the client that is gone is decided", LIMIT, async || {
        all(&client, "/payments?merchantId=M2").await.iter().any(|payment| payment["status"] == "AUTHORIZED")
    })
    .await;
    let again = client.post("/payments/authorize", authorization("M2", "gone", 2_000)).await.unwrap();
    assert_eq!((again.status, again.replayed()), (200, true), "{:?}", again.body);
    assert_eq!(all(&client, "/payments").await.len(), 2);
    verify(&launch, &server);
}

on_both_sets! {
    nonsense_gets_a_4xx_and_the_platform_goes_on,
    a_card_number_is_refused_by_the_name_of_its_field_and_never_logged,
}

async fn nonsense_gets_a_4xx_and_the_platform_goes_on(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());

    let mut wire = Wire::connect(launch.port()).await.unwrap();
    let good = post("/payments/authorize", authorization("M123", "good", 1_000));
    wire.send([good.as_slice(), b"\x00\xff\r\n\r\nGET / HTTP/9.9\r\n\r\n"].concat()).await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 200, "the call before the nonsense");
    let rest = wire.until_closed().await;
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&rest));

    let deep = "[".repeat(10_000);
    let deep_note = format!(r#"{{"merchantId":"M123","metadata":{deep}"#);
    let shut = format!(r#"{{"merchantId":"M123","other":{deep}{}}}"#, "]".repeat(10_000));
    for body in [deep, deep_note, shut] {
        let answer = client.post("/payments/authorize", body).await.unwrap();
        assert_eq!(answer.status, 400, "{:?}", answer.body);
    }
    let bad_text =
        b"{\"merchantId\":\"M\xff\xfe\",\"amount\":1000,\"currency\":\"KRW\",\"idempotencyKey\":\"k\"}";
    let answer = client.post("/payments/authorize", bad_text.as_slice()).await.unwrap();
    assert_eq!(answer.status, 400, "{:?}", answer.body);

    let long = authorization("M123", &"x".repeat(70 * 1024), 1_000);
    let answer = client.post("/payments/authorize", long.clone()).await.unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
    let mut wire = Wire::connect(launch.port()).await.unwrap();
    wire.send(in_one_chunk(&long)).await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 413, "a body that does not say how long it is");

    authorize(&client, "M123", "after", 1_000).await;
    assert_eq!(all(&client, "/payments").await.len(), 2);
    no_panic(&server);
}

async fn a_card_number_is_refused_by_the_name_of_its_field_and_never_logged(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path()).with("SWELITE_LOG", "trace").with("SWELITE_ACCESS_LOG", "on");
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let answer = client.post("/payments/authorize", authorization("M123", "good", 1_000)).await.unwrap();
    let payment = payment_id(&answer);
    let on = |operation: &str| format!("/payments/{operation}/{payment}");
    for card in [CARD, CARD_WRITTEN] {
        let authorize = [
            json!({"merchantId": card}),
            json!({"idempotencyKey": card}),
            json!({"orderId": card}),
            json!({"description": card}),
            json!({"metadata": {"note": card}}),
            json!({"metadata": {card: "note"}}),
            json!({"paymentMethod": {"type": "card", "token": card}}),
            json!({"currency": card}),
        ];
        for fields in authorize {
            refused(&client, "/payments/authorize", fields).await;
        }
        refused(&client, &on("capture"), json!({"idempotencyKey": card})).await;
        refused(&client, &on("void"), json!({"reason": card})).await;
        refused(&client, &on("refund"), json!({"reason": card})).await;
        quietly(&launch.port(), card).await;
    }
    assert_eq!(all(&client, "/payments").await.len(), 1);
    let requests = all(&client, "/requests").await;
    assert!(requests.iter().any(|request| request["status"] == 400), "requests are not listed: {requests:?}");
    assert!(!requests.iter().any(|request| request.to_string().contains(CARD)), "{requests:?}");
    let log = server.all_words();
    assert!(
        log.contains("/payments/refund/{paymentId}"),
        "calls are not logged: this test has shown nothing"
    );
    for card in [CARD, CARD_WRITTEN] {
        let line = log.lines().find(|line| line.contains(card));
        assert_eq!(line, None, "a card number was logged");
    }
    no_panic(&server);
}

/// A sound call with these fields in it is a 400 that names the field and does not say the number back.
async fn refused(client: &HttpClient, path: &str, fields: Value) {
    let mut body = json!({
        "merchantId": "M123", "amount": 1_000, "currency": "KRW", "reason": "none", "idempotencyKey": "card",
    });
    let field = fields.as_object().unwrap().keys().next().unwrap().clone();
    fields.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
    let answer = client.post(path, body.to_string()).await.unwrap();
    assert_eq!(answer.status, 400, "{path} {field}: {:?}", answer.body);
    let problem = answer.json();
    let named = problem["errors"].as_array().unwrap_or_else(|| panic!("{problem}")).iter();
    let named: Vec<&str> = named.filter_map(|error| error["field"].as_str()).collect();
    assert!(named.iter().any(|name| name.starts_with(&field)), "{path} {field}: {problem}");
    let said = problem.to_string();
    assert!(!said.contains(CARD) && !said.contains(CARD_WRITTEN), "{path} {field}: {problem}");
}

/// Card numbers where no field is: in headers, paths and queries. They must not be said back.
async fn quietly(port: &u16, card: &str) {
    let escaped = card.replace(' ', "%20");
    let requests = [
        format!("GET /payments/{escaped} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /{escaped} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /payments?merchantId={escaped} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /payments?{escaped}=1 HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /payments HTTP/1.1\r\nhost: localhost\r\nx-request-id: {card}\r\n\r\n"),
        String::from_utf8(post(&format!("/payments/capture/{escaped}"), r#"{"merchantId":"M123"}"#)).unwrap(),
        format!(
            "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\nidempotency-key: {card}\r\n\
             content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        ),
    ];
    for request in requests {
        let mut wire = Wire::connect(*port).await.unwrap();
        wire.send(&request).await.unwrap();
        let answer = wire.answer().await.unwrap();
        let said = format!("{answer:?} {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.status < 500, "{request}{said}");
        assert!(!said.contains(card) && !said.contains(&escaped), "{request}{said}");
    }
}

fn in_one_chunk(body: &str) -> String {
    format!(
        "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    )
}

fn no_panic(server: &Running) {
    let log = server.all_words();
    assert!(!log.contains("panicked"), "{log}");
}
