//! What capture, void and refund have in common: a payment, its merchant, a key.

use clap::Args;
use serde_json::{Map, Value};

use super::{super::remote::Server, show};
use crate::{
    cli::{Context, failure::Failure, remote::Remote},
    system::System,
};

/// Which payment, in whose name, under which key.
#[derive(Clone, Debug, Args)]
pub(super) struct OnPayment {
    /// The payment's number
    payment: u64,
    /// The merchant [default: the payment's own]
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// The idempotency key: the same key has one effect [default: a fresh one, which is printed]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl OnPayment {
    /// Sends the command and shows the payment afterwards.
    pub(super) async fn send(
        self,
        context: &Context,
        verb: &str,
        mut body: Map<String, Value>,
    ) -> Result<(), Failure> {
        let server = self.remote.server(context);
        let merchant = match self.merchant {
            Some(merchant) => merchant,
            None => merchant_of(&server, self.payment).await?,
        };
        body.insert("merchantId".to_owned(), merchant.into());
        let key = self.key.unwrap_or_else(|| fresh_key(context));
        let (answer, payment) =
            server.post(&format!("/payments/{verb}/{}", self.payment), Some(&key), &body.into()).await?;
        show::changed(context, &payment, &answer);
        Ok(())
    }
}

/// A key nobody has used, said before it is used: whoever is cut off can repeat the call.
pub(super) fn fresh_key(context: &Context) -> String {
    use engine::ports::Entropy;
    let key = format!("cli-{}", System::start().attempt_id());
    let output = &context.output;
    output.say(&format!("{} {key}", output.pick("멱등 키:", "idempotency key:")));
    key
}

async fn merchant_of(server: &Server<'_>, payment: u64) -> Result<String, Failure> {
    let payment = server.get(&format!("/payments/{payment}")).await?;
    Ok(payment["merchantId"].as_str().unwrap_or_default().to_owned())
}
