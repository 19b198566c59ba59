//! What is noted of a request.

use std::{sync::Arc, time::Duration};

use axum::http::Method;
use domain::{id::PaymentId, time::Timestamp};

use super::bodies::Bodies;

/// One request that was answered.
#[derive(Clone, Debug)]
pub struct Noted {
    /// When it was answered.
    pub at: Timestamp,
    /// Its method.
    pub method: Method,
    /// The template of its path; never the path itself.
    pub route: Arc<str>,
    /// The status of its answer.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// Its id.
    pub request_id: Arc<str>,
    /// The payment it is about: its path names it, or its answer.
    pub payment: Option<PaymentId>,
    /// Whether its answer was the stored one of an earlier call.
    pub replayed: bool,
    /// Its bodies, when somebody watched.
    pub bodies: Option<Bodies>,
}

#[cfg(test)]
pub(super) fn noted(route: &str, status: u16, at_ms: i64, took_ms: u64) -> Noted {
    Noted {
        at: Timestamp::from_unix_ms(at_ms),
        method: Method::POST,
        route: route.into(),
        status,
        took: Duration::from_millis(took_ms),
        request_id: "req".into(),
        payment: None,
        replayed: false,
        bodies: None,
    }
}
