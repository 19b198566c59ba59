//! `GET /payments/{id}/ledger`

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::id::{PaymentId, Seq};
use engine::{ports::Page, queries::history::history};

use super::{find, place_cursor};
use crate::http::{
    ledger::EntryView,
    list::{List, Looking},
    path::PathId,
    problem::Problem,
    query::Query,
    state::AppState,
};

/// List a payment's journal entries
///
/// Newest first. What is not posted yet is not among them: see its flow.
#[utoipa::path(
    get,
    path = "/payments/{id}/ledger",
    tag = "payments",
    operation_id = "listPaymentEntries",
    params(
        ("id" = u64, Path, description = "The payment's number"),
        ("merchantId" = Option<String>, Query, description = "Only if it is this merchant's"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses(
        (status = 200, description = "One page", body = List<EntryView>),
    )
)]
pub(super) async fn entries(
    State(app): State<AppState>,
    PathId(id): PathId<PaymentId>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<EntryView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    let mut from: Option<Seq> = place_cursor::read(&mut query);
    let limit = query.limit();
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let payment = find(snapshot.as_mut(), id, merchant).await?;
    let lane = id.lane(app.store.lane_count());
    let looking = Looking::begin(&app);
    let page = loop {
        let history = history(snapshot.as_mut(), &payment, lane, from, limit).await?;
        let entries = history.steps.into_iter().filter_map(|step| step.entry);
        let page = Page { rows: entries.collect::<Vec<_>>(), next: history.next };
        match looking.past(page) {
            ControlFlow::Break(page) => break page,
            ControlFlow::Continue(next) => from = next,
        }
    };
    Ok(Json(List {
        data: page.rows.iter().map(EntryView::of).collect(),
        next_cursor: page.next.map(place_cursor::write),
    }))
}
