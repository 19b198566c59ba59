//! Reads journal entries with their postings.

use domain::{
    event::Topic,
    id::{JournalEntryId, Lane, PaymentId, Seq},
    ledger::{JournalEntry, Posting},
    money::Money,
    time::Timestamp,
};
use engine::ports::{PostedEntry, StoreError};
use rusqlite::{Connection, Row, params};

use super::super::{
    keys::{LINES_MAX, entry_and_line, event_id, event_key, event_keys, int, line_key},
    rows::{Cells, ReadCells, account_from_cells, corrupt, layer_from_code, list, topic_from_code},
};

/// Entries without a row that are named at once.
const ORPHANS_MAX: i64 = 20;

macro_rules! journal_columns {
    () => {
        "id, topic, payment, payment_previous, occurred_at, posted_at"
    };
}

pub(super) fn find(conn: &Connection, id: JournalEntryId) -> Result<Option<PostedEntry>, StoreError> {
    let Some(key) = event_key(id) else { return Ok(None) };
    let sql = concat!("SELECT ", journal_columns!(), " FROM journal_entry WHERE id = ?1");
    let heads = list(conn, sql, [key], head_from_row)?;
    Ok(with_postings(conn, heads)?.pop())
}

pub(super) fn range(
    conn: &Connection,
    lane: Lane,
    after: Seq,
    limit: usize,
) -> Result<Vec<PostedEntry>, StoreError> {
    let (first, last) = event_keys(lane, after.next(), Seq(u64::MAX));
    let sql = concat!(
        "SELECT ",
        journal_columns!(),
        " FROM journal_entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"
    );
    let heads = list(conn, sql, params![first, last, int(limit as u64)], head_from_row)?;
    with_postings(conn, heads)
}

pub(super) fn newest(
    conn: &Connection,
    lane: Lane,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<PostedEntry>, StoreError> {
    let to = before.map_or(Seq(u64::MAX), |before| Seq(before.0.saturating_sub(1)));
    let (first, last) = event_keys(lane, Seq(1), to);
    let sql = concat!(
        "SELECT ",
        journal_columns!(),
        " FROM journal_entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3"
    );
    let mut heads = list(conn, sql, params![first, last, int(limit as u64)], head_from_row)?;
    heads.reverse();
    let mut entries = with_postings(conn, heads)?;
    entries.reverse();
    Ok(entries)
}

/// Entries that postings name and that do not exist.
pub(super) fn orphaned(
    conn: &Connection,
    lane: Lane,
    after: Seq,
    to: Seq,
) -> Result<Vec<JournalEntryId>, StoreError> {
    let (first, last) = event_keys(lane, after.next(), to);
    let lines = params![line_key(first, 0), line_key(last, LINES_MAX - 1), ORPHANS_MAX];
    let sql = "SELECT DISTINCT e.id >> 6 FROM ledger_entry e LEFT JOIN journal_entry j ON j.id = e.id >> 6 \
               WHERE e.id BETWEEN ?1 AND ?2 AND j.id IS NULL ORDER BY e.id LIMIT ?3";
    list(conn, sql, lines, |row| Ok(event_id(Cells::of("ledger_entry", row).int(0)?)))
}

struct Head {
    key: i64,
    topic: Topic,
    payment: PaymentId,
    payment_previous: Seq,
    occurred_at: Timestamp,
    posted_at: Timestamp,
}

fn head_from_row(row: &Row<'_>) -> Result<Head, StoreError> {
    let cells = Cells::of("journal_entry", row);
    Ok(Head {
        key: cells.int(0)?,
        topic: topic_from_code(&cells, 1)?,
        payment: cells.payment(2)?,
        payment_previous: cells.seq(3)?,
        occurred_at: cells.time(4)?,
        posted_at: cells.time(5)?,
    })
}

/// Puts the postings to their entries; `heads` ascending, without a stored entry left out between two of them.
fn with_postings(conn: &Connection, heads: Vec<Head>) -> Result<Vec<PostedEntry>, StoreError> {
    let (Some(first), Some(last)) = (heads.first(), heads.last()) else { return Ok(Vec::new()) };
    let lines = (line_key(first.key, 0), line_key(last.key, LINES_MAX - 1));
    let sql = "SELECT e.id, e.layer, e.amount, d.code, d.owner, d.currency, c.code, c.owner, c.currency \
               FROM ledger_entry e CROSS JOIN account d ON d.id = e.debit_account \
               CROSS JOIN account c ON c.id = e.credit_account WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id";
    let mut postings = list(conn, sql, lines, posting_from_row)?.into_iter().peekable();
    let entries = heads.into_iter().map(|head| {
        // A posting without an entry belongs to nobody here; that there is one shows in the balances.
        while postings.next_if(|(key, _)| *key < head.key).is_some() {}
        let mut own = Vec::new();
        while let Some((_, posting)) = postings.next_if(|(key, _)| *key == head.key) {
            own.push(posting);
        }
        let id = event_id(head.key);
        let entry = JournalEntry::new(id, head.payment, head.occurred_at, own)
            .ok_or_else(|| corrupt("ledger_entry", "id", &format!("of journal entry {id}: none exists")))?;
        Ok(PostedEntry {
            entry,
            topic: head.topic,
            payment_previous: head.payment_previous,
            posted_at: head.posted_at,
        })
    });
    entries.collect()
}

fn posting_from_row(row: &Row<'_>) -> Result<(i64, Posting), StoreError> {
    let cells = Cells::of("ledger_entry", row);
    let (entry, _) = entry_and_line(cells.int(0)?);
    let (debit, credit) = (account_from_cells(&cells, 3)?, account_from_cells(&cells, 6)?);
    let amount = Money::new(cells.int(2)?, debit.currency);
    let posting = Posting::new(layer_from_code(&cells, 1)?, debit, credit, amount);
    Ok((entry, posting.map_err(|_| cells.corrupt(2))?))
}
