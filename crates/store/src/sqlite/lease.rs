//! Relay leases and partition claims: who may go on from where. Each of these is one row that only its latest holder may move.

use std::time::Duration;

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    InstanceId, LogId, PartitionClaim, PartitionFence, PartitionProgress, RelayLease, RelayPosition,
    StoreError,
};
use rusqlite::{Connection, Params, params};

use super::{
    error::{failed, refused},
    keys::int,
    rows::{Cells, ReadCells, one, partition_columns, partition_from_row, relay_columns, relay_from_row},
};

/// Takes or renews a lane's lease; `None` while another holds it.
pub(super) fn relay_claim(
    conn: &Connection,
    (lane, log, owner): (Lane, &LogId, InstanceId),
    now: Timestamp,
    lease: Duration,
) -> Result<Option<RelayLease>, StoreError> {
    let row = relay_row(conn, lane)?;
    if let Some(row) = &row
        && row.owner.is_some_and(|holder| holder != owner)
        && row.lease_until > now
    {
        return Ok(None);
    }
    let pruned_to = pruned_to(conn, lane)?;
    let same_log = row.as_ref().filter(|row| row.log == *log);
    let position = same_log.map_or(pruned_to, |row| row.seq.max(pruned_to));
    let epoch = match &row {
        Some(row) if row.owner == Some(owner) && same_log.is_some() => row.epoch,
        Some(row) => row.epoch + 1,
        None => 1,
    };
    let upsert = "INSERT INTO relay_position (lane, log, seq, epoch, owner, lease_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                  ON CONFLICT (lane) DO UPDATE SET log = excluded.log, seq = excluded.seq, epoch = excluded.epoch, \
                  owner = excluded.owner, lease_until = excluded.lease_until";
    let cells = params![
        lane.0,
        log.0,
        int(position.0),
        int(epoch),
        owner.0.to_be_bytes(),
        until(now, lease).unix_ms()
    ];
    execute(conn, "claim lane", upsert, cells)?;
    Ok(Some(RelayLease { lane, epoch, position }))
}

/// Moves the position of a lease that still stands; whether it did.
pub(super) fn relay_move(
    conn: &Connection,
    held: &RelayLease,
    to: Seq,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let update =
        "UPDATE relay_position SET seq = ?4, lease_until = ?5 WHERE lane = ?1 AND epoch = ?2 AND seq = ?3";
    let cells = params![held.lane.0, int(held.epoch), int(held.position.0), int(to.0), lease_until.unix_ms()];
    Ok(execute(conn, "move relay position", update, cells)? == 1)
}

/// Gives a lease up.
pub(super) fn relay_release(conn: &Connection, held: &RelayLease) -> Result<(), StoreError> {
    let update = "UPDATE relay_position SET owner = NULL, lease_until = 0 WHERE lane = ?1 AND epoch = ?2";
    execute(conn, "release lane", update, params![held.lane.0, int(held.epoch)]).map(drop)
}

/// Lowers a relay position as far as `to`; where it stands afterwards, if there is one.
pub(super) fn relay_rewind(conn: &Connection, lane: Lane, to: Seq) -> Result<Option<Seq>, StoreError> {
    relay_lower(conn, lane, to)?;
    Ok(relay_row(conn, lane)?.map(|row| row.seq))
}

/// Lowers a relay position as far as `to`, but not below what has been pruned.
pub(super) fn relay_lower(conn: &Connection, lane: Lane, to: Seq) -> Result<(), StoreError> {
    let to = to.max(pruned_to(conn, lane)?);
    let update = "UPDATE relay_position SET seq = ?2 WHERE lane = ?1 AND seq > ?2";
    execute(conn, "rewind relay position", update, params![lane.0, int(to.0)]).map(drop)
}

