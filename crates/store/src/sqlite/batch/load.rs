//! What a batch needs, one indexed lookup each.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use domain::{
    id::{AttemptId, Lane, MerchantId, OrderId, PaymentId},
    payment::Payment,
    time::Timestamp,
};
use engine::ports::{Attempt, BatchKeys, IdempotencyRow, IdempotencyScope, LaneState, Loaded, StoreError};
use rusqlite::Connection;

use super::super::{
    error::refused,
    keys::int,
    late::{LateIndexes, Which, key_key, order_key},
    rows::{
        attempt_columns, attempt_from_row, idempotency_columns, idempotency_from_row, lane_columns,
        lane_from_row, one, payment_columns, payment_from_row,
    },
    writer::Transaction,
};

/// Which keys were looked up, and where those are that were found. A key is only ever added after it was looked up under the
/// lock: that, not an index, is what makes it unique.
#[derive(Default)]
pub(super) struct IdempotencyRows {
    pub(super) looked_up: HashSet<i64>,
    pub(super) found: HashMap<IdempotencyScope, i64>,
}

/// Loads what `keys` names.
pub(super) fn load(
    transaction: &Transaction,
    clock: Timestamp,
    lanes: &[Lane],
    keys: &BatchKeys,
) -> Result<(Loaded, IdempotencyRows), StoreError> {
    let (conn, late) = (transaction.conn(), transaction.late());
    let lanes = load_lanes(conn, lanes)?;
    let (idempotency, rows) = load_idempotency(conn, late, &keys.idempotency)?;
    let mut payments = load_payments(conn, &keys.payments)?;
    let orders = load_orders(conn, late, &keys.orders, &mut payments)?;
    let attempts = load_attempts(conn, &keys.attempts)?;
    Ok((Loaded { clock, lanes, idempotency, payments, orders, attempts }, rows))
}

fn load_lanes(conn: &Connection, lanes: &[Lane]) -> Result<Vec<LaneState>, StoreError> {
    let mut ascending = lanes.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let sql = concat!("SELECT ", lane_columns!(), " FROM lane WHERE lane = ?1");
    let load = |lane: Lane| {
        let found = one(conn, sql, [lane.0], lane_from_row)?;
        found.ok_or_else(|| refused("load lane", format!("there is no lane {lane}")))
    };
    ascending.into_iter().map(load).collect()
}

type Idempotency = HashMap<IdempotencyScope, IdempotencyRow>;

fn load_idempotency(
    conn: &Connection,
    late: &LateIndexes,
    scopes: &[IdempotencyScope],
) -> Result<(Idempotency, IdempotencyRows), StoreError> {
    let sql = concat!("SELECT ", idempotency_columns!(), " FROM idem_response_cache WHERE id = ?1");
    let mut rows = IdempotencyRows { looked_up: HashSet::with_capacity(scopes.len()), found: HashMap::new() };
    let mut loaded = HashMap::new();
    for scope in scopes {
        let key = key_key(scope);
        if !rows.looked_up.insert(key) {
            continue;
        }
        // Two scopes of one batch may share a key: all rows of the key are taken.
        for id in late.find(conn, (Which::Keys, key), i64::MAX, usize::MAX)? {
            if let Some((id, row)) = one(conn, sql, [id], idempotency_from_row)? {
                rows.found.insert(row.scope.clone(), id);
                loaded.insert(row.scope.clone(), row);
            }
        }
    }
    Ok((loaded, rows))
}

fn load_payments(conn: &Connection, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1");
    let mut payments = HashMap::with_capacity(ids.len());
    for &id in ids {
        if let Entry::Vacant(slot) = payments.entry(id)
            && let Some(payment) = one(conn, sql, [int(id.get())], payment_from_row)?
        {
            slot.insert(payment);
        }
    }
    Ok(payments)
}

fn load_orders(
    conn: &Connection,
    late: &LateIndexes,
    orders: &[(MerchantId, OrderId)],
    payments: &mut HashMap<PaymentId, Payment>,
) -> Result<HashMap<(MerchantId, OrderId), PaymentId>, StoreError> {
    let mut holders = HashMap::with_capacity(orders.len());
    for (merchant, order) in orders {
        if let Some(payment) = find_holder(conn, late, merchant, order)? {
            holders.insert((merchant.clone(), order.clone()), payment.id);
            payments.insert(payment.id, payment);
        }
    }
    Ok(holders)
}

/// Entries that are taken at a time: more are needed only where orders share a key.
const ENTRIES: usize = 4;

/// The latest payment of the order, unless it is over. An earlier one was over before it came, or it could not have come: however
/// many there are, one is read.
fn find_holder(
    conn: &Connection,
    late: &LateIndexes,
    merchant: &MerchantId,
    order: &OrderId,
) -> Result<Option<Payment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1");
    let is_of_order =
        |payment: &Payment| payment.merchant == *merchant && payment.order.as_ref() == Some(order);
    let mut before = i64::MAX;
    loop {
        let entries = late.find(conn, (Which::Orders, order_key(merchant, order)), before, ENTRIES)?;
        for id in &entries {
            if let Some(latest) = one(conn, sql, [*id], payment_from_row)?.filter(is_of_order) {
                return Ok(Some(latest).filter(|latest| !latest.frees_its_order()));
            }
        }
        match entries.last() {
            Some(last) if entries.len() == ENTRIES => before = *last,
            _ => return Ok(None),
        }
    }
}

fn load_attempts(conn: &Connection, ids: &[AttemptId]) -> Result<HashMap<AttemptId, Attempt>, StoreError> {
    let sql = concat!("SELECT ", attempt_columns!(), " FROM attempt WHERE id = ?1");
    let load = |id: &AttemptId| one(conn, sql, [id.0.to_be_bytes()], attempt_from_row);
    let found = ids.iter().map(|id| Ok(load(id)?.map(|attempt| (*id, attempt))));
    found.filter_map(Result::transpose).collect()
}
