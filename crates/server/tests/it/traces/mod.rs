//! One payment's trace, judged by a real OTLP receiver; and what the lines of the log say of it.

mod collector;
mod lines;
mod numbers;
mod outages;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::{
    http::HttpClient,
    process::{Launch, Running},
};

use self::collector::{Collector, Seen};
use crate::{
    common::{Set, all, authorization, authorize, drained, on_both_sets, payment_id},
    real_set::RealSet,
};

on_both_sets! {
    one_payments_trace_is_a_chain_from_the_request_to_the_ledger,
    a_batch_links_to_its_members,
    what_nobody_samples_is_not_told_of,
}

/// The platform with a collector: one process, or the API and the worker in one each.
struct Traced {
    ingest: Running,
    worker: Option<Running>,
}

impl Traced {
    async fn start(set: Set, folder: &std::path::Path, with: impl Fn(Launch) -> Launch) -> Self {
        match set {
            Set::Embedded => Self { ingest: with(set.launch(folder)).up().await, worker: None },
            Set::Real => {
                let launch =
                    RealSet::shared().migrated(&folder.join("ingest")).with("SWELITE_RATE_LIMITS", "off");
                let worker = with(launch.on(folder.join("worker"))).role("worker").await;
                Self { ingest: with(launch).role("ingest").await, worker: Some(worker) }
            }
        }
    }

    fn client(&self) -> HttpClient {
        HttpClient::new(self.ingest.url())
    }
}

