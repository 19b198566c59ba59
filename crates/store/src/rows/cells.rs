//! Reads the cells of one row with checks, so that no decoder panics or guesses.

use std::str::FromStr;

use domain::{
    id::{PaymentId, Seq},
    money::Currency,
    time::Timestamp,
};
use engine::ports::{Digest, StoreError};

/// The error for a cell that cannot be understood.
pub(crate) fn corrupt(table: &str, column: &str, row: &str) -> StoreError {
    StoreError::Corrupt { what: format!("table {table}, column {column}, row {row}") }
}

/// The cells of one row, whatever driver brought it. The first column names the row in errors.
pub(crate) trait ReadCells {
    /// The error for column `at`.
    fn corrupt(&self, at: usize) -> StoreError;
    fn is_null(&self, at: usize) -> Result<bool, StoreError>;
    fn int(&self, at: usize) -> Result<i64, StoreError>;
    fn bytes(&self, at: usize) -> Result<&[u8], StoreError>;
    fn text(&self, at: usize) -> Result<&str, StoreError>;

    fn number<T: TryFrom<i64>>(&self, at: usize) -> Result<T, StoreError> {
        T::try_from(self.int(at)?).map_err(|_| self.corrupt(at))
    }

    fn number_opt<T: TryFrom<i64>>(&self, at: usize) -> Result<Option<T>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.number(at).map(Some) }
    }

    fn text_opt(&self, at: usize) -> Result<Option<&str>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.text(at).map(Some) }
    }

    fn parsed<T: FromStr>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|_| self.corrupt(at))
    }

    fn parsed_opt<T: FromStr>(&self, at: usize) -> Result<Option<T>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.parsed(at).map(Some) }
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], StoreError> {
        self.bytes(at)?.try_into().map_err(|_| self.corrupt(at))
    }

    fn array_opt<const N: usize>(&self, at: usize) -> Result<Option<[u8; N]>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.array(at).map(Some) }
    }

    fn digest(&self, at: usize) -> Result<Digest, StoreError> {
        self.array(at)
    }

    fn time(&self, at: usize) -> Result<Timestamp, StoreError> {
        let unix_ms = self.int(at)?;
        let time = Timestamp::from_unix_ms(unix_ms);
        if time.unix_ms() == unix_ms { Ok(time) } else { Err(self.corrupt(at)) }
    }

    fn time_opt(&self, at: usize) -> Result<Option<Timestamp>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.time(at).map(Some) }
    }

    fn seq(&self, at: usize) -> Result<Seq, StoreError> {
        self.number(at).map(Seq)
    }

    fn payment(&self, at: usize) -> Result<PaymentId, StoreError> {
        PaymentId::new(self.number(at)?).ok_or_else(|| self.corrupt(at))
    }

    fn payment_opt(&self, at: usize) -> Result<Option<PaymentId>, StoreError> {
        if self.is_null(at)? { Ok(None) } else { self.payment(at).map(Some) }
    }

    fn currency(&self, at: usize) -> Result<Currency, StoreError> {
        self.parsed(at)
    }
}
