//! The ledger: the chart with its balances, the journal, the trial balance, the proofs. Read-only: the worker alone posts.

mod accounts;
mod entries;
mod proofs;
#[cfg(test)]
mod tests;
mod trial_balance;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use view::EntryView;

use super::state::AppState;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(accounts::accounts))
        .routes(routes!(accounts::statement))
        .routes(routes!(entries::list))
        .routes(routes!(entries::get))
        .routes(routes!(trial_balance::trial_balance))
        .routes(routes!(proofs::last, proofs::run))
}
