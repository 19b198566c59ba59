//! The platform beside Redis: counted together while it is there, missed by nobody while it is away.

use serde_json::{Value, json};
use testkit::{
    http::HttpClient,
    process::Launch,
    services::{Life, Redis, free_port},
    wait::wait_until,
};

use crate::{
    LIMIT,
    common::{Set, authorization, authorize, text},
};

async fn row(client: &HttpClient, path: &str, of: &str, value: &str) -> Value {
    let list = client.get(path).await.unwrap().json();
    let rows = list["data"].as_array().unwrap_or_else(|| panic!("{path} is no list: {list}"));
    rows.iter().find(|row| row[of] == value).cloned().unwrap_or_default()
}

async fn cache_is(client: &HttpClient, state: &str) {
    wait_until("the cache is in the state", LIMIT, async || {
        row(client, "/health/components", "name", "cache").await["state"] == state
    })
    .await;
}

async fn cached(client: &HttpClient, key: &str) -> Value {
    let path = format!("/idempotency?merchantId=M1&key={key}");
    row(client, &path, "operation", "authorize").await["cached"].clone()
}

/// The rate limit header of a fresh authorization.
async fn standing(client: &HttpClient, key: &str) -> Option<String> {
    let answer = client.post("/payments/authorize", authorization("M1", key, 5)).await.unwrap();
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    Some(answer.header("ratelimit").to_owned()).filter(|said| !said.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_go_on_without_redis_and_limits_are_counted_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let launch = Set::Embedded
        .with_limits(folder.path())
        .with("REDIS_HOST", "127.0.0.1")
        .with("REDIS_PORT", port.to_string());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    for number in 0..30 {
        authorize(&client, "M1", &format!("away-{number}"), 5).await;
    }
    let repeated = client.post("/payments/authorize", authorization("M1", "away-0", 5)).await.unwrap();
    assert!(repeated.replayed(), "the books know every key");
    assert_eq!(standing(&client, "away-30").await, None, "nobody knows where the limit stands");
    cache_is(&client, "down").await;
    assert_eq!(cached(&client, "away-0").await, "unknown");
    let metrics = text(&client.get("/metrics").await.unwrap().body);
    let fail_open = r#"rate_limit_decisions_total{action="authorize",decision="fail_open"} 32"#;
    assert!(metrics.contains(fail_open), "{metrics}");

    let mut redis = Redis::start(&folder.path().join("redis"), port, Life::Owned).unwrap();
    cache_is(&client, "up").await;
    wait_until("a call is counted", LIMIT, async || {
        standing(&client, &format!("back-{}", redis_now())).await.is_some()
    })
    .await;
    authorize(&client, "M1", "copied", 5).await;
    // Nobody waits for the copy of an answer, so the answer may be here before its copy is there.
    wait_until("the answer is copied", LIMIT, async || cached(&client, "copied").await == "held").await;
    assert_eq!(cached(&client, "away-0").await, "none");

    redis.kill().unwrap();
    cache_is(&client, "down").await;
    authorize(&client, "M1", "away-again", 5).await;
    assert!(server.stop().await.success());
}

/// A key nobody has used.
fn redis_now() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_beside_one_redis_with_books_of_their_own_count_apart() {
    let folder = tempfile::tempdir().unwrap();
    let redis = Redis::start(&folder.path().join("redis"), free_port().unwrap(), Life::Owned).unwrap();
    let start = |name: &str| -> Launch {
        Set::Embedded
            .with_limits(&folder.path().join(name))
            .with("REDIS_HOST", "127.0.0.1")
            .with("REDIS_PORT", redis.port().to_string())
    };
    for name in ["one", "other"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let (one, other) = (start("one").up().await, start("other").up().await);
    for server in [&one, &other] {
        let client = HttpClient::new(server.url());
        cache_is(&client, "up").await;
        for left in (0..20).rev() {
            let standing = standing(&client, &format!("k{left}")).await.unwrap();
            assert!(standing.starts_with(&format!("\"authorize\";r={left};")), "{standing}");
        }
        let beyond = client.post("/payments/authorize", authorization("M1", "beyond", 5)).await.unwrap();
        assert_eq!((beyond.status, &beyond.json()["code"]), (429, &json!("RATE_LIMIT_EXCEEDED")));
    }
}

#[test]
fn the_doctor_looks_at_redis() {
    let folder = tempfile::tempdir().unwrap();
    let redis = Redis::start(&folder.path().join("redis"), free_port().unwrap(), Life::Owned).unwrap();
    let doctor = |port: u16| {
        let launch = Set::Embedded
            .with_limits(folder.path())
            .with("REDIS_HOST", "127.0.0.1")
            .with("REDIS_PORT", port.to_string());
        let ended = launch.run(&["doctor", "--json"]);
        let said = text(&ended.stdout);
        let checks: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let redis =
            checks["checks"].as_array().unwrap().iter().find(|check| check["check"] == "redis").cloned();
        redis.unwrap_or_else(|| panic!("redis was not looked at: {said}"))
    };
    assert_eq!(doctor(redis.port())["health"], "good");
    let away = doctor(free_port().unwrap());
    assert_eq!(away["health"], "doubtful");
    assert!(away["found"].as_str().unwrap().contains("127.0.0.1"), "{away}");
}
