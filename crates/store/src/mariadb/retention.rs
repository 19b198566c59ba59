//! Deletes what has served its time: outbox rows everyone has read, answers nobody will ask for any more.

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};
use engine::ports::{OutboxCut, StoreError};

use super::{
    rows::{ReadCells, bytes, each, int, number, unsigned},
    session::Session,
};
use crate::rows::topic_from_code;

/// Deletes a range of outbox rows from the front of its lane.
pub(super) async fn outbox_prune(session: &mut Session, cut: &OutboxCut) -> Result<(), StoreError> {
    let context = "prune outbox";
    let OutboxCut { lane, head, relayed, .. } = *cut;
    let (from, to) = (int(cut.from.0), int(cut.to.0));
    let advance = "UPDATE lane_pruned SET pruned_to = ?, pruned_head = ? WHERE lane = ? AND pruned_to = ? AND ? >= ? \
                   AND ? <= (SELECT last_seq FROM lane WHERE lane.lane = lane_pruned.lane)";
    let row =
        vec![number(to), bytes(&head), number(lane.0), number(from), number(to), number(from), number(to)];
    if session.change(context, advance, row).await? == 0 {
        return Err(StoreError::Fenced { what: "the outbox is not pruned to where this began" });
    }
    let last = "SELECT topic, MAX(seq) FROM outbox_event FORCE INDEX (PRIMARY) WHERE lane = ? AND seq > ? AND seq <= ? \
                GROUP BY topic";
    let range = vec![number(lane.0), number(from), number(to)];
    let last = session.rows(context, last, range.clone()).await?;
    let handled = "SELECT topic, seq FROM worker_position WHERE lane = ?";
    let handled = session.rows(context, handled, vec![number(lane.0)]).await?;
    let read = |rows: &[_]| -> Result<Vec<(Topic, Seq)>, StoreError> {
        each("worker_position", rows, |cells| Ok((topic_from_code(cells, 0)?, cells.seq(1)?)))
    };
    let handled = read(&handled)?;
    for (topic, last) in read(&last)? {
        if !handled.iter().any(|(of, seq)| *of == topic && *seq >= last) {
            return Err(StoreError::Fenced { what: "the worker has not handled all that would be pruned" });
        }
    }
    if relayed && published(session, lane).await? < cut.to {
        return Err(StoreError::Fenced { what: "the relay has not published all that would be pruned" });
    }
    let delete = "DELETE FROM outbox_event WHERE lane = ? AND seq > ? AND seq <= ?";
    session.change(context, delete, range).await.map(drop)
}

/// How far a lane has been published; held until the rows are gone, so that it is not lowered meanwhile.
async fn published(session: &mut Session, lane: Lane) -> Result<Seq, StoreError> {
    let sql = "SELECT seq FROM relay_position WHERE lane = ? FOR UPDATE";
    let rows = session.rows("prune outbox", sql, vec![number(lane.0)]).await?;
    Ok(each("relay_position", &rows, |cells| cells.seq(0))?.pop().unwrap_or(Seq::START))
}

/// Deletes up to `limit` answers older than `answered_before`, lane by lane, each from its beginning: answers stand in the
/// order in which they were given.
pub(super) async fn idempotency_prune(
    session: &mut Session,
    lanes: u16,
    answered_before: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    let context = "prune idempotency keys";
    let mut pruned = 0;
    for lane in 0..lanes {
        let room = limit - pruned;
        if room == 0 {
            break;
        }
        let oldest = "SELECT id, answered_at FROM idem_response_cache FORCE INDEX (PRIMARY) \
                      WHERE lane = ? AND answered_at IS NOT NULL ORDER BY id LIMIT ?";
        let rows = session.rows(context, oldest, vec![number(lane), unsigned(room as u64)]).await?;
        let oldest = each("idem_response_cache", &rows, |cells| Ok((cells.int(0)?, cells.time(1)?)))?;
        let expired = oldest.into_iter().take_while(|(_, answered_at)| *answered_at < answered_before);
        let expired: Vec<_> = expired.map(|(id, _)| vec![number(lane), number(id)]).collect();
        pruned += expired.len();
        let delete = "DELETE FROM idem_response_cache WHERE lane = ? AND id = ? AND answered_at IS NOT NULL";
        session.bulk(context, delete, expired).await?;
    }
    Ok(pruned)
}
