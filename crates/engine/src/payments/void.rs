//! Void: release reserved funds.

use domain::payment::{Command, Void};

use super::{Call, OnPayment, Payments, Reply};
use crate::commit::Work;

impl Payments {
    /// Releases what is still reserved. Counts as a capture against the merchant's
    /// limit, unless the key has its answer already.
    pub async fn void(&self, call: Call<OnPayment<Void>>) -> Reply {
        self.perform(call, |request| Work::OnPayment(request.payment, Command::Void(request.command))).await
    }
}
