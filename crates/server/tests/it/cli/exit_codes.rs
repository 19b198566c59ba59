//! Exit codes, one by one: scripts rely on them.

use std::{fs, net::TcpListener, process::Stdio};

use rustix::process::Signal;
use testkit::wait::{wait_for, wait_until};

use super::{code, command, err, launch, out, server_that_says, signal, swelite};
use crate::LIMIT;

const NOT_ALLOWED: &str = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\ncontent-length: 43\r\n\r\n\
                           {\"code\":\"FORBIDDEN\",\"message\":\"not allowed\"}";

#[test]
fn what_went_well_ends_in_0() {
    assert_eq!(code(&swelite(&["version"], &[])), 0);
    assert_eq!(code(&swelite(&["--help"], &[])), 0);
    assert_eq!(code(&swelite(&["config", "check"], &[])), 0);
}

#[test]
fn what_nobody_expected_ends_in_1() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let books = data.path().join("books");
    let up = ["up", "--port", &port, "--data-dir", books.to_str().unwrap()];
    let ended = swelite(&up, &[]);
    assert_eq!(code(&ended), 1);
    assert!(err(&ended).contains(&format!("port {port} is taken")), "{}", err(&ended));
    assert!(err(&ended).contains("--port"), "{}", err(&ended));
    let korean = err(&swelite(&[&up[..], &["--lang", "ko"]].concat(), &[]));
    assert!(korean.contains(&format!("포트 {port}을 다른 프로그램이 쓰고 있어요")), "{korean}");
    assert!(!books.exists(), "the books were not opened");
}

#[test]
fn a_wrong_command_line_or_configuration_ends_in_2() {
    assert_eq!(code(&swelite(&["pay", "authorise"], &[])), 2);
    assert_eq!(code(&swelite(&["pay", "authorize", "--merchant", "M1"], &[])), 2);
    let ended = swelite(&["config", "check"], &[("SERVER_PORT", "x"), ("SWELITE_BATCH_MAX", "0")]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("SERVER_PORT"), "{}", err(&ended));
    assert!(err(&ended).contains("SWELITE_BATCH_MAX"), "{}", err(&ended));
    let data = tempfile::tempdir().unwrap();
    let kafka = [("KAFKA_BOOTSTRAP_SERVERS", "somewhere"), ("KAFKA_SECURITY_PROTOCOL", "x")];
    let ended = swelite(&["up", "--data-dir", data.path().to_str().unwrap()], &kafka);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("KAFKA_SECURITY_PROTOCOL"), "{}", err(&ended));
    for url in
        ["ftp://127.0.0.1:8080", "https://127.0.0.1:8080", "127.0.0.1:8080", "http://", "nonsense here"]
    {
        let ended = swelite(&["pay", "get", "1", "--url", url], &[]);
        assert_eq!(code(&ended), 2, "{url}: {}", err(&ended));
        assert!(err(&ended).contains("http://127.0.0.1:8080"), "{}", err(&ended));
    }
    assert_eq!(code(&swelite(&["up", "--listen", "0.0.0.0"], &[])), 2);
    assert_eq!(code(&swelite(&["ingest"], &[])), 2);
    assert_eq!(code(&swelite(&["worker"], &[])), 2);
}

#[test]
fn a_server_that_cannot_be_reached_ends_in_3() {
    let ended = swelite(&["pay", "get", "1", "--url", "http://127.0.0.1:1"], &[]);
    assert_eq!(code(&ended), 3);
    assert!(err(&ended).contains("swelite up"), "{}", err(&ended));
    let data = tempfile::tempdir().unwrap();
    let missing = swelite(&["ledger", "verify", "--data-dir", data.path().to_str().unwrap()], &[]);
    assert_eq!(code(&missing), 3);
}

