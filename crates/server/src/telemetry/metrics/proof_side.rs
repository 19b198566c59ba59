//! What the proofs found, and when each held last.
//!
//! A proof that nobody has run has no series: what was not looked at must not look good.

use std::sync::atomic::AtomicU64;

use engine::proofs::{Memory, ProofReport};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ProofLabels {
    proof: &'static str,
}

/// `ledger_proof_*`.
#[derive(Clone, Debug, Default)]
pub struct ProofMetrics {
    failures: Family<ProofLabels, Gauge>,
    last_success: Family<ProofLabels, Gauge<f64, AtomicU64>>,
}

impl ProofMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "ledger_proof_failures",
            "Rows that are wrong by the last run that looked at them",
            self.failures.clone(),
        );
        registry.register(
            "ledger_proof_last_success_timestamp_seconds",
            "When the last run began in which it held",
            self.last_success.clone(),
        );
    }

    /// Shows what the runs of this process have found.
    pub fn show(&self, memory: &Memory) {
        let mut reports: Vec<&ProofReport> =
            memory.full.iter().chain(&memory.incremental).map(AsRef::as_ref).collect();
        reports.sort_by_key(|report| report.started_at);
        for report in reports {
            for result in &report.proofs {
                let labels = ProofLabels { proof: result.proof.as_str() };
                let wrong = memory.wrong(result.proof).unwrap_or(result.wrong);
                self.failures.get_or_create(&labels).set(i64::try_from(wrong).unwrap_or(i64::MAX));
                if result.ok() {
                    let seconds = report.started_at.unix_ms() as f64 / 1000.0;
                    self.last_success.get_or_create(&labels).set(seconds);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::time::Timestamp;
    use engine::proofs::{Mode, Proof, ProofResult, Whereabouts};
    use prometheus_client::encoding::text::encode;

    use super::*;

    fn report(mode: Mode, at_ms: i64, wrong: u64) -> Option<Arc<ProofReport>> {
        let result = ProofResult {
            proof: Proof::ChainUnbroken,
            checked: 1,
            skipped: 0,
            seconds: 0.0,
            wrong,
            findings: Vec::new(),
        };
        Some(Arc::new(ProofReport {
            mode,
            started_at: Timestamp::from_unix_ms(at_ms),
            seconds: 0.0,
            from: Vec::new(),
            whereabouts: Whereabouts::default(),
            proofs: vec![result],
        }))
    }

    #[test]
    fn the_latest_run_says_what_is_wrong_and_the_last_good_one_when_it_held() {
        let (metrics, mut registry) = (ProofMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        let shown = |memory: &Memory| {
            metrics.show(memory);
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            text
        };
        assert!(!shown(&Memory::default()).contains("chain_unbroken"), "nothing was run");
        let mut memory = Memory { full: report(Mode::Full, 5_000, 0), ..Memory::default() };
        memory.incremental = report(Mode::Incremental, 7_500, 2);
        let text = shown(&memory);
        assert!(text.contains("ledger_proof_failures{proof=\"chain_unbroken\"} 2\n"), "{text}");
        let held = "ledger_proof_last_success_timestamp_seconds{proof=\"chain_unbroken\"} 5.0\n";
        assert!(text.contains(held), "{text}");
        let red = Memory {
            full: report(Mode::Full, 8_000, 1),
            incremental: report(Mode::Incremental, 9_000, 0),
            ..memory
        };
        let text = shown(&red);
        assert!(
            text.contains("ledger_proof_failures{proof=\"chain_unbroken\"} 1\n"),
            "nobody looked again: {text}"
        );
    }
}
