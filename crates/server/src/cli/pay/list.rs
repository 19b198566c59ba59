//! `swelite pay list`.

use clap::{Args, builder::PossibleValuesParser};
use domain::payment::PaymentStatus;

use super::show;
use crate::cli::{
    Context,
    failure::Failure,
    output::{amount, cell, numbers, words},
    remote::Remote,
};

/// List payments, newest first.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this merchant's
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// Only in this status, such as AUTHORIZED; can be repeated
    #[arg(long, value_parser = statuses(), ignore_case = true, hide_possible_values = true)]
    status: Vec<String>,
    /// Only of this order
    #[arg(long, value_name = "ID")]
    order: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    remote: Remote,
}

fn statuses() -> PossibleValuesParser {
    PaymentStatus::ALL.iter().map(|status| status.as_str()).into()
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut filters: Vec<(&str, String)> = Vec::new();
        filters.extend(self.merchant.map(|merchant| ("merchantId", merchant)));
        filters.extend(self.status.into_iter().map(|status| ("status", status.to_ascii_uppercase())));
        filters.extend(self.order.map(|order| ("orderId", order)));
        let payments = self.remote.server(context).list("/payments", &filters, self.limit).await?;
        if context.output.json {
            payments.iter().for_each(|payment| context.output.json(payment));
            return Ok(());
        }
        let columns = [
            numbers("결제", "payment"),
            words("상태", "status"),
            numbers("금액", "amount"),
            numbers("매입", "captured"),
            numbers("환불", "refunded"),
            words("가맹점", "merchant"),
            words("승인 시각", "created"),
        ];
        let row = |payment: &serde_json::Value| {
            vec![
                cell(payment, "paymentId"),
                show::status(payment),
                amount(payment, "amount"),
                amount(payment, "capturedAmount"),
                amount(payment, "refundedAmount"),
                cell(payment, "merchantId"),
                cell(payment, "createdAt"),
            ]
        };
        context.output.table(&columns, payments.iter().map(row).collect());
        Ok(())
    }
}
