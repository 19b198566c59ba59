//! `GET /payments/{id}/timeline`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    id::{EventId, PaymentId},
    payment::Pending,
    time::Timestamp,
};
use engine::queries::timeline::{Item, Wanted, timeline as read};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, place_cursor};
use crate::http::{
    audit::AuditView, dead_letters::DeadLetterView, events::EventView, ledger::EntryView, operators::Calling,
    path::PathId, problem::Problem, query::Query, state::AppState,
};

/// What happened to a payment, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Timeline)]
pub(super) struct TimelineView {
    /// What happened.
    data: Vec<ItemView>,
    /// Give it as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
    /// An event that is pruned and left no journal entry: what came before it is no longer known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    lost_at: Option<EventId>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = TimelineItem)]
enum ItemView {
    /// A call to the acquirer is outstanding.
    Attempt {
        /// Since when.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// What was asked.
        operation: &'static str,
        /// How much.
        amount: i64,
        /// The acquirer's idempotency key.
        #[serde(rename = "attemptId")]
        attempt_id: String,
    },
    /// An event was committed.
    Event {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The event.
        event: EventView,
    },
    /// Its journal entry was posted.
    Posted {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The entry.
        entry: EntryView,
    },
    /// It was put aside.
    Parked {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The dead letter.
        #[serde(rename = "deadLetter")]
        dead_letter: DeadLetterView,
    },
    /// An operator did something with the payment or with a dead letter of it. Only operators are told.
    Act {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// Who did what, why, and what came of it.
        act: AuditView,
    },
}

impl ItemView {
    fn of(item: Item) -> Self {
        match item {
            Item::AttemptPending(pending) => Self::attempt(&pending),
            Item::Event(event) => Self::Event { at: event.occurred_at, event: EventView::of(&event) },
            Item::Posted(entry) => Self::Posted { at: entry.posted_at, entry: EntryView::of(&entry) },
            Item::Parked(letter) => {
                Self::Parked { at: letter.created_at, dead_letter: DeadLetterView::of(&letter) }
            }
            Item::Act(act) => Self::Act { at: act.at, act: AuditView::of(act) },
        }
    }

    fn attempt(pending: &Pending) -> Self {
        Self::Attempt {
            at: pending.since,
            operation: pending.operation.operation().as_str(),
            amount: pending.operation.amount().minor_units,
            attempt_id: pending.attempt.to_string(),
        }
    }
}

/// List what happened to a payment
///
/// Newest first, in the order of the lane and not of clocks. `limit` counts events; what belongs to one stands beside it.
/// Operators also see what operators did, under the event it caused.
#[utoipa::path(
    get,
    path = "/payments/{id}/timeline",
    tag = "payments",
    operation_id = "getTimeline",
    params(
        ("id" = u64, Path, description = "The payment's number"),
        ("merchantId" = Option<String>, Query, description = "Only if it is this merchant's"),
        ("limit" = Option<u8>, Query, description = "Events a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses(
        (status = 200, description = "One page", body = TimelineView),
    )
)]
pub(super) async fn timeline(
    State(app): State<AppState>,
    calling: Calling,
    PathId(id): PathId<PaymentId>,
    RawQuery(query): RawQuery,
) -> Result<Json<TimelineView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    let (from, limit) = (place_cursor::read(&mut query), query.limit());
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let payment = find(snapshot.as_mut(), id, merchant).await?;
    let lane = id.lane(app.store.lane_count());
    let wanted = Wanted { from, limit, acts: calling.is_operator() };
    let timeline = read(snapshot.as_mut(), &payment, lane, wanted).await?;
    Ok(Json(TimelineView {
        data: timeline.items.into_iter().map(ItemView::of).collect(),
        next_cursor: timeline.next.map(place_cursor::write),
        lost_at: timeline.lost,
    }))
}
