//! `outbox_event` rows.

use bytes::Bytes;
use engine::ports::{OutboxEvent, StoreError};
use rusqlite::Row;

use super::{super::keys::event_id, Cells, topic_from_code};

macro_rules! outbox_columns {
    () => {
        "id, topic, sha256, previous, payment, payment_previous, occurred_at, body, traceparent"
    };
}
pub(in crate::sqlite) use outbox_columns;

/// Reads `outbox_columns!()`.
pub(in crate::sqlite) fn outbox_from_row(row: &Row<'_>) -> Result<OutboxEvent, StoreError> {
    let cells = Cells::of("outbox_event", row);
    Ok(OutboxEvent {
        id: event_id(cells.int(0)?),
        topic: topic_from_code(&cells, 1)?,
        previous: cells.seq(3)?,
        payment: cells.payment(4)?,
        payment_previous: cells.seq(5)?,
        occurred_at: cells.time(6)?,
        body: Bytes::copy_from_slice(cells.bytes(7)?),
        sha256: cells.digest(2)?,
        traceparent: cells.text_opt(8)?.map(Box::from),
    })
}
