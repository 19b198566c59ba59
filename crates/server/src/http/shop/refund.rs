//! `POST /store/orders/{no}/refunds`: a shopper wants money back. This shop says yes at once; the engine says how much is left.

use axum::{
    Extension,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use domain::{id::IdempotencyKey, payment::Operation, text::Reason};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{MERCHANT, order, shopper::Shopper};
use crate::http::{
    body::JsonBytes,
    payments::{respond, view::PaymentView},
    problem::Problem,
    request_id::RequestId,
    state::AppState,
    wire::{self, Caller, Reader},
};

const NAMES: &[&str] = &["amount", "expectedRefundable", "idempotencyKey", "reason"];

/// A wish for money back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderRefundRequest {
    /// How much, in won; all that is left when absent.
    amount: Option<i64>,
    /// Why.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
    /// What the page showed as refundable, so that the same money is not asked for twice.
    expected_refundable: i64,
    /// The name of this wish: under the same name it is granted once.
    #[schema(min_length = 1, max_length = 64)]
    idempotency_key: String,
}

/// Ask for money back
///
/// Answers as `POST /payments/refund/{paymentId}` does.
#[utoipa::path(
    post,
    path = "/store/orders/{no}/refunds",
    tag = "store",
    operation_id = "refundOrder",
    request_body = OrderRefundRequest,
    params(("no" = String, Path, description = "Its number")),
    responses((status = 200, description = "Refunded", body = PaymentView))
)]
pub(super) async fn refund(
    State(app): State<AppState>,
    Path(number): Path<String>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let shopper = Shopper::of(&headers).ok_or_else(|| Problem::not_found("order"))?;
    let count = shopper.count_of(&number)?;
    let wish = Wish::read(&bytes)?;
    let payments = order::payments(app.store.snapshot().await?.as_mut(), &shopper, count).await?;
    let payment = payments.first().ok_or_else(|| Problem::not_found("order"))?;
    let body = json!({
        "merchantId": MERCHANT,
        "amount": wish.amount,
        "reason": wish.reason.as_str(),
        "expectedRefundable": wish.expected_refundable,
        "idempotencyKey": wish.key.as_str(),
    });
    let caller = Caller { headers: &headers, request_id: &id.0, actor: None };
    let call = wire::refund(body.to_string().as_bytes(), payment.id, caller)?;
    Ok(respond(Operation::Refund, app.payments.refund(call).await))
}

/// A wish that can be granted, if there is as much left.
struct Wish {
    amount: Option<i64>,
    reason: Reason,
    expected_refundable: i64,
    key: IdempotencyKey,
}

impl Wish {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut reader = Reader::new(body, NAMES)?;
        let amount = reader.amount("amount", 1);
        ["expectedRefundable", "idempotencyKey", "reason"].into_iter().for_each(|name| reader.require(name));
        let (reason, expected) = (reader.parsed("reason"), reader.amount("expectedRefundable", 0));
        let key = wire::body_key(&mut reader);
        let built = reason.zip(expected).zip(key);
        let built = built.map(|((reason, expected_refundable), key)| Self {
            amount,
            reason,
            expected_refundable,
            key,
        });
        reader.finish(built)
    }
}
