//! What happens to every request, in one layer: its id, its time limit, panics, cross-origin headers, the shape of errors, its
//! count and its line in the access log.
//!
//! One layer by hand instead of one crate a concern: it runs for every payment, and each layer costs a boxed future and a clone.
//! It sits inside the router, so that it knows which route matched; a body is never logged.

use std::{
    any::Any,
    collections::HashMap,
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::id::PaymentId;
use futures_util::FutureExt;
use tower::{Layer, Service};
use tracing::field::display;

use super::{
    cors::{Cors, is_addressed_to_us},
    host::Misaddressed,
    path,
    payments::{Concerned, IDEMPOTENT_REPLAYED, RATE_LIMIT_POLICY, limit_policy, limited_action},
    problem::{Code, PROBLEM_JSON, Problem},
    request_id::{RequestId, RequestIds, X_REQUEST_ID},
    requests::{Bodies, Noted},
    state::AppState,
};
use crate::telemetry::{
    metrics::RouteMetrics,
    traces::{Answered, CallTrace},
    whose::{self, TraceId, Whose},
};

/// Wraps every route and the fallbacks.
#[derive(Clone)]
pub(crate) struct Door(Arc<Shared>);

struct Shared {
    state: AppState,
    ids: RequestIds,
    cors: Cors,
    routes: HashMap<String, RouteMetrics>,
    /// `RateLimit-Policy` of the routes that are limited; none while limits are off.
    policies: HashMap<String, HeaderValue>,
    unmatched: RouteMetrics,
}

impl Door {
    /// For routes with these path templates.
    pub(crate) fn new<'a>(state: AppState, templates: impl Iterator<Item = &'a str>) -> Self {
        let routes: HashMap<_, _> =
            templates.map(|template| (template.to_owned(), RouteMetrics::new(template))).collect();
        let policy = |template: &String| {
            let (action, limits) = limited_action(template).zip(state.limits)?;
            Some((template.clone(), limit_policy(action, limits.of(action))?))
        };
        Self(Arc::new(Shared {
            ids: RequestIds::new(state.request_id_seed),
            cors: Cors::new(&state.settings.cors_allowed_origins),
            // Micrometer's word for a path that matched nothing: what callers type must not become a label.
            unmatched: RouteMetrics::new("UNKNOWN"),
            policies: routes.keys().filter_map(policy).collect(),
            routes,
            state,
        }))
    }
}

impl<S> Layer<S> for Door {
    type Service = DoorService<S>;

    fn layer(&self, inner: S) -> DoorService<S> {
        DoorService { inner, shared: Arc::clone(&self.0) }
    }
}

/// One route behind the [`Door`].
#[derive(Clone)]
pub(crate) struct DoorService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request> for DoorService<S>
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
        let shared = Arc::clone(&self.shared);
        let begun = shared.state.clock.monotonic();
        let id = shared.ids.of(request.headers());
        request.extensions_mut().insert(id.clone());
        let wanted = is_traced(&request);
        let trace = shared.state.traces.call(request.headers_mut(), wanted);
        let bodies = shared.wanted_bodies(&request, begun);
        let seen = Seen::of(&request, &shared, id, trace).with(bodies.clone());
        if let Some(bodies) = bodies {
            request = request.map(|body| bodies.of_request(body));
        }
        if let Some(misaddressed) = request.extensions().get::<Misaddressed>().copied() {
            return Box::pin(async move { Ok(shared.finish(seen, ended_by(misaddressed), begun)) });
        }
        if let Some(preflight) = shared.cors.preflight(&request) {
            return Box::pin(async move { Ok(shared.finish(seen, preflight, begun)) });
        }
        let login = &shared.state.desk.login;
        if !login.required && !is_addressed_to_us(&request, login.public_url.as_deref()) {
            return Box::pin(async move { Ok(shared.finish(seen, misdirected(), begun)) });
        }
        if shared.cors.forbids(&request) {
            return Box::pin(async move { Ok(shared.finish(seen, forbidden(), begun)) });
        }
        let answering = whose::answering(seen.whose(), self.inner.call(request));
        let answering = AssertUnwindSafe(answering).catch_unwind();
        Box::pin(async move {
            let limit = shared.state.settings.request_time_limit;
            let response = match tokio::time::timeout(limit, answering).await {
                Ok(Ok(Ok(response))) => response,
                Ok(Ok(Err(never))) => match never {},
                Ok(Err(panic)) => panicked(panic.as_ref()),
                Err(_) => out_of_time(&seen.method, &seen.uri),
            };
            Ok(shared.finish(seen, response, begun))
        })
    }
}

