//! Traces: spans of the server and of the engine, sent to a collector by OTLP over HTTP.
//!
//! One payment's trace is the chain request → commit → publish → consume → post. The engine says what it did in its own words
//! ([`engine::ports::Tracer`]); here it becomes spans, on whatever thread tells of it, after the answer. Everything is made by
//! hand and at the end rather than kept in a registry of open spans: a call that is not sampled leaves nothing behind.

mod export;
mod ids;
mod sampler;
mod spans;

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use domain::id::PaymentId;
use engine::ports::{Begun, Span, TraceContext, Tracer};
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use self::{
    export::{Pipe, Told},
    ids::Ids,
    sampler::Sampler,
    spans::{Described, Service, describe, of},
};
use super::metrics::SpanMetrics;
use crate::{config::Settings, system::System};

/// The header that carries a trace from one service to the next.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// How long the end of the process waits for the collector.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Whoever records spans; nobody, if there is no collector.
#[derive(Debug)]
pub struct Traces {
    ids: Ids,
    clock: System,
    on: Option<On>,
}

/// What there is only with a collector.
#[derive(Debug)]
struct On {
    sampler: Sampler,
    around: Surroundings,
    scope: InstrumentationScope,
    ingest: Option<Arc<Pipe>>,
    worker: Option<Arc<Pipe>>,
}

/// What stands behind the platform, in the words of the semantic conventions.
#[derive(Debug)]
struct Surroundings {
    database: &'static str,
    database_host: Option<(String, u16)>,
    messaging: &'static str,
    topic_prefix: String,
    consumer_group: String,
}

/// The name of the API's spans.
const INGEST: &str = "ingest-service";
/// The name of the worker's spans.
const WORKER: &str = "consumer-worker";

/// Which services a process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Services {
    /// The API.
    pub ingest: bool,
    /// The worker.
    pub worker: bool,
}

/// Where a call stands: its trace, and its span if it is sampled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallTrace {
    /// Its trace.
    pub trace: u128,
    span: Option<Begun>,
}

impl CallTrace {
    /// Whether it has a span.
    pub fn is_sampled(&self) -> bool {
        self.span.is_some()
    }
}

/// What became of a call.
#[derive(Debug)]
pub struct Answered<'a> {
    /// Its id.
    pub request_id: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// The template of its route, if there is one.
    pub route: Option<&'a str>,
    /// Its path, card numbers left out.
    pub path: Cow<'a, str>,
    /// What was answered.
    pub status: StatusCode,
    /// The payment it was about.
    pub payment: Option<PaymentId>,
    /// Whether the answer was a stored one.
    pub replayed: bool,
}

impl Traces {
    /// Nobody records; calls have ids of traces nevertheless, for the log.
    pub fn off(seed: u128) -> Self {
        Self { ids: Ids::new(seed), clock: System::start(), on: None }
    }

    /// As configured. Must not be called in async code. `seed` is random.
    pub fn start(
        settings: &Settings,
        services: Services,
        seed: u128,
        counts: &SpanMetrics,
    ) -> Result<Self, ExporterBuildError> {
        let mut traces = Self::off(seed);
        if export::endpoint(&settings.traces).is_none() {
            return Ok(traces);
        }
        let instance = format!("{seed:032x}");
        let named = settings.traces.service_name.as_deref();
        let told = Arc::new(Told::new(traces.clock.clone()));
        let open = |name: &str| Pipe::open(&settings.traces, name, &instance, (counts, &told)).map(Arc::new);
        let ingest = services.ingest.then(|| open(named.unwrap_or(INGEST))).transpose()?;
        let worker = match (&ingest, named) {
            // Under one name there is one way out.
            (Some(ingest), Some(_)) if services.worker => Some(Arc::clone(ingest)),
            _ => services.worker.then(|| open(named.unwrap_or(WORKER))).transpose()?,
        };
        traces.on = Some(On {
            sampler: Sampler::new(&settings.traces),
            around: Surroundings::of(settings),
            scope: InstrumentationScope::builder("swelite").with_version(env!("CARGO_PKG_VERSION")).build(),
            ingest,
            worker,
        });
        Ok(traces)
    }

    /// Decides about a call and begins its span. From here on its headers carry on from that span. `wanted`: whether calls like
    /// it are traced at all.
    pub fn call(&self, headers: &mut HeaderMap, wanted: bool) -> CallTrace {
        let sent =
            headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(TraceContext::parse);
        let trace = sent.map_or_else(|| self.ids.trace(), |sent| sent.trace);
        let Some(on) = &self.on else { return CallTrace { trace, span: None } };
        if wanted && on.sampler.samples(trace, sent.as_ref(), || self.clock_now()) {
            let context = TraceContext { trace, span: self.ids.span(), sampled: true };
            carry(headers, context);
            let span = Begun { context, parent: sent.map(|sent| sent.span), at: self.clock_now() };
            return CallTrace { trace, span: Some(span) };
        }
        if let Some(sent) = sent.filter(|sent| sent.sampled) {
            // Its caller records, and we do not: nobody below us may think that we do.
            carry(headers, TraceContext { sampled: false, ..sent });
        }
        CallTrace { trace, span: None }
    }

