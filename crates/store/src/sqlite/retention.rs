//! Deletes what has served its time: outbox rows everyone has read, answers nobody will ask for any more.

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};
use engine::ports::{OutboxCut, StoreError};
use rusqlite::{Connection, params};

use super::{
    error::failed,
    keys::{event_id, event_keys, int},
    late,
    rows::{Cells, ReadCells, list, one, topic_from_code},
};

/// Deletes a range of outbox rows from the front of its lane.
pub(super) fn outbox_prune(conn: &Connection, cut: &OutboxCut) -> Result<(), StoreError> {
    let context = "prune outbox";
    let &OutboxCut { lane, from, to, head, relayed } = cut;
    let advance = "UPDATE lane_pruned SET pruned_to = ?3, pruned_head = ?4 WHERE lane = ?1 AND pruned_to = ?2 \
                   AND ?3 BETWEEN ?2 AND (SELECT last_seq FROM lane WHERE lane = ?1)";
    let row = params![lane.0, int(from.0), int(to.0), head];
    let advanced =
        conn.prepare_cached(advance).and_then(|mut update| update.execute(row)).map_err(failed(context))?;
    if advanced == 0 {
        return Err(StoreError::Fenced { what: "the outbox is not pruned to where this began" });
    }
    if relayed && published(conn, lane)? < to {
        return Err(StoreError::Fenced { what: "the relay has not published all that would be pruned" });
    }
    let keys = event_keys(lane, from.next(), to);
    for (topic, last) in last_of_each_topic(conn, keys)? {
        if position(conn, lane, topic)? < last {
            return Err(StoreError::Fenced { what: "the worker has not handled all that would be pruned" });
        }
    }
    let delete = "DELETE FROM outbox_event WHERE id BETWEEN ?1 AND ?2";
    let deleted = conn.prepare_cached(delete).and_then(|mut delete| delete.execute(keys));
    deleted.map(drop).map_err(failed(context))
}

/// Deletes up to `limit` answers older than `answered_before`.
pub(super) fn idempotency_prune(
    conn: &Connection,
    answered_before: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    let context = "prune idempotency keys";
    let mut expired = Vec::new();
    {
        let oldest_first = "SELECT id, answered_at FROM idem_response_cache ORDER BY id";
        let mut statement = conn.prepare_cached(oldest_first).map_err(failed(context))?;
        let mut rows = statement.query([]).map_err(failed(context))?;
        while expired.len() < limit
            && let Some(row) = rows.next().map_err(failed(context))?
        {
            let cells = Cells::of("idem_response_cache", row);
            match cells.time_opt(1)? {
                None => {}
                Some(answered_at) if answered_at < answered_before => expired.push(cells.int(0)?),
                // Answers stand in the order in which they were given.
                Some(_) => break,
            }
        }
    }
    let mut delete =
        conn.prepare_cached("DELETE FROM idem_response_cache WHERE id = ?1").map_err(failed(context))?;
    for id in &expired {
        delete.execute([id]).map_err(failed(context))?;
    }
    if !expired.is_empty() {
        late::clean_keys(conn, expired.len())?;
    }
    Ok(expired.len())
}

fn last_of_each_topic(conn: &Connection, keys: (i64, i64)) -> Result<Vec<(Topic, Seq)>, StoreError> {
    let sql = "SELECT max(id), topic FROM outbox_event WHERE id BETWEEN ?1 AND ?2 GROUP BY topic";
    list(conn, sql, keys, |row| {
        let cells = Cells::of("outbox_event", row);
        Ok((topic_from_code(&cells, 1)?, event_id(cells.int(0)?).seq))
    })
}

fn position(conn: &Connection, lane: Lane, topic: Topic) -> Result<Seq, StoreError> {
    let sql = "SELECT seq FROM worker_position WHERE lane = ?1 AND topic = ?2";
    let found = one(conn, sql, (lane.0, topic.index()), |row| Cells::of("worker_position", row).seq(0))?;
    Ok(found.unwrap_or(Seq::START))
}

fn published(conn: &Connection, lane: Lane) -> Result<Seq, StoreError> {
    let sql = "SELECT seq FROM relay_position WHERE lane = ?1";
    let found = one(conn, sql, [lane.0], |row| Cells::of("relay_position", row).seq(0))?;
    Ok(found.unwrap_or(Seq::START))
}
