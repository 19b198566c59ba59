//! The chart of accounts, and the instances of an account: one per owner and currency.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::money::Currency;

/// What kind of account it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountType {
    /// What we have.
    Asset,
    /// What we owe.
    Liability,
    /// What is ours.
    Equity,
    /// What we earned.
    Income,
    /// What we spent.
    Expense,
}

impl AccountType {
    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }
}

/// The side on which an account normally stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NormalSide {
    /// Positive.
    Debit,
    /// Negative.
    Credit,
}

impl NormalSide {
    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

macro_rules! chart_of_accounts {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal $type:ident $side:ident;)*) => {
        /// The fixed list of ledger accounts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum AccountCode {
            $($(#[$doc])* $variant,)*
        }

        impl AccountCode {
            /// Every account, in code order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The four-digit code.
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Asset, liability, equity, income or expense.
            pub fn account_type(self) -> AccountType {
                match self { $(Self::$variant => AccountType::$type,)* }
            }

            /// The side on which it normally stands.
            pub fn normal_side(self) -> NormalSide {
                match self { $(Self::$variant => NormalSide::$side,)* }
            }

            /// The account with this four-digit code.
            pub fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

chart_of_accounts! {
    /// Settlement bank account (per currency).
    Cash = 1100 "cash" Asset Debit;
    /// Captured, not yet reported paid (per acquirer and currency).
    AcquirerReceivable = 1200 "acquirer_receivable" Asset Debit;
    /// In the acquirer's file, not yet on the bank statement; clears to 0.
    AcquirerInTransit = 1210 "acquirer_in_transit" Asset Debit;
    /// Negative merchant balance carried (per merchant and currency).
    MerchantReceivable = 1300 "merchant_receivable" Asset Debit;
    /// VAT paid.
    InputVat = 1400 "input_vat" Asset Debit;
    /// Unexplained; 0 at close. Either side, shown as debit.
    Suspense = 1900 "suspense" Asset Debit;
    /// Captured, not yet due (per merchant and currency).
    MerchantPending = 2100 "merchant_pending" Liability Credit;
    /// Due, payable (per merchant and currency).
    MerchantAvailable = 2110 "merchant_available" Liability Credit;
    /// Held back (per merchant and currency).
    MerchantReserve = 2120 "merchant_reserve" Liability Credit;
    /// Instructed, not confirmed; clears to 0.
    PayoutInTransit = 2130 "payout_in_transit" Liability Credit;
    /// VAT owed.
    OutputVat = 2200 "output_vat" Liability Credit;
    /// What is ours.
    Equity = 3000 "equity" Equity Credit;
    /// Processing fees earned.
    ProcessingFeeIncome = 4100 "processing_fee_income" Income Credit;
    /// Refund fees earned.
    RefundFeeIncome = 4110 "refund_fee_income" Income Credit;
    /// Chargeback fees earned.
    ChargebackFeeIncome = 4120 "chargeback_fee_income" Income Credit;
    /// What the acquirer costs.
    AcquirerCost = 5100 "acquirer_cost" Expense Debit;
    /// What merchants did not pay back.
    MerchantDefault = 5200 "merchant_default" Expense Debit;
    /// What chargebacks cost.
    ChargebackLoss = 5300 "chargeback_loss" Expense Debit;
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One instance of an account. Shown as `code:owner:currency`, e.g. `2100:M123:KRW`; the owner is empty where the platform
/// itself is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccountId {
    /// Which account of the chart.
    pub code: AccountCode,
    /// The merchant's or acquirer's id, or empty. Never holds a colon.
    pub owner: Box<str>,
    /// Its currency.
    pub currency: Currency,
}

/// Not `code:owner:currency`, or no such account in the chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("is not an account of the chart")]
pub struct AccountIdError;

impl AccountId {
    /// An instance of `code`.
    pub fn new(code: AccountCode, owner: &str, currency: Currency) -> Self {
        debug_assert!(!owner.contains(':'));
        Self { code, owner: owner.into(), currency }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.code.code(), self.owner, self.currency)
    }
}

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, AccountIdError> {
        let mut parts = text.split(':');
        let (Some(code), Some(owner), Some(currency), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AccountIdError);
        };
        let code = code.parse().ok().and_then(AccountCode::from_code).ok_or(AccountIdError)?;
        let currency = currency.parse().map_err(|_| AccountIdError)?;
        Ok(Self { code, owner: owner.into(), currency })
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_no_code_or_name_twice_and_is_in_order() {
        for pair in AccountCode::ALL.windows(2) {
            assert!(pair[0].code() < pair[1].code());
            assert_ne!(pair[0].name(), pair[1].name());
        }
        for &account in AccountCode::ALL {
            assert_eq!(AccountCode::from_code(account.code()), Some(account));
        }
    }

    #[test]
    fn an_instance_reads_back_what_it_shows() {
        for text in ["2100:M123:KRW", "1100::USD"] {
            assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        }
        for wrong in ["2100:M123", "9999:M123:KRW", "2100:M:1:KRW", "2100:M123:XXX", ""] {
            assert_eq!(wrong.parse::<AccountId>(), Err(AccountIdError), "{wrong}");
        }
    }
}
