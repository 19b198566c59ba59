//! `GET /dead-letters`, `GET /dead-letters/{id}`

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::id::DeadLetterId;
use engine::ports::{DeadLetterFilter, DeadLetterReason, DeadLetterState};

use super::DeadLetterView;
use crate::http::{
    list::{FromCursor, List, Looking, ToCursor, cursor_encode, number_from_cursor},
    path::PathId,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 10;

/// List dead letters
///
/// Newest first, in every state unless `state` says otherwise.
#[utoipa::path(
    get,
    path = "/dead-letters",
    tag = "dead-letters",
    operation_id = "listDeadLetters",
    params(
        ("state" = Option<Vec<String>>, Query, description = "`OPEN`, `HELD`, `REDRIVEN`, `DISCARDED`; may be repeated"),
        ("errorType" = Option<String>, Query, description = "`schema`, `unknown_version`, `foreign` or `refused`"),
        ("topic" = Option<String>, Query, description = "Only of this topic"),
        ("paymentId" = Option<u64>, Query, description = "Only about this payment"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<DeadLetterView>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<DeadLetterView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let state = |text: &str| DeadLetterState::ALL.into_iter().find(|state| state.as_str() == text);
    let reason = |text: &str| DeadLetterReason::ALL.into_iter().find(|reason| reason.as_str() == text);
    let filter = DeadLetterFilter {
        states: query.many("state", |text| state(text).ok_or((FieldCode::InvalidFormat, "is not a state"))),
        reason: query
            .one("errorType", |text| reason(text).ok_or((FieldCode::InvalidFormat, "is not an error type"))),
        topic: query.one("topic", |text| Ok(text.into())),
        payment: query.parsed("paymentId"),
        payload_sha256: None,
    };
    let (mut before, limit) = (query.cursor::<DeadLetterId>(), query.limit());
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let looking = Looking::begin(&app);
    let page = loop {
        let page = snapshot.dead_letter_list(&filter, before, limit).await?;
        match looking.past(page) {
            ControlFlow::Break(page) => break page,
            ControlFlow::Continue(next) => before = next,
        }
    };
    Ok(Json(List::of(page, |letter| DeadLetterView::of(&letter))))
}

/// Read a dead letter
#[utoipa::path(
    get,
    path = "/dead-letters/{id}",
    tag = "dead-letters",
    operation_id = "getDeadLetter",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter", body = DeadLetterView),
    )
)]
pub(super) async fn get(
    State(app): State<AppState>,
    PathId(id): PathId<DeadLetterId>,
    RawQuery(query): RawQuery,
) -> Result<Json<DeadLetterView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let letter = app.store.snapshot().await?.dead_letter_find(id).await?;
    let letter = letter.ok_or_else(|| Problem::not_found("dead letter"))?;
    Ok(Json(DeadLetterView::of(&letter)))
}

impl ToCursor for DeadLetterId {
    fn to_cursor(&self) -> String {
        cursor_encode(CURSOR_KIND, &[self.get()])
    }
}

impl FromCursor for DeadLetterId {
    fn from_cursor(text: &str) -> Option<Self> {
        number_from_cursor(CURSOR_KIND, text).and_then(Self::new)
    }
}
