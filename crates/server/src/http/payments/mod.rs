//! Payments: one file a route. Each reads its request, asks the engine, and sends what it says.

mod authorize;
mod capture;
mod get;
mod list;
mod refund;
mod reply;
#[cfg(test)]
mod tests;
pub(crate) mod view;
mod void;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::state::AppState;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(authorize::authorize))
        .routes(routes!(capture::capture))
        .routes(routes!(void::void))
        .routes(routes!(refund::refund))
        .routes(routes!(list::list))
        .routes(routes!(get::get))
}
