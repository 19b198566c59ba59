//! `outbox_event` rows.

use bytes::Bytes;
use domain::id::EventId;
use engine::ports::{OutboxEvent, StoreError};

use super::{ReadCells, topic_from_code};

/// The columns of an event but its place.
macro_rules! outbox_columns {
    () => {
        "topic, sha256, previous, payment, payment_previous, occurred_at, body, traceparent"
    };
}
pub(crate) use outbox_columns;

/// Reads `outbox_columns!()` of the event at `id`, from column `at` on.
pub(crate) fn outbox_from_cells(
    cells: &impl ReadCells,
    id: EventId,
    at: usize,
) -> Result<OutboxEvent, StoreError> {
    Ok(OutboxEvent {
        id,
        topic: topic_from_code(cells, at)?,
        sha256: cells.digest(at + 1)?,
        previous: cells.seq(at + 2)?,
        payment: cells.payment(at + 3)?,
        payment_previous: cells.seq(at + 4)?,
        occurred_at: cells.time(at + 5)?,
        body: Bytes::copy_from_slice(cells.bytes(at + 6)?),
        traceparent: cells.text_opt(at + 7)?.map(Box::from),
    })
}
