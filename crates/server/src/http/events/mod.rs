//! Events as they were committed: a list backwards, and a stream forwards that can be taken up again where it was lost.

mod list;
mod places;
mod stream;
#[cfg(test)]
mod tests;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) use places::{places_cursor, places_from_cursor};
#[cfg(test)]
pub(crate) use stream::ASK_AGAIN;
pub(crate) use view::EventView;

use super::state::AppState;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(stream::stream))
}
