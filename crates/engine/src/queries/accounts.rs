//! The chart of accounts with its balances: the books and the holds, side by side.
//!
//! Balances are kept per account and lane and summed here. Sums are 128 bits wide, so adding them cannot overflow.

use std::collections::BTreeMap;

use domain::{
    ledger::{AccountCode, AccountId, Layer, NormalSide},
    money::Currency,
};

use crate::ports::Balance;

/// All debits and all credits, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// All debits.
    pub debit: i128,
    /// All credits.
    pub credit: i128,
}

impl Sums {
    /// Adds what `balance` holds.
    pub fn add(&mut self, balance: &Balance) {
        self.debit += i128::from(balance.debit);
        self.credit += i128::from(balance.credit);
    }

    /// The balance on `side`: positive when the account stands where it normally does.
    pub fn balance(self, side: NormalSide) -> i128 {
        match side {
            NormalSide::Debit => self.debit - self.credit,
            NormalSide::Credit => self.credit - self.debit,
        }
    }
}

/// One line of the chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountSums {
    /// Which account.
    pub code: AccountCode,
    /// Of whom; `None` when all owners are added up, empty where the platform itself is.
    pub owner: Option<Box<str>>,
    /// In which currency; `None` for an account that has never been used.
    pub currency: Option<Currency>,
    /// The books.
    pub posted: Sums,
    /// The holds.
    pub hold: Sums,
}

impl AccountSums {
    /// Its place in the chart.
    pub fn place(&self) -> ChartPlace {
        (self.code, self.owner.clone(), self.currency)
    }
}

/// A place in the chart: account, owner, currency, in this order. It stays where it is when lines appear before it.
pub type ChartPlace = (AccountCode, Option<Box<str>>, Option<Currency>);

/// Which lines of the chart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChartFilter {
    /// Only this account.
    pub code: Option<AccountCode>,
    /// Only of this owner; then one line an owner.
    pub owner: Option<Box<str>>,
    /// Only of this currency.
    pub currency: Option<Currency>,
    /// One line an owner instead of one for all of them.
    pub per_owner: bool,
    /// Only lines after this place.
    pub after: Option<ChartPlace>,
}

impl ChartFilter {
    fn admits(&self, account: &AccountId) -> bool {
        self.code.is_none_or(|code| code == account.code)
            && self.owner.as_ref().is_none_or(|owner| *owner == account.owner)
            && self.currency.is_none_or(|currency| currency == account.currency)
    }

    fn splits_owners(&self) -> bool {
        self.per_owner || self.owner.is_some()
    }
}

/// The books and the holds of each account, owner and currency.
type Lines = BTreeMap<ChartPlace, (Sums, Sums)>;

/// The chart in account order. Accounts never used are there too, with nothing on them, unless owner or currency is asked for.
pub fn chart(balances: &[Balance], filter: &ChartFilter) -> Vec<AccountSums> {
    let mut lines = Lines::new();
    for balance in balances.iter().filter(|balance| filter.admits(&balance.account)) {
        let owner = filter.splits_owners().then(|| balance.account.owner.clone());
        let line = lines.entry((balance.account.code, owner, Some(balance.account.currency))).or_default();
        match balance.layer {
            Layer::Posted => line.0.add(balance),
            Layer::Hold => line.1.add(balance),
        }
    }
    if filter.owner.is_none() && filter.currency.is_none() {
        add_unused(&mut lines, filter);
    }
    lines
        .into_iter()
        .filter(|(place, _)| filter.after.as_ref().is_none_or(|after| after < place))
        .map(|((code, owner, currency), (posted, hold))| AccountSums { code, owner, currency, posted, hold })
        .collect()
}

fn add_unused(lines: &mut Lines, filter: &ChartFilter) {
    for &code in AccountCode::ALL {
        let used = lines.keys().any(|(used, _, _)| *used == code);
        if !used && filter.code.is_none_or(|only| only == code) {
            lines.insert((code, None, None), Default::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::id::Lane;

    use super::*;

    fn balance(account: &str, lane: u16, layer: Layer, (debit, credit): (i64, i64)) -> Balance {
        Balance { account: account.parse().unwrap(), lane: Lane(lane), layer, debit, credit }
    }

    fn balances() -> Vec<Balance> {
        vec![
            balance("1200:simulator:KRW", 0, Layer::Posted, (700, 100)),
            balance("1200:simulator:KRW", 1, Layer::Posted, (50, 0)),
            balance("1200:simulator:KRW", 0, Layer::Hold, (900, 0)),
            balance("2100:M1:KRW", 0, Layer::Posted, (100, 700)),
            balance("2100:M2:KRW", 1, Layer::Posted, (0, 50)),
        ]
    }

    #[test]
    fn lanes_and_owners_are_added_up_and_unused_accounts_stand_at_zero() {
        let chart = chart(&balances(), &ChartFilter::default());
        assert_eq!(chart.len(), AccountCode::ALL.len());
        let line = |code| chart.iter().find(|line| line.code == code).unwrap();
        let receivable = line(AccountCode::AcquirerReceivable);
        assert_eq!(receivable.posted, Sums { debit: 750, credit: 100 });
        assert_eq!(receivable.hold.balance(NormalSide::Debit), 900);
        assert_eq!(line(AccountCode::MerchantPending).posted.balance(NormalSide::Credit), 650);
        assert_eq!(line(AccountCode::Cash).currency, None);
    }

    #[test]
    fn an_owner_sees_only_its_own_lines() {
        let filter = ChartFilter { owner: Some("M2".into()), ..ChartFilter::default() };
        let chart = chart(&balances(), &filter);
        assert_eq!(chart.len(), 1);
        assert_eq!((chart[0].owner.as_deref(), chart[0].posted.credit), (Some("M2"), 50));
    }
}
