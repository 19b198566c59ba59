//! `POST /payments/authorize`

use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use domain::payment::Operation;

use super::{
    reply::{refuse, respond},
    view::PaymentView,
};
use crate::http::{
    body,
    operators::Calling,
    state::AppState,
    wire::{self, AuthorizeBody},
};

/// Authorize a payment
///
/// Reserves funds on a card; with `captureMode: automatic` takes them at once. Needs an idempotency key: the same key with the
/// same request gives the same answer for 15 days and is never charged twice.
#[utoipa::path(
    post,
    path = "/payments/authorize",
    tag = "authorize",
    operation_id = "authorizePayment",
    request_body = AuthorizeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The caller's name for this call, bare or quoted, 1–255 printable characters. Required here or as idempotencyKey.")),
    responses(
        (status = 200, description = "Authorized", body = PaymentView),
    )
)]
pub(super) async fn authorize(
    State(app): State<AppState>,
    calling: Calling,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let caller = calling.caller(&headers);
    let body = body::read_json(&headers, body, &app.settings).await;
    match body.and_then(|bytes| wire::authorize(&bytes, caller)) {
        Ok(call) => respond(Operation::Authorize, app.payments.authorize(call).await),
        Err(problem) => refuse(&app, Operation::Authorize, problem).await,
    }
}
