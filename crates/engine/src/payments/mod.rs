//! What a caller can ask of payments: one file a use case.

mod call;

pub use call::{Authorize, Call, OnPayment, Reply};
