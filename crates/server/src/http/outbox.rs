//! `GET /outbox`: the outbox with what has become of each row, and what waits.

mod rewind;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    id::{EventId, PaymentId},
    time::Timestamp,
};
use engine::{
    ports::{DeadLetterState, RelayPosition},
    queries::{
        lanes::event_list,
        pipeline_status::{LaneStatus, PipelineStatus, pipeline_status},
        whereabouts::{EventState, event_states},
    },
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    events::{places_cursor, places_from_cursor},
    problem::Problem,
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 4;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(outbox)).routes(routes!(rewind::rewind))
}

/// One page of the outbox, and what waits in all of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Outbox {
    /// What waits.
    summary: OutboxSummary,
    /// The rows, newest first.
    data: Vec<OutboxRow>,
    /// Give it as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// What waits between the API and the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboxSummary {
    /// Events that wait for the worker.
    pending: u64,
    /// Whether `pending` was counted; else it is an estimate.
    exact: bool,
    /// When the oldest of them happened.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_pending_at: Option<Timestamp>,
    /// How long it has waited, in milliseconds.
    oldest_age_ms: Option<i64>,
    /// Dead letters that wait for a person.
    dead_letters_open: u64,
    /// Dead letters put aside on purpose.
    dead_letters_held: u64,
    /// Lane by lane.
    lanes: Vec<LaneView>,
}

/// Where a lane stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LaneStatus)]
struct LaneView {
    /// Which.
    lane: u16,
    /// The place of its latest event.
    last_seq: u64,
    /// Rows up to here are gone.
    pruned_to: u64,
    /// Everything up to here has been handled.
    handled_to: u64,
    /// Events that wait for the worker.
    pending: u64,
    /// When the oldest of them happened.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_pending_at: Option<Timestamp>,
    /// How many journal entries have been posted, ever.
    entries_posted: u64,
    /// How far it has been published; null where no relay has ever taken it.
    relay: Option<RelayView>,
}

/// Who publishes a lane, and how far.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RelayStatus)]
struct RelayView {
    /// Published up to here.
    published_to: u64,
    /// To which log.
    log: String,
    /// Which process publishes it; null while none does.
    owner: Option<String>,
    /// Until when no other may; null while anybody may.
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_until: Option<Timestamp>,
    /// Grows whenever another process takes over.
    epoch: u64,
}

/// A row of the outbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OutboxRow {
    /// The event: lane and place in it.
    #[schema(value_type = String, example = "0-17")]
    id: EventId,
    /// Its topic.
    topic: &'static str,
    /// The payment it is about.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// What has become of it: `pending`, `posted`, `without_postings`, `parked`, `discarded`, or `lost`, which is an incident.
    state: &'static str,
    /// How many bytes its envelope has.
    size_bytes: usize,
}

impl OutboxSummary {
    pub(crate) fn of(status: &PipelineStatus, now: Timestamp) -> Self {
        let oldest = status.oldest_pending_at();
        Self {
            pending: status.pending(),
            exact: status.lanes.iter().all(|lane| lane.exact),
            oldest_pending_at: oldest,
            oldest_age_ms: oldest.map(|oldest| now.ms_since(oldest).max(0)),
            dead_letters_open: status.dead_letters_open(),
            dead_letters_held: status.dead_letters_in(DeadLetterState::Held),
            lanes: status.lanes.iter().map(LaneView::of).collect(),
        }
    }
}

impl LaneView {
    fn of(lane: &LaneStatus) -> Self {
        Self {
            lane: lane.lane.0,
            last_seq: lane.last_seq.0,
            pruned_to: lane.pruned_to.0,
            handled_to: lane.handled_to.0,
            pending: lane.pending,
            oldest_pending_at: lane.oldest_pending_at,
            entries_posted: lane.entries_posted,
            relay: lane.relay.as_ref().map(RelayView::of),
        }
    }
}

impl RelayView {
    fn of(relay: &RelayPosition) -> Self {
        Self {
            published_to: relay.seq.0,
            log: relay.log.to_string(),
            owner: relay.owner.map(|owner| owner.to_string()),
            lease_until: relay.owner.map(|_| relay.lease_until),
            epoch: relay.epoch,
        }
    }
}

/// Look into the outbox
///
/// What waits, and the rows, newest first, each with what has become of it.
#[utoipa::path(
    get,
    path = "/outbox",
    tag = "events",
    operation_id = "getOutbox",
    params(
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "What waits, and one page", body = Outbox))
)]
async fn outbox(State(app): State<AppState>, RawQuery(query): RawQuery) -> Result<Json<Outbox>, Problem> {
    let mut query = Query::new(query.as_deref());
    let before = query.cursor_by(|text| places_from_cursor(CURSOR_KIND, text));
    let limit = query.limit();
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let status = pipeline_status(snapshot.as_mut()).await?;
    let page = event_list(snapshot.as_mut(), before.as_ref(), limit).await?;
    let states = event_states(snapshot.as_mut(), &page.rows).await?;
    let rows = page.rows.iter().zip(states).map(|(event, state)| OutboxRow {
        id: event.id,
        topic: event.topic.as_str(),
        payment_id: event.payment,
        occurred_at: event.occurred_at,
        state: word(state),
        size_bytes: event.body.len(),
    });
    Ok(Json(Outbox {
        summary: OutboxSummary::of(&status, app.clock.now()),
        data: rows.collect(),
        next_cursor: page.next.map(|places| places_cursor(CURSOR_KIND, &places)),
    }))
}

fn word(state: EventState) -> &'static str {
    match state {
        EventState::Posted => "posted",
        EventState::WithoutPostings => "without_postings",
        EventState::Pending => "pending",
        EventState::Parked => "parked",
        EventState::Discarded => "discarded",
        EventState::Lost => "lost",
    }
}
