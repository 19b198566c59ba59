//! `POST /dead-letters/{id}/{redrive,hold,discard}`, and `GET /dead-letters/{id}/forecast`: what a redrive would do.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::id::DeadLetterId;
use engine::{pipeline::dead_letters::DeadLetterRefusal, ports::DeadLetter};

use super::{
    DeadLetterView,
    bulk::{OneView, foreseen},
};
use crate::http::{
    operators::Reasoned,
    path::PathId,
    problem::{Code, Problem},
    query::Query,
    state::AppState,
    wire::ActBody,
};

/// Redrive a dead letter
///
/// Every check again; what passes is posted, once. What fails stays open with the reason in `note`.
#[utoipa::path(
    post,
    path = "/dead-letters/{id}/redrive",
    tag = "dead-letters",
    operation_id = "redriveDeadLetter",
    request_body(content = Option<ActBody>),
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter afterwards", body = DeadLetterView),
        (status = 409, description = "DEAD_LETTER_CONFLICT: closed already, or foreign"),
    )
)]
pub(super) async fn redrive(
    State(app): State<AppState>,
    PathId(id): PathId<DeadLetterId>,
    Reasoned(act): Reasoned<false>,
) -> Result<Json<DeadLetterView>, Problem> {
    answer(app.desk.acts.redrive(id, &act).await)
}

/// Ask what a redrive would do
///
/// Runs every check, and changes nothing.
#[utoipa::path(
    get,
    path = "/dead-letters/{id}/forecast",
    tag = "dead-letters",
    operation_id = "forecastRedrive",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "What would become of it", body = OneView),
        (status = 409, description = "DEAD_LETTER_CONFLICT: closed already, or foreign"),
    )
)]
pub(super) async fn forecast(
    State(app): State<AppState>,
    PathId(id): PathId<DeadLetterId>,
    RawQuery(query): RawQuery,
) -> Result<Json<OneView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let forecast = app.desk.acts.forecast(id).await.map_err(problem)?;
    Ok(Json(foreseen(id, forecast)))
}

/// Hold a dead letter
///
/// Puts an open one aside on purpose; it can still be redriven or discarded.
#[utoipa::path(
    post,
    path = "/dead-letters/{id}/hold",
    tag = "dead-letters",
    operation_id = "holdDeadLetter",
    request_body(content = Option<ActBody>),
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter afterwards", body = DeadLetterView),
        (status = 409, description = "DEAD_LETTER_CONFLICT: it is not open"),
    )
)]
pub(super) async fn hold(
    State(app): State<AppState>,
    PathId(id): PathId<DeadLetterId>,
    Reasoned(act): Reasoned<false>,
) -> Result<Json<DeadLetterView>, Problem> {
    answer(app.desk.acts.hold(id, &act).await)
}

/// Discard a dead letter
///
/// Gives it up for good; needs a reason.
#[utoipa::path(
    post,
    path = "/dead-letters/{id}/discard",
    tag = "dead-letters",
    operation_id = "discardDeadLetter",
    request_body = ActBody,
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter afterwards", body = DeadLetterView),
        (status = 409, description = "DEAD_LETTER_CONFLICT: closed already"),
    )
)]
pub(super) async fn discard(
    State(app): State<AppState>,
    PathId(id): PathId<DeadLetterId>,
    Reasoned(act): Reasoned<true>,
) -> Result<Json<DeadLetterView>, Problem> {
    answer(app.desk.acts.discard(id, &act).await)
}

fn answer(done: Result<DeadLetter, DeadLetterRefusal>) -> Result<Json<DeadLetterView>, Problem> {
    Ok(Json(DeadLetterView::of(&done.map_err(problem)?)))
}

fn problem(refusal: DeadLetterRefusal) -> Problem {
    match refusal {
        DeadLetterRefusal::NotFound => Problem::not_found("dead letter"),
        DeadLetterRefusal::Conflict(why) => {
            Problem::new(Code::DeadLetterConflict, format!("the dead letter is {why}"))
        }
        DeadLetterRefusal::Store(error) => error.into(),
    }
}
