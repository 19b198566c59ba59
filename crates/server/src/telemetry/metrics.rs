//! Every number the platform shows at `/metrics`, under the names dashboards already know.
//!
//! Invariant: a merchant or payment id is never a label, and every label set that a request can touch has its handle made
//! beforehand or cached beside its route, so that counting costs no lookup by name.

use prometheus_client::{encoding::text::encode, registry::Registry};

/// The registry and its handles.
#[derive(Debug, Default)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text format of `/metrics`.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
