//! `POST`, `DELETE /operators/{name}/tokens`: with what programs (the command line) act for an operator.

use axum::{Json, extract::State};
use domain::{id::OperatorName, operator::Role, time::Timestamp};
use engine::operators::sessions;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    actor::{Acting, Actor},
    list::OperatorView,
    secret::{Fresh, TOKEN_PREFIX},
};
use crate::http::{
    body::JsonBytesOrNone,
    path::PathId,
    problem::{Code, Problem},
    state::AppState,
    wire::{self, TokenBody},
};

/// A token. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorToken)]
pub(super) struct TokenView {
    /// For `Authorization: Bearer`.
    #[schema(example = "swo_…")]
    token: String,
    /// Who acts with it.
    operator: String,
    /// What it is called.
    #[schema(required)]
    label: Option<String>,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Make a token
///
/// With it a program may do what its operator may. One's own, or, as an admin, anybody's.
#[utoipa::path(
    post,
    path = "/operators/{name}/tokens",
    tag = "operators",
    operation_id = "issueToken",
    request_body(content = Option<TokenBody>),
    params(("name" = String, Path, description = "Who acts with it")),
    responses(
        (status = 200, description = "The token, this once", body = TokenView),
        (status = 409, description = "OPERATOR_CONFLICT: it has no password yet, or is disabled"),
    )
)]
pub(super) async fn issue(
    State(app): State<AppState>,
    PathId(name): PathId<OperatorName>,
    acting: Acting,
    JsonBytesOrNone(bytes): JsonBytesOrNone,
) -> Result<Json<TokenView>, Problem> {
    refuse_others(&acting.actor, &name)?;
    let given = wire::token(&bytes)?;
    let fresh = Fresh::or_problem(TOKEN_PREFIX, given.seconds, given.seconds)?;
    let about = (fresh.issued, given.label.as_ref().map(|label| label.as_str().into()));
    let token = sessions::issue_token(app.store.as_ref(), &name, about, &acting.act(None)).await?;
    Ok(Json(TokenView {
        token: fresh.text,
        operator: name.to_string(),
        label: token.label.map(Into::into),
        expires_at: token.ends_at,
    }))
}

/// End every token of an operator
#[utoipa::path(
    delete,
    path = "/operators/{name}/tokens",
    tag = "operators",
    operation_id = "endTokens",
    params(("name" = String, Path, description = "Whose")),
    responses((status = 200, description = "The operator afterwards", body = OperatorView))
)]
pub(super) async fn end(
    State(app): State<AppState>,
    PathId(name): PathId<OperatorName>,
    acting: Acting,
) -> Result<Json<OperatorView>, Problem> {
    refuse_others(&acting.actor, &name)?;
    let operator = sessions::end_tokens(app.store.as_ref(), &name, &acting.act(None)).await?;
    Ok(Json(OperatorView::of(&operator, &[])))
}

fn refuse_others(actor: &Actor, name: &OperatorName) -> Result<(), Problem> {
    if actor.role.reaches(Role::Admin) || actor.operator.as_ref() == Some(name) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "the tokens of others need the role admin"))
}
