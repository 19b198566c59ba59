//! `POST /dead-letters/{id}/{redrive,hold,discard}`

use axum::{Json, extract::State};
use domain::id::DeadLetterId;
use engine::{pipeline::dead_letters::DeadLetterRefusal, ports::DeadLetter};

use super::DeadLetterView;
use crate::http::{
    operators::Reasoned,
    path::PathId,
    problem::{Code, Problem},
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
    match done {
        Ok(letter) => Ok(Json(DeadLetterView::of(&letter))),
        Err(DeadLetterRefusal::NotFound) => Err(Problem::not_found("dead letter")),
        Err(DeadLetterRefusal::Conflict(why)) => {
            Err(Problem::new(Code::DeadLetterConflict, format!("the dead letter is {why}")))
        }
        Err(DeadLetterRefusal::Store(error)) => Err(error.into()),
    }
}
