//! Relay leases and partition claims: who may go on from where. Each of these is one row that only its latest holder may move.
//! The time in a lease is the database's.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};
use engine::ports::{
    InstanceId, LogId, PartitionClaim, PartitionProgress, RelayLease, RelayPosition, StoreError,
    StoredPartition,
};

use super::{
    error::{Failure, refused},
    rows::{ReadCells, bytes, each, int, joined, number, partition_columns, relay_columns, text, unsigned},
    script::{NOW, Script, rows_of},
    session::Session,
};
use crate::rows::{partition_from_cells, relay_from_cells};

/// A relay row as it is found under its lock; its epoch is 0 when no relay has ever taken the lane.
struct Found {
    row: RelayPosition,
    pruned_to: Seq,
    now: Timestamp,
}

/// Takes or renews a lane's lease, in the transaction that `script` precedes; `None` while another holds it.
pub(super) async fn relay_claim(
    session: &mut Session,
    mut script: Script,
    (lane, log, owner): (Lane, &LogId, InstanceId),
    lease: Duration,
) -> Result<Option<RelayLease>, StoreError> {
    script.ask("BEGIN");
    let Found { row, pruned_to, now } = find(session, script, lane).await?;
    if row.owner.is_some_and(|holder| holder != owner) && row.lease_until > now {
        return Ok(None);
    }
    let same_log = row.epoch > 0 && row.log == *log;
    let position = if same_log { row.seq.max(pruned_to) } else { pruned_to };
    let epoch = if same_log && row.owner == Some(owner) { row.epoch } else { row.epoch + 1 };
    let update =
        "UPDATE relay_position SET log = ?, seq = ?, epoch = ?, owner = ?, lease_until = ? WHERE lane = ?";
    let cells = vec![
        text(&log.0),
        unsigned(position.0),
        unsigned(epoch),
        bytes(&owner.0.to_be_bytes()),
        number(now.unix_ms().saturating_add(ms(lease))),
        number(lane.0),
    ];
    session.change("claim lane", update, cells).await?;
    Ok(Some(RelayLease { lane, epoch, position }))
}

async fn find(session: &mut Session, mut script: Script, lane: Lane) -> Result<Found, StoreError> {
    let context = "claim lane";
    let columns = concat!("SELECT ", relay_columns!(), " FROM relay_position WHERE lane IN");
    let row = script.ask_in(columns, [lane], " FOR UPDATE");
    let pruned_to = script.ask_in("SELECT pruned_to FROM lane_pruned WHERE lane IN", [lane], "");
    let now = script.ask(NOW);
    let sets = session.begin(script.sql()).await.map_err(|failure| failure.sort(context))?;
    let row = each("relay_position", rows_of(&sets, row), relay_from_cells)?;
    let pruned_to = each("lane_pruned", rows_of(&sets, pruned_to), |cells| cells.seq(0))?;
    let now = each("clock", rows_of(&sets, now), |cells| cells.time(0))?;
    let found = row.into_iter().next().zip(pruned_to.first().copied()).zip(now.first().copied());
    let found = found.map(|((row, pruned_to), now)| Found { row, pruned_to, now });
    found.ok_or_else(|| refused(context, format!("there is no lane {lane}")))
}

/// Moves the positions of leases that still stand, in one round trip and one transaction; whether each was moved.
pub(super) async fn relay_move(
    session: &mut Session,
    mut script: Script,
    moves: &[(RelayLease, Seq)],
    lease: Duration,
) -> Result<Vec<bool>, StoreError> {
    let mut ascending: Vec<usize> = (0..moves.len()).collect();
    ascending.sort_unstable_by_key(|at| moves[*at].0.lane);
    script.ask("BEGIN");
    let mut asked = Vec::with_capacity(moves.len());
    for at in ascending {
        let (held, to) = &moves[at];
        script.ask(&format!(
            "UPDATE relay_position SET seq = {}, lease_until = CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) + {} \
             WHERE lane = {} AND epoch = {} AND seq = {}",
            int(to.0),
            ms(lease),
            held.lane,
            int(held.epoch),
            int(held.position.0)
        ));
        asked.push((at, script.ask("SELECT ROW_COUNT()")));
    }
    script.ask("COMMIT");
    let sets = session.whole(script.sql()).await;
    let sets = sets.map_err(|failure| failure.sort_commit("move relay positions"))?;
    let mut moved = vec![false; moves.len()];
    for (at, asked) in asked {
        let met = each("relay_position", rows_of(&sets, asked), |cells| cells.int(0))?;
        moved[at] = met == [1];
    }
    Ok(moved)
}

/// Gives a lease up.
pub(super) async fn relay_release(session: &mut Session, held: &RelayLease) -> Result<(), StoreError> {
    let update = "UPDATE relay_position SET owner = NULL, lease_until = 0 WHERE lane = ? AND epoch = ?";
    session.change("release lane", update, vec![number(held.lane.0), unsigned(held.epoch)]).await.map(drop)
}

/// Lowers a relay position as far as `to`, but not below what has been pruned; where it stands afterwards, if a relay has ever
/// taken the lane.
pub(super) async fn relay_rewind(
    session: &mut Session,
    lane: Lane,
    to: Seq,
) -> Result<Option<Seq>, StoreError> {
    relay_lower(session, &[(lane, to)]).await?;
    let select = "SELECT seq FROM relay_position WHERE lane = ? AND epoch > 0";
    let rows = session.rows("rewind relay position", select, vec![number(lane.0)]).await?;
    Ok(each("relay_position", &rows, |cells| cells.seq(0))?.pop())
}

