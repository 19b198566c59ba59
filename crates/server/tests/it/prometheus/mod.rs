//! The platform watched by a real Prometheus: every query of every panel and rule has data, and alerts fire and resolve.

mod alerts;
mod history;
mod outages;
mod queries;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use testkit::{
    http::HttpClient,
    services::{Exporter, Life, free_port},
    wait::wait_until,
};

use crate::{LIMIT, real_set::RealSet};

/// How much quicker time runs in the rules of these tests; full durations are `promtool`'s part.
const QUICKER: f64 = 20.0;

/// A Prometheus that ends with the test.
struct Prometheus {
    child: Child,
    client: HttpClient,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Prometheus {
    /// Watches one platform at `target`, every role in one process.
    async fn watch(folder: &Path, target: &str) -> Self {
        let target = target.trim_start_matches("http://");
        Self::start(folder, "prometheus/native.yml", &[("127.0.0.1:8080", target)]).await
    }

    /// Watches the roles and servers of `compose.yaml`, wherever they are here.
    async fn watch_parts(folder: &Path, parts: &Parts) -> Self {
        let local = |port| format!("127.0.0.1:{port}");
        let (ingest, worker) = (local(parts.ingest), local(parts.worker));
        let (mariadb, redis) = (local(parts.mariadb.port()), local(parts.redis.port()));
        let places = [
            ("ingest-service:8080", ingest.as_str()),
            ("consumer-worker:8081", &worker),
            ("mariadb-exporter:9104", &mariadb),
            ("redis-exporter:9121", &redis),
        ];
        // An exporter asks a whole server: on a busy machine that takes longer than a process takes to show its own numbers.
        let slower = |job: &str| format!("job_name: {job}\n    scrape_interval: 2s\n    scrape_timeout: 2s");
        let jobs = ["mariadb", "redis"].map(|job| (format!("job_name: {job}\n"), slower(job) + "\n"));
        let jobs = jobs.each_ref().map(|(from, to)| (from.as_str(), to.as_str()));
        Self::start(folder, "prometheus/compose.yml", &[&places[..], &jobs].concat()).await
    }

    /// By a configuration of `deploy` and its rules, with everything that takes time made quicker.
    async fn start(folder: &Path, config: &str, places: &[(&str, &str)]) -> Self {
        let own = format!("127.0.0.1:{}", free_port().unwrap());
        let own_places = [("127.0.0.1:9090", own.as_str()), ("localhost:9090", &own)];
        let times = [
            ("scrape_interval: 15s", "scrape_interval: 500ms"),
            ("scrape_timeout: 5s", "scrape_timeout: 500ms"),
            ("evaluation_interval: 15s", "evaluation_interval: 250ms"),
        ];
        let mut config = fs::read_to_string(deploy(config)).unwrap();
        for (from, to) in places.iter().chain(&times) {
            assert!(config.contains(from), "{from} is not in the configuration");
            config = config.replace(from, to);
        }
        config = own_places.iter().fold(config, |config, (from, to)| config.replace(from, to));
        fs::create_dir(folder.join("rules")).unwrap();
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        for name in ["alerts.yml", "objectives.yml"] {
            let rules = fs::read_to_string(deploy("prometheus/rules").join(name)).unwrap();
            fs::write(folder.join("rules").join(name), quicker(&rules)).unwrap();
        }
        let log = fs::File::create(folder.join("prometheus.log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", series(folder).display()))
            .arg(format!("--web.listen-address={own}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("Prometheus is needed (Debian: apt-get install prometheus)");
        let client = HttpClient::new(&format!("http://{own}"));
        let prometheus = Self { child, client };
        wait_until("Prometheus is ready", LIMIT, async || {
            prometheus.client.get("/-/ready").await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
        prometheus
    }

    /// What a query gives now.
    async fn ask(&self, query: &str) -> Vec<Value> {
        let answer = self.client.get(&format!("/api/v1/query?query={}", encoded(query))).await.unwrap();
        assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
        answer.json()["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// The alerts that fire, by `/api/v1/alerts`: each with what it is about.
    async fn firing(&self) -> Vec<String> {
        let answer = self.client.get("/api/v1/alerts").await.unwrap().json();
        let alerts = answer["data"]["alerts"].as_array().expect("a list of alerts").iter();
        let mut names: Vec<String> = alerts
            .filter(|alert| alert["state"] == "firing" && alert["labels"]["alertname"] != "Watchdog")
            .map(|alert| {
                let label = |name: &str| alert["labels"][name].as_str();
                let about = ["slo", "job", "kind", "proof"].iter().find_map(|name| label(name));
                let name = label("alertname").expect("an alert has a name");
                about.map_or_else(|| name.to_owned(), |about| format!("{name} {about}"))
            })
            .collect();
        names.sort();
        names
    }
}

/// What is watched on the real set, where it is compose's services.
struct Parts {
    ingest: u16,
    worker: u16,
    mariadb: Exporter,
    redis: Exporter,
}

impl Parts {
    /// Two roles and the exporters of the servers behind them.
    fn new(folder: &Path, set: &RealSet, ingest: u16, worker: u16) -> Self {
        let port = || free_port().unwrap();
        let mariadb =
            Exporter::of_mariadb(&folder.join("mariadb-exporter"), port(), &set.mariadb, Life::Owned);
        let redis = Exporter::of_redis(&folder.join("redis-exporter"), port(), &set.redis, Life::Owned);
        let needed = "its exporter is needed (Debian: prometheus-mysqld-exporter, prometheus-redis-exporter)";
        Self { ingest, worker, mariadb: mariadb.expect(needed), redis: redis.expect(needed) }
    }
}

/// Where a Prometheus keeps its series.
fn series(folder: &Path) -> PathBuf {
    folder.join("series")
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// Windows, offsets and waiting times divided; names such as `rate5m` stay.
fn quicker(rules: &str) -> String {
    let mut text = String::new();
    let mut rest = rules;
    while let Some(at) =
        ["[", "for: ", "offset "].iter().filter_map(|word| Some(rest.find(word)? + word.len())).min()
    {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let unit = after[digits..].chars().next();
        let seconds = unit.and_then(|unit| {
            [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)].iter().find(|(u, _)| *u == unit)
        });
        match (after[..digits].parse::<f64>(), seconds) {
            (Ok(number), Some((_, seconds))) => {
                text.push_str(&format!("{:.0}ms", number * f64::from(*seconds) * 1000.0 / QUICKER));
                rest = &after[digits + 1..];
            }
            _ => rest = after,
        }
    }
    text + rest
}

fn encoded(query: &str) -> String {
    query
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[test]
fn only_what_takes_time_is_made_quicker() {
    let rules = "record: slo:rate5m\nexpr: rate(a[5m]) offset 15m\nfor: 2m\nlabels: [a]";
    assert_eq!(
        quicker(rules),
        "record: slo:rate5m\nexpr: rate(a[15000ms]) offset 45000ms\nfor: 6000ms\nlabels: [a]"
    );
}
