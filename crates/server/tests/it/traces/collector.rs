//! A collector of the tests' own: a real OTLP/HTTP receiver that keeps what it is sent, and can refuse or be silent.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
};

use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use testkit::wait::wait_for;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use crate::LIMIT;

/// A span as it was received.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) begun: u64,
    pub(super) ended: u64,
    pub(super) attributes: BTreeMap<String, String>,
    /// The spans it links to.
    pub(super) links: Vec<String>,
    /// Whether its status is an error.
    pub(super) failed: bool,
}

/// How a collector answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Mood {
    /// It takes what it is sent.
    Takes,
    /// It says no for good.
    Refuses,
    /// It never answers.
    Silent,
}

#[derive(Default)]
struct Kept {
    spans: Mutex<Vec<Seen>>,
    authorization: Mutex<Vec<String>>,
    mood: AtomicU8,
}

/// A running collector; it ends when dropped.
pub(super) struct Collector {
    address: SocketAddr,
    kept: Arc<Kept>,
    accepting: JoinHandle<()>,
}

impl Collector {
    pub(super) async fn start() -> Self {
        Self::at(([127, 0, 0, 1], 0).into()).await
    }

    /// At an address that was somebody's before.
    pub(super) async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Kept::default());
        let ours = Arc::clone(&kept);
        let accepting = tokio::spawn(async move {
            // Connections end with whoever accepted them: a collector that is gone answers nobody.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&ours);
                let service = service_fn(move |request| receive(request, Arc::clone(&kept)));
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, kept, accepting }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn be(&self, mood: Mood) {
        self.kept.mood.store(mood as u8, Ordering::SeqCst);
    }

    pub(super) fn spans(&self) -> Vec<Seen> {
        self.kept.spans.lock().unwrap().clone()
    }

    /// What was said in the header `authorization`, one a request.
    pub(super) fn authorizations(&self) -> Vec<String> {
        self.kept.authorization.lock().unwrap().clone()
    }

    /// Waits until a span was received that `is` one, and gives it back.
    pub(super) async fn span(&self, what: &str, is: impl Fn(&Seen) -> bool) -> Seen {
        let names = || self.spans().iter().map(|span| span.name.clone()).collect::<Vec<_>>();
        let look = tokio::time::timeout(
            LIMIT,
            wait_for(what, 2 * LIMIT, async || self.spans().into_iter().find(&is)),
        );
        look.await.unwrap_or_else(|_| panic!("no span: {what}; there are {:?}", names()))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn receive(
    request: Request<Incoming>,
    kept: Arc<Kept>,
) -> Result<Response<Empty<&'static [u8]>>, Infallible> {
    let mood = kept.mood.load(Ordering::SeqCst);
    if mood == Mood::Silent as u8 {
        std::future::pending::<()>().await;
    }
    let (head, body) = request.into_parts();
    let status = if mood == Mood::Refuses as u8 { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if status == StatusCode::OK {
        assert_eq!(head.uri.path(), "/v1/traces");
        assert_eq!(head.headers["content-type"], "application/x-protobuf");
        let said = head.headers.get("authorization").and_then(|value| value.to_str().ok());
        kept.authorization.lock().unwrap().extend(said.map(str::to_owned));
        let sent = ExportTraceServiceRequest::decode(bytes).expect("OTLP is protobuf");
        kept.spans.lock().unwrap().extend(read(sent));
    }
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

fn read(sent: ExportTraceServiceRequest) -> Vec<Seen> {
    let mut seen = Vec::new();
    for of_resource in sent.resource_spans {
        let attributes = texts(of_resource.resource.map(|resource| resource.attributes).unwrap_or_default());
        let service = attributes.get("service.name").cloned().unwrap_or_default();
        assert_eq!(attributes.get("service.namespace").map(String::as_str), Some("payment-swelite"));
        for span in of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans) {
            seen.push(one(service.clone(), span));
        }
    }
    seen
}

fn one(service: String, span: Span) -> Seen {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Seen {
        service,
        kind: span.kind(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        begun: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        links: span.links.iter().map(|link| hex(&link.span_id)).collect(),
        failed: span.status.as_ref().is_some_and(|status| status.code == 2),
        attributes: texts(span.attributes),
        name: span.name,
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(is) => is.to_string(),
        other => panic!("an attribute nobody sends: {other:?}"),
    };
    let pairs = attributes.into_iter();
    pairs.filter_map(|pair| Some((pair.key, text(pair.value?.value?)))).collect()
}
