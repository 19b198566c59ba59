//! `swelite ledger …`: the books, in words.

mod accounts;
mod journal;
mod trial_balance;
mod verify;

use clap::Subcommand;

use super::{Context, failure::Failure};

/// Look at the books and prove them.
#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Every account with its balance
    Accounts(accounts::Accounts),
    /// Debits and credits of all accounts, which must be equal
    TrialBalance(trial_balance::TrialBalance),
    /// The journal entries of a payment
    Journal(journal::Journal),
    /// Run every proof over everything; exit 6 if one fails
    Verify(verify::Verify),
}

impl Ledger {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Accounts(command) => context.block_on(command.run(context)),
            Self::TrialBalance(command) => context.block_on(command.run(context)),
            Self::Journal(command) => context.block_on(command.run(context)),
            Self::Verify(command) => command.run(context),
        }
    }
}
