//! `swelite ledger accounts`.

use clap::Args;
use serde_json::Value;

use crate::cli::{
    Context,
    failure::Failure,
    output::{amount, cell, numbers, words},
    remote::Remote,
};

/// Every account with its balance.
#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// How many at most
    #[arg(long, default_value_t = 200)]
    limit: usize,
    #[command(flatten)]
    remote: Remote,
}

impl Accounts {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let accounts = self.remote.server(context).list("/ledger/accounts", &[], self.limit).await?;
        let output = &context.output;
        if output.json {
            accounts.iter().for_each(|account| output.json(account));
            return Ok(());
        }
        let columns = [
            words("코드", "code"),
            words("계정", "account"),
            words("소유자", "owner"),
            numbers("차변", "debit"),
            numbers("대변", "credit"),
            numbers("잔액", "balance"),
        ];
        let row = |account: &Value| {
            vec![
                cell(account, "code"),
                cell(account, "name"),
                cell(account, "owner"),
                amount(account, "debit"),
                amount(account, "credit"),
                amount(account, "balance"),
            ]
        };
        output.table(&columns, accounts.iter().map(row).collect());
        Ok(())
    }
}
