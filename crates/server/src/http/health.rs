//! For machines that watch: `/healthz`, `/readyz`, `/metrics`.
//!
//! Decision: unlike everywhere else, query parameters nobody knows are ignored here. Probes and scrapers add their own (a target's
//! name, something against caches), and one that is refused takes a healthy process out of service.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use engine::ports::{Clock, Store};
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{gauges, problem::Problem, state::AppState};

/// What `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long what the store said of itself is good for.
const STORE_ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to say so.
const STORE_TIME_LIMIT: Duration = Duration::from_secs(1);

/// When (by monotonic time) the store was last asked, and whether it answered.
#[derive(Debug, Default)]
pub struct StoreAnswer(Mutex<Option<(Duration, bool)>>);

impl StoreAnswer {
    /// Whether the store answers: asked at most once a second, however many ask us.
    async fn is_there(&self, store: &dyn Store, clock: &dyn Clock) -> bool {
        let mut asked = self.0.lock().await;
        match *asked {
            Some((at, answered)) if clock.monotonic().saturating_sub(at) < STORE_ASKED_EVERY => answered,
            _ => {
                let lanes = async { store.snapshot().await?.lane_list().await };
                let answered = matches!(timeout(STORE_TIME_LIMIT, lanes).await, Ok(Ok(_)));
                *asked = Some((clock.monotonic(), answered));
                answered
            }
        }
    }
}

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// One word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `up` or `ready`.
    status: &'static str,
}

/// Whether the process lives
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    operation_id = "getHealth",
    responses((status = 200, description = "It does", body = Health))
)]
async fn healthz() -> Json<Health> {
    Json(Health { status: "up" })
}

/// Whether requests are wanted
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    operation_id = "getReadiness",
    responses(
        (status = 200, description = "They are", body = Health),
        (status = 503, description = "UNAVAILABLE: starting, stopping, or without its store"),
    )
)]
async fn readyz(State(app): State<AppState>) -> Result<Json<Health>, Problem> {
    let readiness = &app.readiness;
    let message = match (readiness.is_draining(), readiness.is_ready()) {
        (true, _) => "the process is stopping",
        (false, false) => "the process is not ready",
        (false, true) if app.store_answer.is_there(app.store.as_ref(), app.clock.as_ref()).await => {
            return Ok(Json(Health { status: "ready" }));
        }
        (false, true) => "the store is away",
    };
    Err(Problem::unavailable(message))
}

/// Every counter
///
/// OpenMetrics 1.0, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    operation_id = "getMetrics",
    responses((status = 200, description = "The counters", body = String, content_type = "application/openmetrics-text"))
)]
async fn metrics(State(app): State<AppState>) -> Result<Response, Problem> {
    gauges::refresh(&app).await;
    let text = app.metrics.encode().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
