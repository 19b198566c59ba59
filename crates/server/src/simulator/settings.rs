//! What goes wrong, and how often. Can be changed while it runs.

use std::{
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// What goes wrong, and how often.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Faults {
    /// How long after deciding an answer leaves, in milliseconds.
    pub delay_ms: u64,
    /// How many of all requests fail (503) before anything is decided; 0 to 1.
    pub error_rate: f64,
    /// How many of all decided requests get no answer; 0 to 1.
    pub lose_answers: f64,
}

/// A rate that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} must be from 0 to 1")]
pub struct FaultsError(pub &'static str);

/// A change; what is absent stays.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FaultsChange {
    delay_ms: Option<u64>,
    error_rate: Option<f64>,
    lose_answers: Option<f64>,
}

impl Faults {
    /// Whether the rates are rates.
    pub fn check(&self) -> Result<(), FaultsError> {
        for (name, rate) in [("errorRate", self.error_rate), ("loseAnswers", self.lose_answers)] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(FaultsError(name));
            }
        }
        Ok(())
    }

    pub(super) fn changed(self, change: FaultsChange) -> Self {
        Self {
            delay_ms: change.delay_ms.unwrap_or(self.delay_ms),
            error_rate: change.error_rate.unwrap_or(self.error_rate),
            lose_answers: change.lose_answers.unwrap_or(self.lose_answers),
        }
    }
}

/// The faults in force and the dice.
#[derive(Debug)]
pub(super) struct FaultBox {
    faults: RwLock<Faults>,
    seed: u64,
    draws: AtomicU64,
}

impl FaultBox {
    pub(super) fn new(faults: Faults, seed: u64) -> Self {
        Self { faults: RwLock::new(faults), seed, draws: AtomicU64::new(0) }
    }

    pub(super) fn get(&self) -> Faults {
        *self.faults.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: FaultsChange) -> Result<Faults, FaultsError> {
        let mut faults = self.faults.write().unwrap_or_else(PoisonError::into_inner);
        let changed = faults.changed(change);
        changed.check()?;
        *faults = changed;
        Ok(changed)
    }

    pub(super) fn fails(&self) -> bool {
        self.draw() < self.get().error_rate
    }

    pub(super) fn loses_answer(&self) -> bool {
        self.draw() < self.get().lose_answers
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.get().delay_ms)
    }

    /// From 0 to just below 1 (SplitMix64 over a counter, so that a retry throws again).
    fn draw(&self) -> f64 {
        let count = self.draws.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut bits = self.seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_over_many_throws() {
        let dice = FaultBox::new(Faults { lose_answers: 0.1, ..Faults::default() }, 42);
        let lost = (0..10_000).filter(|_| dice.loses_answer()).count();
        assert!((800..1200).contains(&lost), "{lost}");
        assert!(!(0..1000).any(|_| dice.fails()));
    }

    #[test]
    fn what_is_no_rate_is_refused_and_changes_nothing() {
        let dice = FaultBox::new(Faults::default(), 1);
        for rate in [-0.1, 1.1, f64::NAN] {
            let change = FaultsChange { delay_ms: Some(9), error_rate: Some(rate), lose_answers: None };
            assert_eq!(dice.change(change), Err(FaultsError("errorRate")));
        }
        assert_eq!(dice.get(), Faults::default());
    }
}
