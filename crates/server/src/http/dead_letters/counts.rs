//! `GET /dead-letters/counts`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{list::List, problem::Problem, query::Query, state::AppState};

/// How many dead letters are in a state for a reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetterCount)]
pub(super) struct CountView {
    /// `OPEN`, `HELD`, `REDRIVEN` or `DISCARDED`.
    state: &'static str,
    /// `schema`, `unknown_version`, `foreign` or `refused`.
    error_type: &'static str,
    /// How many.
    count: u64,
}

/// Count dead letters by state and reason
///
/// All of them; a pair that is not there has none.
#[utoipa::path(
    get,
    path = "/dead-letters/counts",
    tag = "dead-letters",
    operation_id = "countDeadLetters",
    responses((status = 200, description = "How many", body = List<CountView>))
)]
pub(super) async fn counts(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<CountView>>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let counted = app.store.snapshot().await?.dead_letter_count().await?;
    let rows = counted.into_iter().map(|(state, reason, count)| CountView {
        state: state.as_str(),
        error_type: reason.as_str(),
        count,
    });
    Ok(Json(List::whole(rows.collect())))
}
