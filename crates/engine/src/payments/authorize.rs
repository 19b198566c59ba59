//! Authorize: reserve funds, once per key.

use super::{Authorize, Call, Payments, Reply};
use crate::commit::Work;

impl Payments {
    /// Reserves funds. Costs one of the merchant's authorizations unless the key has its answer already; gets back the payment,
    /// 402 with the payment when the acquirer said no, or why nothing happened.
    pub async fn authorize(&self, call: Call<Authorize>) -> Reply {
        self.perform(call, |request| Work::Authorize(Box::new(request))).await
    }
}
