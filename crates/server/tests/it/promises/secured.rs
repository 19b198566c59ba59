//! Encrypted connections and passwords: to MariaDB, Kafka and Redis that accept nothing else, under an authority nobody knows.

use std::{ffi::OsString, path::Path};

use testkit::{
    process::Launch,
    services::{
        Authority, Certificate, Kafka, KafkaOptions, Life, Mariadb, MariadbOptions, Redis, free_port,
        kafka_jars,
    },
};

use super::{captured, drained, ids};
use crate::{
    common::{text, verify},
    real_set::{RealSet, sql_at},
};

/// Servers that want an encrypted connection and a password.
struct Secured {
    authority: Authority,
    mariadb: Mariadb,
    redis_port: u16,
    _redis: Redis,
    kafka: String,
    _kafka: Kafka,
}

impl Secured {
    fn start(folder: &Path) -> Self {
        let authority = Authority::create(&folder.join("authority")).unwrap();
        let certificate = authority.sign("server").unwrap();
        let (redis, redis_port) = redis(folder, &certificate);
        let (kafka, bootstrap) = kafka(folder, &certificate);
        let mariadb = mariadb(folder, &certificate);
        Self { authority, mariadb, redis_port, _redis: redis, kafka: bootstrap, _kafka: kafka }
    }

