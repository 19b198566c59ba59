//! Data to standard output, talk to standard error, in the person's language.

use serde_json::Value;

use super::{code, err, json, launch, out, swelite};

#[test]
fn a_failure_says_what_happened_and_what_to_do_next_in_the_persons_language() {
    let arguments = ["pay", "get", "1", "--url", "http://127.0.0.1:1"];
    let korean = err(&swelite(&arguments, &[("LANG", "ko_KR.UTF-8")]));
    assert!(korean.contains("연결할 수 없어요"), "{korean}");
    assert!(korean.contains("다음:"), "{korean}");
    let english = err(&swelite(&arguments, &[("LANG", "C.UTF-8")]));
    assert!(english.contains("next:"), "{english}");
    let asked = err(&swelite(&[&arguments[..], &["--lang", "en"]].concat(), &[("LANG", "ko_KR.UTF-8")]));
    assert!(asked.contains("next:"), "{asked}");
    assert!(!english.contains('\u{1b}'), "no colour where nobody sees it");
}

#[test]
fn a_failure_with_json_is_one_object_that_names_the_exit_code() {
    let ended = swelite(&["pay", "get", "1", "--url", "http://127.0.0.1:1", "--json"], &[]);
    let told: Value = serde_json::from_str(&err(&ended)).unwrap();
    assert_eq!(told["exitCode"], 3);
    assert!(told["error"]["message"].is_string());
    assert_eq!(out(&ended), "");
}

#[test]
fn the_configuration_is_printed_with_its_sources_and_without_its_secrets() {
    let variables = [("SWELITE_BATCH_MAX", "17"), ("REDIS_PASSWORD", "hunter2")];
    let printed = swelite(&["config", "print", "--json", "--data-dir", "/somewhere"], &variables);
    assert!(!out(&printed).contains("hunter2"));
    let settings = json(&printed);
    let find = |variable: &str| {
        let all = settings["settings"].as_array().unwrap();
        all.iter().find(|setting| setting["variable"] == variable).unwrap().clone()
    };
    assert_eq!(find("SWELITE_BATCH_MAX")["value"], "17");
    assert_eq!(find("SWELITE_BATCH_MAX")["source"], "environment");
    assert_eq!(find("SWELITE_DATA_DIR")["source"], "flag");
    assert_eq!(find("SERVER_PORT")["source"], "default");
    assert_eq!(find("REDIS_PASSWORD")["value"], "(hidden)");
}

#[tokio::test]
async fn a_payment_can_be_taken_watched_and_read_with_words_and_with_json() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let paid =
        launch.run(&["pay", "authorize", "--merchant", "M123", "--amount", "1690000", "--order", "A-1"]);
    assert_eq!(code(&paid), 0, "{}", err(&paid));
    assert!(out(&paid).contains("1,690,000 KRW"), "{}", out(&paid));
    assert!(err(&paid).contains("idempotency key: cli-"), "{}", err(&paid));
    let captured = launch.run(&["pay", "capture", "1", "--amount", "690000", "--not-final", "--json"]);
    assert_eq!(json(&captured)["status"], "PARTIALLY_CAPTURED");
    assert_eq!(json(&launch.run(&["pay", "get", "1", "--json"]))["capturedAmount"], 690_000);
    let refunded = launch.run(&["pay", "refund", "1", "--amount", "90000", "--reason", "반품", "--json"]);
    assert_eq!(json(&refunded)["status"], "PARTIALLY_REFUNDED");
    let watched = launch.run(&["pay", "watch", "--last"]);
    assert_eq!(code(&watched), 0, "{}", err(&watched));
    assert!(out(&watched).contains("■ posted"), "{}", out(&watched));
    let listed = launch.run(&["pay", "list", "--merchant", "M123", "--json"]);
    let lines: Vec<Value> = out(&listed).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1);
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn a_watched_payment_that_was_declined_is_not_said_to_be_posted() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let pay = ["pay", "authorize", "--merchant", "M1", "--amount", "1000", "--card", "decline"];
    assert_eq!(code(&launch.run(&pay)), 4);
    let watched = launch.run(&["pay", "watch", "--last"]);
    assert_eq!(code(&watched), 0, "{}", err(&watched));
    assert!(out(&watched).contains("– nothing to post"), "{}", out(&watched));
    assert!(!out(&watched).contains('■'), "{}", out(&watched));
    let korean = out(&launch.run(&["pay", "watch", "--last", "--lang", "ko"]));
    assert!(korean.contains("– 분개 없음"), "{korean}");
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn the_books_can_be_read_from_outside() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let pay = ["pay", "authorize", "--merchant", "M1", "--amount", "10000", "--capture"];
    assert_eq!(code(&launch.run(&pay)), 0);
    assert_eq!(code(&launch.run(&["pay", "watch", "1"])), 0);
    let balance = out(&launch.run(&["ledger", "trial-balance"]));
    assert!(balance.contains("merchant_pending"), "{balance}");
    assert!(balance.contains("total"), "{balance}");
    let journal = out(&launch.run(&["ledger", "journal", "1"]));
    assert!(journal.contains("merchant_pending (M1)"), "{journal}");
    assert!(journal.contains("10,000 KRW"), "{journal}");
    let accounts = launch.run(&["ledger", "accounts", "--merchant", "M1"]);
    assert!(out(&accounts).contains("10,000 KRW"), "{}", out(&accounts));
    let status = json(&launch.run(&["outbox", "status", "--json"]));
    assert_eq!(status["pending"], 0);
    assert_eq!(out(&launch.run(&["dead-letters", "list", "--json"])), "");
    let verified = json(&launch.run(&["ledger", "verify", "--json"]));
    assert_eq!(verified["ok"], true);
    let doctor = json(&launch.run(&["doctor", "--json"]));
    assert_eq!(doctor["ok"], true, "{doctor}");
    assert!(server.stop().await.success());
}

#[test]
fn documents_and_completions_are_printed() {
    let openapi = json(&swelite(&["openapi"], &[]));
    assert!(openapi["paths"]["/payments/authorize"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&swelite(&["completion", shell], &[])).contains("swelite"), "{shell}");
    }
    assert_eq!(json(&swelite(&["version", "--json"], &[]))["name"], "swelite");
}
