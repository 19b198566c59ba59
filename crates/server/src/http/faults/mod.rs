//! `GET`, `PUT /sim/faults`, `POST /sim/poison`: the switches of the Lab, in demo mode only.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use engine::ports::{OperatorAct, OperatorChanges, OperatorKeys};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body,
    operators::Acting,
    problem::{Code, Problem},
    query::Query,
    state::AppState,
};
use crate::faults::{FaultSettings, Faults};

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(poison))
}

/// The switches.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FaultsView {
    /// Whether this platform runs in demo mode; else nothing can be switched.
    demo: bool,
    /// Which faults are on.
    faults: FaultSettings,
}

/// See which faults are on
#[utoipa::path(
    get,
    path = "/sim/faults",
    tag = "simulation",
    operation_id = "getFaults",
    responses((status = 200, description = "The switches", body = FaultsView))
)]
async fn get(State(app): State<AppState>, RawQuery(query): RawQuery) -> Result<Json<FaultsView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let faults = app.desk.faults.as_ref();
    Ok(Json(FaultsView {
        demo: faults.is_some(),
        faults: faults.map(|faults| faults.get()).unwrap_or_default(),
    }))
}

/// Switch faults on and off
///
/// What is not named is off. In demo mode only.
#[utoipa::path(
    put,
    path = "/sim/faults",
    tag = "simulation",
    operation_id = "setFaults",
    request_body = FaultSettings,
    responses((status = 200, description = "The switches afterwards", body = FaultsView))
)]
async fn put(
    State(app): State<AppState>,
    acting: Acting,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<FaultsView>, Problem> {
    let faults = demo(&app)?;
    let bytes = body::read_json(&headers, body, &app.settings).await?;
    let settings: FaultSettings = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("the body cannot be read at line {}, column {}", error.line(), error.column());
        Problem::new(Code::MalformedRequest, place)
    })?;
    audit(
        &app,
        &acting.act(None),
        ("faults.set", if settings == FaultSettings::default() { "off" } else { "on" }),
    )
    .await?;
    let settings = faults.set(settings);
    tracing::warn!(?settings, "faults were switched in the Lab");
    Ok(Json(FaultsView { demo: true, faults: settings }))
}

/// Slip an event in that nobody committed
///
/// It becomes a dead letter. In demo mode only.
#[utoipa::path(
    post,
    path = "/sim/poison",
    tag = "simulation",
    operation_id = "poison",
    responses((status = 200, description = "It will be read next", body = FaultsView))
)]
async fn poison(State(app): State<AppState>, acting: Acting) -> Result<Json<FaultsView>, Problem> {
    let faults = demo(&app)?;
    audit(&app, &acting.act(None), ("faults.poison", "done")).await?;
    faults.poison();
    Ok(Json(FaultsView { demo: true, faults: faults.get() }))
}

/// Switches live in this process, not in the books: the row is written first, so that nothing is switched without one.
async fn audit(app: &AppState, act: &OperatorAct, (action, outcome): (&str, &str)) -> Result<(), Problem> {
    let batch = app.store.operators_open(&OperatorKeys::default()).await?;
    let row = act.did(action, "faults", outcome, app.clock.now());
    batch.commit(&OperatorChanges { audit: vec![row], ..OperatorChanges::default() }).await?;
    Ok(())
}

fn demo(app: &AppState) -> Result<&Arc<Faults>, Problem> {
    app.desk.faults.as_ref().ok_or_else(|| Problem::not_found("switch: this platform is not in demo mode"))
}
