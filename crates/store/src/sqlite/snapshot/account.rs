//! Reads balances and account statements.

use std::collections::HashSet;

use domain::{
    id::{JournalEntryId, Lane, Seq},
    ledger::AccountId,
};
use engine::ports::{AccountEntry, AccountFilter, Balance, Page, StoreError};
use rusqlite::{Connection, Row, params};

use super::{
    super::{
        error::failed,
        keys::{LINES_MAX, entry_and_line, event_id, event_keys, line_key},
        late::{Finder, Which, account_key},
        rows::{Cells, ReadCells, account_from_cells, layer_from_code, list, topic_from_code},
    },
    SCAN_MAX,
};

/// Up to so many accounts are looked up one by one; for more the ledger is walked through.
const ACCOUNTS_BY_INDEX_MAX: usize = 8;

pub(super) fn balance_list(conn: &Connection) -> Result<Vec<Balance>, StoreError> {
    let sql = "SELECT a.id, a.code, a.owner, a.currency, b.lane, b.layer, b.debit, b.credit \
               FROM account_balance b JOIN account a ON a.id = b.account \
               ORDER BY a.code, a.owner, a.currency, b.lane, b.layer";
    list(conn, sql, [], |row| {
        let cells = Cells::of("account_balance", row);
        Ok(Balance {
            account: account_from_cells(&cells, 1)?,
            lane: Lane(cells.number(4)?),
            layer: layer_from_code(&cells, 5)?,
            debit: cells.int(6)?,
            credit: cells.int(7)?,
        })
    })
}

pub(super) fn entry_list(
    conn: &Connection,
    (finder, lanes): (&Finder, u16),
    filter: &AccountFilter,
    (before, limit): ((JournalEntryId, u32), usize),
) -> Result<Page<AccountEntry, (JournalEntryId, u32)>, StoreError> {
    let accounts = account_numbers(conn, filter)?;
    let stretch = Stretch::before(before);
    // One more than asked for tells whether the list goes on.
    let (lines, scanned_to) = if accounts.len() <= ACCOUNTS_BY_INDEX_MAX {
        (lines_by_index(conn, finder, &accounts, (stretch, limit + 1))?, None)
    } else {
        lines_by_scan(conn, &accounts, stretch, (limit + 1, SCAN_MAX / usize::from(lanes.max(1))))?
    };
    let mut rows = Vec::new();
    for &line in lines.iter().take(limit) {
        rows.extend(entries_of_line(conn, line, &accounts)?);
    }
    let next = if lines.len() > limit { lines.get(limit - 1).copied() } else { scanned_to };
    Ok(Page { rows, next: next.map(cursor) })
}

/// The keys of a lane's postings before a place in it: from `first` on and below `end`.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: i64,
    end: i64,
}

impl Stretch {
    fn before((entry, line): (JournalEntryId, u32)) -> Self {
        let (first, last) = event_keys(entry.lane, Seq::START, entry.seq);
        let line = usize::try_from(line).map_or(LINES_MAX - 1, |line| line.min(LINES_MAX - 1));
        Self { first: line_key(first, 0), end: line_key(last, line) }
    }
}

fn cursor(line: i64) -> (JournalEntryId, u32) {
    let (entry, line) = entry_and_line(line);
    (event_id(entry), line)
}

fn account_numbers(conn: &Connection, filter: &AccountFilter) -> Result<HashSet<i64>, StoreError> {
    let sql = "SELECT id FROM account WHERE code = ?1 AND (?2 IS NULL OR owner = ?2) AND (?3 IS NULL OR currency = ?3)";
    let wanted = params![filter.code.code(), filter.owner, filter.currency.map(|currency| currency.code())];
    Ok(list(conn, sql, wanted, |row| Cells::of("account", row).int(0))?.into_iter().collect())
}

/// The latest postings of a stretch that touch one of `accounts`, newest first.
fn lines_by_index(
    conn: &Connection,
    finder: &Finder,
    accounts: &HashSet<i64>,
    (Stretch { first, end }, limit): (Stretch, usize),
) -> Result<Vec<i64>, StoreError> {
    let mut lines = Vec::new();
    for account in accounts {
        let found = finder.find(conn, (Which::Accounts, account_key(*account)), end, limit)?;
        lines.extend(found.into_iter().take_while(|line| *line >= first));
    }
    lines.sort_unstable_by(|a, b| b.cmp(a));
    lines.dedup();
    lines.truncate(limit);
    Ok(lines)
}

/// The same for many accounts, over a bounded stretch of the ledger; and where it stopped, if that was not the end.
fn lines_by_scan(
    conn: &Connection,
    accounts: &HashSet<i64>,
    Stretch { first, end }: Stretch,
    (limit, scan_max): (usize, usize),
) -> Result<(Vec<i64>, Option<i64>), StoreError> {
    let failed = failed("list entries of an account");
    let sql = "SELECT id, layer, debit_account, credit_account FROM ledger_entry WHERE id < ?1 AND id >= ?2 ORDER BY id DESC";
    let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
    let mut found = statement.query([end, first]).map_err(&failed)?;
    let (mut lines, mut scanned, mut last) = (Vec::new(), 0, None);
    while let Some(row) = found.next().map_err(&failed)? {
        if lines.len() == limit || scanned == scan_max {
            return Ok((lines, last));
        }
        let cells = Cells::of("ledger_entry", row);
        let line = cells.int(0)?;
        (last, scanned) = (Some(line), scanned + 1);
        let touches = accounts.contains(&cells.int(2)?) || accounts.contains(&cells.int(3)?);
        if touches && cells.int(1)? == 0 {
            lines.push(line);
        }
    }
    Ok((lines, None))
}

/// A posting as the statements of `accounts` show it: once, or twice when both of its sides are asked for.
fn entries_of_line(
    conn: &Connection,
    line: i64,
    accounts: &HashSet<i64>,
) -> Result<Vec<AccountEntry>, StoreError> {
    let sql = "SELECT e.id, e.amount, e.debit_account, e.credit_account, j.payment, j.topic, j.occurred_at, \
               d.code, d.owner, d.currency, c.code, c.owner, c.currency \
               FROM ledger_entry e CROSS JOIN journal_entry j ON j.id = e.id >> 6 \
               CROSS JOIN account d ON d.id = e.debit_account CROSS JOIN account c ON c.id = e.credit_account \
               WHERE e.id = ?1";
    let sides = list(conn, sql, [line], |row| {
        let cells = Cells::of("ledger_entry", row);
        let (debit, credit) = (account_from_cells(&cells, 7)?, account_from_cells(&cells, 10)?);
        let amount = cells.int(1)?;
        let mut entries = Vec::new();
        if accounts.contains(&cells.int(2)?) {
            entries.push(entry_from_row(row, (debit.clone(), credit.clone()), amount)?);
        }
        if accounts.contains(&cells.int(3)?) {
            entries.push(entry_from_row(row, (credit, debit), amount.saturating_neg())?);
        }
        Ok(entries)
    })?;
    Ok(sides.into_iter().flatten().collect())
}

fn entry_from_row(
    row: &Row<'_>,
    (account, counterpart): (AccountId, AccountId),
    amount: i64,
) -> Result<AccountEntry, StoreError> {
    let cells = Cells::of("ledger_entry", row);
    let (entry, line) = cursor(cells.int(0)?);
    Ok(AccountEntry {
        entry,
        line,
        payment: cells.payment(4)?,
        topic: topic_from_code(&cells, 5)?,
        account,
        counterpart,
        amount,
        occurred_at: cells.time(6)?,
    })
}
