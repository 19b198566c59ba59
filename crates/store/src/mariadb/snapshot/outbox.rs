//! Reads the event log by place.

use std::collections::HashMap;

use domain::id::{EventId, Lane, Seq};
use engine::ports::{OutboxEvent, StoreError};
use mysql_async::Row;

use super::super::{
    rows::{each, int, number, places, unsigned},
    session::Session,
};
use crate::rows::{outbox_columns, outbox_from_cells};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT lane, seq, ",
            outbox_columns!(),
            " FROM outbox_event FORCE INDEX (PRIMARY) WHERE ",
            $condition
        )
    };
}

pub(super) async fn find_many(
    session: &mut Session,
    ids: &[EventId],
) -> Result<Vec<Option<OutboxEvent>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{} ({})", select!("(lane, seq) IN"), places(ids));
    let sets = session.text(&sql).await.map_err(|failure| failure.sort("find events"))?;
    let found = read(&sets.concat())?;
    let found: HashMap<EventId, OutboxEvent> = found.into_iter().map(|event| (event.id, event)).collect();
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

pub(super) async fn range(
    session: &mut Session,
    lane: Lane,
    after: Seq,
    limit: usize,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let sql = select!("lane = ? AND seq > ? ORDER BY seq LIMIT ?");
    let params = vec![number(lane.0), unsigned(after.0), unsigned(limit as u64)];
    read(&session.rows("read events", sql, params).await?)
}

pub(super) async fn newest(
    session: &mut Session,
    lane: Lane,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let sql = select!("lane = ? AND seq < ? ORDER BY seq DESC LIMIT ?");
    let before = before.map_or(i64::MAX, |before| int(before.0));
    read(
        &session
            .rows("list events", sql, vec![number(lane.0), number(before), unsigned(limit as u64)])
            .await?,
    )
}

fn read(rows: &[Row]) -> Result<Vec<OutboxEvent>, StoreError> {
    each("outbox_event", rows, |cells| outbox_from_cells(cells, cells.place(0)?, 2))
}
