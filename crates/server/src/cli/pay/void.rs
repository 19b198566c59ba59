//! `swelite pay void`.

use clap::Args;
use serde_json::Map;

use super::command::OnPayment;
use crate::cli::{Context, failure::Failure};

/// Release reserved money.
#[derive(Debug, Args)]
pub(crate) struct Void {
    #[command(flatten)]
    on: OnPayment,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Void {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        body.extend(self.reason.map(|reason| ("reason".to_owned(), reason.into())));
        self.on.send(context, "void", body).await
    }
}
