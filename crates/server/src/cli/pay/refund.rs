//! `swelite pay refund`.

use clap::Args;
use serde_json::Map;

use super::command::OnPayment;
use crate::cli::{Context, failure::Failure};

/// Give captured money back.
#[derive(Debug, Args)]
pub(crate) struct Refund {
    #[command(flatten)]
    on: OnPayment,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// How much, in the currency's smallest unit [default: all that is refundable]
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<i64>,
    /// Refuse if another amount than this is refundable by now
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    expected_refundable: Option<i64>,
}

impl Refund {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        body.insert("reason".to_owned(), self.reason.into());
        body.extend(self.amount.map(|amount| ("amount".to_owned(), amount.into())));
        body.extend(self.expected_refundable.map(|amount| ("expectedRefundable".to_owned(), amount.into())));
        self.on.send(context, "refund", body).await
    }
}
