//! The way of spans out of the process: a bounded queue, a thread that sends what is in it, and counts of what became of them.
//!
//! Invariant: nobody who pays waits here. A queue that is full drops, a collector that is away is told of once, both are counted.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanExporter, SpanProcessor},
};

use engine::ports::Clock;

use crate::{config::Traces, system::System, telemetry::metrics::SpanMetrics};

/// One service's way out.
#[derive(Debug)]
pub(super) struct Pipe {
    service: String,
    processor: BatchSpanProcessor,
    queue: Arc<Queue>,
    queue_max: usize,
}

/// What waits.
#[derive(Debug)]
struct Queue {
    waiting: AtomicUsize,
    told: Arc<Told>,
    counts: SpanMetrics,
}

/// What the log has been told of the collector; shared by every way to it, so that it is told once.
#[derive(Debug)]
pub(super) struct Told {
    clock: System,
    /// When it was told of an overflow, in milliseconds of the clock; 0: never.
    overflow_at_ms: AtomicU64,
    away: AtomicBool,
}

/// How long the log then hears nothing more of an overflow.
const QUIET_MS: u64 = 60_000;

impl Told {
    pub(super) fn new(clock: System) -> Self {
        Self { clock, overflow_at_ms: AtomicU64::new(0), away: AtomicBool::new(false) }
    }

    /// Whether an overflow is news; who is told so tells the log.
    fn overflow_is_news(&self) -> bool {
        let now = u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX).max(1);
        let last = self.overflow_at_ms.load(Ordering::Relaxed);
        let due = last == 0 || now.saturating_sub(last) >= QUIET_MS;
        let swap = || self.overflow_at_ms.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed);
        due && swap().is_ok()
    }
}

impl Pipe {
    /// For the service named `service`. Must not be called in async code: the client's own runtime would be inside another.
    pub(super) fn open(
        settings: &Traces,
        service: &str,
        instance: &str,
        (counts, told): (&SpanMetrics, &Arc<Told>),
    ) -> Result<Self, ExporterBuildError> {
        let ms = |ms: u32| Duration::from_millis(u64::from(ms));
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let endpoint = endpoint(settings).unwrap_or_default();
        let headers: HashMap<String, String> = settings.headers.0.0.iter().cloned().collect();
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(ms(settings.timeout_ms))
            .with_headers(headers)
            .build()?;
        exporter.set_resource(&resource(settings, service, instance));
        let (waiting, told) = (AtomicUsize::new(0), Arc::clone(told));
        let queue = Arc::new(Queue { waiting, told, counts: counts.clone() });
        let (queue_max, batch_max) = (count(settings.queue_max), count(settings.batch_max));
        let config = BatchConfigBuilder::default()
            // What waits is bounded here, where it is counted; the processor's own bound is never reached.
            .with_max_queue_size(queue_max.saturating_mul(2))
            .with_max_export_batch_size(batch_max.min(queue_max))
            .with_scheduled_delay(ms(settings.delay_ms))
            .build();
        let counted = Counted { exporter, queue: Arc::clone(&queue) };
        let processor = BatchSpanProcessor::builder(counted).with_batch_config(config).build();
        Ok(Self { service: service.to_owned(), processor, queue, queue_max })
    }

    /// Takes a span that is over.
    pub(super) fn take(&self, span: SpanData) {
        let waiting = self.queue.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting < self.queue_max {
            self.processor.on_end(span);
            return;
        }
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
        self.queue.counts.dropped(1);
        if self.queue.told.overflow_is_news() {
            tracing::warn!(waiting, "spans are dropped: the collector takes them too slowly; payments go on");
        }
    }

    /// Sends what waits, as far as that takes no longer than `limit`.
    pub(super) fn close(&self, limit: Duration) {
        let closed = self.processor.shutdown_with_timeout(limit);
        let left = self.queue.waiting.load(Ordering::Relaxed);
        if closed.is_err() || left > 0 {
            tracing::warn!(service = self.service, left, "the last spans were not sent");
        }
    }
}

/// The exporter, with counts of what became of spans.
#[derive(Debug)]
struct Counted {
    exporter: opentelemetry_otlp::SpanExporter,
    queue: Arc<Queue>,
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (queue, spans) = (&self.queue, batch.len());
        queue.waiting.fetch_sub(spans, Ordering::Relaxed);
        let exported = self.exporter.export(batch).await;
        match &exported {
            Ok(()) => {
                queue.counts.exported(spans);
                if queue.told.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(error) => {
                queue.counts.failed(spans);
                if !queue.told.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        error = %error,
                        "the collector takes no spans; they are dropped until it does, and payments go on"
                    );
                }
            }
        }
        exported
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(limit)
    }
}

/// Where spans are sent; `None` when nowhere.
pub(super) fn endpoint(settings: &Traces) -> Option<String> {
    let whole = settings.traces_endpoint.as_ref().map(|url| url.as_str().to_owned());
    whole.or_else(|| settings.endpoint.as_ref().map(|url| format!("{}/v1/traces", url.as_str())))
}

/// Who speaks. What the operator says wins.
fn resource(settings: &Traces, service: &str, instance: &str) -> Resource {
    let ours = [
        ("service.namespace", "payment-swelite"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    let ours = ours.map(|(name, value)| KeyValue::new(name, value.to_owned()));
    let named = settings.resource_attributes.0.iter();
    let named = named.map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let service = KeyValue::new("service.name", service.to_owned());
    Resource::builder_empty().with_attributes(ours.into_iter().chain(named).chain([service])).build()
}
