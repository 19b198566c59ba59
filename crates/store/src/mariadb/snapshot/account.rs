//! Reads balances and account statements.

use std::collections::BTreeSet;

use domain::{
    id::{EventId, JournalEntryId, Lane},
    ledger::AccountId,
};
use engine::ports::{AccountEntry, AccountFilter, Balance, Page, StoreError};
use mysql_async::Row;

use super::{
    super::{
        rows::{Cells, ReadCells, each, int, joined, number, text},
        script::{Script, rows_of},
        session::Session,
    },
    SCAN_MAX,
};
use crate::rows::{account_from_cells, layer_from_code, topic_from_code};

/// Up to so many accounts are looked up one by one; for more the ledger is walked through.
const ACCOUNTS_BY_INDEX_MAX: usize = 8;

/// How many rows of the ledger are asked for at once: so many for each posting that is wanted, and never more than the last.
const CHUNK_BY_LINE: i64 = 4;
const CHUNK_MAX: i64 = 4_000;

/// A posting: its journal entry and its line.
type Line = (EventId, u32);

pub(super) async fn balance_list(session: &mut Session) -> Result<Vec<Balance>, StoreError> {
    let sql = "SELECT a.id, a.code, a.owner, a.currency, b.lane, b.layer, b.debit, b.credit \
               FROM account_balance b JOIN account a ON a.id = b.account \
               ORDER BY a.code, a.owner, a.currency, b.lane, b.layer";
    each("account_balance", &session.rows("list balances", sql, Vec::new()).await?, |cells| {
        Ok(Balance {
            account: account_from_cells(cells, 1)?,
            lane: Lane(cells.number(4)?),
            layer: layer_from_code(cells, 5)?,
            debit: cells.int(6)?,
            credit: cells.int(7)?,
        })
    })
}

pub(super) async fn entry_list(
    session: &mut Session,
    lanes: u16,
    filter: &AccountFilter,
    (before, limit): ((JournalEntryId, u32), usize),
) -> Result<Page<AccountEntry, (JournalEntryId, u32)>, StoreError> {
    let accounts = account_numbers(session, filter).await?;
    // One more than asked for tells whether the list goes on.
    let (mut lines, scanned_to) = if accounts.len() <= ACCOUNTS_BY_INDEX_MAX {
        (lines_by_index(session, &accounts, before, limit + 1).await?, None)
    } else {
        lines_by_scan(session, &accounts, before, (limit + 1, SCAN_MAX / i64::from(lanes.max(1)))).await?
    };
    let goes_on = lines.len() > limit;
    lines.truncate(limit);
    let next = if goes_on { lines.last().copied() } else { scanned_to };
    Ok(Page { rows: entries_of_lines(session, &lines, &accounts).await?, next })
}

async fn account_numbers(session: &mut Session, filter: &AccountFilter) -> Result<BTreeSet<i64>, StoreError> {
    let (mut sql, mut params) =
        ("SELECT id FROM account WHERE code = ?".to_owned(), vec![number(filter.code.code())]);
    if let Some(owner) = &filter.owner {
        sql.push_str(" AND owner = ?");
        params.push(text(owner));
    }
    if let Some(currency) = filter.currency {
        sql.push_str(" AND currency = ?");
        params.push(text(currency.code()));
    }
    let found = session.rows("find accounts", sql, params).await?;
    Ok(each("account", &found, |cells| cells.int(0))?.into_iter().collect())
}

/// The condition on `lane, seq, line` of what comes after `before` in a list of its lane that is newest first.
fn older_than((EventId { lane, seq }, line): Line) -> String {
    let seq = int(seq.0);
    format!("lane = {lane} AND (seq < {seq} OR (seq = {seq} AND line < {line}))")
}

const NEWEST_FIRST: &str = "ORDER BY lane DESC, seq DESC, line DESC LIMIT";

/// The latest postings before `before` that touch one of `accounts`, newest first.
async fn lines_by_index(
    session: &mut Session,
    accounts: &BTreeSet<i64>,
    before: Line,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let mut script = Script::default();
    for account in accounts {
        script.ask(&format!(
            "SELECT lane, seq, line FROM ledger_by_account FORCE INDEX (PRIMARY) WHERE account = {account} AND {} \
             {NEWEST_FIRST} {limit}",
            older_than(before)
        ));
    }
    let sets =
        session.text(script.sql()).await.map_err(|failure| failure.sort("list entries of an account"))?;
    let lines: BTreeSet<Line> =
        each("ledger_by_account", &sets.concat(), line_from_cells)?.into_iter().collect();
    Ok(lines.into_iter().rev().take(limit).collect())
}

