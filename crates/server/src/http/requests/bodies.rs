//! What was said in a call, for whoever watches the log: the request's body and the answer's, without secrets.
//!
//! Invariant: nothing is kept before it has been read through: secrets are taken out when the body ends, and what cannot be read
//! through (too long, no JSON) is not kept at all. Bodies of sessions and operators never come here, headers of no call.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use domain::text::looks_like_card_number;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use serde_json::Value;

/// The longest body that is kept.
pub(super) const BODY_BYTES_MAX: usize = 4096;

/// Calls whose bodies may be kept: passwords, links and tokens of operators are said elsewhere.
const KEPT: [&str; 6] = ["/payments/", "/store/", "/ledger/", "/outbox/", "/dead-letters/", "/sim/"];

/// Members whose values are secrets or a person's own, whatever stands in them; compared without case, `_` and `-`.
const SECRETS: [&str; 14] = [
    "token",
    "secret",
    "password",
    "authorization",
    "cookie",
    "apikey",
    "cardnumber",
    "pan",
    "cvc",
    "cvv",
    "expiry",
    "email",
    "phone",
    "address",
];

/// What stands where a secret stood.
const HIDDEN: &str = "•••";

/// A body as it is remembered.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Said {
    /// How long it was, as far as it was read.
    pub(crate) bytes: usize,
    /// The body without its secrets; or why it is not there.
    pub(crate) json: Result<Value, &'static str>,
}

impl Said {
    fn of(bytes: usize, heard: &[u8]) -> Self {
        let json = match () {
            () if bytes == 0 => Err("empty"),
            () if bytes > BODY_BYTES_MAX => Err("too_long"),
            () => serde_json::from_slice(heard).map(without_secrets).map_err(|_| "not_json"),
        };
        Self { bytes, json }
    }
}

/// The two bodies of a call. They are there when the bodies have ended.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    request: Arc<OnceLock<Said>>,
    response: Arc<OnceLock<Said>>,
}

impl Bodies {
    /// Whether those of a route may be kept.
    pub(crate) fn may_be_kept(route: &str) -> bool {
        KEPT.iter().any(|known| route.starts_with(known))
    }

    /// `body`, listened to.
    pub(crate) fn of_request(&self, body: Body) -> Body {
        Body::new(Heard::new(body, Arc::clone(&self.request)))
    }

    /// `body`, listened to.
    pub(crate) fn of_response(&self, body: Body) -> Body {
        Body::new(Heard::new(body, Arc::clone(&self.response)))
    }

    /// What was asked.
    pub(crate) fn request(&self) -> Option<&Said> {
        self.request.get()
    }

    /// What was answered.
    pub(crate) fn response(&self) -> Option<&Said> {
        self.response.get()
    }
}

/// A body that passes on what it is, and remembers the beginning until it ends.
struct Heard {
    inner: Body,
    bytes: usize,
    heard: Vec<u8>,
    said: Arc<OnceLock<Said>>,
}

impl Heard {
    fn new(inner: Body, said: Arc<OnceLock<Said>>) -> Self {
        Self { inner, bytes: 0, heard: Vec::new(), said }
    }
}

impl HttpBody for Heard {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes += data.len();
            let room = BODY_BYTES_MAX - self.heard.len();
            self.heard.extend_from_slice(&data[..data.len().min(room)]);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        // Set once: there is one body of a kind.
        let _ = self.said.set(Said::of(self.bytes, &self.heard));
    }
}

fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let read = members.into_iter().map(|(name, value)| {
                let value = if is_secret(&name) && !value.is_null() {
                    Value::from(HIDDEN)
                } else {
                    without_secrets(value)
                };
                (if gives_away(&name) { HIDDEN.to_owned() } else { name }, value)
            });
            Value::Object(read.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_secrets).collect()),
        Value::String(text) if gives_away(&text) => Value::from(HIDDEN),
        Value::Number(number) if gives_away(&number.to_string()) => Value::from(HIDDEN),
        value => value,
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    SECRETS.iter().any(|secret| plain.ends_with(secret))
}

/// A card number or a secret of ours, wherever it stands: also among other words.
fn gives_away(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ours = ["tok_", "swo_", "bearer "].iter().any(|begin| lower.contains(begin));
    let pieces =
        text.split(|c: char| !c.is_numeric() && !c.is_whitespace() && !matches!(c, '-' | '‐'..='―' | '−'));
    ours || looks_like_card_number(text) || pieces.into_iter().any(looks_like_card_number)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::json;

    use super::*;

    async fn heard(text: &'static str) -> (Bytes, Option<Said>) {
        let bodies = Bodies::default();
        let body = bodies.of_request(Body::from(text));
        assert_eq!(
            HttpBody::size_hint(&body).exact(),
            Some(text.len() as u64),
            "its length is known as before"
        );
        let passed = body.collect().await.unwrap().to_bytes();
        (passed, bodies.request().cloned())
    }

    #[tokio::test]
    async fn a_body_passes_whole_and_is_remembered_without_its_secrets() {
        let text = r#"{"merchantId":"M1","amount":1200,"idempotencyKey":"order-7",
            "paymentMethod":{"type":"card","token":"tok_approve"},"Api_Key":null,"client-secret":[1],
            "metadata":{"note":"card 4242 4242-4242 4242 please","4242424242424242":"x","tok":"use tok_visa"},
            "number":4242424242424242,"lines":[{"buyerPhone":"010"},"swo_abc","Bearer x"],"final":true}"#;
        let (passed, said) = heard(text).await;
        assert_eq!(passed, text.as_bytes());
        let expected = json!({"merchantId": "M1", "amount": 1200, "idempotencyKey": "order-7",
            "paymentMethod": {"type": "card", "token": HIDDEN}, "Api_Key": null, "client-secret": HIDDEN,
            "metadata": {"note": HIDDEN, HIDDEN: "x", "tok": HIDDEN},
            "number": HIDDEN, "lines": [{"buyerPhone": HIDDEN}, HIDDEN, HIDDEN], "final": true});
        assert_eq!(said, Some(Said { bytes: text.len(), json: Ok(expected) }));
    }

    #[tokio::test]
    async fn what_cannot_be_read_through_is_not_kept() {
        let long: &'static str = format!("{{\"a\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX)).leak();
        for (text, why) in [("", "empty"), ("token=tok_approve", "not_json"), (long, "too_long")] {
            let (passed, said) = heard(text).await;
            assert_eq!(passed.len(), text.len());
            assert_eq!(said, Some(Said { bytes: text.len(), json: Err(why) }), "{why}");
        }
    }

    #[test]
    fn bodies_of_sessions_and_operators_are_never_kept() {
        for route in ["/session", "/session/link", "/operators", "/operators/{name}/tokens", "/nowhere"] {
            assert!(!Bodies::may_be_kept(route), "{route}");
        }
        assert!(Bodies::may_be_kept("/payments/capture/{paymentId}"));
    }
}
