//! `POST /session/link`, `PUT /session/password`: setting a password with a one-time link, and changing it.

use axum::{Extension, Json, extract::State, http::HeaderMap, response::Response};
use engine::operators::{
    OperatorRefusal,
    links::{self, Redeem},
    login::{self, Tried},
    sessions,
};

use super::{
    actor::Acting,
    cookie, secret,
    secret::Fresh,
    session::{SessionView, with_cookie},
};
use crate::http::{
    body::JsonBytes,
    problem::{Code, FieldCode, FieldError, Problem},
    request_id::RequestId,
    state::AppState,
    wire::{self, LinkBody, PasswordBody},
};

/// Set a password with a one-time link
///
/// And sign in. The link of the first admin needs a `name`; an invitation knows whose it is.
#[utoipa::path(
    post,
    path = "/session/link",
    tag = "operators",
    operation_id = "redeemLink",
    request_body = LinkBody,
    responses(
        (status = 200, description = "The password is set, and its operator signed in", body = SessionView),
        (status = 401, description = "UNAUTHENTICATED: the link has been used, has run out, or never was"),
    )
)]
pub(super) async fn redeem(
    State(app): State<AppState>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let given = wire::link(&bytes)?;
    let settings = &app.desk.login;
    let link = secret::kept(&given.link, "").ok_or(OperatorRefusal::LinkOver)?;
    // Hashing is dear: only whoever has a link gets it done.
    if !links::is_good(app.store.as_ref(), &link, app.clock.now()).await? {
        return Err(OperatorRefusal::LinkOver.into());
    }
    let password = settings.passwords.hash(given.password).await.map_err(Problem::internal)?;
    let fresh = Fresh::or_problem("", settings.session_idle_seconds, settings.session_seconds)?;
    let redeem = Redeem {
        link,
        name: given.name,
        password,
        session: fresh.issued,
        request_id: request.0.as_ref().into(),
    };
    let operator = match links::redeem(app.store.as_ref(), redeem).await {
        Err(OperatorRefusal::NameMissing) => {
            let error = FieldError::new("name", FieldCode::Required, "is required for the first admin");
            return Err(Problem::validation(vec![error]));
        }
        redeemed => redeemed?,
    };
    let view = SessionView::of(settings, Some((operator.name.as_str(), operator.role)));
    Ok(with_cookie(cookie::of(&fresh.text, settings, &headers), view))
}

/// Change one's own password
///
/// Every other session ends.
#[utoipa::path(
    put,
    path = "/session/password",
    tag = "operators",
    operation_id = "changePassword",
    request_body = PasswordBody,
    responses(
        (status = 200, description = "Changed", body = SessionView),
        (status = 403, description = "FORBIDDEN: the current password is wrong"),
        (status = 404, description = "NOT_FOUND: nobody has to sign in here"),
    )
)]
pub(super) async fn change(
    State(app): State<AppState>,
    acting: Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<SessionView>, Problem> {
    let given = wire::password(&bytes)?;
    let settings = &app.desk.login;
    let name = acting
        .actor
        .operator
        .clone()
        .ok_or_else(|| Problem::not_found("account: nobody has to sign in here"))?;
    let tried = Tried { account: login::account_bucket(name.as_str()), address: None };
    if let Some(seconds) = login::charge(app.store.as_ref(), tried).await? {
        let problem = Problem::new(Code::RateLimitExceeded, "too many tries");
        return Err(Problem { retry_after_seconds: Some(seconds), ..problem });
    }
    let operators = app.store.snapshot().await?.operator_list().await?;
    let known = operators.into_iter().find(|operator| operator.name == name);
    let kept = known.as_ref().and_then(|operator| operator.password.as_ref());
    if !settings.passwords.verify(given.current, kept).await.map_err(Problem::internal)? {
        return Err(Problem::new(Code::Forbidden, "the current password is wrong")
            .with_advice("type the current password again"));
    }
    let password = settings.passwords.hash(given.password).await.map_err(Problem::internal)?;
    let act = acting.act(None);
    sessions::change_password(app.store.as_ref(), &name, (password, acting.actor.session), &act).await?;
    Ok(Json(SessionView::of(settings, Some((acting.actor.name(), acting.actor.role)))))
}