/// With this collector, spans sent soon, and every call sampled however many there are: tests look at lists often.
fn to(collector: &Collector) -> impl Fn(Launch) -> Launch + use<> {
    let url = collector.url();
    move |launch| {
        launch
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
            .with("OTEL_BSP_SCHEDULE_DELAY", "100")
            .with("SWELITE_TRACES_PER_SECOND_MAX", "0")
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

async fn one_payments_trace_is_a_chain_from_the_request_to_the_ledger(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let platform = Traced::start(set, folder.path(), to(&collector)).await;
    let client = platform.client();

    let headers = [("traceparent", &*format!("00-{TRACE}-{CALLER}-01")), ("x-request-id", "call-7")];
    let body = authorization("M1", "k1", 12_345);
    let answer = client.post_with("/payments/authorize", &headers, body).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let payment = payment_id(&answer).to_string();
    let chain = Chain::of(&collector, TRACE, "POST /payments/authorize").await;
    assert_eq!(chain.request.parent, CALLER, "the caller's trace goes on");
    chain.holds(set, &payment, "payment.authorized");
    assert_eq!(chain.request.attributes["request.id"], "call-7");
    assert_eq!(chain.commit.attributes["request.id"], "call-7");
    let events = all(&client, "/events").await;
    assert_eq!(events[0]["traceparent"], format!("00-{TRACE}-{}-01", chain.commit.id), "{events:?}");

    // Without a caller's trace the call begins one of its own.
    let capture =
        client.post(&format!("/payments/capture/{payment}"), r#"{"merchantId":"M1"}"#).await.unwrap();
    assert_eq!(capture.status, 200, "{capture:?}");
    let route = "POST /payments/capture/{paymentId}";
    let request = collector.span("the capture", |span| span.name == route).await;
    assert!(request.trace != TRACE && request.parent.is_empty(), "{request:?}");
    let chain = Chain::of(&collector, &request.trace, route).await;
    chain.holds(set, &payment, "payment.captured");
    nothing_private(&collector.spans());
}

/// The spans of one call, in order.
struct Chain {
    request: Seen,
    commit: Seen,
    publish: Seen,
    consume: Seen,
    post: Seen,
    commit_batch: Seen,
    post_batch: Seen,
}

impl Chain {
    /// Found by walking up from the posting: whoever breaks a link is not found.
    async fn of(collector: &Collector, trace: &str, request: &str) -> Self {
        let post = collector.span("post", |span| span.trace == trace && span.name == "post").await;
        let parent = async |of: &Seen, name: &str| {
            let (name, id) = (name.to_owned(), of.parent.clone());
            let what = format!("{name}, the parent {id} of {}", of.name);
            collector
                .span(&what, |span| span.id == id && span.name.starts_with(&name) && span.trace == trace)
                .await
        };
        let consume = parent(&post, "consume ").await;
        let publish = parent(&consume, "publish ").await;
        let commit = parent(&publish, "commit").await;
        let request = parent(&commit, request).await;
        let batch = async |name: &str, member: &Seen| {
            let links = |span: &Seen| span.name == name && span.links.contains(&member.id);
            collector.span(&format!("{name} that links to its member"), links).await
        };
        let commit_batch = batch("commit batch", &commit).await;
        let post_batch = batch("post batch", &post).await;
        Self { request, commit, publish, consume, post, commit_batch, post_batch }
    }

    /// Each span says what it is, in the words of the semantic conventions.
    fn holds(&self, set: Set, payment: &str, topic: &str) {
        let Self { request, commit, publish, consume, post, commit_batch, post_batch } = self;
        let chain = [request, commit, publish, consume, post];
        let kinds = [
            SpanKind::Server,
            SpanKind::Internal,
            SpanKind::Producer,
            SpanKind::Consumer,
            SpanKind::Internal,
        ];
        for (span, kind) in chain.into_iter().zip(kinds) {
            assert_eq!(span.kind, kind, "{span:?}");
            assert_eq!(span.attributes["payment.id"], payment, "{span:?}");
            assert!(span.begun <= span.ended && !span.failed, "{span:?}");
        }
        for pair in chain.windows(2) {
            assert!(pair[0].begun <= pair[1].begun, "a cause comes first: {pair:#?}");
        }
        let services = chain.map(|span| span.service.as_str());
        let (ingest, worker) = ("ingest-service", "consumer-worker");
        assert_eq!(services, [ingest, ingest, ingest, worker, worker]);
        let of = |span: &Seen, name: &str| span.attributes.get(name).cloned().unwrap_or_default();
        assert_eq!(
            (of(request, "http.request.method"), of(request, "http.response.status_code")),
            ("POST".into(), "200".into())
        );
        assert_eq!(request.name, format!("POST {}", of(request, "http.route")));
        let (messaging, database) = match set {
            Set::Embedded => ("swelite", "sqlite"),
            Set::Real => ("kafka", "mariadb"),
        };
        for (span, name) in [(publish, "publish"), (consume, "consume")] {
            assert_eq!(span.name, format!("{name} {topic}"));
            assert_eq!(
                (of(span, "messaging.operation.name"), of(span, "messaging.system")),
                (name.into(), messaging.into())
            );
            assert!(of(span, "messaging.destination.name").ends_with(topic), "{span:?}");
            assert_eq!(of(span, "messaging.message.id"), of(post, "event.id"), "{span:?}");
        }
        assert_eq!(of(consume, "event.result"), "posted");
        for batch in [commit_batch, post_batch] {
            assert_eq!(of(batch, "db.system.name"), database, "{batch:?}");
            assert!(
                batch.parent.is_empty() && batch.trace != request.trace,
                "a batch is nobody's alone: {batch:?}"
            );
        }
    }
}

async fn a_batch_links_to_its_members(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let with = to(&collector);
    let with = move |launch| with(launch).with("OTEL_TRACES_SAMPLER", "always_on");
    let platform = Traced::start(set, folder.path(), with).await;
    let client = platform.client();
    const PAYMENTS: usize = 120;
    let calls = (0..PAYMENTS).map(|number| {
        let client = client.clone();
        tokio::spawn(async move { authorize(&client, "M1", &format!("k{number}"), 1_000).await })
    });
    let paid: BTreeSet<u64> =
        futures_util::future::join_all(calls).await.into_iter().map(|paid| paid.unwrap()).collect();
    assert_eq!(paid.len(), PAYMENTS);
    drained(&client).await;
    for (member, batch, size) in [
        ("commit", "commit batch", "db.operation.batch.size"),
        ("post", "post batch", "db.operation.batch.size"),
    ] {
        let named = |name: &str| {
            let spans = collector.spans().into_iter();
            spans.filter(|span| span.name == name).collect::<Vec<Seen>>()
        };
        testkit::wait::wait_until("every member is linked to", crate::LIMIT, async || {
            named(batch).iter().map(|batch| batch.links.len()).sum::<usize>() == PAYMENTS
                && named(member).len() == PAYMENTS
        })
        .await;
        let members: BTreeMap<String, Seen> =
            named(member).into_iter().map(|span| (span.id.clone(), span)).collect();
        let batches = named(batch);
        let linked: BTreeSet<&String> = batches.iter().flat_map(|batch| &batch.links).collect();
        assert_eq!(linked, members.keys().collect(), "each member by one batch, and nothing else");
        for batch in &batches {
            let size: usize = batch.attributes[size].parse().unwrap();
            assert_eq!(size, batch.links.len(), "{batch:?}");
            for link in &batch.links {
                assert_eq!(members[link].ended, batch.ended, "a member is done with its batch");
            }
        }
        assert!(batches.len() < PAYMENTS, "some of {PAYMENTS} calls at once share a batch");
    }
}

async fn what_nobody_samples_is_not_told_of(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let platform = Traced::start(set, folder.path(), to(&collector)).await;
    let client = platform.client();
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    let body = authorization("M1", "k1", 1_000);
    let answer = client.post_with("/payments/authorize", &[("traceparent", &unsampled)], body).await.unwrap();
    assert_eq!(answer.status, 200);
    let events = all(&client, "/events").await;
    assert_eq!(events[0]["traceparent"], unsampled, "it is carried on as it came");
    drained(&client).await;
    // What comes after it is told of, so it would have been as well.
    authorize(&client, "M1", "k2", 1_000).await;
    collector.span("the next payment's posting", |span| span.name == "post").await;
    let of_it = collector.spans().into_iter().filter(|span| span.trace == TRACE).count();
    assert_eq!(of_it, 0);
}

/// Who pays, how much, and with what, is nobody's business who reads traces.
fn nothing_private(spans: &[Seen]) {
    for span in spans {
        for (name, value) in &span.attributes {
            let private = ["merchant", "amount", "token", "12345", "tok_"];
            let told = private.iter().find(|word| name.contains(**word) || value.contains(**word));
            assert!(told.is_none() && value != "M1", "{name}={value} in {}", span.name);
        }
    }
}
