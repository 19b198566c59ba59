//! `POST /payments/refund/{paymentId}`

use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use domain::{id::PaymentId, payment::Operation};

use super::{
    reply::{refuse, respond},
    view::PaymentView,
};
use crate::http::{
    body,
    operators::Calling,
    path::PathId,
    state::AppState,
    wire::{self, RefundBody},
};

/// Refund a payment
///
/// Gives captured funds back, all or a part, until everything captured is refunded.
#[utoipa::path(
    post,
    path = "/payments/refund/{paymentId}",
    tag = "refund",
    operation_id = "refundPayment",
    request_body = RefundBody,
    params(
        ("paymentId" = u64, Path, description = "The payment's number"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's name for this call, bare or quoted, 1–255 printable characters."),
    ),
    responses(
        (status = 200, description = "Refunded", body = PaymentView),
    )
)]
pub(super) async fn refund(
    State(app): State<AppState>,
    PathId(payment): PathId<PaymentId>,
    calling: Calling,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let caller = calling.caller(&headers);
    let body = body::read_json(&headers, body, &app.settings).await;
    match body.and_then(|bytes| wire::refund(&bytes, payment, caller)) {
        Ok(call) => respond(Operation::Refund, app.payments.refund(call).await),
        Err(problem) => refuse(&app, Operation::Refund, problem).await,
    }
}
