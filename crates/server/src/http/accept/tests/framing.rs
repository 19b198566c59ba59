//! Where a request ends and whom it is addressed to, over a bare socket; and many of them on one connection.

use serde_json::{Value, json};

use super::*;

async fn books() -> (Books, Server) {
    let books = Books::open();
    let server = Server::serve(books.app.clone(), books.state.clone());
    (books, server)
}

/// Everything that comes back for these bytes, until the server closes.
async fn said(server: &Server, bytes: &str) -> String {
    let mut stream = server.connect().await;
    stream.write_all(bytes.as_bytes()).await.unwrap();
    timeout(Duration::from_secs(10), read_to_end(&mut stream)).await.expect("the connection is closed")
}

/// The answers of a connection: status, head and body of each.
fn answers(mut text: &str) -> Vec<(u16, String, Value)> {
    let mut answers = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let (body, next) = rest.split_at(length.parse().unwrap());
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        answers.push((status, head.to_owned(), serde_json::from_str(body).unwrap()));
        text = next;
    }
    assert_eq!(text, "", "half an answer");
    answers
}

fn authorization(key: &str, amount: i64) -> String {
    json!({"merchantId": "M1", "amount": amount, "currency": "KRW", "idempotencyKey": key}).to_string()
}

fn call(path: &str, head: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\n{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn payments(books: &Books) -> usize {
    books.read("/payments").await["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_a_400_of_ours_and_does_nothing() {
    let (books, server) = books().await;
    let body = authorization("k", 1_000);
    for head in ["", "host: localhost\r\nhost: localhost\r\n", "host: a\r\nhost: b\r\n", "host: a b\r\n"] {
        // What stands behind it on the connection is not read.
        let bytes = call("/payments/authorize", head, &body)
            + &call("/payments/authorize", "host: localhost\r\n", &body);
        let text = said(&server, &bytes).await;
        let answers = answers(&text);
        assert_eq!(answers.len(), 1, "{head:?}: {text}");
        let (status, head_of, problem) = &answers[0];
        assert_eq!((*status, &problem["code"]), (400, &json!("MALFORMED_REQUEST")), "{head:?}");
        assert!(problem["message"].as_str().unwrap().contains("Host"), "{problem}");
        assert!(head_of.contains("content-type: application/problem+json"), "{head_of}");
        assert!(head_of.contains("x-request-id: req_") && head_of.contains("connection: close"), "{head_of}");
    }
    assert_eq!(payments(&books).await, 0);
    let (status, ..) = answers(&said(&server, "GET /nowhere HTTP/1.0\r\n\r\n").await).remove(0);
    assert_eq!(status, 404, "HTTP/1.0 has no Host");
    server.stop().await;
}

#[tokio::test]
async fn a_body_of_two_lengths_is_the_last_of_its_connection() {
    let (books, server) = books().await;
    let body = authorization("k", 1_000);
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let smuggled = call("/payments/authorize", "host: localhost\r\n", &authorization("smuggled", 9_000));
    let length = "content-length: 5\r\n";
    let coding = "transfer-encoding: chunked\r\n";
    for lengths in [format!("{length}{coding}"), format!("{coding}{length}")] {
        let head = format!(
            "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{lengths}\r\n"
        );
        let text = said(&server, &format!("{head}{chunked}{smuggled}")).await;
        assert_eq!(answers(&text).len(), 1, "{lengths}: {text}");
    }
    for lengths in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "content-length: +5\r\n",
    ] {
        let head = format!(
            "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{lengths}\r\n"
        );
        let text = said(&server, &format!("{head}{chunked}{smuggled}")).await;
        assert!(
            text.starts_with("HTTP/1.1 400") && text.matches("HTTP/1.1").count() == 1,
            "{lengths}: {text}"
        );
    }
    assert!(payments(&books).await <= 1, "what was smuggled was never read");
    let listed = books.read("/payments").await;
    assert!(!listed.to_string().contains("9000"), "{listed}");
    server.stop().await;
}

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_order_and_each_key_counts_once() {
    let (books, server) = books().await;
    let host = "host: localhost\r\n";
    let mut bytes = String::new();
    let amounts = [1_000, 2_000, 1_000, 3_000, 1_000, 2_000];
    for amount in amounts {
        bytes += &call("/payments/authorize", host, &authorization(&format!("k{amount}"), amount));
    }
    bytes += "GET /payments HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // The same key for another amount, and the end.
    bytes +=
        &call("/payments/authorize", &format!("{host}connection: close\r\n"), &authorization("k1000", 5));
    let mut answers = answers(&said(&server, &bytes).await);
    assert_eq!(answers.len(), amounts.len() + 2);
    let (status, _, problem) = answers.pop().unwrap();
    assert_eq!((status, &problem["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    let (_, _, list) = answers.pop().unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 3, "what was answered before is there");
    let seen: Vec<_> = answers.iter().map(|(_, _, answer)| answer["amount"].as_i64().unwrap()).collect();
    assert_eq!(seen, amounts, "in the order in which they were asked");
    for (at, first) in [(2, 0), (4, 0), (5, 1)] {
        assert_eq!(answers[at].2, answers[first].2, "the first answer, whole");
        assert!(answers[at].1.contains("idempotent-replayed: true"), "{}", answers[at].1);
    }
    assert_eq!(payments(&books).await, 3);
    server.stop().await;
}
