//! `POST /payments/capture/{paymentId}`

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
    wire::{self, CaptureBody},
};

/// Capture a payment
///
/// Takes reserved funds, all or a part. With `final: false` the rest can be captured later; otherwise it is released.
#[utoipa::path(
    post,
    path = "/payments/capture/{paymentId}",
    tag = "capture",
    operation_id = "capturePayment",
    request_body = CaptureBody,
    params(
        ("paymentId" = u64, Path, description = "The payment's number"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's name for this call, bare or quoted, 1–255 printable characters."),
    ),
    responses(
        (status = 200, description = "Captured", body = PaymentView),
    )
)]
pub(super) async fn capture(
    State(app): State<AppState>,
    PathId(payment): PathId<PaymentId>,
    calling: Calling,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let caller = calling.caller(&headers);
    let body = body::read_json(&headers, body, &app.settings).await;
    match body.and_then(|bytes| wire::capture(&bytes, payment, caller)) {
        Ok(call) => respond(Operation::Capture, app.payments.capture(call).await),
        Err(problem) => refuse(&app, Operation::Capture, problem).await,
    }
}
