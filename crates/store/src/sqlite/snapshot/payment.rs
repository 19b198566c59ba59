//! Reads payments, their keys and their attempts.

use domain::{
    id::{MerchantId, PaymentId},
    payment::{Payment, PaymentStatus},
    time::Timestamp,
};
use engine::ports::{
    Attempt, IdempotencyRow, IdempotencyScope, Page, PaymentCursor, PaymentFilter, StoreError,
};
use rusqlite::{Connection, params};

use super::{
    super::{
        error::failed,
        keys::int,
        rows::{
            Cells, attempt_columns, attempt_from_row, idempotency_columns, idempotency_from_row, key_hash,
            list, one, payment_columns, payment_from_row,
        },
    },
    SCAN_MAX,
};

pub(super) fn find(conn: &Connection, id: PaymentId) -> Result<Option<Payment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1");
    one(conn, sql, [int(id.get())], payment_from_row)
}

pub(super) fn list_filtered(
    conn: &Connection,
    lanes: u16,
    filter: &PaymentFilter,
    (after, limit): (Option<PaymentCursor>, usize),
) -> Result<Page<Payment, PaymentCursor>, StoreError> {
    // Within one lane a later payment has a larger number.
    let by_time = lanes == 1 || filter.merchant.is_some();
    let mut before = after.map_or(i64::MAX, |after| int(after.get()));
    if lanes == 1
        && let Some(to) = filter.created_to
    {
        before = before.min(first_created_at_or_after(conn, to)?);
    }
    let failed = failed("list payments");
    let mut statement = conn.prepare_cached(scan_of(filter)).map_err(&failed)?;
    let merchant = filter.merchant.as_ref().map(MerchantId::as_str);
    let order = filter.order.as_ref().map(|order| order.as_str());
    let mut found = statement.query(params![before, merchant, order]).map_err(&failed)?;
    let (mut rows, mut scanned, mut last) = (Vec::new(), 0, None);
    while let Some(row) = found.next().map_err(&failed)? {
        if rows.len() == limit || scanned == SCAN_MAX {
            return Ok(Page { rows, next: last });
        }
        let cells = Cells::of("payment", row);
        if by_time && filter.created_from.is_some_and(|from| cells.time(10).is_ok_and(|at| at < from)) {
            break;
        }
        last = Some(cells.payment(0)?);
        scanned += 1;
        if matches(&cells, filter)? {
            rows.push(payment_from_row(row)?);
        }
    }
    Ok(Page { rows, next: None })
}

pub(super) fn range(
    conn: &Connection,
    after: Option<PaymentId>,
    limit: usize,
) -> Result<Vec<Payment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id > ?1 ORDER BY id LIMIT ?2");
    let after = after.map_or(-1, |after| int(after.get()));
    list(conn, sql, [after, int(limit as u64)], payment_from_row)
}

pub(super) fn list_expirable(
    conn: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(PaymentId, MerchantId)>, StoreError> {
    let sql = "SELECT id, merchant FROM payment WHERE state = 2 AND pending IS NULL AND capture_before <= ?1 \
               ORDER BY capture_before, id LIMIT ?2";
    list(conn, sql, [now.unix_ms(), int(limit as u64)], |row| {
        let cells = Cells::of("payment", row);
        Ok((cells.payment(0)?, cells.parsed(1)?))
    })
}

pub(super) fn idempotency_find(
    conn: &Connection,
    scope: &IdempotencyScope,
) -> Result<Option<IdempotencyRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        idempotency_columns!(),
        " FROM idem_response_cache WHERE key_hash = ?1 AND merchant = ?2 AND operation = ?3 AND key = ?4"
    );
    let params =
        params![key_hash(scope), scope.merchant.as_str(), scope.operation.as_str(), scope.key.as_str()];
    one(conn, sql, params, |row| Ok(idempotency_from_row(row)?.1))
}

pub(super) fn attempt_list_outstanding(
    conn: &Connection,
    committed_before: Timestamp,
    limit: usize,
) -> Result<Vec<Attempt>, StoreError> {
    let sql = concat!(
        "SELECT ",
        attempt_columns!(),
        " FROM attempt WHERE verdict IS NULL AND created_at <= ?1 ORDER BY created_at, id LIMIT ?2"
    );
    list(conn, sql, [committed_before.unix_ms(), int(limit as u64)], attempt_from_row)
}

/// The statement that walks through the fewest rows. All take the same three parameters.
fn scan_of(filter: &PaymentFilter) -> &'static str {
    macro_rules! scan {
        ($condition:literal) => {
            concat!(
                "SELECT ",
                payment_columns!(),
                " FROM payment WHERE id < ?1 AND ",
                $condition,
                " ORDER BY id DESC"
            )
        };
    }
    match (&filter.merchant, &filter.order) {
        (Some(_), Some(_)) => scan!("merchant = ?2 AND order_id = ?3"),
        (None, Some(_)) => scan!("order_id = ?3 AND ?2 IS NULL"),
        (Some(_), None) => scan!("merchant = ?2 AND ?3 IS NULL"),
        (None, None) => scan!("?2 IS NULL AND ?3 IS NULL"),
    }
}

/// The conditions no index answers, on the bare cells: most rows looked at are not wanted.
fn matches(cells: &Cells<'_>, filter: &PaymentFilter) -> Result<bool, StoreError> {
    let status = cells.text(2)?;
    let wanted = |of: &PaymentStatus| of.as_str() == status;
    if !filter.statuses.is_empty() && !filter.statuses.iter().any(wanted) {
        return Ok(false);
    }
    if filter.currency.is_some() {
        let currency = cells.text(4)?;
        if filter.currency.is_some_and(|wanted| wanted.code() != currency) {
            return Ok(false);
        }
    }
    let (amount, created_at) = (cells.int(5)?, cells.time(10)?);
    Ok(filter.amount_min.is_none_or(|min| min <= amount)
        && filter.amount_max.is_none_or(|max| amount <= max)
        && filter.created_from.is_none_or(|from| from <= created_at)
        && filter.created_to.is_none_or(|to| created_at < to))
}

/// The number of the first payment created at or after `time` (or beyond the last), by halving: times grow with numbers.
fn first_created_at_or_after(conn: &Connection, time: Timestamp) -> Result<i64, StoreError> {
    let latest =
        one(conn, "SELECT max(id) FROM payment", [], |row| Cells::of("payment", row).number_opt::<i64>(0))?;
    let Some(latest) = latest.flatten() else { return Ok(i64::MAX) };
    let (mut low, mut high) = (0_i64, latest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let sql = "SELECT id, created_at FROM payment WHERE id >= ?1 ORDER BY id LIMIT 1";
        let found = one(conn, sql, [middle], |row| {
            let cells = Cells::of("payment", row);
            Ok((cells.int(0)?, cells.time(1)?))
        })?;
        match found {
            Some((id, created_at)) if created_at < time => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
