//! What became of spans.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct SpanLabels {
    result: &'static str,
}

/// `trace_spans_total`.
#[derive(Clone, Debug)]
pub struct SpanMetrics {
    spans: Family<SpanLabels, Counter>,
}

impl Default for SpanMetrics {
    fn default() -> Self {
        let spans: Family<SpanLabels, Counter> = Family::default();
        for result in ["exported", "failed", "dropped"] {
            drop(spans.get_or_create(&SpanLabels { result }));
        }
        Self { spans }
    }
}

impl SpanMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Spans: taken by the collector, refused by it, or dropped before it";
        registry.register("trace_spans", help, self.spans.clone());
    }

    /// The collector took them.
    pub fn exported(&self, spans: usize) {
        self.count("exported", spans);
    }

    /// The collector was away or refused them.
    pub fn failed(&self, spans: usize) {
        self.count("failed", spans);
    }

    /// There were too many to keep.
    pub fn dropped(&self, spans: usize) {
        self.count("dropped", spans);
    }

    fn count(&self, result: &'static str, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.spans.get_or_create(&SpanLabels { result }).inc_by(spans);
    }
}
