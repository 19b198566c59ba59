//! What each event posts: the one bridge between payments and the ledger.
//!
//! A hold uses the same two accounts as the later capture, so "available" is one subtraction. Fees are booked as the difference
//! to what is booked already; see [`crate::fee`].

use crate::{
    fee::{Fee, FeePlan},
    id::MerchantId,
    ledger::{AccountCode, AccountId, Layer, Posting, PostingError},
    money::{Currency, Money},
    payment::Change,
};

/// The postings of `change`. Empty for a decline, and for a void or expiry that released nothing.
pub fn postings(
    change: &Change,
    merchant: &MerchantId,
    acquirer: &str,
    plan: FeePlan,
) -> Result<Vec<Posting>, PostingError> {
    let book = Book { merchant, acquirer };
    match change {
        Change::Authorized { amount } => Ok(vec![book.hold(*amount)?]),
        Change::Declined { .. } => Ok(Vec::new()),
        Change::Voided { released, .. } | Change::Expired { released } if released.is_zero() => {
            Ok(Vec::new())
        }
        Change::Voided { released, .. } | Change::Expired { released } => Ok(vec![book.release(*released)?]),
        Change::Captured { amount, released, captured_total, refunded_total, .. } => {
            assert!(amount.minor_units <= released.minor_units, "a capture ends at least its own hold");
            assert!(refunded_total.minor_units <= captured_total.minor_units);
            let booked = plan.fee(before(*captured_total, *amount), *refunded_total);
            let fee = plan.fee(*captured_total, *refunded_total).minus(booked);
            let mut postings = vec![book.release(*released)?, book.capture(*amount)?];
            postings.extend(book.fee(fee, amount.currency)?);
            Ok(postings)
        }
        Change::Refunded { amount, captured_total, refunded_total, .. } => {
            assert!(refunded_total.minor_units <= captured_total.minor_units);
            let booked = plan.fee(*captured_total, before(*refunded_total, *amount));
            let fee = plan.fee(*captured_total, *refunded_total).minus(booked);
            let mut postings = vec![book.refund(*amount)?];
            postings.extend(book.fee(fee, amount.currency)?);
            Ok(postings)
        }
    }
}

/// What the total was before `amount` was added to it.
fn before(total: Money, amount: Money) -> Money {
    assert_eq!(total.currency, amount.currency);
    assert!(amount.minor_units <= total.minor_units, "a total holds the amount that led to it");
    Money::new(total.minor_units.saturating_sub(amount.minor_units), total.currency)
}

/// Whose accounts are meant.
struct Book<'a> {
    merchant: &'a MerchantId,
    acquirer: &'a str,
}

impl Book<'_> {
    fn receivable(&self, currency: Currency) -> AccountId {
        AccountId::new(AccountCode::AcquirerReceivable, self.acquirer, currency)
    }

    fn pending(&self, currency: Currency) -> AccountId {
        AccountId::new(AccountCode::MerchantPending, self.merchant.as_str(), currency)
    }

    fn hold(&self, amount: Money) -> Result<Posting, PostingError> {
        Posting::new(Layer::Hold, self.receivable(amount.currency), self.pending(amount.currency), amount)
    }

    fn release(&self, amount: Money) -> Result<Posting, PostingError> {
        Posting::new(Layer::Hold, self.pending(amount.currency), self.receivable(amount.currency), amount)
    }

    fn capture(&self, amount: Money) -> Result<Posting, PostingError> {
        Posting::new(Layer::Posted, self.receivable(amount.currency), self.pending(amount.currency), amount)
    }

    fn refund(&self, amount: Money) -> Result<Posting, PostingError> {
        Posting::new(Layer::Posted, self.pending(amount.currency), self.receivable(amount.currency), amount)
    }

    /// Books a fee difference: what is positive is earned, what is negative comes back.
    fn fee(&self, fee: Fee, currency: Currency) -> Result<Vec<Posting>, PostingError> {
        let parts = [(AccountCode::ProcessingFeeIncome, fee.service), (AccountCode::OutputVat, fee.vat)];
        let booked = parts.into_iter().filter(|(_, minor_units)| *minor_units != 0);
        booked
            .map(|(code, minor_units)| {
                let income = AccountId::new(code, "", currency);
                let (debit, credit) = if minor_units > 0 {
                    (self.pending(currency), income)
                } else {
                    (income, self.pending(currency))
                };
                let size = Money::new(minor_units.saturating_abs(), currency);
                Posting::new(Layer::Posted, debit, credit, size)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::fee::FeeReturn;

    fn won(minor: i64) -> Money {
        Money::new(minor, Currency::KRW)
    }

    fn fold(changes: &[Change], plan: FeePlan) -> BTreeMap<(Layer, u16), i64> {
        let merchant = "M1".parse().unwrap();
        let mut balances = BTreeMap::new();
        for change in changes {
            for posting in postings(change, &merchant, "simulator", plan).unwrap() {
                for (account, delta) in posting.legs() {
                    *balances.entry((posting.layer(), account.code.code())).or_insert(0) += delta;
                }
            }
        }
        balances.retain(|_, balance| *balance != 0);
        balances
    }

    fn captured(amount: i64, released: i64, total: i64) -> Change {
        let last = released != amount;
        Change::Captured {
            amount: won(amount),
            released: won(released),
            last,
            captured_total: won(total),
            refunded_total: won(0),
        }
    }

    fn refunded(amount: i64, captured_total: i64, total: i64) -> Change {
        let reason = "test".parse().unwrap();
        Change::Refunded {
            amount: won(amount),
            reason,
            captured_total: won(captured_total),
            refunded_total: won(total),
        }
    }

    #[test]
    fn the_worked_example_of_the_ledger_document() {
        let plan = FeePlan { basis_points: 253, on_refund: FeeReturn::Proportional };
        let life = [
            Change::Authorized { amount: won(50_000) },
            captured(42_000, 50_000, 42_000),
            refunded(10_000, 42_000, 10_000),
        ];
        let expected = [(1200, 32_000), (2100, -(42_000 - 1_062 - 9_747)), (2200, -74), (4100, -735)];
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(code, sum)| ((Layer::Posted, code), sum)).collect();
        assert_eq!(fold(&life, plan), expected);
    }

    #[test]
    fn void_and_expiry_end_the_hold_and_post_nothing() {
        for end in [Change::Voided { released: won(70), reason: None }, Change::Expired { released: won(70) }]
        {
            assert!(fold(&[Change::Authorized { amount: won(70) }, end], FeePlan::default()).is_empty());
        }
    }

    proptest! {
        #[test]
        fn every_life_sums_to_zero_and_leaves_no_hold(
            parts in proptest::collection::vec(1_i64..=1_000_000, 1..10),
            rest in 1_i64..=1_000_000,
            basis_points in 0_u16..=10_000,
        ) {
            let plan = FeePlan { basis_points, on_refund: FeeReturn::Proportional };
            let total: i64 = parts.iter().sum();
            let mut life = vec![Change::Authorized { amount: won(total + rest) }];
            let mut so_far = 0;
            for part in &parts {
                so_far += part;
                life.push(captured(*part, *part, so_far));
            }
            life.push(Change::Voided { released: won(rest), reason: None });
            let mut back = 0;
            for part in &parts {
                back += part;
                life.push(refunded(*part, total, back));
                let balances = fold(&life, plan);
                prop_assert_eq!(balances.values().sum::<i64>(), 0);
                prop_assert!(balances.keys().all(|(layer, _)| *layer == Layer::Posted));
            }
            prop_assert!(fold(&life, plan).is_empty(), "all given back, all fees returned");
        }
    }
}
