//! What holds for the configuration as a whole.

use std::{
    collections::HashMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::*;

#[derive(Default)]
struct Given {
    variables: HashMap<String, OsString>,
    files: HashMap<PathBuf, String>,
}

impl Source for Given {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

fn given(variables: &[(&str, &str)]) -> Given {
    let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
    Given { variables, ..Given::default() }
}

fn faults(source: &Given) -> Vec<String> {
    let faults = load(source, &Flags::new(), None).unwrap_err().0;
    faults.iter().for_each(assert_said_in_both);
    faults.iter().map(Fault::to_string).collect()
}

/// In Korean nothing stands but Korean, what was given, and names; and it holds the same values.
fn assert_said_in_both(fault: &Fault) {
    let Wrong { english, korean } = &fault.why;
    let hangul = |text: &str| text.chars().filter(|char| ('가'..='힣').contains(char)).count();
    assert!(hangul(english) == 0, "{english}");
    assert!(hangul(korean) >= 5, "{korean}");
    // What the parser of TOML says is in its own language.
    let ours = korean.split("번째 줄: ").next().unwrap_or_default();
    for word in ["must", "cannot", " is ", "from the", "set "] {
        assert!(!ours.contains(word), "{korean}");
    }
    let quoted = |text: &str| {
        let mut parts: Vec<String> = text.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        parts.sort();
        parts.dedup();
        parts
    };
    let (english_names, korean_names) = (quoted(english), quoted(korean));
    let told = |name: &String| name == "name=value" || korean_names.contains(name);
    assert!(english_names.iter().all(told), "{english}\n{korean}");
    assert!(fault.korean().starts_with(&format!("`{}`: ", fault.variable)), "{}", fault.korean());
}

#[test]
fn whatever_is_wrong_with_a_single_value_is_said_in_both_languages() {
    let wrong = given(&[
        ("SERVER_PORT", "x"),
        ("SWELITE_BATCH_MAX", "0"),
        ("SWELITE_LANES", "x"),
        ("SWELITE_LISTEN", "example.com"),
        ("SWELITE_TRUST_NETWORK", "perhaps"),
        ("SWELITE_LOGIN", "off"),
        ("SWELITE_PUBLIC_URL", "pay.example"),
        ("SWELITE_ACQUIRER", "bank"),
        ("SWELITE_ACQUIRER_URL", "https://a"),
        ("SWELITE_LOG", "loud"),
        ("SWELITE_LOG_FORMAT", "xml"),
        ("APP_CORS_ALLOWED_ORIGINS", "https://a:b@c"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "none"),
        ("OTEL_TRACES_SAMPLER", "xray"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
    ]);
    let found = faults(&wrong);
    assert_eq!(found.len(), wrong.variables.len(), "{found:#?}");
    let port = load(&wrong, &Flags::new(), None).unwrap_err().0.remove(0).korean();
    assert!(port.starts_with("`SERVER_PORT`: "), "{port}");
    assert!(port.ends_with("(지금 값 `x`, 출처: 환경 변수)"), "{port}");
    let mut file = Given::default();
    let text = "port = 1\n[listen]\nprot = 1\nport = 1.5\n";
    file.files.insert(FILE_DEFAULT.into(), text.into());
    assert_eq!(faults(&file).len(), 3);
}

#[test]
fn with_nothing_given_every_default_is_read_and_fits_the_others() {
    let loaded = load(&Given::default(), &Flags::new(), None).unwrap();
    assert_eq!(loaded.settings.socket().to_string(), "127.0.0.1:8080");
    assert!(loaded.effective.iter().all(|value| value.rank == Rank::Default));
    assert!(loaded.effective.len() > 30);
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let mut source = given(&[("SERVER_PORT", "2"), ("SWELITE_BATCH_MAX", "22")]);
    source.files.insert(
        FILE_DEFAULT.into(),
        "[listen]\nport = 3\n[commit]\nbatch_max = 33\nqueue_max = 333\n[limits]\nenabled = false\n".into(),
    );
    let flags = Flags::from([("SERVER_PORT", "1".to_owned())]);
    let settings = load(&source, &flags, None).unwrap().settings;
    assert_eq!(settings.listen.port, 1);
    assert_eq!(settings.commit.batch_max, 22);
    assert_eq!(settings.commit.queue_max, 333);
    assert!(!settings.limits.enabled);
    assert_eq!(settings.commit.worker_batch_max, 512);
}

#[test]
fn all_errors_are_reported_together_each_with_its_variable() {
    let mut source = given(&[
        ("SERVER_PORT", "eighty"),
        ("SWELITE_BATCH_MAX", "0"),
        ("SWELITE_ACQUIRER", "bank"),
        ("APP_CORS_ALLOWED_ORIGINS", "http://a,*"),
    ]);
    source.files.insert(FILE_DEFAULT.into(), "[commit]\nbatchmax = 3\n".into());
    let faults = faults(&source).join("\n");
    for variable in [
        "SERVER_PORT",
        "SWELITE_BATCH_MAX",
        "SWELITE_ACQUIRER",
        "APP_CORS_ALLOWED_ORIGINS",
        "commit.batchmax",
    ] {
        assert!(faults.contains(variable), "{variable} in {faults}");
    }
}

#[test]
fn listening_beyond_loopback_needs_a_trusted_network() {
    let open = [("SWELITE_LISTEN", "0.0.0.0")];
    assert!(faults(&given(&open))[0].contains("SWELITE_TRUST_NETWORK"));
    let trusted = load(&given(&[open[0], ("SWELITE_TRUST_NETWORK", "true")]), &Flags::new(), None).unwrap();
    assert!(trusted.settings.login_required(), "beyond loopback operators log in");
    assert!(!load(&given(&[]), &Flags::new(), None).unwrap().settings.login_required());
    let on = load(&given(&[("SWELITE_LOGIN", "on")]), &Flags::new(), None).unwrap();
    assert!(on.settings.login_required());
}

#[test]
fn a_database_has_as_many_lanes_as_are_asked_for() {
    let source = given(&[("PAYMENT_DB_HOST", "db-1,db-2"), ("SWELITE_LANES", "16")]);
    let settings = load(&source, &Flags::new(), None).unwrap().settings;
    assert_eq!(settings.store.lanes, Some(16));
    assert_eq!(settings.mariadb.host.as_deref(), Some("db-1,db-2"));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (variables, named) in [
        (&[("SWELITE_QUEUE_MAX", "255")][..], "SWELITE_BATCH_MAX"),
        (&[("SWELITE_COMMAND_TIMEOUT_MS", "30000")], "SWELITE_HTTP_TIMEOUT_MS"),
        (&[("SWELITE_ACQUIRER", "simulator-remote")], "SWELITE_ACQUIRER_URL"),
        (&[("REDIS_HOST", "r"), ("REDIS_TLS_CA", "ca.pem")], "REDIS_TLS=on"),
        (&[("PAYMENT_DB_HOST", "db"), ("PAYMENT_DB_TLS_CA", "ca.pem")], "PAYMENT_DB_TLS=on"),
        (&[("KAFKA_SSL_CA_FILE", "ca.pem")], "KAFKA_SECURITY_PROTOCOL=SSL"),
        (&[("SWELITE_RELAY_LEASE_MS", "8000")], "KAFKA_DELIVERY_TIMEOUT_MS"),
        (&[("KAFKA_SECURITY_PROTOCOL", "TLS")], "SASL_PLAINTEXT"),
        (
            &[("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"), ("KAFKA_SASL_MECHANISM", "PLAIN")],
            "KAFKA_SASL_USERNAME",
        ),
        (&[("KAFKA_SASL_PASSWORD", "secret")], "nobody would log in"),
        (
            &[
                ("SWELITE_ACQUIRER", "simulator-remote"),
                ("SWELITE_ACQUIRER_URL", "http://127.0.0.1:8090"),
                ("SWELITE_ACQUIRER_TIMEOUT_MS", "25000"),
            ],
            "SWELITE_ACQUIRER_TIMEOUT_MS",
        ),
        (&[("SWELITE_SHUTDOWN_TIMEOUT_MS", "29999")], "SWELITE_HTTP_TIMEOUT_MS"),
        (&[("SWELITE_LANES", "4")], "SWELITE_LANES"),
        (&[("PAYMENT_DB_HOST", "db"), ("SWELITE_LANES", "256")], "SWELITE_LANES"),
    ] {
        assert!(faults(&given(variables)).join("\n").contains(named), "{named}");
    }
}

#[test]
fn a_secret_is_read_from_its_file_and_never_shown() {
    let mut source = given(&[("PAYMENT_DB_PASSWORD_FILE", "/run/secrets/db")]);
    source.files.insert("/run/secrets/db".into(), "hunter2\n".into());
    let loaded = load(&source, &Flags::new(), None).unwrap();
    assert_eq!(loaded.settings.mariadb.password.as_ref().map(Secret::reveal), Some("hunter2"));
    assert!(!format!("{loaded:?}").contains("hunter2"));
    source.variables.insert("PAYMENT_DB_PASSWORD".into(), "other".into());
    assert!(faults(&source)[0].contains("PAYMENT_DB_PASSWORD_FILE"));
}

#[test]
fn a_secret_file_that_cannot_be_read_is_an_error() {
    assert!(faults(&given(&[("REDIS_PASSWORD_FILE", "/nowhere")]))[0].contains("REDIS_PASSWORD_FILE"));
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_valid() {
    let missing = load(&Given::default(), &Flags::new(), Some(Path::new("other.toml"))).unwrap_err();
    assert!(missing.to_string().contains("other.toml"));
    missing.0.iter().for_each(assert_said_in_both);
    let mut source = Given::default();
    source.files.insert(FILE_DEFAULT.into(), "[listen]\nport = \n".into());
    assert!(faults(&source)[0].contains("line 2"), "{:?}", faults(&source));
}

#[test]
fn an_empty_variable_is_unset() {
    assert!(load(&given(&[("PAYMENT_DB_HOST", ""), ("SERVER_PORT", "")]), &Flags::new(), None).is_ok());
}

#[test]
fn the_template_changes_nothing_and_still_nothing_with_every_line_in_force() {
    let template = toml_template();
    let uncommented: String = template
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.split(" = ").next().is_some_and(|key| !key.contains(' ')) => setting,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n");
    for text in [template, uncommented] {
        let mut source = Given::default();
        source.files.insert(FILE_DEFAULT.into(), text);
        let from_file = load(&source, &Flags::new(), None).unwrap().settings;
        let defaults = load(&Given::default(), &Flags::new(), None).unwrap().settings;
        assert_eq!(format!("{from_file:?}"), format!("{defaults:?}"));
    }
}

#[test]
fn the_committed_reference_and_template_are_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, fresh, command) in [
        ("docs/CONFIG.md", markdown(), "reference"),
        ("crates/server/src/config/default.toml", toml_template(), "template"),
    ] {
        let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        assert!(committed == fresh, "{path} is out of date: run `swelite config {command} > {path}`");
    }
}