    /// A replica that knows the passwords and trusts `authority`.
    fn launch(&self, folder: &Path, authority: &Authority) -> Launch {
        let set = RealSet {
            mariadb: ("127.0.0.1".to_owned(), self.mariadb.port()),
            kafka: self.kafka.clone(),
            redis: ("127.0.0.1".to_owned(), self.redis_port),
            name: "secured".to_owned(),
        };
        let trusted = authority.certificate();
        set.launch(folder)
            .with("PAYMENT_DB_USER", "payuser")
            .with("PAYMENT_DB_PASSWORD", "open sesame")
            .with("PAYMENT_DB_TLS", "on")
            .with("PAYMENT_DB_TLS_CA", &trusted)
            .with("REDIS_PASSWORD", "open sesame")
            .with("REDIS_TLS", "on")
            .with("REDIS_TLS_CA", &trusted)
            .with("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
            .with("KAFKA_SASL_MECHANISM", "PLAIN")
            .with("KAFKA_SASL_USERNAME", "payments")
            .with("KAFKA_SASL_PASSWORD", "open-sesame")
            .with("KAFKA_SSL_CA_FILE", &trusted)
    }
}

fn mariadb(folder: &Path, certificate: &Certificate) -> Mariadb {
    let settings = vec![
        format!("ssl_cert={}", certificate.certificate.display()),
        format!("ssl_key={}", certificate.key.display()),
    ];
    let options = MariadbOptions { settings, ..MariadbOptions::default() };
    let dir = folder.join("mariadb");
    let mariadb = Mariadb::start_with(&dir, free_port().unwrap(), Life::Owned, &options).unwrap();
    sql_at(
        mariadb.port(),
        None,
        "CREATE USER payuser@'127.0.0.1' IDENTIFIED BY 'open sesame' REQUIRE SSL; GRANT ALL ON *.* TO payuser@'127.0.0.1'",
    );
    mariadb
}

fn redis(folder: &Path, certificate: &Certificate) -> (Redis, u16) {
    let (plain, encrypted) = (free_port().unwrap(), free_port().unwrap());
    let encrypted_port = encrypted.to_string();
    let mut further: Vec<OsString> =
        ["--tls-port", &encrypted_port, "--tls-auth-clients", "no", "--requirepass", "open sesame"]
            .map(OsString::from)
            .to_vec();
    further.extend(["--tls-cert-file".into(), certificate.certificate.clone().into()]);
    further.extend(["--tls-key-file".into(), certificate.key.clone().into()]);
    further.extend(["--tls-ca-cert-file".into(), certificate.certificate.clone().into()]);
    (Redis::start_with(&folder.join("redis"), plain, Life::Owned, &further).unwrap(), encrypted)
}

/// One broker; clients come in by an encrypted listener that wants a name and a password.
fn kafka(folder: &Path, certificate: &Certificate) -> (Kafka, String) {
    let (plain, controller, secure) = (free_port().unwrap(), free_port().unwrap(), free_port().unwrap());
    let store = folder.join("kafka-certificate.pem");
    let both = [&certificate.key, &certificate.certificate].map(|file| std::fs::read(file).unwrap()).concat();
    std::fs::write(&store, both).unwrap();
    let listeners = |own: &str| format!("{own}=PLAINTEXT://127.0.0.1:{plain},SECURE://127.0.0.1:{secure}");
    let further = vec![
        format!("{},CONTROLLER://127.0.0.1:{controller}", listeners("listeners")),
        listeners("advertised.listeners"),
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL".to_owned(),
        "ssl.keystore.type=PEM".to_owned(),
        format!("ssl.keystore.location={}", store.display()),
        "listener.name.secure.sasl.enabled.mechanisms=PLAIN".to_owned(),
        "listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
         user_payments=\"open-sesame\";"
            .to_owned(),
    ];
    let ports = vec![(plain, controller)];
    let options = KafkaOptions { jars: kafka_jars(), heap: "192m".to_owned(), ports, further };
    let kafka = Kafka::start(&folder.join("kafka"), options, Life::Owned).unwrap();
    (kafka, format!("127.0.0.1:{secure}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_travel_on_encrypted_connections_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let secured = tokio::task::block_in_place(|| Secured::start(folder));
    let launch = secured.launch(&folder.join("ingest"), &secured.authority);
    let migrated = launch.run(&["migrate"]);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let other = secured.launch(&folder.join("worker"), &secured.authority);
    let (ingest, worker) = tokio::join!(launch.role("ingest"), other.role("worker"));
    let client = testkit::http::HttpClient::new(ingest.url());
    for number in 0..5 {
        captured(&client, "M1", &format!("k{number}"), 1_000).await;
    }
    drained(&client).await;
    assert_eq!(ids(&client, "/ledger/entries").await, ids(&client, "/events").await);
    let doctor = launch.run(&["doctor"]);
    assert!(doctor.status.success(), "{}{}", text(&doctor.stdout), text(&doctor.stderr));
    verify(&launch, &ingest);
    let encrypted = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'payuser'";
    assert_ne!(sql_at(secured.mariadb.port(), None, encrypted).trim(), "0");
    assert!(ingest.stop().await.success() && worker.stop().await.success());

    let stranger = Authority::create(&folder.join("stranger")).unwrap();
    std::thread::scope(|scope| {
        for (wrong, component) in wrong_ways(&secured, &stranger, &folder.join("wrong")) {
            scope.spawn(move || does_not_get_through(&wrong, component));
        }
    });
}

fn does_not_get_through(wrong: &Launch, component: &str) {
    let doctor = wrong.run(&["doctor", "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap_or_default();
    let checks = said["checks"].as_array().cloned().unwrap_or_default();
    let found = checks.iter().find(|check| check["check"] == component);
    assert!(
        found.is_some_and(|check| check["health"] != "good"),
        "{component} is fine with {wrong:?}: {said}"
    );
}

/// Replicas that must not get through, and to what.
fn wrong_ways(secured: &Secured, stranger: &Authority, folder: &Path) -> Vec<(Launch, &'static str)> {
    let right = || secured.launch(folder, &secured.authority);
    let strange = stranger.certificate();
    let emptied = ["SECURITY_PROTOCOL", "SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD", "SSL_CA_FILE"];
    let plain = emptied.into_iter().fold(right(), |launch, name| launch.with(format!("KAFKA_{name}"), ""));
    vec![
        (right().with("PAYMENT_DB_TLS_CA", &strange), "books"),
        (right().with("PAYMENT_DB_TLS", "off").with("PAYMENT_DB_TLS_CA", ""), "books"),
        (right().with("PAYMENT_DB_PASSWORD", "guessed"), "books"),
        (right().with("REDIS_TLS_CA", &strange), "redis"),
        (right().with("REDIS_TLS", "off").with("REDIS_TLS_CA", ""), "redis"),
        (right().with("REDIS_PASSWORD", "guessed"), "redis"),
        (right().with("KAFKA_SSL_CA_FILE", &strange), "kafka"),
        (plain, "kafka"),
        (right().with("KAFKA_SASL_PASSWORD", "guessed"), "kafka"),
    ]
}
