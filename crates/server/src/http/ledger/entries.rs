//! `GET /ledger/entries`, `GET /ledger/entries/{id}`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::id::JournalEntryId;
use engine::queries::lanes::entry_list;

use super::EntryView;
use crate::http::{
    events::{places_cursor, places_from_cursor},
    list::List,
    path::PathId,
    problem::Problem,
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 7;

/// List journal entries
///
/// Newest first, over all lanes.
#[utoipa::path(
    get,
    path = "/ledger/entries",
    tag = "ledger",
    operation_id = "listEntries",
    params(
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<EntryView>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<EntryView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let before = query.cursor_by(|text| places_from_cursor(CURSOR_KIND, text));
    let limit = query.limit();
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let page = entry_list(snapshot.as_mut(), before.as_ref(), limit).await?;
    let next_cursor = page.next.map(|places| places_cursor(CURSOR_KIND, &places));
    Ok(Json(List { data: page.rows.iter().map(EntryView::of).collect(), next_cursor }))
}

/// Read a journal entry
#[utoipa::path(
    get,
    path = "/ledger/entries/{id}",
    tag = "ledger",
    operation_id = "getEntry",
    params(("id" = String, Path, description = "Its event's lane and place, e.g. 0-17")),
    responses(
        (status = 200, description = "The entry", body = EntryView),
    )
)]
pub(super) async fn get(
    State(app): State<AppState>,
    PathId(id): PathId<JournalEntryId>,
    RawQuery(query): RawQuery,
) -> Result<Json<EntryView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let entry = app.store.snapshot().await?.journal_find(id).await?;
    let entry = entry.ok_or_else(|| Problem::not_found("journal entry"))?;
    Ok(Json(EntryView::of(&entry)))
}
