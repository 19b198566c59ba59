//! Dead letters: events that could not be posted, and what people do with them.

mod acts;
mod bulk;
mod counts;
mod list;
#[cfg(test)]
mod tests;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use view::DeadLetterView;

use super::state::AppState;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(counts::counts))
        .routes(routes!(list::get))
        .routes(routes!(bulk::bulk))
        .routes(routes!(acts::forecast))
        .routes(routes!(acts::redrive))
        .routes(routes!(acts::hold))
        .routes(routes!(acts::discard))
}
