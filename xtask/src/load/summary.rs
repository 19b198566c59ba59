//! What k6 leaves behind (`lib/summary.js`), read by name.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

/// A run's numbers.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Summary(Value);

/// A threshold, and whether it held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Threshold {
    pub(crate) metric: String,
    /// Such as `p(95)<1000`.
    pub(crate) expression: String,
    pub(crate) ok: bool,
}

impl Threshold {
    /// What was measured, by the statistic it is about.
    pub(crate) fn measured(&self, now: &Summary) -> Option<f64> {
        let (statistic, _) = self.expression.split_once(['<', '>', '='])?;
        now.value(&self.metric, statistic.trim())
    }

    /// Which share of an upper limit that is; none where the limit is of another kind.
    pub(crate) fn used(&self, now: &Summary) -> Option<f64> {
        let (_, limit) = self.expression.split_once('<')?;
        let limit: f64 = limit.trim_start_matches('=').trim().parse().ok()?;
        Some(self.measured(now)? / limit)
    }
}

/// What callers were told, what nobody knows, and what the ledger holds: one action's amounts.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AuditLine {
    pub(crate) action: String,
    pub(crate) told: i64,
    pub(crate) unknown: i64,
    pub(crate) booked: i64,
    pub(crate) ok: bool,
}

/// The latencies that are reported, with their titles.
pub(crate) const LATENCIES: [(&str, &str); 6] = [
    ("http_req_duration", "all calls"),
    ("authorize_duration", "authorize"),
    ("capture_duration", "capture"),
    ("void_duration", "void"),
    ("refund_duration", "refund"),
    ("others_duration", "other merchants"),
];

/// Their statistics.
pub(crate) const STATISTICS: [(&str, &str); 6] =
    [("avg", "mean"), ("med", "p50"), ("p(90)", "p90"), ("p(95)", "p95"), ("p(99)", "p99"), ("max", "max")];

impl Summary {
    /// From a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        Ok(Self(serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))?))
    }

    /// Its scenario.
    pub(crate) fn scenario(&self) -> &str {
        self.0["scenario"].as_str().unwrap_or_default()
    }

    /// How long it took.
    pub(crate) fn seconds(&self) -> f64 {
        self.0["state"]["testRunDurationMs"].as_f64().unwrap_or_default() / 1000.0
    }

    /// A statistic of a metric; none where it was never measured.
    pub(crate) fn value(&self, metric: &str, statistic: &str) -> Option<f64> {
        self.0["metrics"][metric]["values"][statistic].as_f64()
    }

    /// Every threshold, in order.
    pub(crate) fn thresholds(&self) -> Vec<Threshold> {
        let metrics = self.0["metrics"].as_object().into_iter().flatten();
        let mut lines: Vec<Threshold> = metrics
            .flat_map(|(name, metric)| {
                metric["thresholds"].as_object().into_iter().flatten().map(move |(expression, outcome)| {
                    Threshold {
                        metric: name.clone(),
                        expression: expression.clone(),
                        ok: outcome["ok"] == true,
                    }
                })
            })
            .collect();
        lines.sort_by(|a, b| (&a.metric, &a.expression).cmp(&(&b.metric, &b.expression)));
        lines
    }

    /// Whether the ledger holds what callers were told; none: it was not compared.
    pub(crate) fn audit_holds(&self) -> Option<bool> {
        self.0["audit"]["ok"].as_bool()
    }

    /// The comparison.
    pub(crate) fn audit(&self) -> Vec<AuditLine> {
        let lines = self.0["audit"]["lines"].as_array().into_iter().flatten();
        let number = |line: &Value, name: &str| line[name].as_i64().unwrap_or_default();
        lines
            .map(|line| AuditLine {
                action: line["action"].as_str().unwrap_or_default().to_owned(),
                told: number(line, "told"),
                unknown: number(line, "unknown"),
                booked: number(line, "booked"),
                ok: line["ok"] == true,
            })
            .collect()
    }

    /// Whether everything held.
    pub(crate) fn is_good(&self) -> bool {
        self.audit_holds() == Some(true) && self.thresholds().iter().all(|line| line.ok)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A run of two calls.
    pub(crate) fn run(p95: f64, booked: i64) -> Summary {
        Summary(json!({
            "scenario": "s<1>",
            "state": {"testRunDurationMs": 2000.0},
            "audit": {"ok": booked == 300, "lines": [
                {"action": "authorize", "told": 300, "unknown": 0, "booked": booked, "ok": booked == 300}]},
            "metrics": {
                "http_reqs": {"values": {"count": 20, "rate": 10.0}},
                "errors": {"values": {"rate": 0.0}},
                "http_req_duration": {"values": {"avg": 1.0, "med": 1.0, "p(90)": 2.0, "p(95)": p95, "p(99)": 4.0, "max": 5.0},
                    "thresholds": {"p(95)<1000": {"ok": p95 < 1000.0}}},
            }
        }))
    }

    #[test]
    fn a_run_is_good_when_thresholds_and_audit_hold() {
        assert!(run(3.0, 300).is_good());
        assert!(!run(3.0, 299).is_good());
        assert!(!run(1001.0, 300).is_good());
        let limit = &run(250.0, 300).thresholds()[0];
        assert_eq!((limit.metric.as_str(), limit.expression.as_str()), ("http_req_duration", "p(95)<1000"));
        assert_eq!(
            (limit.measured(&run(250.0, 300)), limit.used(&run(250.0, 300))),
            (Some(250.0), Some(0.25))
        );
        assert_eq!(run(3.0, 300).value("void_duration", "avg"), None);
    }
}
