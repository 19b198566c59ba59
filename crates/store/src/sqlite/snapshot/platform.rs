//! Reads lanes and how far the worker has come.

use domain::id::Lane;
use engine::ports::{LanePosition, Platform, RelayPosition, StoreError, StoredLane, StoredPartition};
use rusqlite::Connection;

use super::super::rows::{
    Cells, ReadCells, corrupt, lane_columns, lane_from_row, list, one, partition_columns, partition_from_row,
    relay_columns, relay_from_row, topic_from_code,
};

/// The least read that fixes a snapshot's view.
pub(super) fn look(conn: &Connection) -> Result<(), StoreError> {
    one(conn, "SELECT id FROM platform", [], |_| Ok(())).map(drop)
}

pub(super) fn platform(conn: &Connection) -> Result<Platform, StoreError> {
    let sql = "SELECT id, timeline_id, lanes, partitions, created_at FROM platform";
    let found = one(conn, sql, [], |row| {
        let cells = Cells::of("platform", row);
        Ok(Platform {
            timeline: cells.array(1)?,
            lanes: cells.number(2)?,
            partitions: cells.number_opt(3)?,
            created_at: cells.time(4)?,
        })
    });
    found?.ok_or_else(|| corrupt("platform", "id", "1"))
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

pub(super) fn partition_list(conn: &Connection) -> Result<Vec<StoredPartition>, StoreError> {
    let sql = concat!("SELECT ", partition_columns!(), " FROM worker_partition ORDER BY topic, partition");
    list(conn, sql, [], partition_from_row)
}

pub(super) fn relay_list(conn: &Connection) -> Result<Vec<RelayPosition>, StoreError> {
    list(conn, concat!("SELECT ", relay_columns!(), " FROM relay_position ORDER BY lane"), [], relay_from_row)
}
