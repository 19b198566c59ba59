//! Lists and counts payments by what a filter names, newest first (by number), in bounded steps.
//!
//! Numbers are dense in every lane, so a step is a stretch of numbers: whatever the filter, the server looks at no more
//! payments than the stretch is long.

use domain::{id::PaymentId, payment::Payment, time::Timestamp};
use engine::ports::{Page, PaymentCounts, PaymentCursor, PaymentFilter, StoreError};
use mysql_async::{Row, Value};

use super::{
    super::{
        rows::{Cells, ReadCells, each, int, number, text},
        script::Script,
        session::Session,
    },
    SCAN_MAX,
};
use crate::{
    hashes::{order_key, order_keys},
    rows::{payment_columns, payment_from_cells},
};

/// How many stretches are looked through before the caller gets a turn.
const STEPS_MAX: u32 = 4;

pub(super) async fn list(
    session: &mut Session,
    lanes: u16,
    filter: &PaymentFilter,
    (after, limit): (Option<PaymentCursor>, usize),
) -> Result<Page<Payment, PaymentCursor>, StoreError> {
    let within = bounds(session, lanes, filter).await?;
    let mut before = after.map_or(i64::MAX, |after| int(after.get()));
    let mut rows: Vec<Payment> = Vec::new();
    for _ in 0..STEPS_MAX {
        let Some(stretch) = next_stretch(session, filter, &within, (before, SCAN_MAX)).await? else {
            return Ok(Page { rows, next: None });
        };
        // One more than asked for tells whether the list goes on.
        rows.extend(read(session, filter, &within, (stretch, limit + 1 - rows.len())).await?);
        if rows.len() > limit {
            rows.truncate(limit);
            let next = rows.last().map(|payment| payment.id);
            return Ok(Page { rows, next });
        }
        before = stretch.from;
    }
    let goes_on = next_stretch(session, filter, &within, (before, SCAN_MAX)).await?.is_some();
    let next = if goes_on { PaymentId::new(before.unsigned_abs()) } else { None };
    Ok(Page { rows, next })
}

/// How many of the newest fit the filter, by status.
pub(super) async fn count(
    session: &mut Session,
    lanes: u16,
    filter: &PaymentFilter,
    looked_at_max: u32,
) -> Result<PaymentCounts, StoreError> {
    let within = bounds(session, lanes, filter).await?;
    let length = looked_at_max.into();
    let Some(stretch) = next_stretch(session, filter, &within, (i64::MAX, length)).await? else {
        return Ok(PaymentCounts { is_complete: true, ..PaymentCounts::default() });
    };
    let (tail, params) = fitting(filter, &within, stretch);
    let sql = format!("SELECT status, COUNT(*) {tail} GROUP BY status");
    let found = session.rows("count payments", sql, params).await?;
    let counts = each("payment", &found, |cells| Ok((cells.parsed(0)?, cells.number(1)?)))?;
    let is_complete = next_stretch(session, filter, &within, (stretch.from, length)).await?.is_none();
    Ok(PaymentCounts { by_status: counts.into_iter().collect(), is_complete })
}

/// Numbers from `from` on and below `to`.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: i64,
    to: i64,
}

/// The numbers of each lane that the filter's times allow.
type Within = Vec<(u16, Stretch)>;

/// Within one lane a later payment has a larger number, so a time is found by halving.
async fn bounds(session: &mut Session, lanes: u16, filter: &PaymentFilter) -> Result<Within, StoreError> {
    let mut lanes: Vec<u16> = (0..lanes).collect();
    if let Some(merchant) = &filter.merchant {
        let lane = domain::id::Lane::of(merchant, u16::try_from(lanes.len()).unwrap_or(1));
        lanes = vec![lane.0];
    }
    let mut within: Within = lanes.iter().map(|lane| (*lane, Stretch { from: 0, to: i64::MAX })).collect();
    if let Some(time) = filter.created_from {
        let first = first_created_at_or_after(session, &lanes, time).await?;
        for ((_, stretch), from) in within.iter_mut().zip(first) {
            stretch.from = from;
        }
    }
    if let Some(time) = filter.created_before() {
        let first = first_created_at_or_after(session, &lanes, time).await?;
        for ((_, stretch), to) in within.iter_mut().zip(first) {
            stretch.to = to;
        }
    }
    Ok(within)
}

/// The number of each lane's first payment created at or after `time`; beyond every number where there is none.
async fn first_created_at_or_after(
    session: &mut Session,
    lanes: &[u16],
    time: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let mut halving: Vec<(i64, i64)> = vec![(0, int(domain::id::ID_MAX) + 1); lanes.len()];
    while halving.iter().any(|(low, high)| low < high) {
        let mut script = Script::default();
        for (lane, (low, high)) in lanes.iter().zip(&halving) {
            let middle = low + (high - low) / 2;
            script.ask(&format!(
                "SELECT id, created_at FROM payment FORCE INDEX (PRIMARY) WHERE lane = {lane} AND id >= {middle} \
                 ORDER BY id LIMIT 1"
            ));
        }
        let sets =
            session.text(script.sql()).await.map_err(|failure| failure.sort("find payments by time"))?;
        for ((low, high), found) in halving.iter_mut().zip(&sets) {
            let middle = *low + (*high - *low) / 2;
            let found = each("payment", found, |cells| Ok((cells.int(0)?, cells.time(1)?)))?;
            match found.first() {
                Some((id, created_at)) if *created_at < time && *low < *high => *low = id + 1,
                _ => *high = middle,
            }
        }
    }
    Ok(halving.into_iter().map(|(low, _)| low).collect())
}

