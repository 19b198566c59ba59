//! A collector that is away, says no or is silent: no payment notices, and what is lost is counted and told of once.

use std::{net::SocketAddr, time::Duration};

use testkit::{http::HttpClient, process::Launch, wait::wait_until};
use tokio::time::Instant;

use super::collector::{Collector, Mood};
use crate::{
    LIMIT,
    common::{authorize, launch},
};

/// A queue that is soon full, and no patience.
fn impatient(launch: Launch, url: &str) -> Launch {
    launch
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .with("OTEL_TRACES_SAMPLER", "always_on")
        .with("OTEL_BSP_SCHEDULE_DELAY", "50")
        .with("OTEL_BSP_MAX_QUEUE_SIZE", "20")
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
        .with("SWELITE_LOG", "info")
}

async fn spans(client: &HttpClient, result: &str) -> u64 {
    let text = client.get("/metrics").await.unwrap().body;
    let text = String::from_utf8(text.to_vec()).unwrap();
    let name = format!("trace_spans_total{{result=\"{result}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// Pays, until spans have been dropped because too many wait.
async fn pay_until_dropped(client: &HttpClient) -> u64 {
    let begun = Instant::now();
    let mut paid = 0;
    while spans(client, "dropped").await == 0 {
        assert!(begun.elapsed() < LIMIT, "nothing was dropped after {paid} payments");
        for _ in 0..20 {
            authorize(client, "M1", &format!("k{paid}"), 1_000).await;
            paid += 1;
        }
    }
    paid
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_silent_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    collector.be(Mood::Silent);
    let server = impatient(launch(folder.path()), &collector.url()).up().await;
    let client = HttpClient::new(server.url());
    let paid = pay_until_dropped(&client).await;
    wait_until("a whole batch was given up", LIMIT, async || spans(&client, "failed").await > 0).await;
    for number in 0..100 {
        let begun = Instant::now();
        authorize(&client, "M1", &format!("after-{number}"), 1_000).await;
        assert!(begun.elapsed() < Duration::from_millis(600), "payment {number} waited for the collector");
    }
    let words = server.all_words();
    assert_eq!(words.matches("spans are dropped").count(), 1, "after {paid} payments: {words}");
    assert_eq!(words.matches("the collector takes no spans").count(), 1, "{words}");
    collector.be(Mood::Takes);
    collector.span("a span, once the collector takes them again", |span| span.name == "commit").await;
    wait_until("it is said", LIMIT, async || server.all_words().contains("takes spans again")).await;
    collector.be(Mood::Silent);
    pay_and_stop(server, &client).await;
}

/// The end of the process does not wait for a collector for long either.
async fn pay_and_stop(server: testkit::process::Running, client: &HttpClient) {
    authorize(client, "M1", "the-last", 1_000).await;
    let begun = Instant::now();
    assert!(server.stop().await.success());
    assert!(begun.elapsed() < Duration::from_secs(10), "stopping took {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_and_one_that_is_not_there_are_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    collector.be(Mood::Refuses);
    let address: SocketAddr = collector.url().trim_start_matches("http://").parse().unwrap();
    let server = impatient(launch(folder.path()), &collector.url()).up().await;
    let client = HttpClient::new(server.url());
    let failing = async |after: u64, name: &str| {
        let mut number = 0;
        wait_until("spans are refused", LIMIT, async || {
            number += 1;
            authorize(&client, "M1", &format!("{name}-{number}"), 1_000).await;
            spans(&client, "failed").await > after
        })
        .await;
    };
    failing(0, "refused").await;
    drop(collector);
    failing(spans(&client, "failed").await, "away").await;
    assert_eq!(server.all_words().matches("the collector takes no spans").count(), 1, "{}", server.words());
    let back = Collector::at(address).await;
    authorize(&client, "M1", "back", 1_000).await;
    back.span("a span, once the collector is back", |span| span.name == "commit").await;
    assert!(spans(&client, "exported").await > 0);
    assert!(server.stop().await.success());
}
