//! Which pages of other origins may call us: those of the settings, nobody else, and never with credentials.
//!
//! Keeping an answer from a page is not enough where the call itself does something: a browser sends a POST without a body (or a
//! form) to anybody without asking first. So a call of a page that may not call is refused before anything is done.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-type, idempotency-key, x-request-id, traceparent, last-event-id, authorization",
);
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("x-request-id, idempotent-replayed, ratelimit, ratelimit-policy, retry-after");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a page of `origin` came from where the request went: from us.
pub(crate) fn is_own(origin: &HeaderValue, request: &Request) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let in_target = request.uri().authority().map(Authority::as_str);
    let host = in_target.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    origin.zip(host).is_some_and(|((_, authority), host)| authority.eq_ignore_ascii_case(host))
}

/// Whether the host a request names is one that only this machine can be meant by, or the one of `public_url`.
///
/// Where nobody has to log in, who reaches the port may do everything, and a browser on this machine does: a page whose own name
/// is made to lead here (DNS rebinding) would be of our origin. A name gives it away; an address cannot be rebound.
pub(crate) fn is_addressed_to_us(request: &Request, public_url: Option<&str>) -> bool {
    let in_target = request.uri().authority().cloned();
    let named = || request.headers().get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok();
    // Every browser says whom it means; programs may not.
    let Some(authority) = in_target.or_else(named) else {
        return !request.headers().contains_key(header::HOST);
    };
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let public =
        public_url.and_then(|url| url.split_once("://")).is_some_and(|(_, of)| of == authority.as_str());
    address.parse::<IpAddr>().is_ok() || host.eq_ignore_ascii_case("localhost") || public
}

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

    /// Whether this is a page's call that changes something, of a page that may not. Callers that are no browsers send neither
    /// `Origin` nor `Sec-Fetch-Site`.
    pub(crate) fn forbids(&self, request: &Request) -> bool {
        let headers = request.headers();
        if request.method().is_safe() || self.allowed(headers).is_some() {
            return false;
        }
        match headers.get(header::ORIGIN) {
            Some(origin) => !is_own(origin, request),
            None => {
                let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
                !matches!(site, None | Some(b"same-origin" | b"none"))
            }
        }
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
