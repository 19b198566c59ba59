//! Ids in paths. What is not an id names nothing: 404, never 400.

use std::{borrow::Cow, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use domain::{id::PaymentId, text::looks_like_card_number};

use super::{problem::Problem, query::percent_decode};

/// The only id of a path, e.g. `PathId<PaymentId>` of `/payments/{id}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let text = params.as_ref().ok().and_then(|params| params.iter().next()).map(|(_, value)| value);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(|| Problem::not_found("resource"))
    }
}

/// The payment a path names: `/payments/17`, `/payments/17/flow`, `/payments/capture/17`.
pub(crate) fn payment(path: &str) -> Option<PaymentId> {
    let mut segments = path.strip_prefix("/payments/")?.split('/');
    segments.find_map(|segment| segment.parse().ok())
}

/// The payment a refusal may name: what names no payment may be a card number.
pub(crate) fn unless_card_number(id: PaymentId) -> Option<PaymentId> {
    // No card has fewer digits.
    let short = id.get() < 1_000_000_000_000;
    (short || !looks_like_card_number(&id.to_string())).then_some(id)
}

/// The path of a call as it may be said back: what could be a card number is left out.
pub(crate) fn instance(path: &str) -> Cow<'_, str> {
    let hidden = |segment: &str| looks_like_card_number(&percent_decode(segment));
    if !path.split('/').any(hidden) {
        return Cow::Borrowed(path);
    }
    let segments = path.split('/').map(|segment| if hidden(segment) { "…" } else { segment });
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
}
