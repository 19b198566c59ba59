//! The four indexes that are kept late: what they are for, their keys, and where their entries come from.
//!
//! Keys are hashes, evenly spread, so that a sweep meets as much in one stretch as in any other.

use std::sync::Arc;

use domain::id::{MerchantId, OrderId};
use engine::ports::{IdempotencyScope, StoreError};
use rusqlite::Connection;

use super::{Entry, LateIndex, Spec, Step, clean, find_without_memory, read_sweep};
use crate::{
    hashes::{self, hash},
    sqlite::{
        error::failed,
        rows::{Cells, ReadCells},
    },
};

/// Which index.
#[derive(Clone, Copy, Debug)]
pub(in crate::sqlite) enum Which {
    /// Idempotency rows by scope.
    Keys,
    /// Payments by merchant and order.
    Orders,
    /// Payments by merchant.
    Merchants,
    /// Postings of the books by account, both sides.
    Accounts,
}

macro_rules! spec {
    ($tree:literal, $read_back:expr) => {
        $crate::sqlite::late::Spec {
            name: $tree,
            find: concat!(
                "SELECT row FROM ",
                $tree,
                " WHERE key = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3"
            ),
            find_between: concat!("SELECT row FROM ", $tree, " WHERE key BETWEEN ?1 AND ?2 AND row < ?3"),
            merge: concat!("INSERT OR IGNORE INTO ", $tree, " (key, row) VALUES (?1, ?2)"),
            clean: concat!("DELETE FROM ", $tree, " WHERE key BETWEEN ?1 AND ?2 AND row < ?3"),
            read_back: $read_back,
        }
    };
}
#[cfg(test)]
pub(super) use spec;

const KEYS: Spec = spec!("idem_by_key", read_back_keys);
const ORDERS: Spec = spec!("payment_by_order", read_back_orders);
const MERCHANTS: Spec = spec!("payment_by_merchant", read_back_merchants);
const ACCOUNTS: Spec = spec!("ledger_by_account", read_back_accounts);

/// All late indexes and their memory.
pub(in crate::sqlite) struct LateIndexes {
    keys: LateIndex,
    orders: LateIndex,
    merchants: LateIndex,
    accounts: LateIndex,
}

/// What a transaction adds to them.
#[derive(Default)]
pub(in crate::sqlite) struct Added {
    pub(in crate::sqlite) keys: Vec<Entry>,
    pub(in crate::sqlite) orders: Vec<Entry>,
    pub(in crate::sqlite) merchants: Vec<Entry>,
    pub(in crate::sqlite) accounts: Vec<Entry>,
}

/// What will be true of their memory when the transaction commits.
pub(in crate::sqlite) struct Steps([Option<Step>; 4]);

impl LateIndexes {
    /// Reads back what waits.
    pub(in crate::sqlite) fn open(conn: &Connection, lag_rows: u64) -> Result<Self, StoreError> {
        let open = |spec| LateIndex::open(conn, spec, lag_rows);
        Ok(Self {
            keys: open(&KEYS)?,
            orders: open(&ORDERS)?,
            merchants: open(&MERCHANTS)?,
            accounts: open(&ACCOUNTS)?,
        })
    }

    /// The highest row of an index that was ever added.
    pub(in crate::sqlite) fn last_row(&self, which: Which) -> i64 {
        self.index(which).last_row()
    }

    /// Up to `limit` rows of a key below `before`, highest first. Some may not exist any more, or not yet.
    pub(in crate::sqlite) fn find(
        &self,
        conn: &Connection,
        (which, key): (Which, i64),
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        self.index(which).find(conn, key, before, limit)
    }

    /// Writes what a transaction adds.
    pub(in crate::sqlite) fn write(&self, conn: &Connection, added: Added) -> Result<Steps, StoreError> {
        let write = |index: &LateIndex, added: Vec<Entry>| {
            if added.is_empty() { Ok(None) } else { index.write(conn, added).map(Some) }
        };
        Ok(Steps([
            write(&self.keys, added.keys)?,
            write(&self.orders, added.orders)?,
            write(&self.merchants, added.merchants)?,
            write(&self.accounts, added.accounts)?,
        ]))
    }

    /// The transaction of `steps` has committed.
    pub(in crate::sqlite) fn committed(&self, steps: Steps) {
        for (index, step) in
            [&self.keys, &self.orders, &self.merchants, &self.accounts].into_iter().zip(steps.0)
        {
            if let Some(step) = step {
                index.committed(step);
            }
        }
    }

    fn index(&self, which: Which) -> &LateIndex {
        match which {
            Which::Keys => &self.keys,
            Which::Orders => &self.orders,
            Which::Merchants => &self.merchants,
            Which::Accounts => &self.accounts,
        }
    }
}

/// How a snapshot looks rows up.
#[derive(Clone)]
pub(in crate::sqlite) enum Finder {
    /// In this process is the writer, and so the memory.
    Memory(Arc<LateIndexes>),
    /// Another process may write: what waits is read from the rows, which takes longer.
    Rows,
}

impl Finder {
    /// As [`LateIndexes::find`].
    pub(in crate::sqlite) fn find(
        &self,
        conn: &Connection,
        (which, key): (Which, i64),
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        match self {
            Self::Memory(indexes) => indexes.find(conn, (which, key), before, limit),
            Self::Rows => {
                let mut rows = find_without_memory(conn, spec_of(which), (key, key), before)?;
                rows.truncate(limit);
                Ok(rows)
            }
        }
    }

