//! Postings and journal entries: balanced by construction, never empty, never changed.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::AccountId;
use crate::{
    id::{JournalEntryId, PaymentId},
    money::Money,
    time::Timestamp,
};

/// Which of the two books a posting belongs to. Each is its own zero-sum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layer {
    /// The books.
    Posted,
    /// Authorizations: memo, never in the trial balance.
    Hold,
}

impl Layer {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "POSTED",
            Self::Hold => "HOLD",
        }
    }
}

/// One debit account, one credit account, one amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posting {
    layer: Layer,
    debit: AccountId,
    credit: AccountId,
    amount: Money,
}

/// Why something is not a posting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PostingError {
    /// An amount of 0 or less.
    #[error("posting amount is not positive")]
    NotPositive,
    /// The accounts and the amount are not of one currency.
    #[error("posting mixes currencies")]
    CurrencyMismatch,
    /// Debit and credit are the same account.
    #[error("posting debits and credits the same account")]
    SameAccount,
}

impl Posting {
    /// Moves `amount` from `credit` to `debit`.
    pub fn new(
        layer: Layer,
        debit: AccountId,
        credit: AccountId,
        amount: Money,
    ) -> Result<Self, PostingError> {
        if !amount.is_positive() {
            return Err(PostingError::NotPositive);
        }
        if debit.currency != amount.currency || credit.currency != amount.currency {
            return Err(PostingError::CurrencyMismatch);
        }
        if debit == credit {
            return Err(PostingError::SameAccount);
        }
        Ok(Self { layer, debit, credit, amount })
    }

    /// Which book.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// The account that grows on the debit side.
    pub fn debit(&self) -> &AccountId {
        &self.debit
    }

    /// The account that grows on the credit side.
    pub fn credit(&self) -> &AccountId {
        &self.credit
    }

    /// How much; always positive.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// What it adds to each of its accounts: the debit positive, the credit negative. Sums to zero.
    pub fn legs(&self) -> [(&AccountId, i64); 2] {
        let minor_units = self.amount.minor_units;
        debug_assert!(minor_units > 0);
        debug_assert_ne!(self.debit, self.credit);
        [(&self.debit, minor_units), (&self.credit, minor_units.saturating_neg())]
    }
}

/// The non-empty, immutable set of postings one event causes. Named by its event, so it cannot be posted twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// The event's lane and place.
    pub id: JournalEntryId,
    /// The payment it belongs to.
    pub payment: PaymentId,
    /// When the event happened (not when it was posted).
    pub occurred_at: Timestamp,
    postings: Vec<Posting>,
}

impl JournalEntry {
    /// `None` without postings.
    pub fn new(
        id: JournalEntryId,
        payment: PaymentId,
        occurred_at: Timestamp,
        postings: Vec<Posting>,
    ) -> Option<Self> {
        debug_assert!(postings.iter().all(|posting| posting.amount.is_positive()));
        (!postings.is_empty()).then_some(Self { id, payment, occurred_at, postings })
    }

    /// Its postings, at least one.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ledger::AccountCode, money::Currency};

    fn account(code: AccountCode, currency: Currency) -> AccountId {
        AccountId::new(code, "M1", currency)
    }

    #[test]
    fn what_would_not_balance_cannot_be_made() {
        let usd: Currency = "USD".parse().unwrap();
        let pending = || account(AccountCode::MerchantPending, Currency::KRW);
        let cash = || account(AccountCode::Cash, Currency::KRW);
        let won = |minor| Money::new(minor, Currency::KRW);
        assert_eq!(Posting::new(Layer::Posted, cash(), pending(), won(0)), Err(PostingError::NotPositive));
        assert_eq!(Posting::new(Layer::Posted, cash(), pending(), won(-1)), Err(PostingError::NotPositive));
        assert_eq!(Posting::new(Layer::Posted, cash(), cash(), won(1)), Err(PostingError::SameAccount));
        let foreign = account(AccountCode::MerchantPending, usd);
        assert_eq!(Posting::new(Layer::Posted, cash(), foreign, won(1)), Err(PostingError::CurrencyMismatch));
        let good = Posting::new(Layer::Posted, cash(), pending(), won(7)).unwrap();
        assert_eq!(good.legs().iter().map(|(_, delta)| delta).sum::<i64>(), 0);
    }
}