    /// A call has its answer.
    pub fn answered(&self, call: CallTrace, answered: Answered<'_>) {
        let (Some(on), Some(begun)) = (&self.on, call.span) else { return };
        let failed = answered.status.is_server_error();
        let failed = failed.then(|| Cow::Owned(answered.status.as_str().to_owned()));
        let described = answered.describe();
        let (wall, parent) = (self.clock.wall_of_zero(), begun.parent);
        let times = (wall + begun.at, wall + self.clock_now());
        let position = Position { context: begun.context, parent, times, links: Vec::new() };
        on.send(described, position, failed);
    }

    /// Sends what waits; at the end of the process, and not in async code.
    pub fn finish(&self) {
        let Some(on) = &self.on else { return };
        for pipe in [&on.ingest, &on.worker].into_iter().flatten() {
            pipe.close(CLOSE_LIMIT);
        }
    }

    fn clock_now(&self) -> Duration {
        engine::ports::Clock::monotonic(&self.clock)
    }
}

impl Tracer for Traces {
    fn is_on(&self) -> bool {
        self.on.is_some()
    }

    fn span_id(&self) -> u64 {
        self.ids.span()
    }

    fn trace_id(&self) -> u128 {
        self.ids.trace()
    }

    fn now(&self) -> Duration {
        if self.is_on() { self.clock_now() } else { Duration::ZERO }
    }

    fn ended(&self, spans: Vec<Span>) {
        let Some(on) = &self.on else { return };
        let wall = self.clock.wall_of_zero();
        for Span { context, parent, begun, ended, work, error, links } in spans {
            let described = describe(work, &on.around);
            let position = Position { context, parent, times: (wall + begun, wall + ended), links };
            on.send(described, position, error.map(Cow::Borrowed));
        }
    }
}

/// Where and when a span is.
struct Position {
    context: TraceContext,
    parent: Option<u64>,
    times: (std::time::SystemTime, std::time::SystemTime),
    links: Vec<TraceContext>,
}

impl On {
    fn send(&self, described: Described, position: Position, failed: Option<Cow<'static, str>>) {
        let Described { service, name, kind, parent_is_remote, mut attributes } = described;
        let pipe = match service {
            Service::Ingest => &self.ingest,
            Service::Worker => &self.worker,
        };
        // A process does only its own services' work.
        let Some(pipe) = pipe else { return };
        if let Some(word) = &failed {
            attributes.push(of("error.type", word.clone().into_owned()));
        }
        let mut links = SpanLinks::default();
        links.links =
            position.links.into_iter().map(|to| Link::new(context_of(to, false), Vec::new(), 0)).collect();
        pipe.take(SpanData {
            span_context: context_of(position.context, false),
            parent_span_id: position.parent.map_or(SpanId::INVALID, SpanId::from),
            parent_span_is_remote: parent_is_remote,
            span_kind: kind,
            name: name.into(),
            start_time: position.times.0,
            end_time: position.times.1,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links,
            status: failed.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        });
    }
}

impl Answered<'_> {
    fn describe(self) -> Described {
        let mut attributes: Vec<KeyValue> = Vec::with_capacity(9);
        attributes.extend([
            of("http.request.method", self.method.as_str().to_owned()),
            of("http.response.status_code", i64::from(self.status.as_u16())),
            of("url.scheme", "http"),
            of("request.id", self.request_id.to_owned()),
        ]);
        if let Some(route) = self.route {
            attributes.extend([of("http.route", route.to_owned()), of("url.path", self.path.into_owned())]);
        }
        attributes.extend(self.payment.map(|payment| of("payment.id", payment.to_string())));
        if self.replayed {
            attributes.push(of("idempotency.replayed", true));
        }
        let name = match self.route {
            Some(route) => format!("{} {route}", self.method),
            None => self.method.to_string(),
        };
        let service = Service::Ingest;
        Described { service, name, kind: SpanKind::Server, parent_is_remote: true, attributes }
    }
}

impl Surroundings {
    fn of(settings: &Settings) -> Self {
        let (mariadb, kafka) = (&settings.mariadb, &settings.kafka);
        Self {
            database: if mariadb.host.is_some() { "mariadb" } else { "sqlite" },
            database_host: mariadb.host.clone().map(|host| (host, mariadb.port)),
            messaging: if kafka.bootstrap_servers.is_some() { KAFKA } else { "swelite" },
            topic_prefix: kafka.topic_prefix.clone().unwrap_or_default(),
            consumer_group: kafka.group_id.clone(),
        }
    }

    fn is_kafka(&self) -> bool {
        self.messaging == KAFKA
    }
}

const KAFKA: &str = "kafka";

fn carry(headers: &mut HeaderMap, context: TraceContext) {
    if let Ok(value) = HeaderValue::try_from(context.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
}

fn context_of(place: TraceContext, remote: bool) -> SpanContext {
    let (trace, span) = (TraceId::from(place.trace), SpanId::from(place.span));
    let flags = if place.sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    SpanContext::new(trace, span, flags, remote, TraceState::default())
}
