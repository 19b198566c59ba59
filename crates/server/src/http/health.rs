//! For machines that watch: `/healthz`, `/readyz`, `/metrics`.
//!
//! Decision: unlike everywhere else, query parameters nobody knows are ignored here. Probes and scrapers add their own (a target's
//! name, something against caches), and one that is refused takes a healthy process out of service.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{gauges, problem::Problem, state::AppState};

/// What `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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
