//! All routes in one place.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::state::AppState;

/// The routes and their description. A resource is added here by merging its own `routes()`.
fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}

/// The whole application, ready to be served.
pub fn app(state: AppState) -> Router {
    let (router, _) = routes().split_for_parts();
    router.with_state(state)
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
