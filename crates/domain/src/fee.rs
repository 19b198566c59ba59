//! The processing fee and its VAT, as pure integer arithmetic.
//!
//! The fee of a payment depends only on its **remaining net** (captured minus refunded), and what is booked is always the
//! difference to what is booked already. So any number of partial refunds ends exactly where one full refund does.

use crate::money::Money;

/// What a merchant pays for processing. The default is nothing, until the merchant has a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeePlan {
    /// VAT-inclusive rate in hundredths of a percent: 253 is 2.53 %. At most 10,000.
    pub basis_points: u16,
    /// What comes back on a refund.
    pub on_refund: FeeReturn,
}

/// What happens to the fee when money goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FeeReturn {
    /// The fee stays what it was.
    None,
    /// The fee follows the remaining net.
    #[default]
    Proportional,
    /// The whole fee comes back with the first refund.
    Full,
}

/// A fee, split into the service and the VAT contained in it, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fee {
    /// Income.
    pub service: i64,
    /// Owed to the tax office.
    pub vat: i64,
}

impl FeePlan {
    /// The fee of a payment of which `captured` was taken and `refunded` given back: rounded down, VAT-inclusive.
    pub fn fee(self, captured: Money, refunded: Money) -> Fee {
        let base = match self.on_refund {
            FeeReturn::None => captured.minor_units,
            FeeReturn::Proportional => captured.minor_units.saturating_sub(refunded.minor_units),
            FeeReturn::Full if refunded.is_positive() => 0,
            FeeReturn::Full => captured.minor_units,
        };
        let rate = i128::from(self.basis_points.min(10_000));
        let inclusive = i128::from(base.max(0)).saturating_mul(rate).checked_div(10_000).unwrap_or(0);
        assert!(inclusive <= i128::from(base.max(0)), "no fee is more than what it is charged on");
        Fee::from_inclusive(i64::try_from(inclusive).unwrap_or(i64::MAX))
    }
}

impl Fee {
    /// Splits a VAT-inclusive fee: service = round(fee / 1.1), half up; VAT is the rest.
    fn from_inclusive(inclusive: i64) -> Self {
        let tenfold = i128::from(inclusive).saturating_mul(10);
        let rounded = tenfold.saturating_add(5).checked_div(11).unwrap_or(0);
        let service = i64::try_from(rounded).unwrap_or(inclusive);
        let fee = Self { service, vat: inclusive.saturating_sub(service) };
        assert!(fee.service >= 0);
        assert!(fee.vat >= 0);
        assert_eq!(fee.total(), inclusive);
        fee
    }

    /// What must be booked on top of `booked` to arrive at this; negative parts come back.
    pub fn minus(self, booked: Self) -> Self {
        Self {
            service: self.service.saturating_sub(booked.service),
            vat: self.vat.saturating_sub(booked.vat),
        }
    }

    /// Service and VAT together.
    pub fn total(self) -> i64 {
        self.service.saturating_add(self.vat)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn won(minor: i64) -> Money {
        Money::new(minor, Currency::KRW)
    }

    #[test]
    fn the_worked_example_of_the_ledger_document() {
        let plan = FeePlan { basis_points: 253, on_refund: FeeReturn::Proportional };
        let at_capture = plan.fee(won(42_000), won(0));
        assert_eq!(at_capture, Fee { service: 965, vat: 97 });
        let after_refund = plan.fee(won(42_000), won(10_000));
        assert_eq!(after_refund, Fee { service: 735, vat: 74 });
        assert_eq!(after_refund.minus(at_capture), Fee { service: -230, vat: -23 });
    }

    proptest! {
        #[test]
        fn many_partial_refunds_end_where_one_full_refund_does(
            basis_points in 0_u16..=10_000,
            parts in proptest::collection::vec(1_i64..=9_999_999, 1..40),
            policy in prop_oneof![Just(FeeReturn::None), Just(FeeReturn::Proportional), Just(FeeReturn::Full)],
        ) {
            let plan = FeePlan { basis_points, on_refund: policy };
            let captured = won(parts.iter().sum());
            let mut booked = plan.fee(captured, won(0));
            let mut refunded = 0;
            for part in parts {
                refunded += part;
                let difference = plan.fee(captured, won(refunded)).minus(booked);
                booked = Fee { service: booked.service + difference.service, vat: booked.vat + difference.vat };
            }
            prop_assert_eq!(booked, plan.fee(captured, captured));
            prop_assert!(booked.service >= 0 && booked.vat >= 0);
        }
    }
}
