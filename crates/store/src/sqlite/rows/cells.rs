//! Reads the cells of one row with checks, so that no decoder panics or guesses.

use std::str::FromStr;

use domain::{
    id::{PaymentId, Seq},
    money::Currency,
    time::Timestamp,
};
use engine::ports::{Digest, StoreError};
use rusqlite::{CachedStatement, Connection, Params, Row, types::ValueRef};

use super::super::error::failed;

/// The first row a query gives.
pub(in crate::sqlite) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    decode: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params).map_err(failed("read"))?;
    rows.next().map_err(failed("read"))?.map(decode).transpose()
}

/// All rows a query gives.
pub(in crate::sqlite) fn list<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params).map_err(failed("read"))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed("read"))? {
        found.push(decode(row)?);
    }
    Ok(found)
}

/// The error for a cell that cannot be understood.
pub(in crate::sqlite) fn corrupt(table: &str, column: &str, row: &str) -> StoreError {
    StoreError::Corrupt { what: format!("table {table}, column {column}, row {row}") }
}

/// The cells of one row. The first column names the row in errors.
pub(in crate::sqlite) struct Cells<'r> {
    table: &'static str,
    row: &'r Row<'r>,
}

impl<'r> Cells<'r> {
    pub(in crate::sqlite) fn of(table: &'static str, row: &'r Row<'r>) -> Self {
        Self { table, row }
    }

    /// The error for column `at`.
    pub(in crate::sqlite) fn corrupt(&self, at: usize) -> StoreError {
        let statement = self.row.as_ref();
        let name = match self.row.get_ref(0) {
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Blob(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            _ => "without a name".to_owned(),
        };
        corrupt(self.table, statement.column_name(at).unwrap_or("unknown"), &name)
    }

    fn value(&self, at: usize) -> Result<ValueRef<'_>, StoreError> {
        self.row.get_ref(at).map_err(|_| self.corrupt(at))
    }

    fn some<T>(
        &self,
        at: usize,
        read: impl FnOnce(&Self, usize) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.value(at)? == ValueRef::Null { Ok(None) } else { read(self, at).map(Some) }
    }

    pub(in crate::sqlite) fn int(&self, at: usize) -> Result<i64, StoreError> {
        self.value(at)?.as_i64().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn number<T: TryFrom<i64>>(&self, at: usize) -> Result<T, StoreError> {
        T::try_from(self.int(at)?).map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn number_opt<T: TryFrom<i64>>(&self, at: usize) -> Result<Option<T>, StoreError> {
        self.some(at, Self::number)
    }

    pub(in crate::sqlite) fn text(&self, at: usize) -> Result<&str, StoreError> {
        self.value(at)?.as_str().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn text_opt(&self, at: usize) -> Result<Option<&str>, StoreError> {
        self.value(at)?.as_str_or_null().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn parsed<T: FromStr>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn parsed_opt<T: FromStr>(&self, at: usize) -> Result<Option<T>, StoreError> {
        self.some(at, Self::parsed)
    }

    pub(in crate::sqlite) fn bytes(&self, at: usize) -> Result<&[u8], StoreError> {
        self.value(at)?.as_blob().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], StoreError> {
        self.bytes(at)?.try_into().map_err(|_| self.corrupt(at))
    }

    pub(in crate::sqlite) fn digest(&self, at: usize) -> Result<Digest, StoreError> {
        self.array(at)
    }

    pub(in crate::sqlite) fn time(&self, at: usize) -> Result<Timestamp, StoreError> {
        let unix_ms = self.int(at)?;
        let time = Timestamp::from_unix_ms(unix_ms);
        if time.unix_ms() == unix_ms { Ok(time) } else { Err(self.corrupt(at)) }
    }

    pub(in crate::sqlite) fn time_opt(&self, at: usize) -> Result<Option<Timestamp>, StoreError> {
        self.some(at, Self::time)
    }

    pub(in crate::sqlite) fn seq(&self, at: usize) -> Result<Seq, StoreError> {
        self.number(at).map(Seq)
    }

    pub(in crate::sqlite) fn payment(&self, at: usize) -> Result<PaymentId, StoreError> {
        PaymentId::new(self.number(at)?).ok_or_else(|| self.corrupt(at))
    }

    pub(in crate::sqlite) fn payment_opt(&self, at: usize) -> Result<Option<PaymentId>, StoreError> {
        self.some(at, Self::payment)
    }

    pub(in crate::sqlite) fn currency(&self, at: usize) -> Result<Currency, StoreError> {
        self.parsed(at)
    }
}

fn prepare<'c>(conn: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    conn.prepare_cached(sql).map_err(failed("prepare a statement"))
}
