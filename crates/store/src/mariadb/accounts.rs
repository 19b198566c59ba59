//! The numbers of accounts: looked up once, then remembered.
//!
//! Invariant: only numbers of rows that are committed are remembered. An account is named for the first time in a short
//! transaction of its own, before anything is posted to it: a number stands for its account for ever, used or not, and nobody
//! waits for a posting to know it. For ever is as long as the database does: one that fails over or is restored may have lost
//! an account and given its number to another, so with a lost connection everything is forgotten.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use domain::ledger::AccountId;
use engine::ports::StoreError;
use mysql_async::Value;

use super::{
    error::refused,
    pool::Pool,
    rows::{ReadCells, each, number, text},
    session::Session,
};
use crate::rows::account_from_cells;

/// Accounts that are remembered; one more and all are looked up anew.
const REMEMBERED_MAX: usize = 1 << 20;

/// The numbers that are known.
pub(super) struct Accounts {
    pool: Arc<Pool>,
    known: RwLock<Known>,
}

/// What was looked up on connections of one generation.
#[derive(Default)]
struct Known {
    generation: u64,
    numbers: HashMap<AccountId, i64>,
}

impl Accounts {
    /// Names new accounts through `pool`, which nobody else may use: it is asked while another connection is held.
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, known: RwLock::default() }
    }

    /// The number of each of `wanted`.
    pub(super) async fn numbers(
        &self,
        wanted: &BTreeSet<&AccountId>,
    ) -> Result<HashMap<AccountId, i64>, StoreError> {
        let (mut numbers, unknown) = self.look_up(wanted);
        if !unknown.is_empty() {
            let generation = self.pool.endpoint.generation();
            let named = self.name(&unknown).await?;
            self.remember(generation, &named);
            numbers.extend(named);
        }
        Ok(numbers)
    }

    fn remember(&self, generation: u64, named: &[(AccountId, i64)]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation || known.numbers.len() + named.len() > REMEMBERED_MAX {
            known.numbers.clear();
        }
        known.generation = generation;
        known.numbers.extend(named.iter().cloned());
    }

    fn look_up<'w>(&self, wanted: &BTreeSet<&'w AccountId>) -> (HashMap<AccountId, i64>, Vec<&'w AccountId>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_current = known.generation == self.pool.endpoint.generation();
        let (mut numbers, mut unknown) = (HashMap::with_capacity(wanted.len()), Vec::new());
        for account in wanted {
            match known.numbers.get(*account).filter(|_| is_current) {
                Some(number) => drop(numbers.insert((*account).clone(), *number)),
                None => unknown.push(*account),
            }
        }
        (numbers, unknown)
    }

    async fn name(&self, accounts: &[&AccountId]) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let (mut session, _) = self.pool.lend().await?;
        let mut named = Vec::with_capacity(accounts.len());
        for chunk in accounts.chunks(256) {
            let mut found = find(&mut session, chunk).await?;
            if found.len() < chunk.len() {
                insert(&mut session, chunk).await?;
                found = find(&mut session, chunk).await?;
            }
            if found.len() != chunk.len() {
                return Err(refused("number account", "an account has no number"));
            }
            named.extend(found);
        }
        Ok(named)
    }
}

async fn find(session: &mut Session, accounts: &[&AccountId]) -> Result<Vec<(AccountId, i64)>, StoreError> {
    let places = vec!["(?, ?, ?)"; accounts.len()].join(", ");
    let sql =
        format!("SELECT id, code, owner, currency FROM account WHERE (code, owner, currency) IN ({places})");
    let rows = session
        .rows("number account", sql, accounts.iter().flat_map(|account| row(account)).collect())
        .await?;
    each("account", &rows, |cells| Ok((account_from_cells(cells, 1)?, cells.int(0)?)))
}

async fn insert(session: &mut Session, accounts: &[&AccountId]) -> Result<(), StoreError> {
    let sql = "INSERT INTO account (code, owner, currency) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE id = id";
    session.bulk("number account", sql, accounts.iter().map(|account| row(account)).collect()).await.map(drop)
}

fn row(account: &AccountId) -> Vec<Value> {
    vec![number(account.code.code()), text(&account.owner), text(account.currency.code())]
}
