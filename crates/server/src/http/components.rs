//! `GET /health/components`: each part of the platform, how it was checked, and when. What was not checked is unknown, never
//! well.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{id::MerchantId, time::Timestamp};
use engine::{
    ports::{Limit, LimitAction, Snapshot, StoreError},
    queries::pipeline_status::{PipelineStatus, pipeline_status},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{list::List, problem::Problem, query::Query, state::AppState};

/// How long an event may wait for the ledger before the worker counts as behind.
const BEHIND_MS: i64 = 10_000;
/// How long an acquirer call may be outstanding before somebody should know.
const ATTEMPT_SECONDS: u32 = 10;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(components))
}

/// One part of the platform.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Component)]
struct ComponentView {
    /// `api`, `store`, `worker`, `dead_letters`, `cache`, `acquirer` or `proofs`.
    name: &'static str,
    /// `up`, `degraded`, `down`, or `unknown` when it was not or could not be checked.
    state: State4,
    /// What was seen, as a sentence.
    detail: String,
    /// How it was checked.
    how: &'static str,
    /// When; null when it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    /// How long the check took.
    latency_ms: Option<f64>,
}

/// How a part is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ComponentState)]
enum State4 {
    /// Works.
    Up,
    /// Works, and somebody should look.
    Degraded,
    /// Does not work.
    Down,
    /// Was not or could not be checked.
    Unknown,
}

/// Look at the parts of the platform
#[utoipa::path(
    get,
    path = "/health/components",
    tag = "operations",
    operation_id = "getComponents",
    responses((status = 200, description = "One row a part", body = List<ComponentView>))
)]
async fn components(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<ComponentView>>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let now = app.clock.now();
    let begun = app.clock.monotonic();
    let books = read(&app, now).await;
    let latency_ms = app.clock.monotonic().saturating_sub(begun).as_secs_f64() * 1e3;
    let mut rows = vec![api(&app, now), store(&books, now, latency_ms)];
    rows.extend(of_books(books.as_ref().ok(), now));
    rows.push(cache(&app, now).await);
    rows.push(proofs(&app));
    Ok(Json(List::whole(rows)))
}

/// What was read of the books.
struct Books {
    pipeline: PipelineStatus,
    late_attempts: usize,
}

async fn read(app: &AppState, now: Timestamp) -> Result<Books, StoreError> {
    let mut snapshot: Box<dyn Snapshot> = app.store.snapshot().await?;
    let pipeline = pipeline_status(snapshot.as_mut()).await?;
    let before = now.minus_seconds(ATTEMPT_SECONDS);
    let late_attempts = snapshot.attempt_list_outstanding(before, None, None, 1000).await?.len();
    Ok(Books { pipeline, late_attempts })
}

fn api(app: &AppState, now: Timestamp) -> ComponentView {
    let (state, word) = match (app.readiness.is_ready(), app.readiness.is_draining()) {
        (true, _) => (State4::Up, "wants requests"),
        (false, true) => (State4::Degraded, "is stopping"),
        (false, false) => (State4::Degraded, "is not ready"),
    };
    ComponentView {
        name: "api",
        state,
        detail: format!("version {}, since {}; {word}", env!("CARGO_PKG_VERSION"), app.desk.started_at),
        how: "this process answered",
        checked_at: Some(now),
        latency_ms: None,
    }
}

fn store(books: &Result<Books, StoreError>, now: Timestamp, latency_ms: f64) -> ComponentView {
    let (state, detail) = match books {
        Ok(books) => (State4::Up, format!("lanes read: {}", books.pipeline.lanes.len())),
        // What is inside an error is for the log.
        Err(error) => (State4::Down, error.to_string()),
    };
    ComponentView {
        name: "store",
        state,
        detail,
        how: "read lanes, positions and outstanding attempts in one snapshot",
        checked_at: Some(now),
        latency_ms: Some(latency_ms),
    }
}

fn of_books(books: Option<&Books>, now: Timestamp) -> [ComponentView; 3] {
    let row = |name, how, seen: Option<(State4, String)>| {
        let checked_at = seen.is_some().then_some(now);
        let (state, detail) =
            seen.unwrap_or_else(|| (State4::Unknown, "the store could not be read".to_owned()));
        ComponentView { name, state, detail, how, checked_at, latency_ms: None }
    };
    let parked = books.map(|books| match books.pipeline.dead_letters_open() {
        0 => (State4::Up, "none is open".to_owned()),
        open => (State4::Degraded, format!("open: {open}")),
    });
    let attempts = books.map(|books| match books.late_attempts {
        0 => (State4::Up, "no call waits longer than that".to_owned()),
        late => (State4::Degraded, format!("calls that wait longer than that: {late}")),
    });
    [
        row(
            "worker",
            "compared its positions with the lanes",
            books.map(|books| worker(&books.pipeline, now)),
        ),
        row("dead_letters", "counted them", parked),
        row("acquirer", "looked for calls outstanding for more than 10 s; it was not called", attempts),
    ]
}

fn worker(pipeline: &PipelineStatus, now: Timestamp) -> (State4, String) {
    let pending = pipeline.pending();
    match pipeline.oldest_pending_at().map(|oldest| now.ms_since(oldest)) {
        None => (State4::Up, "nothing waits".to_owned()),
        Some(age_ms) if age_ms < BEHIND_MS => {
            (State4::Up, format!("events waiting: {pending}, the oldest for {age_ms} ms"))
        }
        Some(age_ms) => {
            (State4::Degraded, format!("events waiting: {pending}, the oldest for {} s", age_ms / 1000))
        }
    }
}

async fn cache(app: &AppState, now: Timestamp) -> ComponentView {
    let probe = Limit { capacity: 1, window_seconds: 1 };
    let merchant = "health-check".parse::<MerchantId>();
    let begun = app.clock.monotonic();
    let asked = match &merchant {
        Ok(merchant) => Some(app.cache.limit_state(merchant, LimitAction::Authorize, probe).await),
        Err(_) => None,
    };
    let (state, detail) = match &asked {
        Some(Ok(_)) => (State4::Up, "answered".to_owned()),
        // What is deeper inside an error is for the log.
        Some(Err(error)) => (State4::Down, format!("{}; limits let every call pass", error.source)),
        None => (State4::Unknown, "was not asked".to_owned()),
    };
    ComponentView {
        name: "cache",
        state,
        detail,
        how: "read a limit that nobody uses",
        checked_at: asked.map(|_| now),
        latency_ms: Some(app.clock.monotonic().saturating_sub(begun).as_secs_f64() * 1e3),
    }
}

fn proofs(app: &AppState) -> ComponentView {
    let memory = app.desk.prover.memory();
    let verdict = memory.verdict();
    let (state, detail) = match verdict {
        None => (State4::Unknown, "no proof has been run by this process".to_owned()),
        Some(report) if report.ok() => {
            (State4::Up, format!("the last {} run found nothing wrong", report.mode.as_str()))
        }
        Some(report) => {
            let failed: Vec<_> = report.proofs.iter().filter(|result| !result.ok()).collect();
            let names: Vec<&str> = failed.iter().map(|result| result.proof.as_str()).collect();
            (State4::Down, format!("do not hold: {}", names.join(", ")))
        }
    };
    ComponentView {
        name: "proofs",
        state,
        detail,
        how: "the last run of the ledger's proofs",
        checked_at: verdict.map(|report| report.started_at),
        latency_ms: verdict.map(|report| report.seconds * 1e3),
    }
}
