//! `swelite openapi`.

use clap::Args;

use super::{Context, failure::Failure};
use crate::http::router;

/// Print the OpenAPI document of the API.
#[derive(Debug, Args)]
pub(super) struct OpenApi {}

impl OpenApi {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let document = serde_json::to_string_pretty(&router::openapi());
        let document = document.map_err(|error| Failure::of_error(super::Exit::Unexpected, &error))?;
        context.output.line(&document);
        Ok(())
    }
}
