//! Reads lanes and how far the worker has come.

use domain::id::Lane;
use engine::ports::{LanePosition, PartitionProgress, StoreError, StoredLane};
use rusqlite::Connection;

use super::super::rows::{Cells, ReadCells, lane_columns, lane_from_row, list, one, topic_from_code};

/// The least read that fixes a snapshot's view.
pub(super) fn look(conn: &Connection) -> Result<(), StoreError> {
    one(conn, "SELECT id FROM platform", [], |_| Ok(())).map(drop)
}

pub(super) fn lane_list(conn: &Connection) -> Result<Vec<StoredLane>, StoreError> {
    let sql = concat!(
        "SELECT ",
        lane_columns!(),
        ", pruned_to, pruned_head, entries FROM lane JOIN lane_pruned USING (lane) JOIN lane_posted USING (lane) \
         ORDER BY lane.lane"
    );
    list(conn, sql, [], |row| {
        let cells = Cells::of("lane", row);
        Ok(StoredLane {
            state: lane_from_row(row)?,
            pruned_to: cells.seq(12)?,
            pruned_head: cells.digest(13)?,
            entries_posted: cells.number(14)?,
        })
    })
}

pub(super) fn position_list(conn: &Connection) -> Result<Vec<LanePosition>, StoreError> {
    list(conn, "SELECT lane, topic, seq FROM worker_position ORDER BY lane, topic", [], |row| {
        let cells = Cells::of("worker_position", row);
        Ok(LanePosition {
            lane: Lane(cells.number(0)?),
            topic: topic_from_code(&cells, 1)?,
            seq: cells.seq(2)?,
        })
    })
}

pub(super) fn partition_list(conn: &Connection) -> Result<Vec<PartitionProgress>, StoreError> {
    let sql = "SELECT topic, partition, next_offset FROM worker_partition ORDER BY topic, partition";
    list(conn, sql, [], |row| {
        let cells = Cells::of("worker_partition", row);
        Ok(PartitionProgress {
            topic: topic_from_code(&cells, 0)?,
            partition: cells.number(1)?,
            next_offset: cells.int(2)?,
        })
    })
}
