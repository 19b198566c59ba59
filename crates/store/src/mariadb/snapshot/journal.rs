//! Reads journal entries with their postings.

use std::collections::HashMap;

use domain::{
    event::Topic,
    id::{EventId, JournalEntryId, Lane, PaymentId, Seq},
    ledger::{JournalEntry, Posting},
    money::Money,
    time::Timestamp,
};
use engine::ports::{PostedEntry, StoreError};
use mysql_async::Row;

use super::super::{
    rows::{Cells, ReadCells, each, int, number, places, unsigned},
    session::Session,
};
use crate::rows::{account_from_cells, corrupt, layer_from_code, topic_from_code};

/// Entries without a row that are named at once.
const ORPHANS_MAX: u64 = 20;

macro_rules! select_heads {
    ($condition:literal) => {
        concat!(
            "SELECT lane, seq, topic, payment, payment_previous, occurred_at, posted_at \
             FROM journal_entry FORCE INDEX (PRIMARY) WHERE ",
            $condition
        )
    };
}

pub(super) async fn find_many(
    session: &mut Session,
    ids: &[JournalEntryId],
) -> Result<Vec<Option<PostedEntry>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let heads = format!("{} ({})", select_heads!("(lane, seq) IN"), places(ids));
    let sets = session.text(&heads).await.map_err(|failure| failure.sort("find journal entries"))?;
    let entries = with_postings(session, &sets.concat()).await?;
    let found: HashMap<JournalEntryId, PostedEntry> =
        entries.into_iter().map(|posted| (posted.entry.id, posted)).collect();
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

pub(super) async fn range(
    session: &mut Session,
    lane: Lane,
    after: Seq,
    limit: usize,
) -> Result<Vec<PostedEntry>, StoreError> {
    let sql = select_heads!("lane = ? AND seq > ? ORDER BY seq LIMIT ?");
    let params = vec![number(lane.0), unsigned(after.0), unsigned(limit as u64)];
    let heads = session.rows("read journal entries", sql, params).await?;
    with_postings(session, &heads).await
}

pub(super) async fn newest(
    session: &mut Session,
    lane: Lane,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<PostedEntry>, StoreError> {
    let sql = select_heads!("lane = ? AND seq < ? ORDER BY seq DESC LIMIT ?");
    let before = before.map_or(i64::MAX, |before| int(before.0));
    let params = vec![number(lane.0), number(before), unsigned(limit as u64)];
    let heads = session.rows("list journal entries", sql, params).await?;
    with_postings(session, &heads).await
}

/// Entries that postings name and that do not exist.
pub(super) async fn orphaned(
    session: &mut Session,
    lane: Lane,
    after: Seq,
    to: Seq,
) -> Result<Vec<JournalEntryId>, StoreError> {
    let sql = "SELECT DISTINCT e.lane, e.seq FROM ledger_entry e FORCE INDEX (PRIMARY) \
               LEFT JOIN journal_entry j ON j.lane = e.lane AND j.seq = e.seq \
               WHERE e.lane = ? AND e.seq > ? AND e.seq <= ? AND j.lane IS NULL ORDER BY e.seq LIMIT ?";
    let params = vec![number(lane.0), unsigned(after.0), unsigned(to.0), unsigned(ORPHANS_MAX)];
    each("ledger_entry", &session.rows("find orphaned postings", sql, params).await?, |cells| cells.place(0))
}

struct Head {
    id: EventId,
    topic: Topic,
    payment: PaymentId,
    payment_previous: Seq,
    occurred_at: Timestamp,
    posted_at: Timestamp,
}

fn head_from_cells(cells: &Cells<'_>) -> Result<Head, StoreError> {
    Ok(Head {
        id: cells.place(0)?,
        topic: topic_from_code(cells, 2)?,
        payment: cells.payment(3)?,
        payment_previous: cells.seq(4)?,
        occurred_at: cells.time(5)?,
        posted_at: cells.time(6)?,
    })
}

/// Puts the postings to their entries, in the order of `heads`.
async fn with_postings(session: &mut Session, heads: &[Row]) -> Result<Vec<PostedEntry>, StoreError> {
    let heads = each("journal_entry", heads, head_from_cells)?;
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<EventId> = heads.iter().map(|head| head.id).collect();
    let sql = format!(
        "SELECT e.lane, e.seq, e.layer, e.amount, d.code, d.owner, d.currency, c.code, c.owner, c.currency \
         FROM ledger_entry e FORCE INDEX (PRIMARY) STRAIGHT_JOIN account d ON d.id = e.debit_account \
         STRAIGHT_JOIN account c ON c.id = e.credit_account WHERE (e.lane, e.seq) IN ({}) \
         ORDER BY e.lane, e.seq, e.line",
        places(&ids)
    );
    let sets = session.text(&sql).await.map_err(|failure| failure.sort("read postings"))?;
    let mut postings: HashMap<EventId, Vec<Posting>> = HashMap::with_capacity(heads.len());
    for row in sets.concat() {
        let (id, posting) = posting_from_cells(&Cells::of("ledger_entry", &row))?;
        postings.entry(id).or_default().push(posting);
    }
    let entries = heads.into_iter().map(|head| {
        let own = postings.remove(&head.id).unwrap_or_default();
        let entry = JournalEntry::new(head.id, head.payment, head.occurred_at, own).ok_or_else(|| {
            corrupt("ledger_entry", "seq", &format!("of journal entry {}: none exists", head.id))
        })?;
        Ok(PostedEntry {
            entry,
            topic: head.topic,
            payment_previous: head.payment_previous,
            posted_at: head.posted_at,
        })
    });
    entries.collect()
}

fn posting_from_cells(cells: &Cells<'_>) -> Result<(EventId, Posting), StoreError> {
    let (debit, credit) = (account_from_cells(cells, 4)?, account_from_cells(cells, 7)?);
    let amount = Money::new(cells.int(3)?, debit.currency);
    let posting = Posting::new(layer_from_code(cells, 2)?, debit, credit, amount);
    Ok((cells.place(0)?, posting.map_err(|_| cells.corrupt(3))?))
}
