//! `GET /overview`: are we taking money, is it reaching the ledger, is anything stuck?

use std::time::Duration;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{ledger::AccountCode, money::Currency, time::Timestamp};
use engine::{
    ports::Balance,
    proofs::ProofReport,
    queries::{
        accounts::{ChartFilter, chart},
        pipeline_status::pipeline_status,
    },
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    outbox::OutboxSummary,
    problem::Problem,
    query::Query,
    requests::{Action, Counts, Traffic},
    state::AppState,
};

/// The longest window, in seconds: as long as requests are counted.
const WINDOW_MAX: i64 = 300;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(overview))
}

/// The platform at one glance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Overview)]
struct OverviewView {
    /// When this was read.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Since when requests are counted here: the window, or the start of this process.
    #[schema(value_type = String, format = DateTime)]
    requests_since: Timestamp,
    /// Calls to this process by kind.
    requests: Vec<TrafficView>,
    /// Payment calls second by second, oldest first; only when `series` asks for them, and never before the process began.
    seconds: Vec<SecondView>,
    /// What waits between the API and the ledger.
    outbox: OutboxSummary,
    /// Money in the books, by currency.
    money: Vec<MoneyView>,
    /// What the last proofs found; null when this process has run none.
    proofs: Option<ProofsSummary>,
}

/// Calls of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Traffic)]
struct TrafficView {
    /// `authorize`, `capture`, `void`, `refund` or `other`.
    action: &'static str,
    /// Answered with success.
    succeeded: u32,
    /// Refused (4xx).
    refused: u32,
    /// Failed by us (5xx).
    failed: u32,
    /// Half of them took at most this long; null without calls.
    p50_ms: Option<f64>,
    /// 95 % took at most this long; null without calls.
    p95_ms: Option<f64>,
    /// 99 % took at most this long; null without calls.
    p99_ms: Option<f64>,
}

/// The payment calls of one second.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrafficSecond)]
struct SecondView {
    /// Which.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Answered with success.
    succeeded: u32,
    /// Refused (4xx).
    refused: u32,
    /// Failed by us (5xx).
    failed: u32,
    /// Half of the authorizations took at most this long; null without any.
    p50_ms: Option<f64>,
    /// 95 % of them; null without any.
    p95_ms: Option<f64>,
    /// 99 % of them; null without any.
    p99_ms: Option<f64>,
}

/// Money of one currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MoneyTotals)]
struct MoneyView {
    /// Which.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
    /// Captured, ever.
    #[schema(value_type = i64)]
    captured: i128,
    /// Refunded, ever.
    #[schema(value_type = i64)]
    refunded: i128,
    /// Authorized and neither captured nor released.
    #[schema(value_type = i64)]
    held: i128,
}

/// What the last proofs found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProofsSummary {
    /// Whether every proof holds.
    ok: bool,
    /// `full` or `incremental`.
    mode: &'static str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// The names of those that do not hold.
    failed: Vec<&'static str>,
}

/// See the platform at one glance
#[utoipa::path(
    get,
    path = "/overview",
    tag = "operations",
    operation_id = "getOverview",
    params(
        ("window" = Option<u16>, Query, description = "Seconds over which requests are counted, 1–300 (300)"),
        ("series" = Option<u16>, Query, description = "How many of the latest seconds to tell one by one, 1–300 (none)"),
    ),
    responses((status = 200, description = "The overview", body = OverviewView))
)]
async fn overview(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<OverviewView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let window = query.number("window", 1, WINDOW_MAX).unwrap_or(WINDOW_MAX);
    let series = query.number("series", 1, WINDOW_MAX).unwrap_or(0);
    query.finish()?;
    let now = app.clock.now();
    let mut snapshot = app.store.snapshot().await?;
    let status = pipeline_status(snapshot.as_mut()).await?;
    let balances = snapshot.balance_list().await?;
    drop(snapshot);
    let traffic = app.desk.requests.traffic();
    Ok(Json(OverviewView {
        at: now,
        requests_since: now.plus_ms(-window * 1000).max(app.desk.started_at),
        requests: Action::ALL.map(|action| counted(&traffic, action, window, now)).into(),
        seconds: seconds(&traffic, series, app.desk.started_at, now),
        outbox: OutboxSummary::of(&status, now),
        money: money(&balances),
        proofs: app.desk.prover.memory().verdict().map(proofs),
    }))
}

fn counted(traffic: &Traffic, action: Action, window: i64, now: Timestamp) -> TrafficView {
    let counts: Counts = traffic.over(action, window, now.unix_ms());
    let ms = |percent| counts.percentile(percent).map(|took: Duration| took.as_secs_f64() * 1e3);
    TrafficView {
        action: action.as_str(),
        succeeded: counts.succeeded,
        refused: counts.refused,
        failed: counts.failed,
        p50_ms: ms(50),
        p95_ms: ms(95),
        p99_ms: ms(99),
    }
}

/// The latest whole seconds in which this process ran. The one that is not over yet would look like a drop.
fn seconds(traffic: &Traffic, series: i64, started_at: Timestamp, now: Timestamp) -> Vec<SecondView> {
    let this = now.unix_ms() / 1000;
    let first = (this - series).max(started_at.unix_ms() / 1000);
    (first..this).map(|at| second(traffic, Timestamp::from_unix_ms(at * 1000))).collect()
}

fn second(traffic: &Traffic, at: Timestamp) -> SecondView {
    let of = |action| traffic.over(action, 1, at.unix_ms());
    let authorize = of(Action::Authorize);
    let ms = |percent| authorize.percentile(percent).map(|took: Duration| took.as_secs_f64() * 1e3);
    let payments = [authorize, of(Action::Capture), of(Action::Void), of(Action::Refund)];
    SecondView {
        at,
        succeeded: payments.iter().map(|counts| counts.succeeded).sum(),
        refused: payments.iter().map(|counts| counts.refused).sum(),
        failed: payments.iter().map(|counts| counts.failed).sum(),
        p50_ms: ms(50),
        p95_ms: ms(95),
        p99_ms: ms(99),
    }
}

/// The acquirer's side of the books: captures are debited there, refunds credited, and holds stand there.
fn money(balances: &[Balance]) -> Vec<MoneyView> {
    let code = AccountCode::AcquirerReceivable;
    let lines = chart(balances, &ChartFilter { code: Some(code), ..ChartFilter::default() });
    let used = lines.iter().filter_map(|line| line.currency.map(|currency| (currency, line)));
    used.map(|(currency, line)| MoneyView {
        currency,
        captured: line.posted.debit,
        refunded: line.posted.credit,
        held: line.hold.balance(code.normal_side()),
    })
    .collect()
}

fn proofs(report: &ProofReport) -> ProofsSummary {
    let failed = report.proofs.iter().filter(|result| !result.ok()).map(|result| result.proof.as_str());
    ProofsSummary {
        ok: report.ok(),
        mode: report.mode.as_str(),
        started_at: report.started_at,
        failed: failed.collect(),
    }
}
