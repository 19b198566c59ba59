//! `POST /payments/void/{paymentId}`

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
    wire::{self, VoidBody},
};

/// Void a payment
///
/// Releases what is reserved and has not been captured.
#[utoipa::path(
    post,
    path = "/payments/void/{paymentId}",
    tag = "void",
    operation_id = "voidPayment",
    request_body = VoidBody,
    params(
        ("paymentId" = u64, Path, description = "The payment's number"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's name for this call, bare or quoted, 1–255 printable characters."),
    ),
    responses(
        (status = 200, description = "Voided", body = PaymentView),
    )
)]
pub(super) async fn void(
    State(app): State<AppState>,
    PathId(payment): PathId<PaymentId>,
    calling: Calling,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let caller = calling.caller(&headers);
    let body = body::read_json(&headers, body, &app.settings).await;
    match body.and_then(|bytes| wire::void(&bytes, payment, caller)) {
        Ok(call) => respond(Operation::Void, app.payments.void(call).await),
        Err(problem) => refuse(&app, Operation::Void, problem).await,
    }
}
