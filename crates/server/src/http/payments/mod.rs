//! Payments: one file a route. Each reads its request, asks the engine, and sends what it says.

mod authorize;
mod capture;
mod counts;
mod flow;
mod get;
mod ledger;
mod list;
pub(super) mod place_cursor;
mod refund;
mod reply;
#[cfg(test)]
mod reuse_tests;
#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;
mod timeline;
pub(crate) mod view;
mod void;

use domain::{
    id::{MerchantId, PaymentId},
    payment::Payment,
};
use engine::ports::{LimitAction, Snapshot};
pub(super) use reply::{Concerned, IDEMPOTENT_REPLAYED, RATE_LIMIT_POLICY, limit_policy, respond};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{path::unless_card_number, problem::Problem, state::AppState};

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(authorize::authorize))
        .routes(routes!(capture::capture))
        .routes(routes!(void::void))
        .routes(routes!(refund::refund))
        .routes(routes!(list::list))
        .routes(routes!(counts::counts))
        .routes(routes!(get::get))
        .routes(routes!(timeline::timeline))
        .routes(routes!(flow::flow))
        .routes(routes!(ledger::entries))
}

/// What a route counts as.
pub(super) fn limited_action(template: &str) -> Option<LimitAction> {
    match template {
        "/payments/authorize" => Some(LimitAction::Authorize),
        "/payments/capture/{paymentId}" | "/payments/void/{paymentId}" => Some(LimitAction::Capture),
        "/payments/refund/{paymentId}" => Some(LimitAction::Refund),
        _ => None,
    }
}

/// A payment, for those who may see it: another merchant's does not exist.
async fn find(
    snapshot: &mut dyn Snapshot,
    id: PaymentId,
    merchant: Option<MerchantId>,
) -> Result<Payment, Problem> {
    let found = snapshot.payment_find(id).await?;
    found
        .filter(|payment| merchant.is_none_or(|merchant| payment.merchant == merchant))
        .ok_or_else(|| Problem::payment_not_found(unless_card_number(id)))
}