/// The partition count; `wanted` when there is none yet.
pub(super) fn partition_count(conn: &Connection, wanted: i32) -> Result<i32, StoreError> {
    if wanted < 1 {
        return Err(refused("store partition count", format!("{wanted} is not a partition count")));
    }
    let update = "UPDATE platform SET partitions = ?1 WHERE partitions IS NULL";
    execute(conn, "store partition count", update, [wanted])?;
    let count = one(conn, "SELECT partitions FROM platform", [], |row| Cells::of("platform", row).number(0))?;
    count.ok_or_else(|| refused("store partition count", "there is no platform row"))
}

/// Claims a partition anew.
pub(super) fn partition_claim(
    conn: &Connection,
    log: &LogId,
    owner: InstanceId,
    (topic, partition): (Topic, i32),
) -> Result<PartitionClaim, StoreError> {
    let upsert = "INSERT INTO worker_partition (topic, partition, log, next_offset, epoch, owner) \
                  VALUES (?1, ?2, ?3, NULL, 1, ?4) \
                  ON CONFLICT (topic, partition) DO UPDATE SET \
                  next_offset = CASE WHEN log = excluded.log THEN next_offset END, \
                  log = excluded.log, epoch = epoch + 1, owner = excluded.owner";
    let cells = params![topic.index(), partition, log.0, owner.0.to_be_bytes()];
    execute(conn, "claim partition", upsert, cells)?;
    let select = concat!(
        "SELECT ",
        partition_columns!(),
        " FROM worker_partition WHERE topic = ?1 AND partition = ?2"
    );
    let claimed = one(conn, select, params![topic.index(), partition], partition_from_row)?;
    claimed.map(|row| row.claim).ok_or_else(|| refused("claim partition", "the claimed row is not there"))
}

/// Refuses when a claim is not the latest.
pub(super) fn check_fences(conn: &Connection, fences: &[PartitionFence]) -> Result<(), StoreError> {
    let select = "SELECT epoch FROM worker_partition WHERE topic = ?1 AND partition = ?2";
    for fence in fences {
        let cells = params![fence.topic.index(), fence.partition];
        let epoch: Option<u64> =
            one(conn, select, cells, |row| Cells::of("worker_partition", row).number(0))?;
        if epoch != Some(fence.epoch) {
            return Err(StoreError::Fenced { what: "the partition was claimed by another worker" });
        }
    }
    Ok(())
}

/// Notes where to resume partitions.
pub(super) fn write_progress(conn: &Connection, partitions: &[PartitionProgress]) -> Result<(), StoreError> {
    let update = "UPDATE worker_partition SET next_offset = ?3 WHERE topic = ?1 AND partition = ?2";
    for progress in partitions {
        let cells = params![progress.topic.index(), progress.partition, progress.next_offset];
        if execute(conn, "move partition", update, cells)? != 1 {
            return Err(StoreError::Fenced { what: "the partition was never claimed" });
        }
    }
    Ok(())
}

/// When a lease taken now runs out.
pub(super) fn until(now: Timestamp, lease: Duration) -> Timestamp {
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_ms(now.unix_ms().saturating_add(lease_ms))
}

fn relay_row(conn: &Connection, lane: Lane) -> Result<Option<RelayPosition>, StoreError> {
    let select = concat!("SELECT ", relay_columns!(), " FROM relay_position WHERE lane = ?1");
    one(conn, select, [lane.0], relay_from_row)
}

fn pruned_to(conn: &Connection, lane: Lane) -> Result<Seq, StoreError> {
    let select = "SELECT pruned_to FROM lane_pruned WHERE lane = ?1";
    let found = one(conn, select, [lane.0], |row| Cells::of("lane_pruned", row).seq(0))?;
    found.ok_or_else(|| refused("claim lane", format!("there is no lane {lane}")))
}

fn execute(
    conn: &Connection,
    context: &'static str,
    sql: &str,
    cells: impl Params,
) -> Result<usize, StoreError> {
    conn.prepare_cached(sql).and_then(|mut statement| statement.execute(cells)).map_err(failed(context))
}
