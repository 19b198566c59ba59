//! Several statements sent as text in one round trip, and whose answer is whose.
//!
//! What goes into the text is a number, a hash or a constant, never a caller's text: that travels as a parameter.

use mysql_async::Row;

/// Asks for the milliseconds since the epoch when the statement begins: in a script, after earlier ones waited for their locks.
pub(super) const NOW: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

/// Statements in the order they are sent.
#[derive(Debug, Default)]
pub(super) struct Script {
    sql: String,
    statements: usize,
}

/// Which statement of a script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked(Option<usize>);

impl Script {
    /// Adds a statement.
    pub(super) fn ask(&mut self, statement: &str) -> Asked {
        if self.statements > 0 {
            self.sql.push_str("; ");
        }
        self.sql.push_str(statement);
        self.statements += 1;
        Asked(Some(self.statements - 1))
    }

    /// Adds `statement (a, b, c)`, unless there is nothing to list.
    pub(super) fn ask_in<T: ToString>(
        &mut self,
        statement: &str,
        list: impl IntoIterator<Item = T>,
        rest: &str,
    ) -> Asked {
        let list = super::rows::joined(list);
        if list.is_empty() { Asked(None) } else { self.ask(&format!("{statement} ({list}){rest}")) }
    }

    /// Adds `statement (row), (row), (row)`, unless there are no rows.
    pub(super) fn ask_rows(
        &mut self,
        statement: &str,
        rows: impl IntoIterator<Item = String>,
        rest: &str,
    ) -> Asked {
        let rows = super::rows::joined(rows);
        if rows.is_empty() { Asked(None) } else { self.ask(&format!("{statement} {rows}{rest}")) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements == 0
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }
}

/// The rows a statement brought; none when it was not sent.
pub(super) fn rows_of(sets: &[Vec<Row>], asked: Asked) -> &[Row] {
    asked.0.and_then(|at| sets.get(at)).map_or(&[], Vec::as_slice)
}
