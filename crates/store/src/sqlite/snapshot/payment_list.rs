//! Lists and counts payments by what a filter names, newest first, in bounded steps.

use domain::{
    id::{MerchantId, OrderId},
    payment::{Payment, PaymentStatus},
    time::Timestamp,
};
use engine::ports::{Page, PaymentCounts, PaymentCursor, PaymentFilter, StoreError};
use rusqlite::{Connection, Row};

use super::{
    super::{
        error::failed,
        keys::int,
        late::{Finder, Which, merchant_key, order_key, order_keys},
        rows::{Cells, ReadCells, one, payment_columns, payment_from_row},
    },
    SCAN_MAX,
};

/// How many rows of an index are looked at before more are asked for.
const CHUNK: usize = 256;

pub(super) fn list(
    conn: &Connection,
    (finder, lanes): (&Finder, u16),
    filter: &PaymentFilter,
    (after, limit): (Option<PaymentCursor>, usize),
) -> Result<Page<Payment, PaymentCursor>, StoreError> {
    let mut rows = Vec::new();
    let take = |row: &Row<'_>| {
        rows.push(payment_from_row(row)?);
        Ok(())
    };
    let mut listing = Listing::of(filter, lanes, (limit, take));
    let goes_on = walk(conn, (finder, lanes), after, &mut listing)?;
    let last = listing.last;
    Ok(Page { rows, next: if goes_on { last } else { None } })
}

/// How many of the newest fit the filter, by status.
pub(super) fn count(
    conn: &Connection,
    (finder, lanes): (&Finder, u16),
    filter: &PaymentFilter,
    looked_at_max: u32,
) -> Result<PaymentCounts, StoreError> {
    let mut counts = PaymentCounts::default();
    let take = |row: &Row<'_>| {
        *counts.by_status.entry(Cells::of("payment", row).parsed(2)?).or_default() += 1;
        Ok(())
    };
    let mut listing = Listing::of(filter, lanes, (usize::MAX, take));
    listing.scan_max = looked_at_max as usize;
    let goes_on = walk(conn, (finder, lanes), None, &mut listing)?;
    Ok(PaymentCounts { is_complete: !goes_on, ..counts })
}

/// Rows being taken.
struct Listing<'f, T> {
    filter: &'f PaymentFilter,
    by_time: bool,
    room: usize,
    take: T,
    scan_max: usize,
    scanned: usize,
    last: Option<PaymentCursor>,
}

enum Next {
    Go,
    /// There is no more room, or enough rows have been looked at: this row belongs to the following page.
    Full,
    /// No later row can be wanted.
    End,
}

impl<'f, T: FnMut(&Row<'_>) -> Result<(), StoreError>> Listing<'f, T> {
    /// Takes as many rows as there is room for.
    fn of(filter: &'f PaymentFilter, lanes: u16, (room, take): (usize, T)) -> Self {
        // Within one lane a later payment has a larger number.
        let by_time = lanes == 1 || filter.merchant.is_some();
        Self { filter, by_time, room, take, scan_max: SCAN_MAX, scanned: 0, last: None }
    }

    fn offer(&mut self, row: &Row<'_>) -> Result<Next, StoreError> {
        if self.room == 0 || self.scanned == self.scan_max {
            return Ok(Next::Full);
        }
        let cells = Cells::of("payment", row);
        if self.by_time
            && let Some(from) = self.filter.created_from
            && cells.time(10)? < from
        {
            return Ok(Next::End);
        }
        self.last = Some(cells.payment(0)?);
        self.scanned += 1;
        if matches(&cells, self.filter)? {
            (self.take)(row)?;
            self.room -= 1;
        }
        Ok(Next::Go)
    }
}