/// What must be remembered of a request that has been handed on.
struct Seen {
    id: RequestId,
    method: Method,
    uri: Uri,
    template: Option<MatchedPath>,
    origin: Option<HeaderValue>,
    trace: CallTrace,
    bodies: Option<Bodies>,
}

impl Seen {
    fn of(request: &Request, shared: &Shared, id: RequestId, trace: CallTrace) -> Self {
        Self {
            id,
            trace,
            method: request.method().clone(),
            uri: request.uri().clone(),
            template: request.extensions().get::<MatchedPath>().cloned(),
            origin: shared.cors.allowed(request.headers()),
            bodies: None,
        }
    }

    fn with(self, bodies: Option<Bodies>) -> Self {
        Self { bodies, ..self }
    }
}

impl Seen {
    /// The payment the path names, unless it could be a card number.
    fn payment(&self) -> Option<PaymentId> {
        path::payment(self.uri.path()).and_then(path::unless_card_number)
    }

    fn whose(&self) -> Whose {
        Whose { request: Arc::clone(&self.id.0), trace: TraceId(self.trace.trace), payment: self.payment() }
    }
}

/// Scrapes and probes come all the time and are nobody's payment.
fn is_traced(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    !matches!(path, Some("/metrics" | "/healthz" | "/readyz"))
}

/// What was answered, for the records.
struct Said {
    status: StatusCode,
    replayed: bool,
    payment: Option<PaymentId>,
}

impl Shared {
    /// Where the bodies of a call are to be remembered, if somebody watches: every call else costs one look at a number.
    fn wanted_bodies(&self, request: &Request, now: Duration) -> Option<Bodies> {
        let desk = &self.state.desk;
        let watched = desk.faults.is_some() || desk.requests.is_watched(now);
        if !watched || request.method().is_safe() {
            return None;
        }
        let template = request.extensions().get::<MatchedPath>()?;
        Bodies::may_be_kept(template.as_str()).then(Bodies::default)
    }

