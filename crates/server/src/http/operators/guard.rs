//! Stands before every route: finds out which operator calls, and refuses who may not.
//!
//! Invariant: a route is reached only as its row in [`access`] says. A call that needs nothing, and a merchant's, costs no look
//! into the database.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::operator::Role;
use engine::{operators::sessions, ports::Digest};
use tower::{Layer, Service};

use super::{
    access::{self, Need},
    actor::Actor,
    cookie,
    secret::{self, TOKEN_PREFIX},
};
use crate::http::{
    cors::is_own,
    problem::{Code, Problem},
    query::Query,
    state::AppState,
};

/// Says that a call of `/payments/…` is an operator's act, where no session says so.
const OPERATOR_ACT: HeaderName = HeaderName::from_static("operator-act");

/// Wraps every route.
#[derive(Clone)]
pub(crate) struct Guard(pub(crate) AppState);

impl<S> Layer<S> for Guard {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, app: self.0.clone() }
    }
}

/// One route behind the [`Guard`].
#[derive(Clone)]
pub(crate) struct GuardService<S> {
    inner: S,
    app: AppState,
}

impl<S> Service<Request> for GuardService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let wanted = wanted(&request);
        if !self.app.desk.login.required {
            if wanted != Wanted::Merchant {
                request.extensions_mut().insert(Actor::local());
            }
            return Box::pin(self.inner.call(request));
        }
        let Wanted::Operator(role) = wanted else {
            return Box::pin(self.inner.call(request));
        };
        let (app, mut inner) = (self.app.clone(), self.inner.clone());
        let proof = credentials(&app, &request);
        Box::pin(async move {
            match admit(&app, proof, role).await {
                Ok((actor, secret)) => {
                    request.extensions_mut().insert(actor);
                    request.extensions_mut().insert(LetIn { secret, role });
                    inner.call(request).await
                }
                Err(problem) => Ok(refuse(problem)),
            }
        })
    }
}

/// What let an operator in, for an answer that goes on for long: it must end when that is no longer so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LetIn {
    secret: Digest,
    role: Role,
}

impl LetIn {
    /// Whether the same call would be let in now.
    pub(crate) async fn holds(&self, app: &AppState) -> Result<bool, Problem> {
        Ok(identify(app, &self.secret).await?.is_some_and(|actor| actor.role.reaches(self.role)))
    }
}

/// As whom a call wants to be let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// As a merchant.
    Merchant,
    /// As nobody in particular.
    Anyone,
    /// As an operator of at least this role.
    Operator(Role),
}

fn wanted(request: &Request) -> Wanted {
    let Some(template) = request.extensions().get::<MatchedPath>() else { return Wanted::Anyone };
    match access::need(request.method(), template.as_str()) {
        Need::Nothing => Wanted::Anyone,
        Need::Merchant if names_a_merchant(request) => Wanted::Merchant,
        Need::Merchant => Wanted::Operator(Role::Viewer),
        Need::MerchantOr(role) if says_operator(request.headers()) => Wanted::Operator(role),
        Need::MerchantOr(_) => Wanted::Merchant,
        Need::Operator(role) => Wanted::Operator(role),
    }
}

/// What cannot be a merchant's id is refused by the route.
fn names_a_merchant(request: &Request) -> bool {
    Query::new(request.uri().query()).merchant().is_some()
}

fn says_operator(headers: &HeaderMap) -> bool {
    headers.contains_key(OPERATOR_ACT) || bearer(headers).is_some() || cookie::is_there(headers)
}

/// The token of a program; what is none of ours is somebody else's affair.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX)).then_some(token)
}

/// Who calls and by which secret, if that role is enough.
async fn admit(
    app: &AppState,
    proof: Result<Option<Digest>, Problem>,
    needed: Role,
) -> Result<(Actor, Digest), Problem> {
    let secret = proof?.ok_or_else(unauthenticated)?;
    let actor = identify(app, &secret).await?.ok_or_else(unauthenticated)?;
    if actor.role.reaches(needed) {
        return Ok((actor, secret));
    }
    let message = format!("this needs the role {needed}; {} is {}", actor.name(), actor.role);
    Err(Problem::new(Code::Forbidden, message))
}

/// What a request proves itself with. A browser sends its cookie by itself, so a call that changes something must come from a
/// page of ours: that an origin may call without credentials does not make it an operator's page.
fn credentials(app: &AppState, request: &Request) -> Result<Option<Digest>, Problem> {
    let headers = request.headers();
    if let Some(token) = bearer(headers) {
        return Ok(secret::kept(token, TOKEN_PREFIX));
    }
    let session = cookie::session(headers);
    let origin = headers.get(header::ORIGIN).filter(|_| !request.method().is_safe());
    let foreign = origin.is_some_and(|origin| {
        let public = app.desk.login.public_url.as_deref();
        !is_own(origin, request) && public.is_none_or(|public| origin.as_bytes() != public.as_bytes())
    });
    if session.is_some() && foreign {
        return Err(Problem::new(Code::Forbidden, "pages of this origin may not act for an operator"));
    }
    Ok(session)
}

/// Whose session or token it is. That it was used is noted; where that fails the call goes on.
pub(super) async fn identify(app: &AppState, secret: &Digest) -> Result<Option<Actor>, Problem> {
    let now = app.clock.now();
    let Some((known, operator)) = sessions::identify(app.store.as_ref(), secret, now).await? else {
        return Ok(None);
    };
    if sessions::is_stale(&known, now) {
        let idle = app.desk.login.session_idle_seconds;
        if let Err(error) = sessions::note_use(app.store.as_ref(), secret, idle).await {
            tracing::warn!(error = %error, "cannot note that a session was used");
        }
    }
    Ok(Some(Actor::of(&known, &operator)))
}

/// Who calls, where a route asks by itself.
pub(super) async fn caller(app: &AppState, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    if !app.desk.login.required {
        return Ok(Some(Actor::local()));
    }
    let token = bearer(headers).and_then(|token| secret::kept(token, TOKEN_PREFIX));
    match token.or_else(|| cookie::session(headers)) {
        Some(secret) => identify(app, &secret).await,
        None => Ok(None),
    }
}

fn unauthenticated() -> Problem {
    Problem::new(Code::Unauthenticated, "this is for operators; nobody is signed in")
}

fn refuse(problem: Problem) -> Response {
    let challenge = problem.code == Code::Unauthenticated;
    let mut response = problem.into_response();
    if challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
