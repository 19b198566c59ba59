//! A client that shows what really came over the wire: status, headers, the very bytes.
//!
//! It refuses to retry: whether a call may be repeated is what the tests are about.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, header, http::request::Builder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time;

/// How long an answer may take; longer than any deadline of the server.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A client of one server; clones share its connections.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client<HttpConnector, Full<Bytes>>,
    base: Box<str>,
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// No complete answer came: the call may or may not have had an effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoAnswer(pub String);

impl HttpClient {
    /// A client of the server at `base`.
    pub fn new(base: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector);
        Self { client, base: base.into() }
    }

    /// Reads `path`.
    pub async fn get(&self, path: &str) -> Result<HttpAnswer, NoAnswer> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// Sends `body`, byte for byte, as JSON.
    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Result<HttpAnswer, NoAnswer> {
        self.send(Method::POST, path, body.into()).await
    }

    /// Puts `body`, byte for byte, as JSON.
    pub async fn put(&self, path: &str, body: impl Into<Bytes>) -> Result<HttpAnswer, NoAnswer> {
        self.send(Method::PUT, path, body.into()).await
    }

    /// Sends `body`, byte for byte, as JSON, with headers of its own.
    pub async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<HttpAnswer, NoAnswer> {
        let request = Request::builder().method(Method::POST).uri(format!("{}{path}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.answer_to(path, request, body.into()).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<HttpAnswer, NoAnswer> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        self.answer_to(path, request, body).await
    }

    async fn answer_to(&self, path: &str, request: Builder, body: Bytes) -> Result<HttpAnswer, NoAnswer> {
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| NoAnswer(error.to_string()))?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|error| NoAnswer(error.to_string()))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| NoAnswer(error.to_string()))?;
            Ok(HttpAnswer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
        };
        let late = |_| Err(NoAnswer(format!("no answer from {path} within {ANSWER_LIMIT:?}")));
        time::timeout(ANSWER_LIMIT, answer).await.unwrap_or_else(late)
    }
}

impl HttpAnswer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether these are the stored bytes of an earlier call.
    pub fn replayed(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
    }
}
