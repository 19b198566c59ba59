//! `POST /operators`, `PUT /operators/{name}`, `POST /operators/{name}/link`: what admins do with other operators.

use axum::{Json, extract::State};
use domain::id::OperatorName;
use engine::{
    operators::{
        accounts::{self, Change},
        links,
    },
    ports::Operator,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    actor::Acting,
    list::OperatorView,
    login::{Login, link_path},
    reasoned::Reasoned,
    secret::Fresh,
};
use crate::http::{
    body::JsonBytes,
    path::PathId,
    problem::Problem,
    state::AppState,
    wire::{self, ActBody, OperatorBody, OperatorChangeBody},
};

/// An operator and the link with which it sets its password. The link is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorLink)]
pub(super) struct LinkView {
    /// Who.
    operator: OperatorView,
    /// The path of the page, its fragment included; good once.
    #[schema(example = "/console/welcome#name=kim&link=…")]
    link: String,
    /// For how many seconds it is good.
    good_for_seconds: u32,
}

/// Add an operator
///
/// Whoever opens the link first sets the password.
#[utoipa::path(
    post,
    path = "/operators",
    tag = "operators",
    operation_id = "addOperator",
    request_body = OperatorBody,
    responses(
        (status = 200, description = "The operator and its one-time link", body = LinkView),
        (status = 409, description = "OPERATOR_CONFLICT: the name is taken"),
    )
)]
pub(super) async fn add(
    State(app): State<AppState>,
    acting: Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<LinkView>, Problem> {
    let given = wire::operator(&bytes)?;
    let fresh = fresh_link(&app.desk.login)?;
    let act = acting.act(given.reason.as_ref());
    let added = accounts::add(app.store.as_ref(), (&given.name, given.role), fresh.issued, &act).await?;
    Ok(Json(link_view(&added, &fresh)))
}

/// Change an operator
///
/// Its role, or whether it may do anything at all. Holds at once, also for sessions that are open.
#[utoipa::path(
    put,
    path = "/operators/{name}",
    tag = "operators",
    operation_id = "changeOperator",
    request_body = OperatorChangeBody,
    params(("name" = String, Path, description = "Who")),
    responses(
        (status = 200, description = "The operator afterwards", body = OperatorView),
        (status = 409, description = "OPERATOR_CONFLICT: nobody would be left who may manage operators"),
    )
)]
pub(super) async fn change(
    State(app): State<AppState>,
    PathId(name): PathId<OperatorName>,
    acting: Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<OperatorView>, Problem> {
    let given = wire::operator_change(&bytes)?;
    let act = acting.act(given.reason.as_ref());
    let change: Change = given.change;
    let changed = accounts::change(app.store.as_ref(), &name, change, &act).await?;
    Ok(Json(OperatorView::of(&changed, &[])))
}

/// Make a new one-time link
///
/// For an operator whose first link ran out, or who lost the password. The link before is good no more; the password is, until
/// this link is used.
#[utoipa::path(
    post,
    path = "/operators/{name}/link",
    tag = "operators",
    operation_id = "linkOperator",
    request_body(content = Option<ActBody>),
    params(("name" = String, Path, description = "Who")),
    responses(
        (status = 200, description = "The operator and its one-time link", body = LinkView),
        (status = 409, description = "OPERATOR_CONFLICT: it is disabled"),
    )
)]
pub(super) async fn link(
    State(app): State<AppState>,
    PathId(name): PathId<OperatorName>,
    Reasoned(act): Reasoned<false>,
) -> Result<Json<LinkView>, Problem> {
    let fresh = fresh_link(&app.desk.login)?;
    let operator = links::renew(app.store.as_ref(), &name, fresh.issued, &act).await?;
    Ok(Json(link_view(&operator, &fresh)))
}

fn fresh_link(login: &Login) -> Result<Fresh, Problem> {
    Fresh::or_problem("", login.link_seconds, login.link_seconds)
}

fn link_view(operator: &Operator, fresh: &Fresh) -> LinkView {
    LinkView {
        operator: OperatorView::of(operator, &[]),
        link: link_path(Some(operator.name.as_str()), &fresh.text),
        good_for_seconds: fresh.issued.seconds,
    }
}
