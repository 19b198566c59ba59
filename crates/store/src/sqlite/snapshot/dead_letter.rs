//! Reads dead letters and the audit log.

use domain::id::{DeadLetterId, EventId, Lane};
use engine::ports::{
    AuditEntry, AuditFilter, DeadLetter, DeadLetterFilter, DeadLetterReason, DeadLetterState, Page,
    StoreError,
};
use rusqlite::{Connection, params, params_from_iter, types::Value};

use super::{
    super::{
        error::failed,
        keys::int,
        rows::{
            Cells, ReadCells, audit_from_row, dead_letter_columns, dead_letter_from_row, dead_letter_word,
            list, one,
        },
    },
    SCAN_MAX,
};
use crate::rows::{PAGE_BYTES_MAX, PLACES, audit_columns, places_prefix};

pub(super) fn find(conn: &Connection, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
    let sql = concat!("SELECT ", dead_letter_columns!(), " FROM dead_letter WHERE id = ?1");
    one(conn, sql, [int(id.get())], dead_letter_from_row)
}

pub(super) fn list_filtered(
    conn: &Connection,
    filter: &DeadLetterFilter,
    before: Option<DeadLetterId>,
    limit: usize,
) -> Result<Page<DeadLetter, DeadLetterId>, StoreError> {
    let failed = failed("list dead letters");
    let mut statement = conn.prepare_cached(scan_of(filter)).map_err(&failed)?;
    let before = before.map_or(i64::MAX, |id| int(id.get()));
    let payment = filter.payment.map(|payment| int(payment.get()));
    let mut found = statement.query(params![before, payment, filter.payload_sha256]).map_err(&failed)?;
    let (mut rows, mut scanned, mut bytes, mut last) = (Vec::new(), 0, 0, None);
    while let Some(row) = found.next().map_err(&failed)? {
        if rows.len() == limit || scanned == SCAN_MAX || bytes >= PAGE_BYTES_MAX {
            return Ok(Page { rows, next: last });
        }
        let cells = Cells::of("dead_letter", row);
        last = DeadLetterId::new(cells.number(0)?);
        scanned += 1;
        if matches(&cells, filter)? {
            let letter = dead_letter_from_row(row)?;
            bytes += letter.letter.payload.len();
            rows.push(letter);
        }
    }
    Ok(Page { rows, next: None })
}

pub(super) fn places(conn: &Connection, lane: Lane) -> Result<Vec<EventId>, StoreError> {
    list(conn, PLACES, [places_prefix(lane)], |row| Cells::of("dead_letter", row).parsed(0))
}

pub(super) fn unpublished(conn: &Connection, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let sql = concat!(
        "SELECT ",
        dead_letter_columns!(),
        " FROM dead_letter WHERE published_at IS NULL ORDER BY id LIMIT ?1"
    );
    list(conn, sql, [int(limit as u64)], dead_letter_from_row)
}

pub(super) fn count(conn: &Connection) -> Result<Vec<(DeadLetterState, DeadLetterReason, u64)>, StoreError> {
    let sql = "SELECT state, reason, count(*) FROM dead_letter GROUP BY state, reason ORDER BY state, reason";
    list(conn, sql, [], |row| {
        let cells = Cells::of("dead_letter", row);
        let state = dead_letter_word(&cells, 0, DeadLetterState::ALL, DeadLetterState::as_str)?;
        let reason = dead_letter_word(&cells, 1, DeadLetterReason::ALL, DeadLetterReason::as_str)?;
        Ok((state, reason, cells.number(2)?))
    })
}

pub(super) fn audit_list(
    conn: &Connection,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Page<AuditEntry, u64>, StoreError> {
    let mut sql = concat!("SELECT ", audit_columns!(), " FROM audit_log WHERE id < ?1").to_owned();
    let mut cells: Vec<Value> = vec![before.map_or(i64::MAX, int).into()];
    let texts = [("actor", &filter.actor), ("action", &filter.action), ("object", &filter.object)];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            cells.push(wanted.to_string().into());
            sql.push_str(&format!(" AND {column} = ?{}", cells.len()));
        }
    }
    for (bound, wanted) in [("at >=", filter.from), ("at <", filter.to)] {
        if let Some(wanted) = wanted {
            cells.push(wanted.unix_ms().into());
            sql.push_str(&format!(" AND {bound} ?{}", cells.len()));
        }
    }
    cells.push(int(limit as u64).saturating_add(1).into());
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ?{}", cells.len()));
    let mut found = list(conn, &sql, params_from_iter(cells), audit_from_row)?;
    let goes_on = found.len() > limit;
    found.truncate(limit);
    let next = if goes_on { found.last().map(|(id, _)| *id) } else { None };
    Ok(Page { rows: found.into_iter().map(|(_, entry)| entry).collect(), next })
}

/// The statement that walks through the fewest rows. All take the same three parameters.
fn scan_of(filter: &DeadLetterFilter) -> &'static str {
    macro_rules! scan {
        ($condition:literal) => {
            concat!(
                "SELECT ",
                dead_letter_columns!(),
                " FROM dead_letter WHERE id < ?1 AND ",
                $condition,
                " ORDER BY id DESC"
            )
        };
    }
    match (filter.payment, filter.payload_sha256) {
        (Some(_), Some(_)) => scan!("payment = ?2 AND payload_sha256 = ?3"),
        (Some(_), None) => scan!("payment = ?2 AND ?3 IS NULL"),
        (None, Some(_)) => scan!("payload_sha256 = ?3 AND ?2 IS NULL"),
        (None, None) => scan!("?2 IS NULL AND ?3 IS NULL"),
    }
}

/// The conditions no index answers.
fn matches(cells: &Cells<'_>, filter: &DeadLetterFilter) -> Result<bool, StoreError> {
    let (state, reason, topic) = (cells.text(1)?, cells.text(2)?, cells.text(3)?);
    let state_fits = filter.states.is_empty() || filter.states.iter().any(|wanted| wanted.as_str() == state);
    let reason_fits = filter.reason.is_none_or(|wanted| wanted.as_str() == reason);
    let topic_fits = filter.topic.as_deref().is_none_or(|wanted| wanted == topic);
    Ok(state_fits && reason_fits && topic_fits)
}
