//! The platform over MariaDB: several replicas on one database, and a database that dies under load.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use store::testing::ScratchDatabase;
use testkit::{
    http::HttpClient,
    process::Launch,
    services::{Life, Mariadb, MariadbOptions, Shared, free_port},
    wait::wait_until,
};

use crate::{
    LIMIT,
    common::{authorization, authorize, drained, launch, payment_id, verify},
};

/// The platform on a database instead of `folder`.
fn on(database: &ScratchDatabase, folder: &std::path::Path) -> Launch {
    let options = &database.options;
    launch(folder)
        .with("PAYMENT_DB_HOST", &options.host)
        .with("PAYMENT_DB_PORT", options.port.to_string())
        .with("PAYMENT_DB_NAME", &options.database)
        .with("PAYMENT_DB_USER", &options.user)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_on_one_database_are_one_platform() {
    let (host, port) = Shared::Mariadb.host_and_port();
    let database = ScratchDatabase::create(&host, port).await;
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (on(&database, first_folder.path()), on(&database, second_folder.path()));
    let (one, two) = tokio::join!(first.up(), second.up());
    let clients = [HttpClient::new(one.url()), HttpClient::new(two.url())];

    // The same key on both at the same time is one payment.
    let calls = (0..40).map(|number| {
        let (client, key) = (&clients[number % 2], format!("k{}", number / 2));
        async move { authorize(client, &format!("M{}", number / 2 % 7), &key, 1000).await }
    });
    let payments = join_all(calls).await;
    for pair in payments.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
    // What one has begun the other goes on with.
    for (number, payment) in payments.iter().enumerate().step_by(2) {
        let capture = serde_json::json!({"merchantId": format!("M{}", number / 2 % 7)}).to_string();
        let answer = clients[1].post(&format!("/payments/capture/{payment}"), capture).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    drained(&clients[0]).await;
    verify(&first, &one);
    two.kill();
    assert_eq!(authorize(&clients[0], "M1", "k1", 1000).await, payments[2]);
    assert!(one.stop().await.success());
}

/// A call's key, and its payment or what was said instead.
type Told = (Key, Result<u64, u16>);

/// Names one authorization: which of a round's, and the round.
#[derive(Clone, Copy, Debug)]
struct Key {
    round: usize,
    number: usize,
}

impl Key {
    fn merchant(self) -> String {
        format!("M{}", self.number % 11)
    }

    fn text(self) -> String {
        format!("r{}-{}", self.round, self.number)
    }

    fn body(self) -> String {
        authorization(&self.merchant(), &self.text(), 1000)
    }
}

/// What a load balancer is told.
async fn ready(client: &HttpClient) -> u16 {
    client.get("/readyz").await.unwrap().status
}

/// Two hundred authorizations at once, and the database killed once a few of them are answered.
async fn round_with_a_kill(client: &HttpClient, server: &mut Mariadb, round: usize) -> Vec<Told> {
    let answered = AtomicUsize::new(0);
    let calls = (0..200).map(|number| {
        let (key, answered) = (Key { round, number }, &answered);
        async move {
            let answer = client.post("/payments/authorize", key.body()).await.unwrap();
            answered.fetch_add(1, Ordering::SeqCst);
            let told = if answer.status == 200 { Ok(payment_id(&answer)) } else { Err(answer.status) };
            (key, told)
        }
    });
    let (told, ()) = tokio::join!(join_all(calls), async {
        wait_until("some are answered", LIMIT, async || answered.load(Ordering::SeqCst) > 0).await;
        server.kill().unwrap();
    });
    told
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "how long a caller waits is measured outside of the platform")]
async fn a_database_killed_under_load_is_503_at_once_and_loses_nothing() {
    let server_folder = tempfile::tempdir().unwrap();
    let mut server = Mariadb::start(server_folder.path(), free_port().unwrap(), Life::Owned).unwrap();
    let database = ScratchDatabase::create("127.0.0.1", server.port()).await;
    let folder = tempfile::tempdir().unwrap();
    let launch = on(&database, folder.path());
    let platform = launch.up().await;
    let client = HttpClient::new(platform.url());
    let mut told = Vec::new();
    for round in 0..3 {
        told.extend(round_with_a_kill(&client, &mut server, round).await);
        // While it is away everybody is told so quickly.
        let asked = Instant::now();
        let body = authorization("M1", &format!("away-{round}"), 5);
        let away = client.post("/payments/authorize", body).await.unwrap();
        assert_eq!(away.status, 503, "{:?}", away.body);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        wait_until("it says that it is not ready", LIMIT, async || ready(&client).await == 503).await;
        server.restart().unwrap();
        wait_until("it says that it is ready", LIMIT, async || ready(&client).await == 200).await;
        wait_until("the platform is back by itself", LIMIT, async || {
            let body = authorization("M1", &format!("back-{round}"), 5);
            client.post("/payments/authorize", body).await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }
    // Whatever was answered is there, and every other key has one effect now.
    for (key, told) in &told {
        let payment = authorize(&client, &key.merchant(), &key.text(), 1000).await;
        match told {
            Ok(answered) => assert_eq!(payment, *answered, "{key:?}"),
            Err(status) => assert!([503, 504].contains(status), "{key:?}: {status}"),
        }
        assert_eq!(authorize(&client, &key.merchant(), &key.text(), 1000).await, payment);
    }
    let count = |wanted: fn(&Result<u64, u16>) -> bool| told.iter().filter(|(_, told)| wanted(told)).count();
    println!("{} answered, {} in doubt", count(|told| told.is_ok()), count(|told| *told == Err(504)));
    drained(&client).await;
    verify(&launch, &platform);
    assert!(platform.stop().await.success());
    drop(database);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_when_a_power_cut_would_take_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["innodb_flush_log_at_trx_commit=2", "log_bin=binary", "server_id=1", "sync_binlog=0"];
    let options = MariadbOptions { settings: settings.map(str::to_owned).into(), ..Default::default() };
    let (dir, port) = (folder.path().join("server"), free_port().unwrap());
    let server = Mariadb::start_with(&dir, port, Life::Owned, &options).unwrap();
    let database = ScratchDatabase::migrated("127.0.0.1", server.port(), 1).await;
    let launch = on(&database, folder.path());
    let durability = || {
        let said = launch.run(&["doctor", "--json"]);
        let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        let checks = said["checks"].as_array().unwrap().iter();
        let found = checks.filter(|check| check["check"] == "durability");
        found.map(|check| (check["health"].clone(), check["found"].clone())).collect::<Vec<_>>()
    };
    let (flushed, binary) = ("innodb_flush_log_at_trx_commit = 2", "log_bin = ON, sync_binlog = 0");
    assert_eq!(durability(), [flushed, binary].map(|found| ("bad".into(), found.into())));
    database.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 1").await;
    let health: Vec<_> = durability().into_iter().map(|(health, _)| health).collect();
    assert_eq!(health, ["good"]);
}
