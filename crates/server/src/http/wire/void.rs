//! The body of `POST /payments/void/{paymentId}`.

use domain::{
    id::PaymentId,
    payment::{Operation, Void},
    text::Reason,
};
use engine::payments::{Call, OnPayment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Identity, fingerprint::Fingerprint, reader::Reader};
use crate::http::problem::Problem;

pub(super) const NAMES: &[&str] = &["idempotencyKey", "merchantId", "reason"];

/// Release reserved funds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VoidRequest)]
pub(crate) struct VoidBody {
    /// Whose payment it is.
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "M123")]
    merchant_id: String,
    /// Why.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
    /// The caller's name for this call.
    #[schema(min_length = 1, max_length = 64, required = false)]
    idempotency_key: Option<String>,
}

/// Reads the body.
pub(crate) fn void(
    body: &[u8],
    payment: PaymentId,
    caller: Caller<'_>,
) -> Result<Call<OnPayment<Void>>, Problem> {
    let mut reader = Reader::new(body, NAMES)?;
    let identity = Identity::read(&mut reader, caller);
    let mut print = Fingerprint::new(Operation::Void, Some(payment));
    identity.merchant.as_ref().inspect(|merchant| print.text("merchantId", merchant.as_str()));
    let reason: Option<Reason> = reader.parsed("reason");
    reason.as_ref().inspect(|reason| print.text("reason", reason.as_str()));
    let command = Void { reason: reason.clone() };
    let call = identity.finish(reader, caller, Some(OnPayment { payment, command }), print.finish())?;
    Ok(call.because(reason.as_ref().map(Reason::as_str)))
}
