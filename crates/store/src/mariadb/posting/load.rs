//! What events are compared with before anything is posted, all in one round trip.

use std::collections::BTreeSet;

use domain::id::{Lane, Seq};
use engine::ports::{OutboxMark, PartitionFence, PostingScope, PostingState, StoreError};
use mysql_async::Row;

use super::super::{
    error::refused,
    rows::{ReadCells, dead_letter_columns, each, int},
    script::{Asked, NOW, Script, rows_of},
};
use crate::rows::{dead_letter_from_cells, topic_from_code};

/// The questions of one posting transaction.
pub(super) struct Questions {
    script: Script,
    fences: Vec<PartitionFence>,
    claims: Asked,
    now: Asked,
    positions: Asked,
    lanes: Asked,
    outbox: Vec<Asked>,
    posted: Vec<Asked>,
    dead_letter: Asked,
}

impl Questions {
    /// `script` holds what precedes the transaction.
    pub(super) fn of(scope: &PostingScope, mut script: Script) -> Self {
        script.ask("BEGIN");
        let claims: BTreeSet<(u8, i32)> =
            scope.partitions.iter().map(|fence| (fence.topic.index(), fence.partition)).collect();
        let claims = script.ask_in(
            "SELECT topic, partition_id, epoch FROM worker_partition FORCE INDEX (PRIMARY) \
             WHERE (topic, partition_id) IN",
            claims.into_iter().map(|(topic, partition)| format!("({topic}, {partition})")),
            " ORDER BY topic, partition_id FOR UPDATE",
        );
        let dead_letter = scope.dead_letter.map(|id| int(id.get()));
        // A redrive locks its dead letter first and moves no position; the worker locks the positions it will move.
        let dead_letter = script.ask_in(
            concat!("SELECT ", dead_letter_columns!(), " FROM dead_letter WHERE id IN"),
            dead_letter,
            " FOR UPDATE",
        );
        if scope.dead_letter.is_none() {
            let lanes: BTreeSet<Lane> = scope.ranges.iter().map(|(lane, _, _)| *lane).collect();
            let lock = "SELECT lane FROM worker_position FORCE INDEX (PRIMARY) WHERE lane IN";
            script.ask_in(lock, lanes, " ORDER BY lane, topic FOR UPDATE");
        }
        let now = script.ask(NOW);
        let positions = script.ask("SELECT lane, topic, seq FROM worker_position WHERE seq > 0");
        let lanes = script.ask("SELECT lane, last_seq, pruned_to FROM lane JOIN lane_pruned USING (lane)");
        let (mut outbox, mut posted) = (Vec::new(), Vec::new());
        for &(lane, from, to) in &scope.ranges {
            let range = range(lane, from, to);
            let marks =
                "SELECT lane, seq, topic, sha256, previous FROM outbox_event FORCE INDEX (PRIMARY) WHERE";
            outbox.push(script.ask(&format!("{marks} {range}")));
            let entries = "SELECT lane, seq FROM journal_entry FORCE INDEX (PRIMARY) WHERE";
            posted.push(script.ask(&format!("{entries} {range}")));
        }
        Self {
            script,
            fences: scope.partitions.clone(),
            claims,
            now,
            positions,
            lanes,
            outbox,
            posted,
            dead_letter,
        }
    }

    pub(super) fn sql(&self) -> &str {
        self.script.sql()
    }

    /// Reads the answers.
    pub(super) fn read(&self, sets: &[Vec<Row>]) -> Result<PostingState, StoreError> {
        self.check_fences(rows_of(sets, self.claims))?;
        let now = each("clock", rows_of(sets, self.now), |cells| cells.time(0))?;
        let now = now.first().copied().ok_or_else(|| refused("open posting", "the server gave no time"))?;
        let mut state = PostingState { now, ..PostingState::default() };
        let positions = each("worker_position", rows_of(sets, self.positions), |cells| {
            Ok(((Lane(cells.number(0)?), topic_from_code(cells, 1)?), cells.seq(2)?))
        })?;
        state.positions.extend(positions);
        let lanes = each("lane", rows_of(sets, self.lanes), |cells| {
            Ok((Lane(cells.number(0)?), (cells.seq(1)?, cells.seq(2)?)))
        })?;
        state.lanes.extend(lanes);
        for asked in &self.outbox {
            let marks = each("outbox_event", rows_of(sets, *asked), |cells| {
                let (topic, sha256) = (topic_from_code(cells, 2)?, cells.digest(3)?);
                Ok((cells.place(0)?, OutboxMark { topic, sha256, previous: cells.seq(4)? }))
            })?;
            state.outbox.extend(marks);
        }
        for asked in &self.posted {
            state.posted.extend(each("journal_entry", rows_of(sets, *asked), |cells| cells.place(0))?);
        }
        let dead_letters = each("dead_letter", rows_of(sets, self.dead_letter), dead_letter_from_cells)?;
        state.dead_letter = dead_letters.into_iter().next();
        Ok(state)
    }

    /// Refuses when a claim is not the latest.
    fn check_fences(&self, rows: &[Row]) -> Result<(), StoreError> {
        let found = each("worker_partition", rows, |cells| {
            Ok(PartitionFence {
                topic: topic_from_code(cells, 0)?,
                partition: cells.number(1)?,
                epoch: cells.number(2)?,
            })
        })?;
        if self.fences.iter().all(|fence| found.contains(fence)) {
            return Ok(());
        }
        Err(StoreError::Fenced { what: "the partition was claimed by another worker" })
    }
}

/// Places `from` to `to` of a lane.
fn range(lane: Lane, from: Seq, to: Seq) -> String {
    format!("lane = {lane} AND seq BETWEEN {} AND {}", int(from.0), int(to.0))
}
