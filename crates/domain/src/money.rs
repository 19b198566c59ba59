//! Money is a checked integer of a currency's minor unit.
//!
//! Invariant: arithmetic never wraps, never rounds and never mixes currencies; what would is an error the caller sees.
//! A [`Money`] may be negative (a balance can be), an amount a caller sends never is: see [`Money::AMOUNT_MAX`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// An ISO 4217 currency that has a minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The Korean won.
    pub const KRW: Self = Self(iso_currency::Currency::KRW);

    /// The upper-case alphabetic code, e.g. `KRW`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point: KRW and JPY 0, USD 2, KWD 3.
    pub fn minor_digits(self) -> u8 {
        self.0.exponent().and_then(|digits| u8::try_from(digits).ok()).unwrap_or(0)
    }

    /// Whether it has been replaced by another and is no longer money anywhere. Books may hold it; nothing new is priced in it.
    pub fn is_withdrawn(self) -> bool {
        // The table calls VES replaced by VED, but both stand in ISO 4217's list of current currencies.
        self.0.is_superseded().is_some() && self.0 != iso_currency::Currency::VES
    }
}

/// Not an upper-case ISO 4217 code of a currency with a minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("is not an ISO 4217 currency code")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        let upper = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let known = if upper { iso_currency::Currency::from_code(code) } else { None };
        // Gold, the test code and their like have no minor unit: nothing can be priced in them.
        known.filter(|currency| currency.exponent().is_some()).map(Self).ok_or(UnknownCurrency)
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        code.parse().map_err(de::Error::custom)
    }
}

/// An amount of one currency, in its minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    /// Minor units: 10000 of KRW is ₩10,000, 10000 of USD is $100.00.
    pub minor_units: i64,
    /// The currency.
    pub currency: Currency,
}

/// Arithmetic on money that has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits.
    #[error("amount overflows")]
    Overflow,
    /// The operands are of different currencies.
    #[error("currencies differ: {0} and {1}")]
    CurrencyMismatch(Currency, Currency),
}

impl Money {
    /// The largest amount a single call may name, in minor units. The least is 1.
    pub const AMOUNT_MAX: i64 = 999_999_999_999;

    /// `minor_units` of `currency`.
    pub fn new(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    /// Nothing of `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether there is nothing of it.
    pub fn is_zero(self) -> bool {
        self.minor_units == 0
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.minor_units > 0
    }

    /// The sum, or why there is none.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, or why there is none.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let minor_units = operation(self.minor_units, other.minor_units).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor_units, self.currency))
    }
}

impl fmt::Display for Money {
    /// With the currency's decimals and its code: `10000 KRW`, `100.00 USD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.minor_digits());
        let sign = if self.minor_units < 0 { "-" } else { "" };
        let magnitude =
            format!("{:0>width$}", self.minor_units.unsigned_abs(), width = digits.saturating_add(1));
        let (whole, fraction) = magnitude.split_at(magnitude.len().saturating_sub(digits));
        let point = if digits == 0 { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn minor_digits_follow_iso_4217() {
        for (code, digits) in
            [("KRW", 0), ("JPY", 0), ("USD", 2), ("EUR", 2), ("KWD", 3), ("BHD", 3), ("CLF", 4)]
        {
            assert_eq!(currency(code).minor_digits(), digits, "{code}");
        }
    }

    #[test]
    fn what_is_not_a_currency_is_refused() {
        for code in ["krw", "KR", "KRWX", "ZZZ", "XAU", "XXX", "", "원화"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }

    #[test]
    fn withdrawn_currencies_can_be_read_and_told() {
        for code in ["HRK", "ZWL", "BGN", "CUC", "SLL"] {
            assert!(currency(code).is_withdrawn(), "{code}");
        }
        for code in ["KRW", "USD", "EUR", "VES", "VED", "ZWG", "SLE", "XCG", "CLF"] {
            assert!(!currency(code).is_withdrawn(), "{code}");
        }
    }

    #[test]
    fn shows_the_decimals_of_its_currency() {
        for (minor, code, shown) in [
            (10000, "KRW", "10000 KRW"),
            (10000, "USD", "100.00 USD"),
            (-5, "USD", "-0.05 USD"),
            (1, "KWD", "0.001 KWD"),
        ] {
            assert_eq!(Money::new(minor, currency(code)).to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn adding_and_taking_away_come_back_or_say_overflow(a: i64, b: i64) {
            let (a, b) = (Money::new(a, Currency::KRW), Money::new(b, Currency::KRW));
            match a.checked_add(b) {
                Ok(sum) => prop_assert_eq!(sum.checked_sub(b), Ok(a)),
                Err(error) => prop_assert_eq!(error, MoneyError::Overflow),
            }
        }

        #[test]
        fn currencies_never_mix(a: i64, b: i64) {
            let usd = currency("USD");
            let mixed = Money::new(a, Currency::KRW).checked_add(Money::new(b, usd));
            prop_assert_eq!(mixed, Err(MoneyError::CurrencyMismatch(Currency::KRW, usd)));
        }
    }
}
