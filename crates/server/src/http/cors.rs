//! Which pages of other origins may call us: those of the settings, nobody else, and never with credentials.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("content-type, idempotency-key, x-request-id, traceparent, last-event-id");
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("x-request-id, idempotent-replayed, ratelimit, ratelimit-policy, retry-after");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that may call.
#[derive(Debug)]
pub(crate) struct Cors {
    allowed: Vec<HeaderValue>,
}

impl Cors {
    /// Those of the settings; `*` means every origin.
    pub(crate) fn new(origins: &[String]) -> Self {
        let origins = origins.iter().map(|origin| origin.trim_end_matches('/'));
        Self { allowed: origins.filter_map(|origin| HeaderValue::from_str(origin).ok()).collect() }
    }

    /// The request's origin, if its pages may call.
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let known = self.allowed.iter().any(|allowed| allowed == origin || allowed == "*");
        known.then(|| origin.clone())
    }

    /// The answer to a browser that asks whether it may send a request: what may be sent, if the origin may.
    pub(crate) fn preflight(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let asks = request.method() == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        if self.allowed(headers).is_some() {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        Some(response)
    }

    /// Lets a page of `origin` read the answer.
    pub(crate) fn allow(&self, headers: &mut HeaderMap, origin: &HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        headers.append(header::VARY, HeaderValue::from_name(HeaderName::from_static("origin")));
    }
}
