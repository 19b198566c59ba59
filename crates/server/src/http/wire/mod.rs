//! What callers send, read strictly: bytes in, a valid command out, or a problem that names every wrong field.
//!
//! Reading is by hand, not by derive, because a derived reader stops at the first error, takes the last of two equal names
//! and cannot tell 12 from 12.0. The `…Body` types describe the same fields for the OpenAPI document; a test holds the two
//! together. `null` is the same as not sending the field.

mod act;
mod authorize;
mod capture;
mod fingerprint;
mod json;
mod key;
mod operator;
mod reader;
mod refund;
mod void;

use axum::http::HeaderMap;
use domain::id::{IdempotencyKey, MerchantId};
use engine::{
    payments::Call,
    ports::{Digest, TraceContext},
};

pub(crate) use act::{ActBody, Action, Bulk, BulkBody, RewindBody, act, bulk, rewind};
pub(crate) use authorize::{AuthorizeBody, CaptureModeWord, authorize};
pub(crate) use capture::{CaptureBody, capture};
pub(crate) use key::body_key;
pub(crate) use operator::{
    LinkBody, LoginBody, OperatorBody, OperatorChangeBody, PasswordBody, TokenBody, link, login, operator,
    operator_change, password, token,
};
pub(crate) use reader::Reader;
pub(crate) use refund::{RefundBody, refund};
pub(crate) use void::{VoidBody, void};

pub(crate) use super::operators::actor::Caller;
use super::problem::Problem;

/// Who calls, and under which key: the same in every body.
struct Identity {
    merchant: Option<MerchantId>,
    key: Option<IdempotencyKey>,
}

impl Identity {
    fn read(reader: &mut Reader<'_>, caller: Caller<'_>) -> Self {
        let merchant = reader.parsed("merchantId");
        reader.require("merchantId");
        Self { merchant, key: key::idempotency_key(reader, caller.headers) }
    }

    /// The call, if nothing was wrong with it; else what was, and whose call it was.
    fn finish<R>(
        self,
        reader: Reader<'_>,
        caller: Caller<'_>,
        request: Option<R>,
        fingerprint: Digest,
    ) -> Result<Call<R>, Problem> {
        let merchant = self.merchant.clone();
        let call = self.call(caller, request, fingerprint);
        reader.finish(call).map_err(|problem| Problem { merchant, ..problem })
    }

    fn call<R>(self, caller: Caller<'_>, request: Option<R>, fingerprint: Digest) -> Option<Call<R>> {
        Some(Call {
            merchant: self.merchant?,
            request: request?,
            key: self.key,
            fingerprint,
            request_id: caller.request_id.into(),
            traceparent: traceparent(caller.headers).map(Box::from),
            act: caller.actor.map(|actor| actor.act(caller.request_id, None)),
        })
    }
}

/// The place in a trace that the call carries on from; what is none is as good as nothing.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    TraceContext::parse(text).map(|_| text)
}

#[cfg(test)]
mod tests;
