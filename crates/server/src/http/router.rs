//! All routes in one place.

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{
    audit, components, dead_letters, docs, events, faults, health, idempotency, ledger, limits,
    middleware::Door,
    openapi,
    operators::{self, guard::Guard},
    outbox, overview, payments,
    preference::prefers_html,
    problem::{Code, Problem},
    requests, shop,
    state::AppState,
    web,
};

/// The routes and their description. A resource is added here by merging its own `routes()`.
fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::about())
        .merge(payments::routes())
        .merge(ledger::routes())
        .merge(events::routes())
        .merge(outbox::routes())
        .merge(dead_letters::routes())
        .merge(limits::routes())
        .merge(idempotency::routes())
        .merge(overview::routes())
        .merge(components::routes())
        .merge(audit::routes())
        .merge(operators::routes())
        .merge(requests::routes())
        .merge(shop::routes())
        .merge(faults::routes())
        .merge(health::routes())
}

/// The whole application, ready to be served.
pub fn app(state: AppState) -> Router {
    let (router, document) = routes().split_for_parts();
    let document = openapi::finish(document);
    let templates: Vec<String> = document.paths.paths.keys().cloned().collect();
    let door = Door::new(state.clone(), templates.iter().map(String::as_str).chain(docs::PATHS));
    router
        .merge(docs::routes(document))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Guard(state.clone()))
        .layer(door)
        .with_state(state)
}

/// What machines that watch need of a process without an API.
pub fn watched(state: AppState) -> Router {
    let (router, document) = health::routes().split_for_parts();
    let templates: Vec<String> = document.paths.paths.keys().cloned().collect();
    let door = Door::new(state.clone(), templates.iter().map(String::as_str));
    router.fallback(not_here).method_not_allowed_fallback(method_not_allowed).layer(door).with_state(state)
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    openapi::finish(routes().into_openapi())
}

/// A page of ours, a page for people, or a problem for programs.
async fn not_found(request: Request) -> Response {
    if let Some(page) = web::answer(&request) {
        return page;
    }
    if prefers_html(request.headers()) {
        return web::own_page(StatusCode::NOT_FOUND, include_str!("pages/not_found.html"));
    }
    let problem = Problem::new(Code::NotFound, "no such path");
    let advice = match web::is_page(request.uri().path()) {
        true => {
            "this is a page for browsers; payments are at /payments, numbers at /metrics, and /docs lists all paths"
        }
        false => "check the path; /docs lists all of them",
    };
    problem.with_advice(advice).into_response()
}

/// No API, no pages, no reference: whoever looks for them has come to the wrong process.
async fn not_here() -> Problem {
    Problem::new(Code::NotFound, "no such path").with_advice(
        "this process posts events and serves /healthz, /readyz and /metrics; payments, pages and /docs are where \
         `swelite ingest` or `swelite up` listens",
    )
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the method is not allowed on this path")
}
