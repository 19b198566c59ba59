//! Which calls are traced. Decides before anything is made, so that a call that is not costs a few instructions.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use engine::ports::TraceContext;

use crate::config::{RootSampler, Traces};

/// The decision.
#[derive(Debug)]
pub(super) struct Sampler {
    parent_based: bool,
    root: RootSampler,
    /// A trace whose lower 63 bits are below this is in the share: as the OpenTelemetry SDKs count, so that services agree.
    below: u64,
    budget: Option<Budget>,
}

impl Sampler {
    pub(super) fn new(settings: &Traces) -> Self {
        let sampler = settings.sampler;
        Self {
            parent_based: sampler.parent_based,
            root: sampler.root,
            below: (settings.sampler_share.0 * (1_u64 << 63) as f64) as u64,
            budget: Budget::new(settings.per_second_max),
        }
    }

    /// Whether the call of `trace` is traced, whose caller says it stands at `parent`.
    pub(super) fn samples(
        &self,
        trace: u128,
        parent: Option<&TraceContext>,
        now: impl FnOnce() -> Duration,
    ) -> bool {
        if self.parent_based
            && let Some(parent) = parent
        {
            return parent.sampled;
        }
        match self.root {
            RootSampler::Always => true,
            RootSampler::Never => false,
            RootSampler::Ratio => {
                let low = (trace & u128::from(u64::MAX)) as u64 >> 1;
                low < self.below && self.budget.as_ref().is_none_or(|budget| budget.grants(now()))
            }
        }
    }
}

/// So many a second, and never more than a second's worth at once.
#[derive(Debug)]
struct Budget {
    interval_ns: u64,
    /// When everything granted so far will be paid off.
    paid_at_ns: AtomicU64,
}

const SECOND_NS: u64 = 1_000_000_000;

impl Budget {
    fn new(per_second: u32) -> Option<Self> {
        let interval_ns = SECOND_NS.checked_div(u64::from(per_second))?;
        Some(Self { interval_ns, paid_at_ns: AtomicU64::new(0) })
    }

    fn grants(&self, now: Duration) -> bool {
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let mut paid_at_ns = self.paid_at_ns.load(Ordering::Relaxed);
        loop {
            let next_ns = paid_at_ns.max(now_ns).saturating_add(self.interval_ns);
            if next_ns.saturating_sub(now_ns) > SECOND_NS {
                return false;
            }
            let swapped = self.paid_at_ns.compare_exchange_weak(
                paid_at_ns,
                next_ns,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match swapped {
                Ok(_) => return true,
                Err(other) => paid_at_ns = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanKind, TraceId};
    use opentelemetry_sdk::trace::{Sampler as SdkSampler, SamplingDecision, ShouldSample};

    use super::*;

    fn sampler(parent_based: bool, root: RootSampler, share: f64, per_second: u32) -> Sampler {
        Sampler {
            parent_based,
            root,
            below: (share * (1_u64 << 63) as f64) as u64,
            budget: Budget::new(per_second),
        }
    }

    /// Spreads small numbers over 128 bits.
    fn trace(number: u128) -> u128 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    #[test]
    fn a_share_is_the_share_every_sdk_takes() {
        for share in [0.0, 0.01, 0.25, 0.999, 1.0] {
            let (ours, theirs) =
                (sampler(false, RootSampler::Ratio, share, 0), SdkSampler::TraceIdRatioBased(share));
            for number in 1..5_000 {
                let id = trace(number);
                let decision = theirs
                    .should_sample(None, TraceId::from(id), "call", &SpanKind::Server, &[], &[])
                    .decision;
                let wanted = decision == SamplingDecision::RecordAndSample;
                assert_eq!(ours.samples(id, None, || Duration::ZERO), wanted, "{share} of {id:x}");
            }
        }
    }

    #[test]
    fn a_parent_is_followed_only_by_a_sampler_that_says_so() {
        let parent = |sampled| TraceContext { trace: 1, span: 1, sampled };
        let decide = |parent_based, root, sampled| {
            sampler(parent_based, root, 0.0, 0).samples(1, Some(&parent(sampled)), || Duration::ZERO)
        };
        assert!(decide(true, RootSampler::Never, true) && !decide(true, RootSampler::Always, false));
        assert!(!decide(false, RootSampler::Never, true) && decide(false, RootSampler::Always, false));
    }

    #[test]
    fn a_budget_grants_a_second_at_once_and_then_its_pace() {
        let budget = Budget::new(10).unwrap();
        let granted = |ms: u64| (0..100).filter(|_| budget.grants(Duration::from_millis(ms))).count();
        assert_eq!(granted(5_000), 10);
        assert_eq!(granted(5_000), 0);
        assert_eq!(granted(5_100), 1);
        assert_eq!(granted(5_350), 2);
        assert_eq!(granted(9_000), 10, "what was not used is not saved up");
        assert!(Budget::new(0).is_none());
    }
}
