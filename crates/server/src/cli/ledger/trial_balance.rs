//! `swelite ledger trial-balance`.

use clap::Args;
use serde_json::Value;

use crate::{
    cli::{
        Context, Exit,
        failure::Failure,
        output::{Output, cell, money, numbers, words},
        remote::Remote,
    },
    client::with_query,
};

/// Debits and credits of all accounts, which must be equal.
#[derive(Debug, Args)]
pub(crate) struct TrialBalance {
    /// As of when, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl TrialBalance {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let query: Vec<(&str, String)> = self.as_of.into_iter().map(|time| ("asOf", time)).collect();
        let balance = self.remote.server(context).get(&with_query("/ledger/trial-balance", &query)).await?;
        let output = &context.output;
        if output.json {
            output.json(&balance);
        } else {
            let columns = [
                numbers("코드", "code"),
                words("계정", "account"),
                numbers("차변", "debit"),
                numbers("대변", "credit"),
            ];
            let currencies = balance["currencies"].as_array().into_iter().flatten();
            output.table(&columns, currencies.flat_map(|currency| rows(output, currency)).collect());
        }
        if balance["balanced"] == Value::Bool(false) {
            let sentence = output.pick("차변과 대변이 달라요.", "debits and credits differ");
            return Err(Failure::new(Exit::Fault, sentence).then("swelite ledger verify"));
        }
        Ok(())
    }
}

/// The accounts of one currency and their sums.
fn rows(output: &Output, currency: &Value) -> Vec<Vec<String>> {
    let code = currency["currency"].as_str().unwrap_or_default();
    let sum = |line: &Value, side: &str| money(line[side].as_i64().unwrap_or_default(), code);
    let row =
        |line: &Value| vec![cell(line, "code"), cell(line, "name"), sum(line, "debit"), sum(line, "credit")];
    let mut rows: Vec<Vec<String>> = currency["accounts"].as_array().into_iter().flatten().map(row).collect();
    let total = output.pick("합계", "total").to_owned();
    rows.push(vec![String::new(), total, sum(currency, "debit"), sum(currency, "credit")]);
    rows
}
