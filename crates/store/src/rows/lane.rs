//! `lane` rows.

use domain::{
    event::{Topic, TopicSeqs},
    id::Lane,
};
use engine::ports::{LaneState, StoreError};

use super::ReadCells;

/// The columns of a lane row; those of the topics stand in the order of [`Topic::ALL`].
macro_rules! lane_columns {
    () => {
        "lane.lane, last_seq, authorized_seq, captured_seq, refunded_seq, voided_seq, expired_seq, declined_seq, \
         payment_counter, batch, chain_head, updated_at"
    };
}
pub(crate) use lane_columns;

/// Reads `lane_columns!()`.
pub(crate) fn lane_from_cells(cells: &impl ReadCells) -> Result<LaneState, StoreError> {
    let mut topics = TopicSeqs::default();
    for (topic, at) in Topic::ALL.into_iter().zip(2..) {
        topics.set(topic, cells.seq(at)?);
    }
    Ok(LaneState {
        lane: Lane(cells.number(0)?),
        last_seq: cells.seq(1)?,
        topics,
        payment_counter: cells.number(8)?,
        batch: cells.number(9)?,
        chain_head: cells.digest(10)?,
        updated_at: cells.time(11)?,
    })
}
