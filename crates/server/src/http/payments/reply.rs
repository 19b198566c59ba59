//! The engine's reply as a response: its bytes untouched, and what the caller should know beside them.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{id::PaymentId, payment::Operation};
use engine::{
    payments::Reply,
    ports::{Limit, LimitAction, LimitState},
};

use crate::http::{
    problem::{PROBLEM_JSON, Problem},
    render::payment_of,
    state::AppState,
};

pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The response to a call of `operation`.
pub(crate) fn respond(operation: Operation, reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let payment = (operation == Operation::Authorize).then(|| payment_of(&reply.body)).flatten();
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
    if let Some(limit) = reply.limit {
        say_where_it_stands(headers, LimitAction::of(operation), limit);
    }
    if let Some(payment) = payment {
        response.extensions_mut().insert(Concerned(payment));
    }
    response
}

/// The response to a request for `operation` that could not be read: nothing is charged, but a merchant it names is told where its
/// limit stands.
pub(super) async fn refuse(app: &AppState, operation: Operation, problem: Problem) -> Response {
    let action = LimitAction::of(operation);
    let standing = match (&problem.merchant, app.limits) {
        (Some(merchant), Some(limits)) => {
            app.cache.limit_state(merchant, action, limits.of(action)).await.ok()
        }
        _ => None,
    };
    let mut response = problem.into_response();
    if let Some(standing) = standing {
        say_where_it_stands(response.headers_mut(), action, standing);
    }
    response
}

/// What every answer of a limited action says, whoever calls: `RateLimit-Policy`.
pub(crate) fn limit_policy(action: LimitAction, limit: Limit) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{}\";q={};w={}", action.as_str(), limit.capacity, limit.window_seconds))
        .ok()
}

/// draft-ietf-httpapi-ratelimit-headers-10: the policy, and where the caller stands.
fn say_where_it_stands(headers: &mut HeaderMap, action: LimitAction, state: LimitState) {
    let now = format!("\"{}\";r={};t={}", action.as_str(), state.remaining, state.reset_seconds);
    if let (Some(policy), Ok(now)) = (limit_policy(action, state.limit), HeaderValue::try_from(now)) {
        headers.insert(RATE_LIMIT_POLICY, policy);
        headers.insert(RATE_LIMIT, now);
    }
}

/// The payment an answer is about, where the path does not name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Concerned(pub(crate) PaymentId);

#[cfg(test)]
mod tests {
    use bytes::Bytes;

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
