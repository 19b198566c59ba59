//! Rows to domain values: what was written comes back, or an error names table, column and row.

mod attempt;
mod cells;
mod dead_letter;
mod idempotency;
mod journal;
mod lane;
mod outbox;
mod payment;

pub(super) use attempt::{attempt_columns, attempt_from_row, verdict_words};
pub(super) use cells::{Cells, corrupt, list, one};
pub(super) use dead_letter::{audit_from_row, dead_letter_columns, dead_letter_from_row, dead_letter_word};
pub(super) use idempotency::{idempotency_columns, idempotency_from_row};
pub(super) use journal::{account_from_cells, layer_code, layer_from_code, topic_from_code};
pub(super) use lane::{lane_columns, lane_from_row};
pub(super) use outbox::{outbox_columns, outbox_from_row};
pub(super) use payment::{PaymentCells, payment_columns, payment_from_row};
