//! Rows as MariaDB brings them, and values as it takes them.

use domain::id::{AttemptId, EventId, Lane, PaymentId};
use engine::ports::StoreError;
use mysql_async::{Row, Value};

pub(in crate::mariadb) use crate::rows::ReadCells;
use crate::rows::corrupt;

macro_rules! attempt_columns {
    () => {
        "id, payment, merchant, operation, amount, currency, token, key_operation, idem_key, request_id, created_at, \
         verdict, decline_code, acquirer"
    };
}
macro_rules! idempotency_columns {
    () => {
        "merchant, operation, idem_key, fingerprint, payment, status, answered_at, body"
    };
}
macro_rules! dead_letter_columns {
    () => {
        "id, state, reason, topic, partition_id, record_offset, payload_sha256, event, payment, message, attempts, \
         created_at, updated_at, note, published_at, payload"
    };
}
macro_rules! relay_columns {
    () => {
        "lane, log, seq, epoch, owner, lease_until"
    };
}
macro_rules! partition_columns {
    () => {
        "topic, partition_id, log, next_offset, epoch, owner"
    };
}
pub(in crate::mariadb) use {
    attempt_columns, dead_letter_columns, idempotency_columns, partition_columns, relay_columns,
};

/// The cells of one row. The first column names the row in errors.
pub(in crate::mariadb) struct Cells<'r> {
    table: &'static str,
    row: &'r Row,
}

impl<'r> Cells<'r> {
    pub(in crate::mariadb) fn of(table: &'static str, row: &'r Row) -> Self {
        Self { table, row }
    }

    /// Reads `lane, seq` from column `at` on.
    pub(in crate::mariadb) fn place(&self, at: usize) -> Result<EventId, StoreError> {
        Ok(EventId { lane: Lane(self.number(at)?), seq: self.seq(at + 1)? })
    }

    fn value(&self, at: usize) -> Result<&Value, StoreError> {
        self.row.as_ref(at).ok_or_else(|| self.corrupt(at))
    }
}

impl ReadCells for Cells<'_> {
    fn corrupt(&self, at: usize) -> StoreError {
        let name = match self.row.as_ref(0) {
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::UInt(number)) => number.to_string(),
            Some(Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            },
            _ => "without a name".to_owned(),
        };
        let columns = self.row.columns_ref();
        let column = columns.get(at).map_or_else(|| "unknown".into(), |column| column.name_str());
        corrupt(self.table, &column, &name)
    }

    fn is_null(&self, at: usize) -> Result<bool, StoreError> {
        Ok(*self.value(at)? == Value::NULL)
    }

    fn int(&self, at: usize) -> Result<i64, StoreError> {
        match self.value(at)? {
            Value::Int(number) => Ok(*number),
            Value::UInt(number) => i64::try_from(*number).map_err(|_| self.corrupt(at)),
            // An answer to a text statement is text.
            Value::Bytes(_) => self.text(at)?.parse().map_err(|_| self.corrupt(at)),
            _ => Err(self.corrupt(at)),
        }
    }

    fn bytes(&self, at: usize) -> Result<&[u8], StoreError> {
        match self.value(at)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.corrupt(at)),
        }
    }

    fn text(&self, at: usize) -> Result<&str, StoreError> {
        std::str::from_utf8(self.bytes(at)?).map_err(|_| self.corrupt(at))
    }
}

/// Reads every row.
pub(in crate::mariadb) fn each<'r, T>(
    table: &'static str,
    rows: &'r [Row],
    decode: impl Fn(&Cells<'r>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| decode(&Cells::of(table, row))).collect()
}

/// A number as the database keeps it; what exceeds 63 bits becomes the largest, which nothing real reaches.
pub(in crate::mariadb) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number. Every number travels as this one type: the driver cannot mix signed and unsigned in one column.
pub(in crate::mariadb) fn number(number: impl Into<i64>) -> Value {
    Value::Int(number.into())
}

pub(in crate::mariadb) fn number_opt(value: Option<i64>) -> Value {
    value.map_or(Value::NULL, Value::Int)
}

pub(in crate::mariadb) fn unsigned(value: u64) -> Value {
    Value::Int(int(value))
}

pub(in crate::mariadb) fn payment(id: PaymentId) -> Value {
    unsigned(id.get())
}

pub(in crate::mariadb) fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

pub(in crate::mariadb) fn text(value: &str) -> Value {
    bytes(value.as_bytes())
}

pub(in crate::mariadb) fn text_opt(value: Option<&str>) -> Value {
    value.map_or(Value::NULL, text)
}

/// An attempt's id as a literal.
pub(in crate::mariadb) fn attempt_literal(id: AttemptId) -> String {
    wide_literal(id.0)
}

/// Sixteen bytes as a literal.
pub(in crate::mariadb) fn wide_literal(value: u128) -> String {
    format!("x'{value:032x}'")
}

/// `a, b, c`.
pub(in crate::mariadb) fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    values.join(", ")
}

/// `(lane, seq), (lane, seq)`.
pub(in crate::mariadb) fn places(ids: &[EventId]) -> String {
    joined(ids.iter().map(|id| format!("({}, {})", id.lane, int(id.seq.0))))
}
