//! What people read: names instead of fields, numbers instead of headers, and a word where there is nothing.

use super::{code, err, launch, out};

#[tokio::test]
async fn an_empty_list_says_so_beside_the_data() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    for list in [["pay", "list"], ["dead-letters", "list"]] {
        let empty = launch.run(&list);
        assert_eq!((code(&empty), out(&empty), err(&empty)), (0, String::new(), "nothing yet\n".to_owned()));
        let korean = launch.run(&[&list[..], &["--lang", "ko"]].concat());
        assert_eq!(err(&korean), "아직 없어요.\n");
    }
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn advice_names_only_what_is_on_the_screen() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"))
        .with("APP_RATE_LIMIT_AUTHORIZE_CAPACITY", "2")
        .with("SWELITE_LOGIN", "on");
    let server = launch.up().await;
    let pay = |more: &[&str]| {
        let pay = ["pay", "authorize", "--merchant", "M1", "--amount", "1000"];
        launch.run(&[&pay[..], more].concat())
    };
    let unknown = err(&pay(&["--card", "timeout"]));
    assert!(unknown.contains("OUTCOME_UNKNOWN · HTTP 504 · payment 1 · req_"), "{unknown}");
    let wrong = err(&pay(&["--currency", "won", "--lang", "ko"]));
    assert!(wrong.contains("위에 적힌") && !wrong.contains("errors"), "{wrong}");
    assert_eq!(code(&pay(&[])), 0);
    for (language, after) in [("en", " seconds"), ("ko", "초 뒤에")] {
        let limited = err(&pay(&["--lang", language]));
        let (before, _) = limited.split_once(after).unwrap_or_else(|| panic!("{limited}"));
        assert!(before.ends_with(|digit: char| digit.is_ascii_digit()), "{limited}");
    }
    let stranger = err(&launch.run(&["operators", "list"]));
    assert!(stranger.contains("swelite operators token") && stranger.contains("SWELITE_TOKEN"), "{stranger}");
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn the_seven_proofs_are_numbered_and_said_in_both_languages() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    for (language, first, last) in [
        ("en", "✓ 1 every journal entry balances", "✓ 7 the events of every lane form"),
        ("ko", "✓ 1 모든 분개의 차변과 대변이 같고", "✓ 7 레인마다 이벤트의 해시 사슬이"),
    ] {
        let verified = out(&launch.run(&["ledger", "verify", "--lang", language]));
        let lines: Vec<&str> = verified.lines().collect();
        assert!(lines[0].starts_with(first) && lines[6].starts_with(last), "{verified}");
    }
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn a_lane_of_the_embedded_log_cannot_be_published_again() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    let rewind = ["outbox", "rewind", "--lane", "0", "--to", "0", "--reason", "a try"];
    let refused = launch.run(&rewind);
    assert_eq!(code(&refused), 4);
    assert!(err(&refused).contains("the embedded log is the outbox itself"), "{}", err(&refused));
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn the_stations_of_a_watched_payment_stand_in_columns() {
    let data = tempfile::tempdir().unwrap();
    let launch = launch(&data.path().join("books"));
    let server = launch.up().await;
    assert_eq!(code(&launch.run(&["pay", "authorize", "--merchant", "M1", "--amount", "1000"])), 0);
    let watched = out(&launch.run(&["pay", "watch", "1"]));
    let times: Vec<Option<usize>> =
        watched.lines().filter(|line| line.starts_with(['●', '■'])).map(|line| line.find("20")).collect();
    assert!(times.len() == 6 && times.iter().all(|at| *at == times[0]), "{watched}");
    assert!(server.stop().await.success());
}
