//! Every error a client sees: RFC 9457 `application/problem+json`, always in the same shape.
//!
//! A handler returns a [`Problem`]; the request id and the instance are added on the way out, because only the middleware
//! knows them. What went wrong inside (`cause`) is for the log and never reaches a client.

mod body;
mod code;
mod field;

use std::{borrow::Cow, error::Error, sync::Arc};

use axum::response::{IntoResponse, Response};
use domain::id::{MerchantId, PaymentId};
use engine::ports::{CacheError, StoreError};

pub use body::{PROBLEM_JSON, ProblemBody};
pub use code::Code;
pub use field::{FieldCode, FieldError};

/// One error, before it knows which request it answers.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its name.
    pub code: Code,
    /// What happened, for a person.
    pub message: Cow<'static, str>,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
    /// Who calls, where the request got so far as to say it: whose limit it is.
    pub merchant: Option<MerchantId>,
    /// Every wrong field.
    pub errors: Box<[FieldError]>,
    /// After how many seconds to try again.
    pub retry_after_seconds: Option<u32>,
    /// What the caller can do about it, where the code's own advice does not fit.
    pub advice: Option<&'static str>,
    /// Why, for the log only.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// An error that says what happened.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            payment: None,
            merchant: None,
            errors: Box::default(),
            retry_after_seconds: None,
            advice: None,
            cause: None,
        }
    }

    /// The same, with advice of its own.
    pub fn with_advice(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    /// Wrong fields, all of them at once.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let message = match errors.as_slice() {
            [only] => format!("{} {}", only.field, only.message),
            _ => format!("{} fields are wrong", errors.len()),
        };
        Self { errors: errors.into(), ..Self::new(Code::ValidationError, message) }
    }

    /// No such `thing`. Only payments have merchants whose they are: see [`Self::payment_not_found`].
    pub fn not_found(thing: &str) -> Self {
        Self::new(Code::NotFound, format!("no such {thing}")).with_advice("check the id")
    }

    /// No such payment, or not for this caller.
    pub fn payment_not_found(payment: Option<PaymentId>) -> Self {
        Self { payment, ..Self::new(Code::NotFound, "no such payment") }
    }

    /// A part of the platform is away and nothing happened.
    pub fn unavailable(message: &'static str) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(Code::Unavailable, message) }
    }

    /// Our fault; `cause` goes to the log.
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..Self::new(Code::InternalError, "the request could not be handled")
        }
    }
}

impl IntoResponse for Problem {
    /// The body is written by the middleware, which knows the request.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.retryable() {
            return Self {
                cause: Some(Arc::new(error)),
                ..Self::unavailable("the store cannot be read right now")
            };
        }
        Self::internal(error)
    }
}

impl From<CacheError> for Problem {
    fn from(error: CacheError) -> Self {
        Self { cause: Some(Arc::new(error)), ..Self::unavailable("the cache cannot be read right now") }
    }
}