/// The same for many accounts, over a bounded stretch of the ledger; and where it stopped, if that was not the end.
async fn lines_by_scan(
    session: &mut Session,
    accounts: &BTreeSet<i64>,
    before: Line,
    (limit, scan_max): (usize, i64),
) -> Result<(Vec<Line>, Option<Line>), StoreError> {
    let (mut lines, mut last, mut scanned) = (Vec::new(), before, 0);
    let chunk = (int(limit as u64) * CHUNK_BY_LINE).min(CHUNK_MAX);
    while scanned < scan_max {
        let sql = format!(
            "SELECT lane, seq, line, layer, debit_account, credit_account FROM ledger_entry FORCE INDEX (PRIMARY) \
             WHERE {} {NEWEST_FIRST} {chunk}",
            older_than(last)
        );
        let sets = session.text(&sql).await.map_err(|failure| failure.sort("list entries of an account"))?;
        let rows: Vec<Row> = sets.concat();
        for row in &rows {
            let cells = Cells::of("ledger_entry", row);
            if lines.len() == limit {
                return Ok((lines, Some(last)));
            }
            let line = line_from_cells(&cells)?;
            last = line;
            let touches = accounts.contains(&cells.int(4)?) || accounts.contains(&cells.int(5)?);
            if touches && cells.int(3)? == 0 {
                lines.push(line);
            }
        }
        scanned += chunk;
        if (rows.len() as i64) < chunk {
            return Ok((lines, None));
        }
    }
    Ok((lines, Some(last)))
}

fn line_from_cells(cells: &Cells<'_>) -> Result<Line, StoreError> {
    Ok((cells.place(0)?, cells.number(2)?))
}

/// Postings as the statements of `accounts` show them: once, or twice when both of their sides are asked for.
async fn entries_of_lines(
    session: &mut Session,
    lines: &[Line],
    accounts: &BTreeSet<i64>,
) -> Result<Vec<AccountEntry>, StoreError> {
    let mut script = Script::default();
    let asked = script.ask_in(
        "SELECT e.lane, e.seq, e.line, e.amount, e.debit_account, e.credit_account, j.payment, j.topic, j.occurred_at, \
         d.code, d.owner, d.currency, c.code, c.owner, c.currency \
         FROM ledger_entry e FORCE INDEX (PRIMARY) STRAIGHT_JOIN journal_entry j ON j.lane = e.lane AND j.seq = e.seq \
         STRAIGHT_JOIN account d ON d.id = e.debit_account STRAIGHT_JOIN account c ON c.id = e.credit_account \
         WHERE (e.lane, e.seq, e.line) IN",
        lines.iter().map(|(id, line)| joined_line(id, *line)),
        " ORDER BY e.lane DESC, e.seq DESC, e.line DESC",
    );
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let sets =
        session.text(script.sql()).await.map_err(|failure| failure.sort("read entries of an account"))?;
    let mut entries = Vec::with_capacity(lines.len());
    for row in rows_of(&sets, asked) {
        let cells = Cells::of("ledger_entry", row);
        let (debit, credit) = (account_from_cells(&cells, 9)?, account_from_cells(&cells, 12)?);
        let amount = cells.int(3)?;
        if accounts.contains(&cells.int(4)?) {
            entries.push(entry_from_cells(&cells, (debit.clone(), credit.clone()), amount)?);
        }
        if accounts.contains(&cells.int(5)?) {
            entries.push(entry_from_cells(&cells, (credit, debit), amount.saturating_neg())?);
        }
    }
    Ok(entries)
}

fn joined_line(id: &EventId, line: u32) -> String {
    format!("({})", joined([int(u64::from(id.lane.0)), int(id.seq.0), i64::from(line)]))
}

fn entry_from_cells(
    cells: &Cells<'_>,
    (account, counterpart): (AccountId, AccountId),
    amount: i64,
) -> Result<AccountEntry, StoreError> {
    let (entry, line) = line_from_cells(cells)?;
    Ok(AccountEntry {
        entry,
        line,
        payment: cells.payment(6)?,
        topic: topic_from_code(cells, 7)?,
        account,
        counterpart,
        amount,
        occurred_at: cells.time(8)?,
    })
}
