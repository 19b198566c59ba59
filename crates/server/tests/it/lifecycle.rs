//! Start, stop, and what must be refused at the start.

use std::{fs, path::Path};

use serde_json::json;
use store::{SqliteSettings, testing::tamper};
use testkit::{
    http::HttpClient,
    process::{Launch, Running},
};

fn launch(folder: &Path) -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_swelite"), folder.join("data")).with("SWELITE_LOG", "warn")
}

/// The body of the call that people know from the original platform.
const KNOWN_CALL: &str =
    r#"{"merchantId":"M123","amount":10000,"currency":"KRW","idempotencyKey":"abc-123"}"#;

async fn authorize(server: &Running) -> testkit::http::HttpAnswer {
    HttpClient::new(server.url()).post("/payments/authorize", KNOWN_CALL).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_known_call_is_answered_and_answered_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path());
    let server = launch.up().await;
    let first = authorize(&server).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.json()["ledgerEntries"], json!([]));
    assert!(!first.replayed());
    assert!(server.stop().await.success());

    let server = launch.up().await;
    let again = authorize(&server).await;
    assert_eq!((again.status, &again.body, again.replayed()), (200, &first.body, true));
    let other = KNOWN_CALL.replace("10000", "10001");
    let other = HttpClient::new(server.url()).post("/payments/authorize", other).await.unwrap();
    assert_eq!((other.status, other.json()["code"].clone()), (422, json!("IDEMPOTENCY_KEY_REUSED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn books_ahead_of_the_clock_raise_an_alarm_at_the_start_and_refuse_no_capture() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path());
    let server = launch.up().await;
    let payment = authorize(&server).await.json()["paymentId"].to_string();
    let metric = r#"incidents_total{kind="books_ahead"}"#;
    let counted = async |server: &Running| {
        let metrics = HttpClient::new(server.url()).get("/metrics").await.unwrap();
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        let line = text.lines().find(|line| line.starts_with(metric)).expect("it is counted").to_owned();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(counted(&server).await, "0");
    assert!(server.stop().await.success());
    // As after a write while the clock was eight days ahead: past the end of every authorization.
    let settings = SqliteSettings::new(launch.data_dir());
    tamper(&settings, "UPDATE lane SET updated_at = updated_at + 691200000");

    let doctor = launch.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(6));
    let words = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(words.contains("books_ahead"), "{words}");
    let server = launch.up().await;
    assert_eq!(counted(&server).await, "1");
    let capture = format!("/payments/capture/{payment}");
    let captured = HttpClient::new(server.url()).post(&capture, r#"{"merchantId":"M123"}"#).await.unwrap();
    assert_eq!(captured.status, 200, "{:?}", captured.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path());
    let server = launch.up().await;
    let second = launch.run(&["up", "--port", "0"]);
    assert!(!second.status.success());
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(words.contains("in use by another process"), "{words}");
    assert_eq!(authorize(&server).await.status, 200);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named_and_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let output = launch(&file).run(&["up", "--port", "0"]);
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("cannot use data directory") && words.contains("data"), "{words}");
    assert!(!words.contains("panicked"), "{words}");
}
