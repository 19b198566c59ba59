//! `swelite pay get`.

use clap::Args;

use super::show;
use crate::cli::{Context, failure::Failure, remote::Remote};

/// Show one payment.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The payment's number
    payment: u64,
    #[command(flatten)]
    remote: Remote,
}

impl Get {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let payment = self.remote.server(context).get(&format!("/payments/{}", self.payment)).await?;
        show::payment(context, &payment);
        Ok(())
    }
}
