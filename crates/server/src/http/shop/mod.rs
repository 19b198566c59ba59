//! The shop: a merchant that sells things that do not exist, as a caller of the payment use cases like any other.
//!
//! It keeps no database of its own. An order is the payments that carry its number: what was sold stands in their metadata, what
//! it cost is their amount. So an order survives whatever a payment survives, and nothing can disagree with it. The server alone
//! knows prices; what a page says of them is only compared.
//!
//! A shopper is a random cookie. Order numbers are counted per shopper and sealed with a hash of that cookie, so that a number
//! says by itself whether it is this shopper's: another's order does not exist.

mod catalogue;
mod order;
mod orders;
mod pay;
mod quote;
mod refund;
mod shopper;
#[cfg(test)]
mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::state::AppState;

/// The merchant the shop sells as.
pub(crate) const MERCHANT: &str = "swelite-store";
/// What it sells in.
const CURRENCY: &str = "KRW";

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(catalogue::products))
        .routes(routes!(catalogue::product))
        .routes(routes!(quote::quote))
        .routes(routes!(orders::list, orders::begin))
        .routes(routes!(orders::get))
        .routes(routes!(pay::pay))
        .routes(routes!(refund::refund))
}
