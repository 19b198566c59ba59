//! A command line that cannot be understood, and help for whoever asks.

use serde_json::Value;

use super::{code, err, json, out, swelite};

#[test]
fn a_wrong_command_line_is_said_in_korean() {
    let refund = ["pay", "refund", "1"];
    for (arguments, said) in [
        (&refund[..], "✕ 필요한 값이 빠졌어요: --reason <TEXT>"),
        (&["pay", "authorise"], "✕ 모르는 명령이에요: authorise"),
        (&["pay", "get", "1", "--nope"], "✕ 모르는 옵션이에요: --nope"),
        (
            &["pay", "authorize", "--merchant", "M1", "--amount", "1.5"],
            "✕ --amount 값이 올바르지 않아요: 1.5 (정수여야 해요)",
        ),
        (
            &["pay", "list", "--status", "PAID"],
            "✕ --status 값이 올바르지 않아요: PAID (쓸 수 있는 값: PROCESSING, ",
        ),
        (&["pay", "watch", "1", "--last"], "✕ 함께 쓸 수 없어요: "),
        (&["pay", "get"], "✕ 필요한 값이 빠졌어요: <PAYMENT>"),
    ] {
        let ended = swelite(&[arguments, &["--lang", "ko"]].concat(), &[]);
        assert_eq!(code(&ended), 2, "{arguments:?}");
        assert!(err(&ended).starts_with(said), "{arguments:?}: {}", err(&ended));
        assert!(err(&ended).contains("다음: "), "{arguments:?}: {}", err(&ended));
        assert!(!err(&ended).contains("error:"), "{arguments:?}: {}", err(&ended));
    }
}

#[test]
fn a_wrong_command_line_with_json_is_one_object() {
    for (arguments, said) in [
        (&["pay", "refund", "1"][..], "a value is missing: --reason <TEXT>"),
        (&["pay", "authorise"], "no such command: authorise"),
        (
            &["pay", "authorize", "--merchant", "M1", "--amount", "x"],
            "the value of --amount is wrong: x (it must be a whole number)",
        ),
    ] {
        let ended = swelite(&[arguments, &["--json"]].concat(), &[]);
        assert_eq!((code(&ended), out(&ended)), (2, String::new()), "{arguments:?}");
        let told: Value = serde_json::from_str(&err(&ended)).unwrap();
        assert_eq!((&told["error"]["message"], &told["exitCode"]), (&said.into(), &2.into()));
    }
}

/// What it means is for the server to say, which names the field.
#[test]
fn a_negative_amount_is_a_value_and_no_option() {
    let pay = ["pay", "authorize", "--merchant", "M1", "--amount", "-5", "--url", "http://127.0.0.1:1"];
    let ended = swelite(&pay, &[]);
    assert_eq!(code(&ended), 3, "it was understood, and nobody was there: {}", err(&ended));
}

#[test]
fn help_explains_a_command_and_the_exit_codes() {
    for (language, codes, usage) in [("en", "Exit codes:", "Usage: "), ("ko", "종료 코드:", "사용법: ")]
    {
        let said = |arguments: &[&str]| {
            let ended = swelite(&[arguments, &["--lang", language]].concat(), &[]);
            assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
            out(&ended)
        };
        assert!(said(&["help"]).contains("dead-letters"));
        let refund = said(&["help", "pay", "refund"]);
        assert!(refund.contains(&format!("{usage}swelite pay refund")), "{refund}");
        assert!(refund.contains("--reason"), "{refund}");
        let table = said(&["help", "exit-codes"]);
        assert!(table.starts_with(codes) && table.contains("130"), "{table}");
    }
    let unknown = swelite(&["help", "pay", "authorise"], &[]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("no such command: pay authorise"), "{}", err(&unknown));
}

#[test]
fn an_option_takes_one_line_in_the_korean_help() {
    let help = out(&swelite(&["pay", "get", "--help", "--lang", "ko"], &[]));
    let line = help.lines().find(|line| line.contains("--url")).unwrap();
    assert!(line.contains("서버 주소"), "{help}");
}

#[test]
fn a_backup_of_mariadb_is_told_which_tool_does_it() {
    let ended = swelite(&["backup", "/nowhere/copy.db"], &[("PAYMENT_DB_HOST", "db.example")]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("mariadb-dump"), "{}", err(&ended));
    let ended = swelite(&["restore", "/nowhere/copy.db"], &[("PAYMENT_DB_HOST", "db.example")]);
    assert!(err(&ended).contains("restore --timeline"), "{}", err(&ended));
}

#[test]
fn what_the_configuration_check_says_in_korean() {
    let checked = swelite(&["config", "check", "--lang", "ko"], &[]);
    assert_eq!(err(&checked), "✓ 설정에 잘못된 것이 없어요\n");
    assert_eq!(json(&swelite(&["config", "check", "--json"], &[])), serde_json::json!({"ok": true}));
    for (language, locale, said) in [
        ("ko", "C", "  `SERVER_PORT`: 0부터 65535까지의 정수여야 해요 (지금 값 `x`, 출처: 환경 변수)\n"),
        (
            "en",
            "ko_KR.UTF-8",
            "  `SERVER_PORT` must be a whole number from 0 to 65535, is `x` (from the environment)\n",
        ),
    ] {
        let given = [("SERVER_PORT", "x"), ("LANG", locale)];
        let wrong = swelite(&["config", "check", "--lang", language], &given);
        assert!(code(&wrong) == 2 && err(&wrong).contains(said), "{}", err(&wrong));
        let doctor = swelite(&["doctor", "--lang", language], &given);
        assert!(code(&doctor) == 6 && out(&doctor).contains(said.trim()), "{}", out(&doctor));
    }
    let by_locale = swelite(&["config", "check"], &[("SERVER_PORT", "x"), ("LANG", "ko_KR.UTF-8")]);
    assert!(err(&by_locale).contains("정수여야 해요"), "{}", err(&by_locale));
    let printed = out(&swelite(&["config", "print", "--lang", "ko"], &[("SERVER_PORT", "81")]));
    assert!(printed.contains("환경 변수") && printed.contains("기본값"), "{printed}");
    assert_eq!(json(&swelite(&["version", "--json"], &[]))["name"], "swelite");
}
