//! The bytes of a problem.

use domain::id::PaymentId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Code, FieldError, Problem};

/// The content type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as clients see it (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// The stable name of the error.
    #[schema(value_type = Code)]
    pub code: &'a str,
    /// What happened, for a person.
    pub message: &'a str,
    /// The payment it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    pub payment_id: Option<PaymentId>,
    /// Where this kind of error is explained.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// What this kind of error is.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What the caller can do about it.
    pub detail: &'a str,
    /// The path of the call.
    pub instance: &'a str,
    /// The call; also in `X-Request-Id` and the log.
    pub request_id: &'a str,
    /// Where this kind of error is explained.
    pub doc_url: &'a str,
    /// Why the card was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decline_code: Option<&'a str>,
    /// What can be captured, when more was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capturable_amount: Option<i64>,
    /// What can be refunded, when something else was asked for or expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refundable_amount: Option<i64>,
    /// Every wrong field.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub errors: &'a [FieldError],
}

impl<'a> ProblemBody<'a> {
    /// An error of this kind, with nothing that is special to it.
    pub fn new(code: Code, message: &'a str, request_id: &'a str, instance: &'a str) -> Self {
        Self {
            code: code.as_str(),
            message,
            payment_id: None,
            kind: code.doc_url(),
            title: code.title(),
            status: code.status_number(),
            detail: code.advice(),
            instance,
            request_id,
            doc_url: code.doc_url(),
            decline_code: None,
            capturable_amount: None,
            refundable_amount: None,
            errors: &[],
        }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        // Plain strings, numbers and slices: writing them to memory cannot fail.
        match serde_json::to_writer(&mut bytes, self) {
            Ok(()) => bytes,
            Err(_) => br#"{"code":"INTERNAL_ERROR"}"#.to_vec(),
        }
    }
}

impl Problem {
    /// The bytes that answer the request `request_id` on `instance`.
    pub fn to_bytes(&self, request_id: &str, instance: &str) -> Vec<u8> {
        let body = ProblemBody {
            payment_id: self.payment,
            errors: &self.errors,
            detail: self.advice.unwrap_or_else(|| self.code.advice()),
            ..ProblemBody::new(self.code, &self.message, request_id, instance)
        };
        body.to_bytes()
    }
}
