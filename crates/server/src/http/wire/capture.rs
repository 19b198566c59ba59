//! The body of `POST /payments/capture/{paymentId}`.

use domain::{
    id::PaymentId,
    payment::{Capture, Operation},
    text::Reason,
};
use engine::payments::{Call, OnPayment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Identity, fingerprint::Fingerprint, reader::Reader};
use crate::http::problem::Problem;

pub(super) const NAMES: &[&str] = &["amount", "final", "idempotencyKey", "merchantId", "reason"];

/// Take reserved funds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CaptureRequest)]
pub(crate) struct CaptureBody {
    /// Whose payment it is.
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "M123")]
    merchant_id: String,
    /// In the currency's minor unit; all that is capturable when absent.
    #[schema(minimum = 1, maximum = 999_999_999_999_i64, required = false)]
    amount: Option<i64>,
    /// Whether the rest is released, so that nothing more can be captured.
    #[schema(required = false, default = true)]
    r#final: Option<bool>,
    /// Why, for the audit log of an operator's act.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
    /// The caller's name for this call.
    #[schema(min_length = 1, max_length = 64, required = false)]
    idempotency_key: Option<String>,
}

/// Reads the body.
pub(crate) fn capture(
    body: &[u8],
    payment: PaymentId,
    caller: Caller<'_>,
) -> Result<Call<OnPayment<Capture>>, Problem> {
    let mut reader = Reader::new(body, NAMES)?;
    let identity = Identity::read(&mut reader, caller);
    let mut print = Fingerprint::new(Operation::Capture, Some(payment));
    let amount = reader.amount("amount", 1);
    amount.inspect(|amount| print.integer("amount", *amount));
    let last = reader.flag("final");
    last.inspect(|last| print.flag("final", *last));
    identity.merchant.as_ref().inspect(|merchant| print.text("merchantId", merchant.as_str()));
    let reason: Option<Reason> = reader.parsed("reason");
    reason.as_ref().inspect(|reason| print.text("reason", reason.as_str()));
    let command = Capture { amount, last: last.unwrap_or(true) };
    let call = identity.finish(reader, caller, Some(OnPayment { payment, command }), print.finish())?;
    Ok(call.because(reason.as_ref().map(Reason::as_str)))
}
