//! What events are compared with before anything is posted.

use std::collections::{HashMap, HashSet};

use domain::{
    event::Topic,
    id::{EventId, Lane, Seq},
    time::Timestamp,
};
use engine::ports::{OutboxMark, PostingScope, PostingState, StoreError};
use rusqlite::Connection;

use super::super::{
    error::failed,
    keys::{event_id, event_keys, int},
    lease,
    rows::{Cells, ReadCells, dead_letter_columns, dead_letter_from_row, list, one, topic_from_code},
};

/// Loads what `scope` names, if its claims still stand.
pub(super) fn load(
    conn: &Connection,
    now: Timestamp,
    scope: &PostingScope,
) -> Result<PostingState, StoreError> {
    lease::check_fences(conn, &scope.partitions)?;
    let mut state = PostingState { now, positions: load_positions(conn)?, ..PostingState::default() };
    state.lanes = load_lanes(conn)?;
    for &(lane, from, to) in &scope.ranges {
        let keys = event_keys(lane, from, to);
        load_outbox(conn, keys, &mut state.outbox)?;
        load_posted(conn, keys, &mut state.posted)?;
    }
    if let Some(id) = scope.dead_letter {
        let sql = concat!("SELECT ", dead_letter_columns!(), " FROM dead_letter WHERE id = ?1");
        state.dead_letter = one(conn, sql, [int(id.get())], dead_letter_from_row)?;
    }
    Ok(state)
}

fn load_positions(conn: &Connection) -> Result<HashMap<(Lane, Topic), Seq>, StoreError> {
    let sql = "SELECT lane, topic, seq FROM worker_position";
    let positions = list(conn, sql, [], |row| {
        let cells = Cells::of("worker_position", row);
        Ok(((Lane(cells.number(0)?), topic_from_code(&cells, 1)?), cells.seq(2)?))
    })?;
    Ok(positions.into_iter().collect())
}

fn load_lanes(conn: &Connection) -> Result<HashMap<Lane, (Seq, Seq)>, StoreError> {
    let sql = "SELECT lane, last_seq, pruned_to FROM lane JOIN lane_pruned USING (lane)";
    let lanes = list(conn, sql, [], |row| {
        let cells = Cells::of("lane", row);
        Ok((Lane(cells.number(0)?), (cells.seq(1)?, cells.seq(2)?)))
    })?;
    Ok(lanes.into_iter().collect())
}

fn load_outbox(
    conn: &Connection,
    keys: (i64, i64),
    outbox: &mut HashMap<EventId, OutboxMark>,
) -> Result<(), StoreError> {
    let sql = "SELECT id, topic, sha256, previous FROM outbox_event WHERE id BETWEEN ?1 AND ?2";
    let mut statement = conn.prepare_cached(sql).map_err(failed("load outbox"))?;
    let mut rows = statement.query(keys).map_err(failed("load outbox"))?;
    while let Some(row) = rows.next().map_err(failed("load outbox"))? {
        let cells = Cells::of("outbox_event", row);
        let (topic, sha256, previous) = (topic_from_code(&cells, 1)?, cells.digest(2)?, cells.seq(3)?);
        outbox.insert(event_id(cells.int(0)?), OutboxMark { topic, sha256, previous });
    }
    Ok(())
}

fn load_posted(conn: &Connection, keys: (i64, i64), posted: &mut HashSet<EventId>) -> Result<(), StoreError> {
    let sql = "SELECT id FROM journal_entry WHERE id BETWEEN ?1 AND ?2";
    let found = list(conn, sql, keys, |row| Ok(event_id(Cells::of("journal_entry", row).int(0)?)))?;
    posted.extend(found);
    Ok(())
}
