//! `GET /requests`: the latest requests of this process.

mod bodies;
pub mod log;
mod noted;
mod traffic;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{id::PaymentId, time::Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use bodies::Bodies;
use bodies::Said;
pub use noted::Noted;
pub use traffic::{Action, Counts, Traffic};

use super::{
    list::{List, cursor_encode, number_from_cursor},
    problem::Problem,
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
    /// What was asked, without secrets; only with `requestId`, and only of calls that were watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<BodyView>,
    /// What was answered, without secrets; only with `requestId`, and only of calls that were watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body: Option<BodyView>,
}

/// A body as it is remembered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RememberedBody)]
struct BodyView {
    /// How long it was, as far as it was read.
    size_bytes: usize,
    /// The JSON it was, secrets replaced by `•••`.
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<Value>,
    /// Why it is not there: `empty`, `too_long`, `not_json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<&'static str>,
}

impl BodyView {
    fn of(said: &Said) -> Self {
        let (json, left_out) = match &said.json {
            Ok(json) => (Some(json.clone()), None),
            Err(why) => (None, Some(*why)),
        };
        Self { size_bytes: said.bytes, json, left_out }
    }
}

/// List the latest requests
///
/// Newest first; this process remembers a few thousand. Of the latest that changed something it also remembers what was said,
/// without secrets, while somebody watches this list and always in demo mode; ask for one by `requestId` to read it.
#[utoipa::path(
    get,
    path = "/requests",
    tag = "operations",
    operation_id = "listRequests",
    params(
        ("paymentId" = Option<u64>, Query, description = "Only those about this payment"),
        ("status" = Option<u16>, Query, description = "Only those answered with this status"),
        ("requestId" = Option<String>, Query, description = "Only the one with this id"),
        ("reads" = Option<bool>, Query, description = "Whether reads that succeeded are listed too (true)"),
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
    let reads = query.flag("reads").unwrap_or(true);
    let before = query.cursor_by(|text| number_from_cursor(CURSOR_KIND, text));
    let limit = query.limit();
    query.finish()?;
    app.desk.requests.watch(app.clock.monotonic());
    let rows = app.desk.requests.list(before, limit, |noted| {
        payment.is_none_or(|payment| noted.payment == Some(payment))
            && status.is_none_or(|status| i64::from(noted.status) == status)
            && request_id.as_deref().is_none_or(|id| id == &*noted.request_id)
            && (reads || noted.status >= 400 || !noted.method.is_safe())
    });
    let next = rows.last().filter(|_| rows.len() == limit);
    let next_cursor = next.map(|(number, _)| cursor_encode(CURSOR_KIND, &[*number]));
    let said = request_id.is_some();
    Ok(Json(List { data: rows.iter().map(|(_, noted)| view(noted, said)).collect(), next_cursor }))
}

fn view(noted: &Noted, said: bool) -> NotedView {
    let bodies = noted.bodies.as_ref().filter(|_| said);
    NotedView {
        at: noted.at,
        method: noted.method.to_string(),
        route: noted.route.to_string(),
        status: noted.status,
        duration_ms: noted.took.as_secs_f64() * 1e3,
        request_id: noted.request_id.to_string(),
        payment_id: noted.payment,
        replayed: noted.replayed,
        request_body: bodies.and_then(Bodies::request).map(BodyView::of),
        response_body: bodies.and_then(Bodies::response).map(BodyView::of),
    }
}
