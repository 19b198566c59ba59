//! `GET /audit`: who did what, and why. Append-only: there is no route that changes it.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{operator::Role, time::Timestamp};
use engine::ports::{AuditEntry, AuditFilter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    list::{List, cursor_encode, number_from_cursor},
    problem::Problem,
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 11;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(audit))
}

/// One act.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub(crate) struct AuditView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: an operator, or `local` where nobody has to sign in.
    actor: String,
    /// As what: `viewer`, `operator` or `admin`; null for the command line beside the server.
    #[schema(required)]
    role: Option<&'static str>,
    /// What.
    #[schema(example = "dead_letter.redrive")]
    action: String,
    /// To what.
    #[schema(example = "dead_letter/17")]
    object: String,
    /// Why.
    reason: Option<String>,
    /// What came of it: `done`, or what is special, such as `sent` (to the acquirer), `declined`, `still_open`.
    #[schema(required)]
    outcome: Option<String>,
    /// By which call.
    request_id: String,
}

impl AuditView {
    pub(crate) fn of(entry: AuditEntry) -> Self {
        Self {
            at: entry.at,
            actor: entry.actor.into(),
            role: entry.role.map(Role::as_str),
            action: entry.action.into(),
            object: entry.object.into(),
            reason: entry.reason.map(Into::into),
            outcome: entry.outcome.map(Into::into),
            request_id: entry.request_id.into(),
        }
    }
}

/// List what operators did
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "operations",
    operation_id = "listAudit",
    params(
        ("actor" = Option<String>, Query, description = "Only by this operator"),
        ("action" = Option<String>, Query, description = "Only this act, e.g. payment.refund"),
        ("object" = Option<String>, Query, description = "Only to this, e.g. payment/17"),
        ("from" = Option<String>, Query, description = "At or after this RFC 3339 time"),
        ("to" = Option<String>, Query, description = "Before this RFC 3339 time"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<AuditView>))
)]
async fn audit(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<AuditView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let mut text = |name| query.one(name, |text| Ok(Box::from(text)));
    let (actor, action, object) = (text("actor"), text("action"), text("object"));
    let (from, to) = (query.time("from"), query.time("to"));
    let filter = AuditFilter { actor, action, object, from, to };
    let before = query.cursor_by(|text| number_from_cursor(CURSOR_KIND, text));
    let limit = query.limit();
    query.finish()?;
    let page = app.store.snapshot().await?.audit_list(&filter, before, limit).await?;
    let next_cursor = page.next.map(|number| cursor_encode(CURSOR_KIND, &[number]));
    Ok(Json(List { data: page.rows.into_iter().map(AuditView::of).collect(), next_cursor }))
}
