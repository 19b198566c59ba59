//! Reads lanes and how far the worker has come.

use domain::id::Lane;
use engine::ports::{LanePosition, Platform, RelayPosition, StoreError, StoredLane, StoredPartition};

use super::super::{
    platform,
    rows::{ReadCells, each, partition_columns, relay_columns},
    session::Session,
};
use crate::rows::{
    corrupt, lane_columns, lane_from_cells, partition_from_cells, relay_from_cells, topic_from_code,
};

pub(super) async fn find(session: &mut Session) -> Result<Platform, StoreError> {
    platform::read(session).await?.ok_or_else(|| corrupt("platform", "id", "1"))
}

pub(super) async fn lane_list(session: &mut Session) -> Result<Vec<StoredLane>, StoreError> {
    let sql = concat!(
        "SELECT ",
        lane_columns!(),
        ", pruned_to, pruned_head, entries FROM lane JOIN lane_pruned USING (lane) JOIN lane_posted USING (lane) \
         ORDER BY lane.lane"
    );
    each("lane", &session.rows("list lanes", sql, Vec::new()).await?, |cells| {
        Ok(StoredLane {
            state: lane_from_cells(cells)?,
            pruned_to: cells.seq(12)?,
            pruned_head: cells.digest(13)?,
            entries_posted: cells.number(14)?,
        })
    })
}

pub(super) async fn position_list(session: &mut Session) -> Result<Vec<LanePosition>, StoreError> {
    let sql = "SELECT lane, topic, seq FROM worker_position WHERE seq > 0 ORDER BY lane, topic";
    each("worker_position", &session.rows("list positions", sql, Vec::new()).await?, |cells| {
        Ok(LanePosition {
            lane: Lane(cells.number(0)?),
            topic: topic_from_code(cells, 1)?,
            seq: cells.seq(2)?,
        })
    })
}

pub(super) async fn partition_list(session: &mut Session) -> Result<Vec<StoredPartition>, StoreError> {
    let sql = concat!("SELECT ", partition_columns!(), " FROM worker_partition ORDER BY topic, partition_id");
    each("worker_partition", &session.rows("list partitions", sql, Vec::new()).await?, partition_from_cells)
}

/// Those that were ever taken: every lane has its row from the beginning, to be locked.
pub(super) async fn relay_list(session: &mut Session) -> Result<Vec<RelayPosition>, StoreError> {
    let sql = concat!("SELECT ", relay_columns!(), " FROM relay_position WHERE epoch > 0 ORDER BY lane");
    each("relay_position", &session.rows("list relay positions", sql, Vec::new()).await?, relay_from_cells)
}
