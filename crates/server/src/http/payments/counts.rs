//! `GET /payments/counts`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::payment::PaymentStatus;
use engine::ports::PaymentCounts;
use serde::Serialize;
use utoipa::ToSchema;

use super::{list::filter, view::StatusWord};
use crate::http::{problem::Problem, query::Query, state::AppState};

/// How many payments one call looks at.
const LOOKED_AT_MAX: u32 = 20_000;

/// How many payments are in each status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentCounts)]
pub(super) struct CountsView {
    /// Every status, in the order a payment goes through them.
    counts: Vec<StatusCount>,
    /// Whether all payments were counted; false where there are so many that only the newest were.
    complete: bool,
}

/// One status.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusCount {
    /// Which.
    #[schema(value_type = StatusWord)]
    status: &'static str,
    /// How many payments.
    count: u64,
}

impl CountsView {
    fn of(counted: &PaymentCounts) -> Self {
        let count = |status: &PaymentStatus| StatusCount {
            status: status.as_str(),
            count: counted.by_status.get(status).copied().unwrap_or_default(),
        };
        Self { counts: PaymentStatus::ALL.iter().map(count).collect(), complete: counted.is_complete }
    }
}

/// Count payments by status
///
/// The same conditions as the list. It looks at about 20,000 of the newest and says whether there are more.
#[utoipa::path(
    get,
    path = "/payments/counts",
    tag = "payments",
    operation_id = "countPayments",
    params(
        ("merchantId" = Option<String>, Query, description = "Only this merchant's"),
        ("status" = Option<Vec<StatusWord>>, Query, description = "Any of these; may be repeated"),
        ("orderId" = Option<String>, Query, description = "Only this order's"),
        ("currency" = Option<String>, Query, description = "Only this currency"),
        ("amountMin" = Option<i64>, Query, description = "At least this much authorized, in minor units"),
        ("amountMax" = Option<i64>, Query, description = "At most this much authorized, in minor units"),
        ("createdFrom" = Option<String>, Query, description = "Created at or after; RFC 3339"),
        ("createdTo" = Option<String>, Query, description = "Created before; RFC 3339"),
        ("updatedFrom" = Option<String>, Query, description = "Last changed at or after; RFC 3339"),
        ("updatedTo" = Option<String>, Query, description = "Last changed before; RFC 3339"),
    ),
    responses((status = 200, description = "How many", body = CountsView))
)]
pub(super) async fn counts(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<CountsView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = filter(&mut query);
    query.finish()?;
    let counted = app.store.snapshot().await?.payment_count(&filter, LOOKED_AT_MAX).await?;
    Ok(Json(CountsView::of(&counted)))
}
