//! The engine's reply as a response: its bytes untouched, and what the caller should know beside them.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::payment::Operation;
use engine::{
    payments::Reply,
    ports::{LimitAction, LimitState},
};

use crate::http::problem::PROBLEM_JSON;

pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The response to a call of `operation`.
pub(super) fn respond(operation: Operation, reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = if status.is_success() { JSON } else { HeaderValue::from_static(PROBLEM_JSON) };
    headers.insert(header::CONTENT_TYPE, kind);
    if reply.replayed {
        headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    if let Some(seconds) = reply.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some((policy, state)) = reply.limit.and_then(|limit| rate_limit(operation, limit)) {
        headers.insert(RATE_LIMIT_POLICY, policy);
        headers.insert(RATE_LIMIT, state);
    }
    response
}

/// draft-ietf-httpapi-ratelimit-headers-10: the policy, and where the caller stands.
fn rate_limit(operation: Operation, state: LimitState) -> Option<(HeaderValue, HeaderValue)> {
    let action = LimitAction::of(operation).as_str();
    let policy = format!("\"{action}\";q={};w={}", state.limit.capacity, state.limit.window_seconds);
    let now = format!("\"{action}\";r={};t={}", state.remaining, state.reset_seconds);
    Some((HeaderValue::try_from(policy).ok()?, HeaderValue::try_from(now).ok()?))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use engine::ports::Limit;

    use super::*;

    #[test]
    fn a_limited_refusal_says_when_and_how_much() {
        let limit = Limit { capacity: 40, window_seconds: 60 };
        let reply = Reply {
            status: 429,
            body: Bytes::from_static(b"{}"),
            replayed: false,
            retry_after_seconds: Some(12),
            limit: Some(LimitState { limit, remaining: 0, reset_seconds: 12, allowed: false }),
        };
        let response = respond(Operation::Void, reply);
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(header("retry-after"), "12");
        assert_eq!(header("ratelimit-policy"), r#""capture";q=40;w=60"#);
        assert_eq!(header("ratelimit"), r#""capture";r=0;t=12"#);
        assert_eq!(header("content-type"), "application/problem+json");
        assert!(!response.headers().contains_key("idempotent-replayed"));
    }
}
