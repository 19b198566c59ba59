//! Who moves the money.

use super::{
    fault::{Wrong, wrong},
    section::section,
    value::{HttpUrl, Value},
};

/// Which acquirer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcquirerKind {
    /// In this process; decides at once by the test token.
    Simulator,
    /// The simulator as a process of its own (`swelite simulator`), over a connection that can be slow and lose answers.
    SimulatorRemote,
}

impl Value for AcquirerKind {
    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "simulator" => Ok(Self::Simulator),
            "simulator-remote" => Ok(Self::SimulatorRemote),
            _ => Err(wrong(
                "must be `simulator` or `simulator-remote`",
                "`simulator`나 `simulator-remote`여야 해요",
            )),
        }
    }
}

section! {
    /// Who moves the money.
    Acquirer = "acquirer" {
        /// `simulator` decides in this process; `simulator-remote` asks a `swelite simulator`.
        kind: AcquirerKind = "SWELITE_ACQUIRER", "simulator";
        /// Where `simulator-remote` is, such as `http://127.0.0.1:8090`.
        url: Option<HttpUrl> = "SWELITE_ACQUIRER_URL", "";
        /// How long its answer is waited for, in milliseconds; after that the outcome is unknown (504).
        timeout_ms: u32 = "SWELITE_ACQUIRER_TIMEOUT_MS", "5000", 50..=600_000;
        /// Calls that may be outstanding at once; one more is refused (503).
        calls_max: u32 = "SWELITE_ACQUIRER_CALLS_MAX", "256", 1..=100_000;
        /// Within this time every attempt that can be reached is known, in seconds; past it there is an alarm.
        resolver_bound_seconds: u32 = "SWELITE_RESOLVER_BOUND_SECONDS", "60", 1..=86_400;
    }
}
