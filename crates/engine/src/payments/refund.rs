//! Refund: give captured funds back.

use domain::payment::{Command, Refund};

use super::{Call, OnPayment, Payments, Reply};
use crate::commit::Work;

impl Payments {
    /// Gives captured funds back, in full or in part. Counts as a refund against the merchant's
    /// limit, unless the key has its answer already.
    pub async fn refund(&self, call: Call<OnPayment<Refund>>) -> Reply {
        self.perform(call, |request| Work::OnPayment(request.payment, Command::Refund(request.command))).await
    }
}
