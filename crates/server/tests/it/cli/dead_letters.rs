//! What the command line does with events that could not be posted.

use testkit::{http::HttpClient, process::Running, wait::wait_until};

use super::{code, err, json, launch, out};
use crate::LIMIT;

/// An event that nobody committed, parked as dead letter 1.
async fn poison(server: &Running) {
    let client = HttpClient::new(server.url());
    assert_eq!(client.post("/sim/poison", "").await.unwrap().status, 200);
    wait_until("the event is parked", LIMIT, async || {
        let order = crate::common::authorization("M1", "wakes the worker", 1_000);
        client.post("/payments/authorize", order).await.unwrap();
        client.get("/dead-letters/1").await.unwrap().status == 200
    })
    .await;
}

#[tokio::test]
async fn a_redrive_that_posts_nothing_is_a_failure_and_says_why() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books")).with("SWELITE_DEMO", "on");
    let server = launch.up().await;
    poison(&server).await;
    let failed = launch.run(&["dead-letters", "redrive", "1"]);
    assert_eq!(code(&failed), 4, "{}", err(&failed));
    let note =
        json(&launch.run(&["dead-letters", "show", "1", "--json"]))["note"].as_str().unwrap().to_owned();
    assert!(err(&failed).contains(&format!("✕ it could not be posted: {note}")), "{}", err(&failed));
    let korean = launch.run(&["dead-letters", "redrive", "1", "--lang", "ko"]);
    assert!(err(&korean).contains("✕ 다시 기장하지 못했어요"), "{}", err(&korean));
    let shown = out(&launch.run(&["dead-letters", "show", "1", "--lang", "ko"]));
    assert!(shown.contains("격리한 시각") && !shown.contains("payloadSha256"), "{shown}");
    let dry = launch.run(&["dead-letters", "bulk", "redrive", "--dry-run"]);
    assert_eq!(code(&dry), 0, "{}", err(&dry));
    assert!(out(&dry).contains("would_stay_open"), "{}", out(&dry));
    assert_eq!(code(&launch.run(&["dead-letters", "bulk", "redrive"])), 4, "it was not done");
    assert_eq!(code(&launch.run(&["dead-letters", "bulk", "discard"])), 2, "a reason is needed");
    let tried = || json(&launch.run(&["dead-letters", "show", "1", "--json"]))["attempts"].clone();
    let before = tried();
    let dry = launch.run(&["dead-letters", "redrive", "1", "--dry-run"]);
    assert_eq!(code(&dry), 0, "{}", err(&dry));
    assert!(out(&dry).contains("would_stay_open"), "{}", out(&dry));
    let forecast = json(&launch.run(&["dead-letters", "redrive", "1", "--dry-run", "--json"]));
    assert_eq!((forecast["ok"].as_bool(), forecast["message"].as_str()), (Some(false), Some(&*note)));
    assert_eq!(tried(), before, "a dry run is no try");
    for command in [&["discard", "1"], &["bulk", "discard"]] {
        let refused =
            launch.run(&[&["dead-letters"], &command[..], &["--reason", "made by a test"]].concat());
        assert_eq!(code(&refused), 2, "{}", err(&refused));
        assert!(err(&refused).contains("say `--yes`"), "{}", err(&refused));
    }
    assert_eq!(json(&launch.run(&["dead-letters", "show", "1", "--json"]))["state"], "OPEN");
    let discarded = launch.run(&["dead-letters", "discard", "1", "--reason", "made by a test", "--yes"]);
    assert_eq!(code(&discarded), 0, "{}{}", out(&discarded), err(&discarded));
    assert!(server.stop().await.success());
}
