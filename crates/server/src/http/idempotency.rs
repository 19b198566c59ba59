//! `GET /idempotency`: what is known of a merchant's key.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    id::{IdempotencyKey, MerchantId, PaymentId},
    payment::Operation,
    time::Timestamp,
};
use engine::ports::{Admission, IdempotencyRow, IdempotencyScope, IdempotencyState, LimitAction};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    hex,
    list::List,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(idempotency))
}

/// What is known of a key, for one operation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IdempotencyRecord)]
struct IdempotencyView {
    /// Whose.
    #[schema(value_type = String)]
    merchant_id: MerchantId,
    /// The key.
    #[schema(value_type = String)]
    key: IdempotencyKey,
    /// For which operation; a key counts once an operation.
    operation: &'static str,
    /// `running` while an acquirer call is outstanding, `final` once answered.
    state: &'static str,
    /// SHA-256 of the request, in hex. A request with another one gets 422.
    fingerprint: String,
    /// The payment it is about.
    #[schema(value_type = Option<u64>)]
    payment_id: Option<PaymentId>,
    /// The status of the stored answer.
    status: Option<u16>,
    /// When it was answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// Whether the cache holds a copy of the answer: `held`, `none`, or `unknown` while it is away. Keys are then looked up in the
    /// books, where the answer is.
    cached: &'static str,
    /// The stored answer.
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
}

/// Look up an idempotency key
///
/// One row for each operation the key was used for; empty when it never was, or its retention is over.
#[utoipa::path(
    get,
    path = "/idempotency",
    tag = "operations",
    operation_id = "getIdempotency",
    params(
        ("merchantId" = String, Query, description = "Whose"),
        ("key" = String, Query, description = "The key"),
    ),
    responses((status = 200, description = "What is known", body = List<IdempotencyView>))
)]
async fn idempotency(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<IdempotencyView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    let key: Option<IdempotencyKey> = query.parsed("key");
    for (name, missing) in [("merchantId", merchant.is_none()), ("key", key.is_none())] {
        if missing && !query.is_refused(name) {
            query.refuse(name, FieldCode::Required, "is required");
        }
    }
    query.finish()?;
    let mut rows = Vec::new();
    if let Some((merchant, key)) = merchant.zip(key) {
        let mut snapshot = app.store.snapshot().await?;
        for &operation in Operation::ALL {
            let scope = IdempotencyScope { merchant: merchant.clone(), operation, key: key.clone() };
            if let Some(row) = snapshot.idempotency_find(&scope).await? {
                let cached = cached(&app, &scope).await;
                rows.push(view(row, cached));
            }
        }
    }
    Ok(Json(List::whole(rows)))
}

/// Asks without charging: no limit is named.
async fn cached(app: &AppState, scope: &IdempotencyScope) -> &'static str {
    let action = LimitAction::of(scope.operation);
    let question = Admission { scope: Some(scope), merchant: &scope.merchant, action, limit: None };
    match app.cache.admit(question).await {
        Ok(admitted) if admitted.answer.is_some() => "held",
        Ok(_) => "none",
        Err(_) => "unknown",
    }
}

fn view(row: IdempotencyRow, cached: &'static str) -> IdempotencyView {
    let (state, payment_id, answer) = match row.state {
        IdempotencyState::Running { payment } => ("running", Some(payment), None),
        IdempotencyState::Final(answer) => ("final", answer.payment, Some(answer)),
    };
    IdempotencyView {
        merchant_id: row.scope.merchant,
        key: row.scope.key,
        operation: row.scope.operation.as_str(),
        state,
        fingerprint: hex(&row.fingerprint),
        payment_id,
        status: answer.as_ref().map(|answer| answer.status),
        answered_at: answer.as_ref().map(|answer| answer.answered_at),
        cached,
        body: answer.and_then(|answer| serde_json::from_slice(&answer.body).ok()),
    }
}
