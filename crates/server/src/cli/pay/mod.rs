//! `swelite pay …`: the API of payments, in words.

mod authorize;
mod capture;
mod command;
mod get;
mod list;
mod refund;
mod show;
mod void;
mod watch;

use clap::Subcommand;

use super::{Context, failure::Failure};

/// Take payments and look at them.
#[derive(Debug, Subcommand)]
pub(super) enum Pay {
    /// Reserve money on a card
    Authorize(authorize::Authorize),
    /// Take reserved money
    Capture(capture::Capture),
    /// Release reserved money
    Void(void::Void),
    /// Give captured money back
    Refund(refund::Refund),
    /// Show one payment
    Get(get::Get),
    /// List payments, newest first
    List(list::List),
    /// Watch a payment pass its six stations until it is posted
    Watch(watch::Watch),
}

impl Pay {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Authorize(command) => command.run(context).await,
            Self::Capture(command) => command.run(context).await,
            Self::Void(command) => command.run(context).await,
            Self::Refund(command) => command.run(context).await,
            Self::Get(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Watch(command) => command.run(context).await,
        }
    }
}
