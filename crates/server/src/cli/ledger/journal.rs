//! `swelite ledger journal`.

use clap::Args;
use serde_json::Value;

use crate::cli::{
    Context,
    failure::Failure,
    output::{amount, cell, numbers, words},
    remote::Remote,
};

/// The journal entries of a payment.
#[derive(Debug, Args)]
pub(crate) struct Journal {
    /// The payment's number
    payment: u64,
    #[command(flatten)]
    remote: Remote,
}

impl Journal {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let path = format!("/payments/{}/ledger", self.payment);
        let entries = self.remote.server(context).list(&path, &[], usize::MAX).await?;
        let output = &context.output;
        if output.json {
            entries.iter().for_each(|entry| output.json(entry));
            return Ok(());
        }
        let columns = [
            words("분개", "entry"),
            words("이벤트", "event"),
            words("구분", "layer"),
            words("차변", "debit"),
            words("대변", "credit"),
            numbers("금액", "amount"),
        ];
        let rows = entries.iter().flat_map(rows).collect();
        output.table(&columns, rows);
        Ok(())
    }
}

fn rows(entry: &Value) -> Vec<Vec<String>> {
    let row = |posting: &Value| {
        vec![
            cell(entry, "id"),
            cell(entry, "topic"),
            cell(posting, "layer"),
            account(&posting["debit"]),
            account(&posting["credit"]),
            amount(posting, "amount"),
        ]
    };
    entry["postings"].as_array().into_iter().flatten().map(row).collect()
}

/// `merchant_pending (M123)`.
fn account(account: &Value) -> String {
    match account["owner"].as_str() {
        Some("") | None => cell(account, "name"),
        Some(owner) => format!("{} ({owner})", cell(account, "name")),
    }
}
