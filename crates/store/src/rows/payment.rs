//! `payment` rows.

use domain::{
    money::Money,
    payment::{CaptureMode, Closing, DeclineCode, Failure, Metadata, Payment, State},
};
use engine::ports::{StoreError, StoredPayment};

use super::ReadCells;

macro_rules! payment_columns {
    () => {
        "id, merchant, status, state, currency, authorized, captured, refunded, capture_mode, capture_before, \
         created_at, updated_at, version, last_event, decline_code, order_id, description, metadata, pending"
    };
}
pub(crate) use payment_columns;

/// What of a payment is not a plain column.
pub(crate) struct PaymentCells {
    pub(crate) state: i64,
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) capture_mode: i64,
    pub(crate) metadata: Option<String>,
    pub(crate) pending: Option<String>,
}

impl PaymentCells {
    pub(crate) fn of(payment: &Payment) -> Result<Self, StoreError> {
        let json = |error: serde_json::Error| StoreError::Statement {
            context: "write payment",
            source: error.into(),
        };
        let metadata = (!payment.metadata.is_empty()).then(|| serde_json::to_string(&payment.metadata));
        let pending = payment.pending.as_ref().map(serde_json::to_string);
        Ok(Self {
            state: state_code(payment.state),
            decline_code: payment.failure().map(|failure| failure.code.as_str()),
            capture_mode: match payment.capture_mode {
                CaptureMode::Manual => 0,
                CaptureMode::Automatic => 1,
            },
            metadata: metadata.transpose().map_err(json)?,
            pending: pending.transpose().map_err(json)?,
        })
    }
}

/// Reads `payment_columns!()`.
pub(crate) fn payment_from_cells(cells: &impl ReadCells) -> Result<Payment, StoreError> {
    let currency = cells.currency(4)?;
    let money = |at| Ok::<_, StoreError>(Money::new(cells.int(at)?, currency));
    Ok(Payment {
        id: cells.payment(0)?,
        merchant: cells.parsed(1)?,
        order: cells.parsed_opt(15)?,
        description: cells.parsed_opt(16)?,
        metadata: metadata(cells, 17)?,
        authorized: money(5)?,
        captured: money(6)?,
        refunded: money(7)?,
        state: state(cells, 3, 14)?,
        pending: from_json(cells, 18)?,
        capture_mode: match cells.int(8)? {
            0 => CaptureMode::Manual,
            1 => CaptureMode::Automatic,
            _ => return Err(cells.corrupt(8)),
        },
        capture_before: cells.time(9)?,
        created_at: cells.time(10)?,
        updated_at: cells.time(11)?,
        version: cells.number(12)?,
        last_event: cells.seq(13)?,
    })
}

/// The state in which a payment can expire.
const OPEN: i64 = 2;

/// Until when a payment can be captured while it can expire: only one in state "open" without anything outstanding can.
#[cfg(feature = "mariadb")]
pub(crate) fn expirable_at(payment: &Payment) -> Option<i64> {
    let expirable = state_code(payment.state) == OPEN && payment.pending.is_none();
    expirable.then(|| payment.capture_before.unix_ms())
}

/// Reads `payment_columns!()` for proofs; the word lists are filtered by included.
pub(crate) fn stored_payment_from_cells(cells: &impl ReadCells) -> Result<StoredPayment, StoreError> {
    let payment = payment_from_cells(cells)?;
    let misfiled = (cells.text(2)? != payment.status().as_str()).then_some("status");
    Ok(StoredPayment { payment, misfiled })
}

fn state_code(state: State) -> i64 {
    match state {
        State::Processing => 0,
        State::Declined(_) => 1,
        State::Open => OPEN,
        State::Closed(Closing::Capture) => 3,
        State::Closed(Closing::Void) => 4,
        State::Closed(Closing::Expiry) => 5,
    }
}

fn state(cells: &impl ReadCells, at: usize, decline_code_at: usize) -> Result<State, StoreError> {
    match cells.int(at)? {
        0 => Ok(State::Processing),
        1 => Ok(State::Declined(Failure { code: cells.parsed::<DeclineCode>(decline_code_at)? })),
        OPEN => Ok(State::Open),
        3 => Ok(State::Closed(Closing::Capture)),
        4 => Ok(State::Closed(Closing::Void)),
        5 => Ok(State::Closed(Closing::Expiry)),
        _ => Err(cells.corrupt(at)),
    }
}

fn metadata(cells: &impl ReadCells, at: usize) -> Result<Metadata, StoreError> {
    Ok(from_json(cells, at)?.unwrap_or_default())
}

fn from_json<T: serde::de::DeserializeOwned>(
    cells: &impl ReadCells,
    at: usize,
) -> Result<Option<T>, StoreError> {
    let text = cells.text_opt(at)?;
    text.map(|text| serde_json::from_str(text).map_err(|_| cells.corrupt(at))).transpose()
}
