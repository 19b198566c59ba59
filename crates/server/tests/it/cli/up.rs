//! `swelite up`: how it starts and how it ends.

use std::{process::Stdio, time::Duration};

use rustix::process::Signal;
use testkit::{http::HttpClient, wait::wait_for};

use super::{address_said, code, command, err, launch, signal, swelite};
use crate::LIMIT;

#[tokio::test]
async fn it_names_the_free_port_it_took_and_ends_in_order_when_asked() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("books");
    for end in [Signal::TERM, Signal::INT] {
        let arguments = ["up", "--port", "0", "--data-dir", dir.to_str().unwrap()];
        let mut child =
            command(&arguments, &[]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let url = address_said(&mut child);
        let ready = HttpClient::new(&url).get("/readyz").await.unwrap();
        assert_eq!(ready.status, 200);
        signal(&child, end);
        let status = wait_for("it has ended", LIMIT, async || child.try_wait().unwrap()).await;
        assert_eq!(status.code(), Some(0));
        assert!(!dir.join("swelite.db-wal").exists(), "the log was copied back");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_books_is_refused_and_reading_them_is_not() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let second = launch.run(&["up", "--port", "0"]);
    assert_eq!(code(&second), 3);
    assert!(err(&second).contains("in use by another process"), "{}", err(&second));
    assert_eq!(code(&launch.run(&["migrate"])), 3);
    assert_eq!(code(&launch.run(&["ledger", "verify"])), 0);
    assert!(server.stop().await.success());
    assert_eq!(code(&launch.run(&["migrate"])), 0);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_a_clear_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("books");
    let ended = swelite(&["up", "--port", "0", "--data-dir", below.to_str().unwrap()], &[]);
    assert_eq!(code(&ended), 1);
    assert!(err(&ended).contains("cannot use data directory"), "{}", err(&ended));
}

#[tokio::test]
async fn limits_that_are_off_are_announced() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books")).with("SWELITE_RATE_LIMITS", "off");
    let server = launch.up().await;
    assert!(server.words().contains("rate limits are off"), "{}", server.words());
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_what_was_answered_is_there() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("books");
    let arguments = ["up", "--port", "0", "--data-dir", dir.to_str().unwrap()];
    let mut child = command(&arguments, &[]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let url = address_said(&mut child);
    let body = r#"{"merchantId":"M1","amount":10000,"currency":"KRW","idempotencyKey":"k"}"#;
    assert_eq!(HttpClient::new(&url).post("/payments/authorize", body).await.unwrap().status, 200);
    signal(&child, Signal::TERM);
    let status = wait_for("it has ended", Duration::from_secs(30), async || {
        signal(&child, Signal::TERM);
        child.try_wait().unwrap()
    });
    assert!(matches!(status.await.code(), Some(0 | 130)));
    let launch = launch(&dir);
    let server = launch.up().await;
    assert_eq!(code(&launch.run(&["pay", "get", "1"])), 0);
    assert!(server.stop().await.success());
}
