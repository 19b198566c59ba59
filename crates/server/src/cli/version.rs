//! `swelite version`.

use clap::Args;
use serde_json::json;

use super::{Context, failure::Failure};

/// What this binary is.
#[derive(Debug, Args)]
pub(super) struct Version {}

impl Version {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let version = env!("CARGO_PKG_VERSION");
        if context.output.json {
            context.output.json(&json!({"name": "swelite", "version": version}));
        } else {
            context.output.line(&format!("swelite {version}"));
        }
        Ok(())
    }
}
