//! `GET /ledger/proofs`: what the last runs found. `POST /ledger/proofs`: run them now.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::time::Timestamp;
use engine::proofs::{Memory, Mode, ProofError, ProofReport, ProofResult};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    problem::{Code, FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// How long a caller waits for a run; a longer one goes on without it.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// What is known of the proofs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Proofs)]
pub(super) struct ProofsView {
    /// The run that is going on.
    running: Option<RunningView>,
    /// The last run over everything; null when this process has had none.
    full: Option<ReportView>,
    /// The last run over what came since the verified point; null when this process has had none.
    incremental: Option<ReportView>,
}

/// A run that is going on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProofRun)]
struct RunningView {
    /// `full` or `incremental`.
    mode: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
}

/// What a run found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProofReport)]
struct ReportView {
    /// Whether every proof holds.
    ok: bool,
    /// `full` or `incremental`.
    mode: &'static str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// How long it took.
    seconds: f64,
    /// From which place of each lane on; 0: from the beginning.
    from: Vec<FromView>,
    /// Where the events it went over are; they add up.
    events: EventsView,
    /// Proof by proof.
    proofs: Vec<ProofView>,
}

/// A place in a lane.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProofFrom)]
struct FromView {
    /// The lane.
    lane: u16,
    /// The place.
    seq: u64,
}

/// Where events are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventWhereabouts)]
struct EventsView {
    /// Have their journal entry.
    posted: u64,
    /// Were handled and carry no postings.
    without_postings: u64,
    /// Wait for the worker.
    pending: u64,
    /// Were put aside and wait for a person.
    parked: u64,
    /// Were given up.
    discarded: u64,
    /// Nobody knows; every one of them is a finding.
    lost: u64,
}

/// What became of one proof.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Proof)]
struct ProofView {
    /// Its name.
    #[schema(example = "chain_unbroken")]
    name: &'static str,
    /// What it says.
    says: &'static str,
    /// Whether it holds.
    ok: bool,
    /// Rows checked.
    checked: u64,
    /// Rows that could not be, because what they would be compared with has been pruned.
    skipped: u64,
    /// How much of the run it took.
    seconds: f64,
    /// Rows that are wrong.
    wrong: u64,
    /// The first of them, each naming its row.
    findings: Vec<String>,
}

/// Read what the last proofs found
#[utoipa::path(
    get,
    path = "/ledger/proofs",
    tag = "ledger",
    operation_id = "getProofs",
    responses((status = 200, description = "The last runs of this process", body = ProofsView))
)]
pub(super) async fn last(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ProofsView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    Ok(Json(view(&app.desk.prover.memory())))
}

/// Run the proofs now
///
/// One run at a time. A long run goes on after the answer, which then shows it under `running`.
#[utoipa::path(
    post,
    path = "/ledger/proofs",
    tag = "ledger",
    operation_id = "runProofs",
    params(("mode" = Option<String>, Query, description = "`full` (the default) or `incremental`")),
    responses(
        (status = 200, description = "What it found, or that it is going on", body = ProofsView),
    )
)]
pub(super) async fn run(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ProofsView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let mode = query.one("mode", |text| match text {
        "full" => Ok(Mode::Full),
        "incremental" => Ok(Mode::Incremental),
        _ => Err((FieldCode::InvalidFormat, "is not full or incremental")),
    });
    query.finish()?;
    let prover = Arc::clone(&app.desk.prover);
    // On a thread of its own: the embedded store reads on the thread that asks, and a caller that hangs up ends nothing.
    let runtime = tokio::runtime::Handle::current();
    let run = tokio::task::spawn_blocking(move || runtime.block_on(prover.run(mode.unwrap_or(Mode::Full))));
    match tokio::time::timeout(WAIT_MAX, run).await {
        Err(_) | Ok(Ok(Ok(_))) => Ok(Json(view(&app.desk.prover.memory()))),
        Ok(Ok(Err(error))) => Err(refused(error)),
        Ok(Err(panic)) => Err(Problem::internal(panic)),
    }
}

fn refused(error: ProofError) -> Problem {
    match error {
        ProofError::Running => Problem {
            retry_after_seconds: Some(5),
            ..Problem::new(Code::Overloaded, "the proofs are running already")
        },
        ProofError::Store(error) => error.into(),
    }
}

fn view(memory: &Memory) -> ProofsView {
    ProofsView {
        running: memory.running.map(|(mode, started_at)| RunningView { mode: mode.as_str(), started_at }),
        full: memory.full.as_deref().map(report),
        incremental: memory.incremental.as_deref().map(report),
    }
}

fn report(report: &ProofReport) -> ReportView {
    let events = report.whereabouts;
    ReportView {
        ok: report.ok(),
        mode: report.mode.as_str(),
        started_at: report.started_at,
        seconds: report.seconds,
        from: report.from.iter().map(|(lane, seq)| FromView { lane: lane.0, seq: seq.0 }).collect(),
        events: EventsView {
            posted: events.posted,
            without_postings: events.without_postings,
            pending: events.pending,
            parked: events.parked,
            discarded: events.discarded,
            lost: events.lost,
        },
        proofs: report.proofs.iter().map(proof).collect(),
    }
}

fn proof(result: &ProofResult) -> ProofView {
    ProofView {
        name: result.proof.as_str(),
        says: result.proof.says(),
        ok: result.ok(),
        checked: result.checked,
        skipped: result.skipped,
        seconds: result.seconds,
        wrong: result.wrong,
        findings: result.findings.clone(),
    }
}
