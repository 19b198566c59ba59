//! `GET /limits`: where a merchant's limits stand. Looking charges nothing.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::id::MerchantId;
use engine::ports::{Limit, LimitAction, LimitState};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    list::List,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(limits))
}

/// Where one limit stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LimitStatus)]
struct LimitView {
    /// Whose.
    #[schema(value_type = String)]
    merchant_id: MerchantId,
    /// `authorize`, `capture` (voids too) or `refund`.
    action: &'static str,
    /// Calls a window.
    capacity: u32,
    /// How long a window lasts.
    window_seconds: u32,
    /// Whether the counters could be read; while they cannot, calls pass.
    known: bool,
    /// Calls used in this window; null when unknown.
    used: Option<u32>,
    /// Calls left in this window; null when unknown.
    remaining: Option<u32>,
    /// Until the window ends; the whole window when none is open, null when unknown.
    reset_seconds: Option<u32>,
}

/// Look at a merchant's limits
///
/// Empty while limits are off.
#[utoipa::path(
    get,
    path = "/limits",
    tag = "operations",
    operation_id = "getLimits",
    params(("merchantId" = String, Query, description = "Whose")),
    responses((status = 200, description = "One row an action", body = List<LimitView>))
)]
async fn limits(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<LimitView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    if merchant.is_none() && !query.is_refused("merchantId") {
        query.refuse("merchantId", FieldCode::Required, "is required");
    }
    query.finish()?;
    let (Some(merchant), Some(limits)) = (merchant, app.limits) else {
        return Ok(Json(List::whole(Vec::new())));
    };
    let mut rows = Vec::with_capacity(LimitAction::ALL.len());
    for action in LimitAction::ALL {
        let limit = limits.of(action);
        // Away is an answer too: it says that calls pass uncounted.
        let state = app.cache.limit_state(&merchant, action, limit).await.ok();
        rows.push(view(&merchant, action, limit, state));
    }
    Ok(Json(List::whole(rows)))
}

fn view(merchant: &MerchantId, action: LimitAction, limit: Limit, state: Option<LimitState>) -> LimitView {
    LimitView {
        merchant_id: merchant.clone(),
        action: action.as_str(),
        capacity: limit.capacity,
        window_seconds: limit.window_seconds,
        known: state.is_some(),
        used: state.map(|state| limit.capacity.saturating_sub(state.remaining)),
        remaining: state.map(|state| state.remaining),
        reset_seconds: state.map(|state| state.reset_seconds),
    }
}