#[tokio::test]
async fn what_a_business_rule_refuses_ends_in_4() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let declined =
        launch.run(&["pay", "authorize", "--merchant", "M1", "--amount", "1000", "--card", "lost-card"]);
    assert_eq!(code(&declined), 4);
    assert!(err(&declined).contains("CARD_DECLINED(lost_card) · HTTP 402 · req_"), "{}", err(&declined));
    assert_eq!(code(&launch.run(&["pay", "get", "424242"])), 4);
    assert_eq!(code(&launch.run(&["pay", "authorize", "--merchant", "M1", "--amount", "1000"])), 0);
    assert_eq!(code(&launch.run(&["pay", "refund", "2", "--reason", "x"])), 4);
    assert_eq!(code(&launch.run(&["pay", "authorize", "--merchant", "M 1", "--amount", "0"])), 2);
    assert!(server.stop().await.success());
}

#[test]
fn what_is_not_allowed_ends_in_5() {
    let (url, _) = server_that_says(Some(NOT_ALLOWED));
    let ended = swelite(&["pay", "get", "1", "--url", &url], &[]);
    assert_eq!(code(&ended), 5, "{}", err(&ended));
}

#[tokio::test]
async fn books_that_were_tampered_with_end_in_6() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    assert_eq!(code(&launch.run(&["pay", "authorize", "--merchant", "M1", "--amount", "4242424"])), 0);
    assert_eq!(code(&launch.run(&["pay", "watch", "1"])), 0);
    assert_eq!(code(&launch.run(&["ledger", "verify"])), 0, "beside a running server");
    assert!(server.stop().await.success());
    assert_eq!(code(&launch.run(&["ledger", "verify"])), 0);
    let file = launch.data_dir().join("swelite.db");
    let mut bytes = fs::read(&file).unwrap();
    let event = br#""amount":4242424"#;
    let at =
        bytes.windows(event.len()).position(|window| window == event).expect("the event stands in the file");
    bytes[at + event.len() - 1] = b'5';
    fs::write(&file, bytes).unwrap();
    let verified = launch.run(&["ledger", "verify"]);
    assert_eq!(code(&verified), 6, "{}{}", out(&verified), err(&verified));
    assert!(out(&verified).contains("✕"), "{}", out(&verified));
}

#[test]
fn what_the_doctor_finds_wrong_ends_in_6() {
    let ended = swelite(&["doctor"], &[("SERVER_PORT", "x")]);
    assert_eq!(code(&ended), 6);
    assert!(out(&ended).contains("SERVER_PORT"), "{}", out(&ended));
}

#[tokio::test]
async fn a_used_up_limit_ends_in_7() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books")).with("APP_RATE_LIMIT_AUTHORIZE_CAPACITY", "1");
    let server = launch.up().await;
    let pay = ["pay", "authorize", "--merchant", "M1", "--amount", "1000"];
    assert_eq!(code(&launch.run(&pay)), 0);
    assert_eq!(code(&launch.run(&pay)), 7);
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn an_outcome_nobody_knows_ends_in_8_and_the_same_key_tells_it_later() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let pay = [
        "pay",
        "authorize",
        "--merchant",
        "M1",
        "--amount",
        "1000",
        "--card",
        "timeout",
        "--key",
        "same",
        "--json",
    ];
    let unknown = launch.run(&pay);
    assert_eq!(code(&unknown), 8);
    assert!(err(&unknown).contains("OUTCOME_UNKNOWN"), "{}", err(&unknown));
    wait_until("the same key is answered", LIMIT, async || code(&launch.run(&pay)) == 0).await;
    assert!(server.stop().await.success());
    let (url, _) = server_that_says(Some("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"));
    let cut = swelite(&["pay", "get", "1", "--url", &url], &[]);
    assert_eq!(code(&cut), 3, "a read that was cut short has changed nothing");
}

#[tokio::test]
async fn an_interrupt_ends_in_130() {
    let (url, heard) = server_that_says(None);
    let mut child = command(&["pay", "get", "1", "--url", &url], &[]).stderr(Stdio::null()).spawn().unwrap();
    heard.recv_timeout(LIMIT).expect("the request is on its way");
    signal(&child, Signal::INT);
    let status = wait_for("the command has ended", LIMIT, async || child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(130));
}