/// The next `length` numbers below `before` to look at: they begin with the highest payment there is.
async fn next_stretch(
    session: &mut Session,
    filter: &PaymentFilter,
    within: &Within,
    (before, length): (i64, i64),
) -> Result<Option<Stretch>, StoreError> {
    let mut top: Option<i64> = None;
    let mut from = 0;
    for (lane, Stretch { from: low, to }) in within {
        let to = (*to).min(before);
        let rows = match &filter.merchant {
            // The index of a merchant gives no more rows than a stretch may have.
            Some(merchant) => {
                let sql = "SELECT MAX(id), MIN(id) FROM (SELECT id FROM payment FORCE INDEX (payment_by_merchant) \
                           WHERE merchant = ? AND lane = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?) newest";
                let params = [i64::from(*lane), to, *low, length].map(Value::Int);
                let params = std::iter::once(text(merchant.as_str())).chain(params).collect();
                session.rows("list payments", sql, params).await?
            }
            None => {
                let sql = "SELECT MAX(id), 0 FROM payment FORCE INDEX (PRIMARY) WHERE lane = ? AND id < ? AND id >= ?";
                let params = [i64::from(*lane), to, *low].map(Value::Int);
                session.rows("list payments", sql, params.to_vec()).await?
            }
        };
        for (highest, lowest) in
            each("payment", &rows, |cells| Ok((cells.number_opt(0)?, cells.number_opt(1)?)))?
        {
            top = top.max(highest);
            from = from.max(lowest.unwrap_or(0));
        }
    }
    let Some(top) = top else { return Ok(None) };
    if filter.merchant.is_none() && filter.order.is_none() {
        from = (top + 1 - length).max(0);
    }
    Ok(Some(Stretch { from, to: before }))
}

/// What fits the filter in a stretch, newest first.
async fn read(
    session: &mut Session,
    filter: &PaymentFilter,
    within: &Within,
    (stretch, limit): (Stretch, usize),
) -> Result<Vec<Payment>, StoreError> {
    let (tail, mut params) = fitting(filter, within, stretch);
    let sql = format!(concat!("SELECT ", payment_columns!(), " {} ORDER BY id DESC LIMIT ?"), tail);
    params.push(number(int(limit as u64)));
    let found: Vec<Row> = session.rows("list payments", sql, params).await?;
    each("payment", &found, |cells: &Cells<'_>| payment_from_cells(cells))
}

/// What fits the filter in a stretch, from `FROM` on, and its values.
fn fitting(filter: &PaymentFilter, within: &Within, stretch: Stretch) -> (String, Vec<Value>) {
    let (index, conditions, params) = conditions(filter);
    let lanes = within.iter().map(|(lane, Stretch { from, to })| {
        let (from, to) = ((*from).max(stretch.from), (*to).min(stretch.to));
        format!("(lane = {lane} AND id >= {from} AND id < {to})")
    });
    let lanes = lanes.collect::<Vec<_>>().join(" OR ");
    (format!("FROM payment FORCE INDEX ({index}) WHERE ({lanes}){conditions}"), params)
}

/// The index to go by, all conditions but those on the number, and their values.
fn conditions(filter: &PaymentFilter) -> (&'static str, String, Vec<Value>) {
    let (mut index, mut conditions, mut params) = ("PRIMARY", String::new(), Vec::new());
    let mut add = |condition: &str, value: Value| {
        conditions.push_str(condition);
        params.push(value);
    };
    if let Some(merchant) = &filter.merchant {
        index = "payment_by_merchant";
        add(" AND merchant = ?", text(merchant.as_str()));
    }
    if let Some(order) = &filter.order {
        index = "payment_by_order";
        let (first, last) = match &filter.merchant {
            Some(merchant) => {
                let key = order_key(merchant.as_str(), order.as_str());
                (key, key)
            }
            None => order_keys(order),
        };
        add(" AND order_key >= ?", number(first));
        add(" AND order_key <= ?", number(last));
        add(" AND order_id = ?", text(order.as_str()));
    }
    if let Some(currency) = filter.currency {
        add(" AND currency = ?", text(currency.code()));
    }
    if let Some(min) = filter.amount_min {
        add(" AND authorized >= ?", number(min));
    }
    if let Some(max) = filter.amount_max {
        add(" AND authorized <= ?", number(max));
    }
    if let Some(from) = filter.updated_from {
        add(" AND updated_at >= ?", number(from.unix_ms()));
    }
    if let Some(to) = filter.updated_to {
        add(" AND updated_at < ?", number(to.unix_ms()));
    }
    if !filter.statuses.is_empty() {
        conditions.push_str(&format!(" AND status IN ({})", vec!["?"; filter.statuses.len()].join(", ")));
        params.extend(filter.statuses.iter().map(|status| text(status.as_str())));
    }
    (index, conditions, params)
}
