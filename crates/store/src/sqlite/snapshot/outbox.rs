//! Reads the event log by place.

use domain::id::{EventId, Lane, Seq};
use engine::ports::{OutboxEvent, StoreError};
use rusqlite::{Connection, params};

use super::super::{
    keys::{event_key, event_keys, int},
    rows::{list, one, outbox_columns, outbox_from_row},
};

pub(super) fn find(conn: &Connection, id: EventId) -> Result<Option<OutboxEvent>, StoreError> {
    let Some(key) = event_key(id) else { return Ok(None) };
    let sql = concat!("SELECT ", outbox_columns!(), " FROM outbox_event WHERE id = ?1");
    one(conn, sql, [key], outbox_from_row)
}

pub(super) fn range(
    conn: &Connection,
    lane: Lane,
    after: Seq,
    limit: usize,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let (first, last) = event_keys(lane, after.next(), Seq(u64::MAX));
    let sql = concat!(
        "SELECT ",
        outbox_columns!(),
        " FROM outbox_event WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"
    );
    list(conn, sql, params![first, last, int(limit as u64)], outbox_from_row)
}

pub(super) fn newest(
    conn: &Connection,
    lane: Lane,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let to = before.map_or(Seq(u64::MAX), |before| Seq(before.0.saturating_sub(1)));
    let (first, last) = event_keys(lane, Seq(1), to);
    let sql = concat!(
        "SELECT ",
        outbox_columns!(),
        " FROM outbox_event WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3"
    );
    list(conn, sql, params![first, last, int(limit as u64)], outbox_from_row)
}
