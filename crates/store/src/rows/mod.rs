//! Rows to domain values, whatever database brought them: what was written comes back, or an error names table, column and
//! row.

mod attempt;
mod cells;
mod dead_letter;
mod idempotency;
mod journal;
mod lane;
mod lease;
mod operator;
mod outbox;
mod payment;

pub(crate) use attempt::{attempt_from_cells, verdict_words};
pub(crate) use cells::{ReadCells, corrupt};
pub(crate) use dead_letter::{
    PAGE_BYTES_MAX, PLACES, audit_columns, audit_from_cells, dead_letter_from_cells, dead_letter_word,
    places_prefix,
};
pub(crate) use idempotency::idempotency_from_cells;
pub(crate) use journal::{account_from_cells, layer_code, layer_from_code, topic_from_code};
pub(crate) use lane::{lane_columns, lane_from_cells};
pub(crate) use lease::{partition_from_cells, relay_from_cells};
pub(crate) use operator::{
    ATTEMPTS_KEPT_SECONDS, SECRET_COLUMNS, attempts_from_cells, operator_columns, operator_from_cells,
    secret_columns, secret_from_cells,
};
pub(crate) use outbox::{outbox_columns, outbox_from_cells};
#[cfg(feature = "mariadb")]
pub(crate) use payment::expirable_at;
pub(crate) use payment::{PaymentCells, payment_columns, payment_from_cells, stored_payment_from_cells};
