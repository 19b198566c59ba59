//! `swelite pay capture`.

use clap::Args;
use serde_json::Map;

use super::command::OnPayment;
use crate::cli::{Context, failure::Failure};

/// Take reserved money.
#[derive(Debug, Args)]
pub(crate) struct Capture {
    #[command(flatten)]
    on: OnPayment,
    /// How much, in the currency's smallest unit [default: all that is capturable]
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<i64>,
    /// Keep the rest reserved for a later capture
    #[arg(long)]
    not_final: bool,
}

impl Capture {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        body.extend(self.amount.map(|amount| ("amount".to_owned(), amount.into())));
        if self.not_final {
            body.insert("final".to_owned(), false.into());
        }
        self.on.send(context, "capture", body).await
    }
}
