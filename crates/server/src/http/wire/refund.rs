//! The body of `POST /payments/refund/{paymentId}`.

use domain::{
    id::PaymentId,
    payment::{Operation, Refund},
    text::Reason,
};
use engine::payments::{Call, OnPayment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Identity, fingerprint::Fingerprint, reader::Reader};
use crate::http::problem::Problem;

pub(super) const NAMES: &[&str] = &["amount", "expectedRefundable", "idempotencyKey", "merchantId", "reason"];

/// Give captured funds back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefundRequest)]
pub(crate) struct RefundBody {
    /// Whose payment it is.
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "M123")]
    merchant_id: String,
    /// Why.
    #[schema(min_length = 1, max_length = 128, example = "customer returned the goods")]
    reason: String,
    /// In the currency's minor unit; all that is refundable when absent.
    #[schema(minimum = 1, maximum = 999_999_999_999_i64, required = false)]
    amount: Option<i64>,
    /// What the caller believes is refundable; another value is refused, so that two people cannot refund the same money.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64, required = false)]
    expected_refundable: Option<i64>,
    /// The caller's name for this call.
    #[schema(min_length = 1, max_length = 64, required = false)]
    idempotency_key: Option<String>,
}

/// Reads the body.
pub(crate) fn refund(
    body: &[u8],
    payment: PaymentId,
    caller: Caller<'_>,
) -> Result<Call<OnPayment<Refund>>, Problem> {
    let mut reader = Reader::new(body, NAMES)?;
    let identity = Identity::read(&mut reader, caller);
    let mut print = Fingerprint::new(Operation::Refund, Some(payment));
    let amount = reader.amount("amount", 1);
    amount.inspect(|amount| print.integer("amount", *amount));
    let expected_refundable = reader.amount("expectedRefundable", 0);
    expected_refundable.inspect(|expected| print.integer("expectedRefundable", *expected));
    identity.merchant.as_ref().inspect(|merchant| print.text("merchantId", merchant.as_str()));
    let reason: Option<Reason> = reader.parsed("reason");
    reader.require("reason");
    reason.as_ref().inspect(|reason| print.text("reason", reason.as_str()));
    let command = reason.map(|reason| Refund { amount, reason, expected_refundable });
    let request = command.map(|command| OnPayment { payment, command });
    let call = identity.finish(reader, caller, request, print.finish())?;
    let reason = call.request.command.reason.clone();
    Ok(call.because(Some(reason.as_str())))
}
