//! `dead_letter` and `audit_log` rows.

use bytes::Bytes;
use domain::id::{DeadLetterId, Lane, PaymentId};
use engine::ports::{AuditEntry, DeadLetter, DeadLetterReason, DeadLetterState, NewDeadLetter, StoreError};

use super::ReadCells;

/// Reads id, state, reason, topic, partition, offset, the payload's SHA-256, event, payment, message, attempts, time of birth
/// and of the latest change, note, time of publication and payload, in this order.
pub(crate) fn dead_letter_from_cells(cells: &impl ReadCells) -> Result<DeadLetter, StoreError> {
    let id = DeadLetterId::new(cells.number(0)?).ok_or_else(|| cells.corrupt(0))?;
    let state = dead_letter_word(cells, 1, DeadLetterState::ALL, DeadLetterState::as_str)?;
    let letter = NewDeadLetter {
        topic: cells.text(3)?.into(),
        partition: cells.number(4)?,
        offset: cells.int(5)?,
        payload: Bytes::copy_from_slice(cells.bytes(15)?),
        payload_sha256: cells.digest(6)?,
        event: cells.parsed_opt(7)?,
        // A record is anybody's text: a number that no payment can have names none.
        payment: cells.number_opt(8)?.and_then(PaymentId::new),
        reason: dead_letter_word(cells, 2, DeadLetterReason::ALL, DeadLetterReason::as_str)?,
        message: cells.text(9)?.to_owned(),
    };
    Ok(DeadLetter {
        id,
        letter,
        state,
        attempts: cells.number(10)?,
        created_at: cells.time(11)?,
        updated_at: cells.time(12)?,
        note: cells.text_opt(13)?.map(str::to_owned),
        published_at: cells.time_opt(14)?,
    })
}

/// About how many bytes of records one page of dead letters holds: a record may be as long as a broker takes.
pub(crate) const PAGE_BYTES_MAX: usize = 8 << 20;

/// Asks for the places of a lane's events that may still be redriven; [`places_prefix`] is the parameter.
pub(crate) const PLACES: &str = "SELECT event FROM dead_letter WHERE state IN ('OPEN', 'HELD') \
                                 AND reason <> 'foreign' AND event LIKE ? ORDER BY id";

/// What the text of a place of this lane begins with, as a pattern.
pub(crate) fn places_prefix(lane: Lane) -> String {
    format!("{lane}-%")
}

macro_rules! audit_columns {
    () => {
        "id, actor, action, object, reason, request_id, at, role, outcome"
    };
}
pub(crate) use audit_columns;

/// Reads `audit_columns!()`.
pub(crate) fn audit_from_cells(cells: &impl ReadCells) -> Result<(u64, AuditEntry), StoreError> {
    let entry = AuditEntry {
        actor: cells.text(1)?.into(),
        role: cells.parsed_opt(7)?,
        action: cells.text(2)?.into(),
        object: cells.text(3)?.into(),
        reason: cells.text_opt(4)?.map(Box::from),
        outcome: cells.text_opt(8)?.map(Box::from),
        request_id: cells.text(5)?.into(),
        at: cells.time(6)?,
    };
    Ok((cells.number(0)?, entry))
}

/// Reads one of a closed set of words.
pub(crate) fn dead_letter_word<T: Copy, const N: usize>(
    cells: &impl ReadCells,
    at: usize,
    all: [T; N],
    as_str: fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let text = cells.text(at)?;
    all.into_iter().find(|value| as_str(*value) == text).ok_or_else(|| cells.corrupt(at))
}
