//! A small HTTP/1.1 client for JSON: connections are kept, every call has a deadline, and a failure says whether the call can
//! have had an effect. It retries nothing; only the caller knows what a second try means. Plain `http` only.

use std::{error::Error, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Request, Uri, header, uri::Scheme};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use thiserror::Error;

pub use axum::http::Method;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long an idle connection is kept; shorter than servers keep theirs, so that a call seldom meets a closing one.
const IDLE: Duration = Duration::from_secs(20);

/// A client of one service.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client<HttpConnector, Full<Bytes>>,
    base: Box<str>,
    timeout: Duration,
    authorization: Option<HeaderValue>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// There is no answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// No connection could be made: nothing was sent.
    #[error("nothing listens at {url}")]
    Unreachable {
        /// The service.
        url: Box<str>,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No answer in time: it may or may not have been done.
    #[error("{url} did not answer within {after:?}")]
    Timeout {
        /// The service.
        url: Box<str>,
        /// How long it was waited for.
        after: Duration,
    },
    /// The connection broke before the answer was complete: it may or may not have been done.
    #[error("the connection to {url} broke before the answer was complete")]
    Broken {
        /// The service.
        url: Box<str>,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The address is not one that can be called: nothing was sent.
    #[error("{url} is not an address that can be called: only http://HOST:PORT is")]
    BadAddress {
        /// The address.
        url: Box<str>,
    },
}

impl CallError {
    /// Whether nothing can have happened.
    pub fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BadAddress { .. } => true,
            Self::Timeout { .. } | Self::Broken { .. } => false,
        }
    }
}

impl HttpClient {
    /// A client of `base` (such as `http://127.0.0.1:8080`) that waits `timeout` for each answer.
    pub fn new(base: &str, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self { client, base: base.trim_end_matches('/').into(), timeout, authorization: None }
    }

    /// The same, calling with an operator's token; `None` for a text that cannot be one.
    pub fn with_token(self, token: &str) -> Option<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        // Kept out of whatever shows headers.
        value.set_sensitive(true);
        Some(Self { authorization: Some(value), ..self })
    }

    /// The service.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads `path`.
    pub async fn get(&self, path: &str) -> Result<Answer, CallError> {
        self.call(Method::GET, path, &[], None).await
    }

    /// Sends `body` as JSON to `path`.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Result<Answer, CallError> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Makes one call.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, CallError> {
        let request = self.request(method, path, headers, body)?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|error| self.classify(error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|source| CallError::Broken { url: self.base.clone(), source })?;
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
        };
        let timed_out = || CallError::Timeout { url: self.base.clone(), after: self.timeout };
        tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(|_| Err(timed_out()))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Request<Full<Bytes>>, CallError> {
        let url = format!("{}{path}", self.base);
        let bad = || CallError::BadAddress { url: self.base.clone() };
        let target: Uri = url.parse().map_err(|_| bad())?;
        if target.scheme() != Some(&Scheme::HTTP) || target.host().is_none_or(str::is_empty) {
            return Err(bad());
        }
        let mut request =
            Request::builder().method(method).uri(target).header(header::ACCEPT, "application/json");
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|value| Bytes::from(value.to_string())).unwrap_or_default();
        request.body(Full::new(body)).map_err(|_| bad())
    }

    fn classify(&self, error: hyper_util::client::legacy::Error) -> CallError {
        let url = self.base.clone();
        let source = Box::new(error);
        if source.is_connect() {
            CallError::Unreachable { url, source }
        } else {
            CallError::Broken { url, source }
        }
    }
}

/// `path` with `pairs` as its query, percent-encoded.
pub fn with_query(path: &str, pairs: &[(&str, String)]) -> String {
    let mut target = path.to_owned();
    for (index, (name, value)) in pairs.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        target.push_str(&percent_encode(value));
    }
    target
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A service that reads the head of one request and then does `answer` to the connection.
    async fn service(answer: Option<&'static [u8]>) -> (String, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            assert!(connection.read(&mut head).await.unwrap() > 0);
            match answer {
                Some(bytes) => connection.write_all(bytes).await.unwrap(),
                None => std::future::pending().await,
            }
        });
        (url, task)
    }

    async fn ask(url: &str, timeout_ms: u64) -> Result<Answer, CallError> {
        HttpClient::new(url, Duration::from_millis(timeout_ms)).get("/").await
    }

    #[tokio::test]
    async fn an_answer_is_an_answer_whatever_its_status() {
        let (url, _task) = service(Some(b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}")).await;
        let answer = ask(&url, 5000).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (503, &b"{}"[..]));
    }

    #[tokio::test]
    async fn a_refused_connection_is_unreachable_and_nothing_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = ask(&url, 5000).await.unwrap_err();
        assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
        assert!(error.nothing_was_sent());
    }

    #[tokio::test]
    async fn silence_is_a_timeout() {
        let (url, _task) = service(None).await;
        let error = ask(&url, 50).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }), "{error:?}");
        assert!(!error.nothing_was_sent());
    }

    #[tokio::test]
    async fn an_answer_cut_short_is_broken_not_unreachable() {
        for cut in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"] {
            let (url, _task) = service(Some(cut)).await;
            let error = ask(&url, 5000).await.unwrap_err();
            assert!(matches!(error, CallError::Broken { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_query_is_percent_encoded() {
        let query = [("a", "1 2&3".to_owned()), ("b", "한".to_owned())];
        assert_eq!(with_query("/p", &query), "/p?a=1%202%263&b=%ED%95%9C");
        assert_eq!(with_query("/p", &[]), "/p");
    }
}