    fn finish(&self, seen: Seen, response: Response, begun: Duration) -> Response {
        let status = response.status();
        let mut response = if status.is_client_error() || status.is_server_error() {
            as_problem(response, &seen)
        } else {
            response
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&seen.id.0) {
            headers.insert(X_REQUEST_ID, id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Some(origin) = &seen.origin {
            self.cors.allow(headers, origin);
        }
        // An answer of the engine has it already, with where the caller stands.
        if !headers.contains_key(RATE_LIMIT_POLICY)
            && let Some(policy) = seen.template.as_ref().and_then(|path| self.policies.get(path.as_str()))
        {
            headers.insert(RATE_LIMIT_POLICY, policy.clone());
        }
        if self.state.readiness.is_draining() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let said = Said {
            status,
            replayed: headers.contains_key(IDEMPOTENT_REPLAYED),
            payment: response.extensions().get::<Concerned>().map(|Concerned(payment)| *payment),
        };
        if let Some(bodies) = &seen.bodies {
            response = response.map(|body| bodies.of_response(body));
        }
        self.record(seen, said, self.state.clock.monotonic().saturating_sub(begun));
        response
    }

    fn record(&self, seen: Seen, said: Said, took: Duration) {
        let status = said.status;
        let template = seen.template.as_ref().map(MatchedPath::as_str);
        let route = template.and_then(|template| self.routes.get(template)).unwrap_or(&self.unmatched);
        if self.state.settings.counted {
            self.state.metrics.http.answered(route, &seen.method, status, took.as_secs_f64());
        }
        log(&seen, &said, route, took, self.state.settings.access_log);
        if seen.trace.is_sampled() {
            let answered = Answered {
                request_id: &seen.id.0,
                method: &seen.method,
                route: template,
                path: path::instance(seen.uri.path()),
                status,
                payment: seen.payment().or(said.payment),
                replayed: said.replayed,
            };
            self.state.traces.answered(seen.trace, answered);
        }
        let mut payment = path::payment(seen.uri.path());
        if status.is_client_error() {
            payment = payment.and_then(path::unless_card_number);
        }
        self.state.desk.requests.note(Noted {
            at: self.state.clock.now(),
            payment: payment.or(said.payment),
            method: seen.method,
            route: Arc::clone(route.uri()),
            status: status.as_u16(),
            took,
            request_id: seen.id.0,
            replayed: said.replayed,
            bodies: seen.bodies,
        });
    }
}

/// The line of the access log: at `info` when it is wanted, else at `debug`.
fn log(seen: &Seen, said: &Said, route: &RouteMetrics, took: Duration, wanted: bool) {
    let duration_ms = took.as_secs_f64() * 1e3;
    let payment = || seen.payment().or(said.payment).map(display);
    macro_rules! answered {
        ($level:expr) => {
            tracing::event!(
                $level, request.id = %seen.id.0, trace.id = %TraceId(seen.trace.trace), payment.id = payment(),
                http.method = %seen.method, http.route = &**route.uri(), http.status = said.status.as_u16(),
                duration_ms, "answered request"
            )
        };
    }
    if wanted { answered!(tracing::Level::INFO) } else { answered!(tracing::Level::DEBUG) }
}

/// Gives an error its body. What is not a problem yet (a refusal of the framework itself) becomes one.
fn as_problem(mut response: Response, seen: &Seen) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if has_body_of_ours(&response) => return response,
        None => framework_problem(response.status()),
    };
    if let Some(cause) = &problem.cause {
        let cause = engine::error_chain(cause.as_ref());
        tracing::error!(
            request.id = %seen.id.0, trace.id = %TraceId(seen.trace.trace), payment.id = seen.payment().map(display),
            code = problem.code.as_str(), cause, "failed to answer request"
        );
    }
    let bytes = problem.to_bytes(&seen.id.0, &path::instance(seen.uri.path()));
    let (mut parts, _) = response.into_parts();
    parts.status = problem.code.status();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = problem.retry_after_seconds {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn has_body_of_ours(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind == PROBLEM_JSON.as_bytes() || kind.starts_with(b"text/html"))
}

fn framework_problem(status: StatusCode) -> Problem {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::MalformedRequest,
        _ => Code::InternalError,
    };
    Problem::new(code, code.title())
}

/// Nobody knows where such a request ends for whoever stands between us and its sender: nothing more is read behind it.
fn ended_by(misaddressed: Misaddressed) -> Response {
    let mut response = Problem::from(misaddressed).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn forbidden() -> Response {
    let problem = Problem::new(Code::Forbidden, "pages of this origin may not call; nothing happened");
    problem.with_advice("let the operator add the page's origin to APP_CORS_ALLOWED_ORIGINS").into_response()
}

fn misdirected() -> Response {
    let problem = Problem::new(
        Code::Forbidden,
        "nobody logs in here, so only localhost may be asked for; nothing happened",
    );
    problem
        .with_advice("ask localhost or an address, or set SWELITE_PUBLIC_URL to the name in use")
        .into_response()
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let said =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let cause = std::io::Error::other(format!("panic: {}", said.unwrap_or("without a message")));
    Problem::internal(cause).into_response()
}

/// A read that is given up did nothing. What was to change something may have been done: then nobody may say it was not.
fn out_of_time(method: &Method, uri: &Uri) -> Response {
    if method.is_safe() {
        return Problem::unavailable("the request took too long; nothing happened").into_response();
    }
    let problem = Problem {
        payment: path::payment(uri.path()),
        retry_after_seconds: Some(1),
        ..Problem::new(
            Code::OutcomeUnknown,
            "the request took too long; it is not known yet whether it was done",
        )
    };
    problem.into_response()
}
