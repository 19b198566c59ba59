//! Requests, counted under the names Micrometer gives them.

use std::sync::{Arc, OnceLock};

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::SECONDS;

/// What dashboards made for the origin select on.
const APPLICATION: &str = "ingest-service";
/// Statuses that are worth a handle of their own; others are looked up by name.
const STATUSES: [u16; 20] =
    [200, 204, 304, 400, 401, 402, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504, 408, 202];
/// Methods likewise.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct HttpLabels {
    application: &'static str,
    method: String,
    outcome: &'static str,
    status: u16,
    uri: String,
}

/// All requests: `http_server_requests_seconds`.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: Family<HttpLabels, Histogram, fn() -> Histogram>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self { requests: Family::new_with_constructor(|| Histogram::new(SECONDS)) }
    }
}

/// The requests of one route; keeps a handle for every (method, status) it has seen.
#[derive(Debug)]
pub struct RouteMetrics {
    uri: Arc<str>,
    seen: Box<[OnceLock<Histogram>]>,
}

impl RouteMetrics {
    /// Of the route whose template is `uri`.
    pub fn new(uri: &str) -> Self {
        let seen = (0..METHODS.len() * STATUSES.len()).map(|_| OnceLock::new()).collect();
        Self { uri: uri.into(), seen }
    }

    /// Its template.
    pub fn uri(&self) -> &Arc<str> {
        &self.uri
    }
}

impl HttpMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Requests by route, method and status";
        registry.register_with_unit("http_server_requests", help, Unit::Seconds, self.requests.clone());
    }

    /// A request on `route` was answered with `status` after `seconds`.
    pub fn answered(&self, route: &RouteMetrics, method: &Method, status: StatusCode, seconds: f64) {
        let method_index = METHODS.iter().position(|known| *known == method.as_str());
        let status_index = STATUSES.iter().position(|known| *known == status.as_u16());
        match method_index.zip(status_index) {
            Some((method_index, status_index)) => {
                let handle = &route.seen[method_index * STATUSES.len() + status_index];
                handle.get_or_init(|| self.handle(route, method, status)).observe(seconds);
            }
            None => self.handle(route, method, status).observe(seconds),
        }
    }

    fn handle(&self, route: &RouteMetrics, method: &Method, status: StatusCode) -> Histogram {
        self.requests.get_or_create_owned(&HttpLabels {
            application: APPLICATION,
            method: method_label(method).to_owned(),
            outcome: outcome(status),
            status: status.as_u16(),
            uri: route.uri.to_string(),
        })
    }
}

/// A method nobody knows must not make a label of its own: the caller chooses it.
fn method_label(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::POST
        | Method::PUT
        | Method::DELETE
        | Method::HEAD
        | Method::OPTIONS
        | Method::PATCH => method.as_str(),
        _ => "UNKNOWN",
    }
}

/// Micrometer's word.
fn outcome(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "INFORMATIONAL",
        200..=299 => "SUCCESS",
        300..=399 => "REDIRECTION",
        400..=499 => "CLIENT_ERROR",
        500..=599 => "SERVER_ERROR",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use crate::telemetry::metrics::{Metrics, RouteMetrics};

    use super::*;

    #[test]
    fn requests_carry_the_names_and_labels_of_micrometer() {
        let metrics = Metrics::new();
        let route = RouteMetrics::new("/payments/capture/{paymentId}");
        metrics.http.answered(&route, &Method::POST, StatusCode::OK, 0.004);
        metrics.http.answered(&route, &Method::POST, StatusCode::OK, 0.004);
        metrics.http.answered(&route, &Method::from_bytes(b"BREW").unwrap(), StatusCode::IM_A_TEAPOT, 0.1);
        let text = metrics.encode().unwrap();
        let labels = r#"application="ingest-service",method="POST",outcome="SUCCESS",status="200",uri="/payments/capture/{paymentId}""#;
        assert!(text.contains(&format!("http_server_requests_seconds_count{{{labels}}} 2\n")), "{text}");
        assert!(
            text.contains(&format!("http_server_requests_seconds_bucket{{le=\"0.005\",{labels}}} 2\n")),
            "{text}"
        );
        assert!(text.contains(r#"method="UNKNOWN",outcome="CLIENT_ERROR",status="418""#), "{text}");
    }

    #[test]
    fn every_metric_has_the_name_the_contract_gives_it() {
        use engine::observe::{EventResult, IdempotencyOutcome, LimitDecision, Observer, PaymentResult};
        let metrics = Metrics::new();
        metrics.payment(domain::payment::Operation::Refund, PaymentResult::Approved);
        metrics.idempotency(IdempotencyOutcome::Replayed);
        metrics.limit(engine::ports::LimitAction::Capture, LimitDecision::FailOpen);
        metrics.worker_events(Some(domain::event::Topic::Captured), EventResult::Posted, 3);
        metrics.records_consumed(3);
        let text = metrics.encode().unwrap();
        for line in [
            r#"payments_total{action="refund",result="approved"} 1"#,
            r#"idempotency_total{outcome="replayed"} 1"#,
            r#"rate_limit_decisions_total{action="capture",decision="fail_open"} 1"#,
            r#"worker_events_total{topic="payment.captured",result="posted"} 3"#,
            r#"kafka_consumer_fetch_manager_records_consumed_total{application="consumer-worker"} 3"#,
            "outbox_pending 0",
            "outbox_oldest_age_seconds 0",
            "dead_letters_open 0",
            "ledger_imbalance 0",
            "commit_batch_size_count 0",
            "commit_seconds_count 0",
            "event_to_ledger_seconds_count 0",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} is missing in\n{text}");
        }
    }
}