/// Lowers relay positions, each as far as its place but not below what has been pruned.
pub(super) async fn relay_lower(session: &mut Session, rewinds: &[(Lane, Seq)]) -> Result<(), StoreError> {
    let mut rewinds = rewinds.to_vec();
    rewinds.sort_unstable();
    let update = "UPDATE relay_position r JOIN lane_pruned p ON p.lane = r.lane \
                  SET r.seq = LEAST(r.seq, GREATEST(?, p.pruned_to)) WHERE r.lane = ?";
    for (lane, to) in rewinds {
        session.change("rewind relay position", update, vec![unsigned(to.0), number(lane.0)]).await?;
    }
    Ok(())
}

/// The partition count; `wanted` when there is none yet.
pub(super) async fn partition_count(session: &mut Session, wanted: i32) -> Result<i32, StoreError> {
    let context = "store partition count";
    if wanted < 1 {
        return Err(refused(context, format!("{wanted} is not a partition count")));
    }
    let update = "UPDATE platform SET partitions = ? WHERE partitions IS NULL";
    session.change(context, update, vec![number(wanted)]).await?;
    let rows = session.rows(context, "SELECT partitions FROM platform", Vec::new()).await?;
    let count = each("platform", &rows, |cells| cells.number(0))?.pop();
    count.ok_or_else(|| refused(context, "there is no platform row"))
}

/// Claims partitions anew.
pub(super) async fn partition_claim(
    session: &mut Session,
    log: &LogId,
    owner: InstanceId,
    partitions: &[(Topic, i32)],
) -> Result<Vec<PartitionClaim>, StoreError> {
    let context = "claim partitions";
    let mut ascending: Vec<(u8, i32)> =
        partitions.iter().map(|(topic, partition)| (topic.index(), *partition)).collect();
    ascending.sort_unstable();
    ascending.dedup();
    let row = |(topic, partition): &(u8, i32)| {
        vec![number(*topic), number(*partition), text(&log.0), bytes(&owner.0.to_be_bytes())]
    };
    // The first assignment still sees the log that was read before.
    let upsert = "INSERT INTO worker_partition (topic, partition_id, log, next_offset, epoch, owner) \
                  VALUES (?, ?, ?, NULL, 1, ?) ON DUPLICATE KEY UPDATE \
                  next_offset = IF(log = VALUES(log), next_offset, NULL), log = VALUES(log), epoch = epoch + 1, \
                  owner = VALUES(owner)";
    session.bulk(context, upsert, ascending.iter().map(row).collect()).await?;
    let claimed = claims(session, &ascending).await?;
    let find = |(topic, partition): &(Topic, i32)| {
        let found = claimed.iter().find(|row| row.claim.topic == *topic && row.claim.partition == *partition);
        found.map(|row| row.claim).ok_or_else(|| refused(context, "a claimed row is not there"))
    };
    partitions.iter().map(find).collect()
}

async fn claims(session: &mut Session, ascending: &[(u8, i32)]) -> Result<Vec<StoredPartition>, StoreError> {
    if ascending.is_empty() {
        return Ok(Vec::new());
    }
    let keys = joined(ascending.iter().map(|(topic, partition)| format!("({topic}, {partition})")));
    let sql = format!(
        concat!(
            "SELECT ",
            partition_columns!(),
            " FROM worker_partition FORCE INDEX (PRIMARY) WHERE (topic, partition_id) IN ({})"
        ),
        keys
    );
    let sets = session.text(&sql).await.map_err(|failure: Failure| failure.sort("read claims"))?;
    each("worker_partition", &sets.concat(), partition_from_cells)
}

/// Locks partitions that the transaction does not hold yet; refuses when one was never claimed.
pub(super) async fn check_claimed(
    session: &mut Session,
    partitions: &[PartitionProgress],
) -> Result<(), StoreError> {
    let wanted: BTreeSet<(u8, i32)> =
        partitions.iter().map(|progress| (progress.topic.index(), progress.partition)).collect();
    let keys = joined(wanted.iter().map(|(topic, partition)| format!("({topic}, {partition})")));
    let sql = format!(
        "SELECT topic FROM worker_partition FORCE INDEX (PRIMARY) WHERE (topic, partition_id) IN ({keys}) \
         ORDER BY topic, partition_id FOR UPDATE"
    );
    let sets = session.text(&sql).await.map_err(|failure| failure.sort("lock partitions"))?;
    if sets.concat().len() == wanted.len() {
        return Ok(());
    }
    Err(StoreError::Fenced { what: "the partition was never claimed" })
}

/// Notes where to resume partitions whose rows are locked.
pub(super) fn ask_progress(script: &mut Script, partitions: &[PartitionProgress]) {
    let mut ascending = partitions.to_vec();
    ascending.sort_unstable_by_key(|progress| (progress.topic.index(), progress.partition));
    for PartitionProgress { topic, partition, next_offset } in ascending {
        script.ask(&format!(
            "UPDATE worker_partition SET next_offset = {next_offset} WHERE topic = {} AND partition_id = {partition}",
            topic.index()
        ));
    }
}

fn ms(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2)
}
