//! Faults that a person can switch on in demo mode, to see what the platform makes of them.
//!
//! Each is an adapter around an adapter: it behaves as the real part behaves when it is away, slow or wrong, at the port, and
//! knows nothing of the engine. Without `SWELITE_DEMO` none of this is built into the platform's wiring.

mod acquirer;
mod broker;
mod cache;

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

pub use acquirer::FaultyAcquirer;
pub use broker::FaultyBroker;
pub use cache::FaultyCache;

/// Which faults are on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FaultSettings {
    /// The broker cannot be reached.
    pub broker_off: bool,
    /// The worker reads nothing.
    pub worker_paused: bool,
    /// The cache cannot be reached.
    pub cache_off: bool,
    /// The acquirer answers that much later, up to 10 000 ms.
    pub acquirer_delay_ms: u32,
    /// Of a hundred calls the acquirer fails that many.
    pub acquirer_error_percent: u8,
}

impl FaultSettings {
    /// Within what makes sense.
    fn bounded(self) -> Self {
        Self {
            acquirer_delay_ms: self.acquirer_delay_ms.min(10_000),
            acquirer_error_percent: self.acquirer_error_percent.min(100),
            ..self
        }
    }
}

/// The switches, shared by the parts that behave accordingly.
#[derive(Debug)]
pub struct Faults {
    settings: watch::Sender<FaultSettings>,
    /// Damaged events still to be slipped in between genuine ones.
    poison: Mutex<Vec<String>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { settings: watch::Sender::new(FaultSettings::default()), poison: Mutex::default() }
    }
}

impl Faults {
    /// All off.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Which are on.
    pub fn get(&self) -> FaultSettings {
        *self.settings.borrow()
    }

    /// Switches all of them.
    pub fn set(&self, settings: FaultSettings) -> FaultSettings {
        let settings = settings.bounded();
        self.settings.send_replace(settings);
        settings
    }

    /// Slips one damaged event in.
    pub fn poison(&self, request_id: &str) {
        self.poison.lock().unwrap_or_else(PoisonError::into_inner).push(request_id.to_owned());
    }

    /// The calls whose damaged events are due now.
    fn take_poison(&self) -> Vec<String> {
        std::mem::take(&mut self.poison.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of every change.
    fn changes(&self) -> watch::Receiver<FaultSettings> {
        self.settings.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_within_what_makes_sense() {
        let faults = Faults::new();
        let wild =
            FaultSettings { acquirer_delay_ms: 1 << 30, acquirer_error_percent: 250, ..Default::default() };
        let kept = faults.set(wild);
        assert_eq!((kept.acquirer_delay_ms, kept.acquirer_error_percent), (10_000, 100));
        assert_eq!(faults.get(), kept);
    }
}