    /// All rows of some keys below `before`, highest first; for keys that few rows share.
    pub(in crate::sqlite) fn find_between(
        &self,
        conn: &Connection,
        (which, keys): (Which, (i64, i64)),
        before: i64,
    ) -> Result<Vec<i64>, StoreError> {
        match self {
            Self::Memory(indexes) => indexes.index(which).find_between(conn, keys, before),
            Self::Rows => find_without_memory(conn, spec_of(which), keys, before),
        }
    }
}

/// After `pruned` idempotency rows were deleted: deletes entries of such rows in a stretch of their index, a few times longer
/// than the share of rows that went, so that what is stale stays a fraction of the whole.
pub(in crate::sqlite) fn clean_keys(conn: &Connection, pruned: usize) -> Result<(), StoreError> {
    let sql = "SELECT min(id) FROM idem_response_cache";
    let oldest = crate::sqlite::rows::one(conn, sql, [], |row| {
        Cells::of("idem_response_cache", row).number_opt::<i64>(0)
    })?;
    let last_row = read_sweep(conn, &KEYS)?.last_row;
    let oldest = oldest.flatten().unwrap_or_else(|| last_row.saturating_add(1));
    let live = u64::try_from(last_row.saturating_sub(oldest)).unwrap_or(0).saturating_add(1);
    let part = (pruned as u64).saturating_mul(4 * 256) / live + 1;
    clean(conn, &KEYS, oldest, u8::try_from(part).unwrap_or(u8::MAX))
}

/// The key of an idempotency scope.
pub(in crate::sqlite) fn key_key(scope: &IdempotencyScope) -> i64 {
    key_of_texts(scope.merchant.as_str(), scope.operation.as_str(), scope.key.as_str())
}

/// The key of a merchant.
pub(in crate::sqlite) fn merchant_key(merchant: &MerchantId) -> i64 {
    hash(&[merchant.as_str()]).cast_signed()
}

/// The key of a merchant's order: half of it the order's, so that an order is found whoever's it is.
pub(in crate::sqlite) fn order_key(merchant: &MerchantId, order: &OrderId) -> i64 {
    hashes::order_key(merchant.as_str(), order.as_str())
}

/// The key of an account's number: an invertible mix, so no two accounts share one.
pub(in crate::sqlite) fn account_key(account: i64) -> i64 {
    let mixed = account.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)).cast_signed()
}

fn key_of_texts(merchant: &str, operation: &str, key: &str) -> i64 {
    hash(&[merchant, operation, key]).cast_signed()
}

fn spec_of(which: Which) -> &'static Spec {
    match which {
        Which::Keys => &KEYS,
        Which::Orders => &ORDERS,
        Which::Merchants => &MERCHANTS,
        Which::Accounts => &ACCOUNTS,
    }
}

fn read_back_keys(conn: &Connection, after: i64, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    let sql = "SELECT id, merchant, operation, key FROM idem_response_cache WHERE id > ?1";
    read_back(conn, sql, after, |cells| {
        take((key_of_texts(cells.text(1)?, cells.text(2)?, cells.text(3)?), cells.int(0)?));
        Ok(())
    })
}

fn read_back_orders(conn: &Connection, after: i64, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    let sql = "SELECT id, merchant, order_id FROM payment WHERE id > ?1 AND order_id IS NOT NULL";
    read_back(conn, sql, after, |cells| {
        take((hashes::order_key(cells.text(1)?, cells.text(2)?), cells.int(0)?));
        Ok(())
    })
}

fn read_back_merchants(conn: &Connection, after: i64, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    read_back(conn, "SELECT id, merchant FROM payment WHERE id > ?1", after, |cells| {
        take((hash(&[cells.text(1)?]).cast_signed(), cells.int(0)?));
        Ok(())
    })
}

fn read_back_accounts(conn: &Connection, after: i64, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    let sql = "SELECT id, debit_account, credit_account FROM ledger_entry WHERE id > ?1 AND layer = 0";
    read_back(conn, sql, after, |cells| {
        for account_at in [1, 2] {
            take((account_key(cells.int(account_at)?), cells.int(0)?));
        }
        Ok(())
    })
}

fn read_back(
    conn: &Connection,
    sql: &str,
    after: i64,
    mut each: impl FnMut(&Cells<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = failed("read index entries back");
    let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query([after]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        each(&Cells::of("indexed", row))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::payment::Operation;

    use super::*;

    #[test]
    fn keys_are_frozen() {
        let (merchant, order) = ("M123".parse().unwrap(), "order-1".parse().unwrap());
        let key = "order-1".parse().unwrap();
        let scope = IdempotencyScope { merchant, operation: Operation::Authorize, key };
        let keys = [
            key_key(&scope),
            merchant_key(&scope.merchant),
            order_key(&scope.merchant, &order),
            account_key(3),
        ];
        let frozen = [
            -3_204_101_877_395_184_573,
            47_392_679_265_739_657,
            -6_013_291_455_155_100_791,
            -2_691_343_688_751_572_717,
        ];
        assert_eq!(keys, frozen);
        let (first, last) = hashes::order_keys(&order);
        assert!((first..=last).contains(&keys[2]));
        assert_eq!(last.wrapping_sub(first), 0xffff_ffff);
    }

    #[test]
    fn account_keys_differ_and_spread() {
        let keys: HashSet<i64> = (1..=10_000).map(account_key).collect();
        assert_eq!(keys.len(), 10_000);
        let upper = keys.iter().filter(|key| **key >= 0).count();
        assert!((4_000..6_000).contains(&upper), "{upper}");
    }
}
