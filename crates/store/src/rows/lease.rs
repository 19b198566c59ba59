//! `relay_position` and `worker_partition` rows.

use domain::id::Lane;
use engine::ports::{InstanceId, LogId, PartitionClaim, RelayPosition, StoreError, StoredPartition};

use super::{ReadCells, topic_from_code};

/// Reads lane, log, place, epoch, owner and end of the lease, in this order.
pub(crate) fn relay_from_cells(cells: &impl ReadCells) -> Result<RelayPosition, StoreError> {
    Ok(RelayPosition {
        lane: Lane(cells.number(0)?),
        log: LogId(cells.text(1)?.into()),
        seq: cells.seq(2)?,
        epoch: cells.number(3)?,
        owner: cells.array_opt(4)?.map(u128::from_be_bytes).map(InstanceId),
        lease_until: cells.time(5)?,
    })
}

/// Reads topic, partition, log, next offset, epoch and owner, in this order.
pub(crate) fn partition_from_cells(cells: &impl ReadCells) -> Result<StoredPartition, StoreError> {
    let claim = PartitionClaim {
        topic: topic_from_code(cells, 0)?,
        partition: cells.number(1)?,
        epoch: cells.number(4)?,
        next_offset: cells.number_opt(3)?,
    };
    let owner = InstanceId(u128::from_be_bytes(cells.array(5)?));
    Ok(StoredPartition { claim, log: LogId(cells.text(2)?.into()), owner })
}
