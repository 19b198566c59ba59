//! `swelite ledger accounts`.

use clap::Args;
use serde_json::Value;

use crate::cli::{
    Context,
    failure::Failure,
    output::{cell, money, numbers, words},
    remote::Remote,
};

/// Every account with its balance.
#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// Only this merchant's
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// One line for each owner
    #[arg(long)]
    per_owner: bool,
    /// How many at most
    #[arg(long, default_value_t = 200)]
    limit: usize,
    #[command(flatten)]
    remote: Remote,
}

impl Accounts {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut filters: Vec<(&str, String)> = Vec::new();
        filters.extend(self.merchant.map(|merchant| ("merchantId", merchant)));
        filters.extend(self.per_owner.then(|| ("perOwner", "true".to_owned())));
        let accounts = self.remote.server(context).list("/ledger/accounts", &filters, self.limit).await?;
        let output = &context.output;
        if output.json {
            accounts.iter().for_each(|account| output.json(account));
            return Ok(());
        }
        let columns = [
            numbers("코드", "code"),
            words("계정", "account"),
            words("소유자", "owner"),
            numbers("차변", "debit"),
            numbers("대변", "credit"),
            numbers("잔액", "balance"),
            numbers("승인 보류", "held"),
        ];
        let row = |account: &Value| {
            let sum = |book: &str, side: &str| match account["currency"].as_str() {
                Some(currency) => money(account[book][side].as_i64().unwrap_or_default(), currency),
                None => "–".to_owned(),
            };
            vec![
                cell(account, "code"),
                cell(account, "name"),
                cell(account, "owner"),
                sum("posted", "debit"),
                sum("posted", "credit"),
                sum("posted", "balance"),
                sum("hold", "balance"),
            ]
        };
        output.table(&columns, accounts.iter().map(row).collect());
        Ok(())
    }
}
