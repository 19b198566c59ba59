//! The platform watched by a real Prometheus: every query of every panel and rule has data, and alerts fire and resolve.

mod alerts;
mod queries;

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use testkit::{http::HttpClient, wait::wait_until};

use crate::LIMIT;

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
    /// Watches `target` by the configuration and rules of `deploy`, with everything that takes time made quicker.
    async fn watch(folder: &Path, target: &str) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let config = fs::read_to_string(deploy("prometheus/native.yml")).unwrap();
        let config = config
            .replace("127.0.0.1:8080", target.trim_start_matches("http://"))
            .replace("127.0.0.1:9090", &format!("127.0.0.1:{port}"))
            .replace("scrape_interval: 15s", "scrape_interval: 250ms")
            .replace("scrape_timeout: 5s", "scrape_timeout: 250ms")
            .replace("evaluation_interval: 15s", "evaluation_interval: 250ms");
        fs::create_dir(folder.join("rules")).unwrap();
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        for name in ["alerts.yml", "objectives.yml"] {
            let rules = fs::read_to_string(deploy("prometheus/rules").join(name)).unwrap();
            fs::write(folder.join("rules").join(name), quicker(&rules)).unwrap();
        }
        let log = fs::File::create(folder.join("prometheus.log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("series").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("Prometheus is needed (Debian: apt-get install prometheus)");
        let client = HttpClient::new(&format!("http://127.0.0.1:{port}"));
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

    /// The names of the alerts that fire.
    async fn firing(&self) -> Vec<String> {
        let alerts = self.ask(r#"ALERTS{alertstate="firing",alertname!="Watchdog"}"#).await;
        let mut names: Vec<String> =
            alerts.iter().map(|alert| alert["metric"]["alertname"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
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
