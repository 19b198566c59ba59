//! `POST /outbox/rewind`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    body::JsonBytes,
    operators::Acting,
    problem::Problem,
    state::AppState,
    wire::{self, RewindBody},
};

/// Where a lane stands after a rewind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutboxRewound)]
pub(super) struct Rewound {
    /// Which.
    lane: u16,
    /// Published up to here; what stands after it is published (again).
    published_to: u64,
}

/// Publish a lane again
///
/// After the broker has lost records: everything after a place is sent once more. What was handled is a duplicate to the worker
/// and posted no second time. Never skips anything: a place the relay has not reached changes nothing.
#[utoipa::path(
    post,
    path = "/outbox/rewind",
    tag = "events",
    operation_id = "rewindOutbox",
    request_body = RewindBody,
    responses(
        (status = 200, description = "Where the lane stands now", body = Rewound),
        (status = 404, description = "NOT_FOUND: no relay has ever published that lane"),
    )
)]
pub(super) async fn rewind(
    State(app): State<AppState>,
    acting: Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<Rewound>, Problem> {
    let rewind = wire::rewind(&bytes)?;
    let lane = rewind.lane.filter(|lane| lane.0 < app.store.lane_count());
    let Some(lane) = lane else { return Err(Problem::not_found("lane")) };
    let act = acting.act(Some(&rewind.reason));
    let audit = act.did("outbox.rewind", format!("lane/{lane}"), "done", app.clock.now());
    let position = app.store.relay_rewind(lane, rewind.to, &audit).await?;
    let position = position.ok_or_else(|| Problem::not_found("relay of this lane"))?;
    Ok(Json(Rewound { lane: lane.0, published_to: position.0 }))
}
