//! `GET`, `POST`, `DELETE /session`: who is signed in, signing in, signing out.

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::operator::Role;
use engine::operators::{
    OperatorRefusal,
    login::{self, Tried},
    sessions,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{actor::Actor, cookie, guard, login::Login, secret::Fresh};
use crate::http::{
    accept::Peer,
    body::JsonBytes,
    problem::{Code, Problem},
    query::Query,
    request_id::RequestId,
    state::AppState,
    wire::{self, LoginBody},
};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(super) struct SessionView {
    /// Whether operators must sign in here.
    login_required: bool,
    /// Who is signed in; `local` where nobody has to; null where somebody has to and nobody is.
    #[schema(required)]
    operator: Option<SignedIn>,
}

/// An operator who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    /// Who.
    name: String,
    /// As what: `viewer`, `operator` or `admin`.
    role: &'static str,
}

impl SessionView {
    /// With this operator signed in.
    pub(super) fn of(login: &Login, actor: Option<(&str, Role)>) -> Self {
        let operator = actor.map(|(name, role)| SignedIn { name: name.to_owned(), role: role.as_str() });
        Self { login_required: login.required, operator }
    }
}

/// See who is signed in
#[utoipa::path(
    get,
    path = "/session",
    tag = "operators",
    operation_id = "getSession",
    responses((status = 200, description = "Who is signed in", body = SessionView))
)]
pub(super) async fn get(
    State(app): State<AppState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<SessionView>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let actor = guard::caller(&app, &headers).await?;
    let actor = actor.as_ref().map(|actor| (actor.name(), actor.role));
    Ok(Json(SessionView::of(&app.desk.login, actor)))
}

/// Sign in
///
/// Sets a cookie that scripts cannot read. A wrong password and a name nobody has are answered alike.
#[utoipa::path(
    post,
    path = "/session",
    tag = "operators",
    operation_id = "beginSession",
    request_body = LoginBody,
    responses(
        (status = 200, description = "Signed in", body = SessionView),
        (status = 401, description = "UNAUTHENTICATED: name or password is wrong"),
        (status = 404, description = "NOT_FOUND: nobody has to sign in here"),
        (status = 429, description = "RATE_LIMIT_EXCEEDED: too many tries; wait for Retry-After seconds"),
    )
)]
pub(super) async fn begin(
    State(app): State<AppState>,
    Extension(request): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let given = wire::login(&bytes)?;
    let settings = &app.desk.login;
    if !settings.required {
        return Err(Problem::not_found("login: nobody has to sign in here"));
    }
    let address = address(settings, &headers, peer.map(|Extension(peer)| peer));
    let address = address.map(|address| login::address_bucket(&address));
    let tried = Tried { account: login::account_bucket(&given.name), address };
    if let Some(seconds) = login::charge(app.store.as_ref(), tried).await? {
        let problem = Problem::new(Code::RateLimitExceeded, "too many tries to sign in");
        return Err(Problem { retry_after_seconds: Some(seconds), ..problem });
    }
    let operators = app.store.snapshot().await?.operator_list().await?;
    let known = operators.into_iter().find(|operator| *operator.name.as_str() == *given.name);
    let known = known.filter(|operator| operator.is_active());
    let kept = known.as_ref().and_then(|operator| operator.password.as_ref());
    let right = settings.passwords.verify(given.password, kept).await.map_err(Problem::internal)?;
    let known = known.filter(|_| right).ok_or_else(wrong)?;
    let fresh = Fresh::or_problem("", settings.session_idle_seconds, settings.session_seconds)?;
    let about = (tried, &*request.0);
    let begun = sessions::begin(app.store.as_ref(), &known.name, fresh.issued, about).await;
    let operator = match begun {
        // It was disabled since its password was looked at.
        Err(OperatorRefusal::NotFound | OperatorRefusal::Inactive) => return Err(wrong()),
        begun => begun?,
    };
    let view = SessionView::of(settings, Some((operator.name.as_str(), operator.role)));
    Ok(with_cookie(cookie::of(&fresh.text, settings, &headers), view))
}

/// Sign out
///
/// The session is good no more, whoever has its cookie.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "operators",
    operation_id = "endSession",
    responses((status = 200, description = "Signed out", body = SessionView))
)]
pub(super) async fn end(
    State(app): State<AppState>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let settings = &app.desk.login;
    if let (true, Some(session)) = (settings.required, cookie::session(&headers))
        && let Some(actor) = guard::identify(&app, &session).await?
    {
        sessions::end(app.store.as_ref(), &session, &actor.act(&request.0, None)).await?;
    }
    let actor = (!settings.required).then(Actor::local);
    let view = SessionView::of(settings, actor.as_ref().map(|actor| (actor.name(), actor.role)));
    Ok(with_cookie(cookie::none(settings, &headers), view))
}

/// The answer that begins or ends a session in a browser.
pub(super) fn with_cookie(cookie: Option<HeaderValue>, view: SessionView) -> Response {
    let mut response = Json(view).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn wrong() -> Problem {
    Problem::new(Code::Unauthenticated, "name or password is wrong")
        .with_advice("try again, or ask an admin for a new link")
}

/// From where somebody tries: the last address a trusted proxy has written down, or the other end of the connection.
fn address(login: &Login, headers: &HeaderMap, peer: Option<Peer>) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|list| list.to_str().ok()?.rsplit(',').next());
    let forwarded = last.map(|address| address.trim().to_owned()).filter(|_| login.trust_forwarded);
    forwarded.or_else(|| peer.map(|Peer(address)| address.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_from_where_somebody_tries() {
        let peer = || Some(Peer([10, 0, 0, 9].into()));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("6.6.6.6"));
        headers.append("x-forwarded-for", HeaderValue::from_static("7.7.7.7, 203.0.113.5"));
        let trusting = Login { trust_forwarded: true, ..Login::default() };
        assert_eq!(
            address(&trusting, &headers, peer()).as_deref(),
            Some("203.0.113.5"),
            "the last is the proxy's"
        );
        assert_eq!(address(&Login::default(), &headers, peer()).as_deref(), Some("10.0.0.9"));
        assert_eq!(address(&trusting, &HeaderMap::new(), peer()).as_deref(), Some("10.0.0.9"));
    }
}
