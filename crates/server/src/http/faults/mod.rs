//! `GET`, `PUT /sim/faults`, `POST /sim/poison`: the switches of the Lab, in demo mode only.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use engine::ports::{OperatorAct, OperatorChanges, OperatorKeys};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::JsonBytes, operators::Acting, problem::Problem, query::Query, state::AppState, wire::Reader,
};
use crate::faults::{FaultSettings, Faults};

const NAMES: &[&str] = &["acquirerDelayMs", "acquirerErrorPercent", "brokerOff", "cacheOff", "workerPaused"];

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
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<FaultsView>, Problem> {
    let faults = demo(&app)?;
    let settings = read(&bytes)?;
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

fn read(body: &[u8]) -> Result<FaultSettings, Problem> {
    let mut reader = Reader::new(body, NAMES)?;
    reader.refuse_others(body);
    let settings = FaultSettings {
        broker_off: reader.flag("brokerOff").unwrap_or_default(),
        worker_paused: reader.flag("workerPaused").unwrap_or_default(),
        cache_off: reader.flag("cacheOff").unwrap_or_default(),
        acquirer_delay_ms: reader.count("acquirerDelayMs", 0..=10_000).unwrap_or_default(),
        acquirer_error_percent: reader
            .count("acquirerErrorPercent", 0..=100)
            .and_then(|percent| u8::try_from(percent).ok())
            .unwrap_or_default(),
    };
    reader.finish(Some(settings))
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
    let act = acting.act(None);
    audit(&app, &act, ("faults.poison", "done")).await?;
    faults.poison(&act.request_id);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(body: &str) -> Vec<String> {
        let errors = read(body.as_bytes()).unwrap_err().errors;
        errors.iter().map(|error| format!("{} {:?}", error.field, error.code)).collect()
    }

    #[test]
    fn everything_that_is_wrong_with_the_switches_is_said_at_once() {
        let body = r#"{"brokerOff": 1, "cacheOff": true, "acquirerDelayMs": 10001, "acquirerErrorPercent": "5", "wrkerPaused": true}"#;
        assert_eq!(
            wrong(body),
            [
                "wrkerPaused InvalidFormat",
                "brokerOff WrongType",
                "acquirerDelayMs OutOfRange",
                "acquirerErrorPercent WrongType",
            ]
        );
        let card = r#"{"4111111111111111": true}"#;
        assert_eq!(wrong(card), ["? InvalidFormat"], "a name that may be a card number is not said back");
    }

    #[test]
    fn what_is_not_named_is_off() {
        assert_eq!(read(b"{}").unwrap(), FaultSettings::default());
        let delayed = read(br#"{"acquirerDelayMs": 10000, "workerPaused": true}"#).unwrap();
        let expected =
            FaultSettings { acquirer_delay_ms: 10_000, worker_paused: true, ..FaultSettings::default() };
        assert_eq!(delayed, expected);
    }
}
