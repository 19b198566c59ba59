//! `GET /requests`: the latest requests of this process.

mod log;
mod traffic;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{id::PaymentId, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use log::{Noted, RequestLog};
pub use traffic::{Action, Counts, Traffic};

use super::{
    list::{List, cursor_decode, cursor_encode},
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 9;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A request that was answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestRecord)]
struct NotedView {
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Its method.
    method: String,
    /// The template of its path.
    route: String,
    /// The status of its answer.
    status: u16,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    /// Its id.
    request_id: String,
    /// The payment it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    payment_id: Option<PaymentId>,
    /// Whether its answer was the stored one of an earlier call.
    replayed: bool,
}

/// List the latest requests
///
/// Newest first; this process remembers a few thousand, without bodies.
#[utoipa::path(
    get,
    path = "/requests",
    tag = "operations",
    operation_id = "listRequests",
    params(
        ("paymentId" = Option<u64>, Query, description = "Only those about this payment"),
        ("status" = Option<u16>, Query, description = "Only those answered with this status"),
        ("requestId" = Option<String>, Query, description = "Only the one with this id"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<NotedView>))
)]
async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<NotedView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let payment: Option<PaymentId> = query.parsed("paymentId");
    let status = query.number("status", 100, 599);
    let request_id = query.one("requestId", |text| Ok(text.to_owned()));
    let before = query.one("cursor", |text| match cursor_decode(CURSOR_KIND, text).as_deref() {
        Some([number]) => Ok(*number),
        _ => Err((FieldCode::InvalidFormat, "is not a cursor of this list")),
    });
    let limit = query.limit();
    query.finish()?;
    let rows = app.desk.requests.list(before, limit, |noted| {
        payment.is_none_or(|payment| noted.payment == Some(payment))
            && status.is_none_or(|status| i64::from(noted.status) == status)
            && request_id.as_deref().is_none_or(|id| id == &*noted.request_id)
    });
    let next = rows.last().filter(|_| rows.len() == limit);
    let next_cursor = next.map(|(number, _)| cursor_encode(CURSOR_KIND, &[*number]));
    Ok(Json(List { data: rows.iter().map(|(_, noted)| view(noted)).collect(), next_cursor }))
}

fn view(noted: &Noted) -> NotedView {
    NotedView {
        at: noted.at,
        method: noted.method.to_string(),
        route: noted.route.to_string(),
        status: noted.status,
        duration_ms: noted.took.as_secs_f64() * 1e3,
        request_id: noted.request_id.to_string(),
        payment_id: noted.payment,
        replayed: noted.replayed,
    }
}
