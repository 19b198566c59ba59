//! `GET /ledger/trial-balance`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{ledger::AccountCode, money::Currency, time::Timestamp};
use engine::queries::{
    accounts::Sums,
    trial_balance::{TrialBalance, trial_balance as read},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::accounts::SumsView;
use crate::http::{problem::Problem, query::Query, state::AppState};

/// Debit and credit totals of the books. Holds are never in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrialBalance)]
pub(super) struct TrialBalanceView {
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// Whether everything that had happened by then has been dealt with; else it may still grow.
    complete: bool,
    /// Whether debits equal credits in every currency.
    balanced: bool,
    /// Currency by currency.
    currencies: Vec<CurrencyView>,
}

/// One currency of a trial balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrialBalanceCurrency)]
struct CurrencyView {
    /// Which.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
    /// All debits, in minor units.
    #[schema(value_type = i64)]
    debit: i128,
    /// All credits, in minor units.
    #[schema(value_type = i64)]
    credit: i128,
    /// Debits minus credits; anything but 0 is an incident.
    #[schema(value_type = i64)]
    difference: i128,
    /// Account by account, in account order.
    accounts: Vec<LineView>,
}

/// One account of a trial balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrialBalanceLine)]
struct LineView {
    /// The four-digit code.
    code: u16,
    /// Its name.
    name: &'static str,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `debit` or `credit`.
    normal_side: &'static str,
    /// What it comes to.
    #[serde(flatten)]
    sums: SumsView,
}

/// Read the trial balance
///
/// As of now, or of a past moment: then what happened later is left out.
#[utoipa::path(
    get,
    path = "/ledger/trial-balance",
    tag = "ledger",
    operation_id = "getTrialBalance",
    params(("asOf" = Option<String>, Query, description = "As of then; RFC 3339 (now)")),
    responses((status = 200, description = "The trial balance", body = TrialBalanceView))
)]
pub(super) async fn trial_balance(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<TrialBalanceView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let as_of = query.time("asOf");
    query.finish()?;
    let trial = read(&app.store, as_of, app.clock.now()).await?;
    Ok(Json(view(&trial)))
}

fn view(trial: &TrialBalance) -> TrialBalanceView {
    let currencies = trial.currencies().into_iter().map(|(currency, sums)| {
        let lines = trial.totals.iter().filter(|((_, of), _)| *of == currency);
        CurrencyView {
            currency,
            debit: sums.debit,
            credit: sums.credit,
            difference: sums.debit - sums.credit,
            accounts: lines.map(|((code, _), sums)| line(*code, *sums)).collect(),
        }
    });
    TrialBalanceView {
        as_of: trial.as_of,
        complete: trial.complete,
        balanced: trial.is_balanced(),
        currencies: currencies.collect(),
    }
}

fn line(code: AccountCode, sums: Sums) -> LineView {
    LineView {
        code: code.code(),
        name: code.name(),
        kind: code.account_type().as_str(),
        normal_side: code.normal_side().as_str(),
        sums: SumsView::of(sums, code),
    }
}
