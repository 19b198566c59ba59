//! `GET /payments/{id}`

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use domain::id::PaymentId;

use super::{find, view::PaymentView};
use crate::http::{path::PathId, problem::Problem, query::Query, state::AppState};

/// Read a payment
#[utoipa::path(
    get,
    path = "/payments/{id}",
    tag = "payments",
    operation_id = "getPayment",
    params(
        ("id" = u64, Path, description = "The payment's number"),
        ("merchantId" = Option<String>, Query, description = "Only if it is this merchant's"),
    ),
    responses(
        (status = 200, description = "The payment", body = PaymentView),
    )
)]
pub(super) async fn get(
    State(app): State<AppState>,
    PathId(id): PathId<PaymentId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    query.finish()?;
    let payment = find(app.store.snapshot().await?.as_mut(), id, merchant).await?;
    Ok(Json(PaymentView::of(&payment)).into_response())
}