/// Offers what the filter may admit, from `after` on; whether there is more.
fn walk<T: FnMut(&Row<'_>) -> Result<(), StoreError>>(
    conn: &Connection,
    (finder, lanes): (&Finder, u16),
    after: Option<PaymentCursor>,
    listing: &mut Listing<'_, T>,
) -> Result<bool, StoreError> {
    let filter = listing.filter;
    let mut before = after.map_or(i64::MAX, |after| int(after.get()));
    if lanes == 1
        && let Some(to) = filter.created_before()
    {
        before = before.min(first_created_at_or_after(conn, to)?);
    }
    match (&filter.merchant, &filter.order) {
        (None, None) => walk_all(conn, before, listing),
        (Some(merchant), None) => walk_merchant(conn, finder, (merchant, before), listing),
        (merchant, Some(order)) => walk_order(conn, finder, (merchant.as_ref(), order, before), listing),
    }
}

/// Offers every payment; whether there is more.
fn walk_all<T: FnMut(&Row<'_>) -> Result<(), StoreError>>(
    conn: &Connection,
    before: i64,
    listing: &mut Listing<'_, T>,
) -> Result<bool, StoreError> {
    let failed = failed("list payments");
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id < ?1 ORDER BY id DESC");
    let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query([before]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        match listing.offer(row)? {
            Next::Go => {}
            Next::Full => return Ok(true),
            Next::End => return Ok(false),
        }
    }
    Ok(false)
}

/// Offers a merchant's payments; whether there is more.
fn walk_merchant<T: FnMut(&Row<'_>) -> Result<(), StoreError>>(
    conn: &Connection,
    finder: &Finder,
    (merchant, mut before): (&MerchantId, i64),
    listing: &mut Listing<'_, T>,
) -> Result<bool, StoreError> {
    let key = (Which::Merchants, merchant_key(merchant));
    loop {
        let chunk = finder.find(conn, key, before, CHUNK)?;
        match walk_found(conn, &chunk, listing)? {
            Next::Full => return Ok(true),
            Next::End => return Ok(false),
            Next::Go if chunk.len() < CHUNK => return Ok(false),
            Next::Go => before = chunk.last().copied().unwrap_or(before),
        }
    }
}

/// Offers the payments of an order; whether there is more.
fn walk_order<T: FnMut(&Row<'_>) -> Result<(), StoreError>>(
    conn: &Connection,
    finder: &Finder,
    (merchant, order, before): (Option<&MerchantId>, &OrderId, i64),
    listing: &mut Listing<'_, T>,
) -> Result<bool, StoreError> {
    let keys = merchant
        .map(|merchant| order_key(merchant, order))
        .map_or_else(|| order_keys(order), |key| (key, key));
    let found = finder.find_between(conn, (Which::Orders, keys), before)?;
    Ok(matches!(walk_found(conn, &found, listing)?, Next::Full))
}

fn walk_found<T: FnMut(&Row<'_>) -> Result<(), StoreError>>(
    conn: &Connection,
    ids: &[i64],
    listing: &mut Listing<'_, T>,
) -> Result<Next, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1");
    for id in ids {
        match one(conn, sql, [id], |row| listing.offer(row))? {
            None | Some(Next::Go) => {}
            Some(other) => return Ok(other),
        }
    }
    Ok(Next::Go)
}

/// All conditions, on the bare cells: most rows looked at are not wanted.
fn matches(cells: &Cells<'_>, filter: &PaymentFilter) -> Result<bool, StoreError> {
    let (merchant, status, currency, order) =
        (cells.text(1)?, cells.text(2)?, cells.text(4)?, cells.text_opt(15)?);
    let (amount, created_at, updated_at) = (cells.int(5)?, cells.time(10)?, cells.time(11)?);
    let wanted = |of: &PaymentStatus| of.as_str() == status;
    Ok(filter.merchant.as_ref().is_none_or(|of| of.as_str() == merchant)
        && (filter.statuses.is_empty() || filter.statuses.iter().any(wanted))
        && filter.order.as_ref().is_none_or(|of| Some(of.as_str()) == order)
        && filter.currency.is_none_or(|of| of.code() == currency)
        && filter.amount_min.is_none_or(|min| min <= amount)
        && filter.amount_max.is_none_or(|max| amount <= max)
        && filter.created_from.is_none_or(|from| from <= created_at)
        && filter.created_to.is_none_or(|to| created_at < to)
        && filter.updated_from.is_none_or(|from| from <= updated_at)
        && filter.updated_to.is_none_or(|to| updated_at < to))
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
