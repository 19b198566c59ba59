//! Capture: take reserved funds.

use domain::payment::{Capture, Command};

use super::{Call, OnPayment, Payments, Reply};
use crate::commit::Work;

impl Payments {
    /// Takes reserved funds, in full or in part. Counts as a capture against the merchant's
    /// limit, unless the key has its answer already.
    pub async fn capture(&self, call: Call<OnPayment<Capture>>) -> Reply {
        self.perform(call, |request| Work::OnPayment(request.payment, Command::Capture(request.command)))
            .await
    }
}
