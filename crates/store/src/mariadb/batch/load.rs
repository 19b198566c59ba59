//! What a batch needs, all in one round trip: begin, lock the lanes, take the time, look everything up.
//!
//! Each question names its index: a plan must not depend on what the server believes about a table that grows. Of an order the latest
//! payment is read, however many there are: an earlier one was over before that came, or it could not have come.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    id::{Lane, MerchantId, OrderId, PaymentId},
    payment::Payment,
};
use engine::ports::{BatchKeys, IdempotencyRow, IdempotencyScope, IdempotencyState, Loaded, StoreError};
use mysql_async::Row;

use super::super::{
    error::refused,
    rows::{
        Cells, ReadCells, attempt_columns, attempt_literal, each, idempotency_columns, joined, number, text,
        wide_literal,
    },
    script::{Asked, NOW, Script, rows_of},
    session::Session,
};
use crate::{
    hashes::{order_key, wide_hash},
    rows::{
        attempt_from_cells, idempotency_from_cells, lane_columns, lane_from_cells, payment_columns,
        payment_from_cells,
    },
};

/// Where an idempotency row that was found is, and whether it may still change.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPlace {
    pub(super) lane: Lane,
    pub(super) id: i64,
    pub(super) fingerprint: [u8; 32],
    pub(super) running: bool,
}

/// The idempotency rows that were found.
pub(super) type KeyPlaces = HashMap<IdempotencyScope, KeyPlace>;

/// An order whose latest payment was not found where its key leads, because another order shares the key.
pub(super) type Collided = (MerchantId, OrderId);

/// The questions of one batch.
pub(super) struct Questions<'k> {
    keys: &'k BatchKeys,
    lanes: BTreeSet<Lane>,
    script: Script,
    lane_rows: Asked,
    now: Asked,
    idempotency: Asked,
    payments: Asked,
    orders: Asked,
    attempts: Asked,
}

impl<'k> Questions<'k> {
    /// `script` holds what precedes the transaction.
    pub(super) fn of(keys: &'k BatchKeys, lanes: &[Lane], lane_count: u16, mut script: Script) -> Self {
        let lanes: BTreeSet<Lane> = lanes.iter().copied().collect();
        let lane_rows = concat!("SELECT ", lane_columns!(), " FROM lane FORCE INDEX (PRIMARY) WHERE lane IN");
        let idempotency = concat!(
            "SELECT lane, id, ",
            idempotency_columns!(),
            " FROM idem_response_cache FORCE INDEX (idem_by_key) WHERE key_hash IN"
        );
        let hashes: BTreeSet<u128> = keys.idempotency.iter().map(key_hash).collect();
        script.ask("BEGIN");
        let lane_rows = script.ask_in(lane_rows, &lanes, " ORDER BY lane FOR UPDATE");
        let now = script.ask(NOW);
        let idempotency = script.ask_in(idempotency, hashes.into_iter().map(wide_literal), "");
        let payments = ask_payments(&mut script, &keys.payments, lane_count);
        let orders = ask_orders(&mut script, &keys.orders, lane_count);
        let attempt_ids: BTreeSet<String> = keys.attempts.iter().map(|id| attempt_literal(*id)).collect();
        let attempts =
            concat!("SELECT ", attempt_columns!(), " FROM attempt FORCE INDEX (PRIMARY) WHERE id IN");
        let attempts = script.ask_in(attempts, attempt_ids, "");
        Self { keys, lanes, script, lane_rows, now, idempotency, payments, orders, attempts }
    }

    pub(super) fn sql(&self) -> &str {
        self.script.sql()
    }

    /// Reads the answers; which orders must be asked for once more.
    pub(super) fn read(&self, sets: &[Vec<Row>]) -> Result<(Loaded, KeyPlaces, Vec<Collided>), StoreError> {
        let lanes = each("lane", rows_of(sets, self.lane_rows), lane_from_cells)?;
        if lanes.len() != self.lanes.len() {
            return Err(refused(
                "load lane",
                format!("not all of these lanes exist: {}", joined(&self.lanes)),
            ));
        }
        let clock = each("clock", rows_of(sets, self.now), |cells| cells.time(0))?;
        let clock = clock.first().copied().ok_or_else(|| refused("load lane", "the server gave no time"))?;
        let (idempotency, places) = read_keys(rows_of(sets, self.idempotency))?;
        let payments = each("payment", rows_of(sets, self.payments), payment_from_cells)?;
        let mut payments = payments.into_iter().map(|payment| (payment.id, payment)).collect();
        let orders = each("payment", rows_of(sets, self.orders), payment_from_cells)?;
        let collided = self.collided(&orders);
        let orders = self.holders(orders, &mut payments);
        let attempts = each("attempt", rows_of(sets, self.attempts), attempt_from_cells)?;
        let attempts = attempts.into_iter().map(|attempt| (attempt.id, attempt)).collect();
        Ok((Loaded { clock, lanes, idempotency, payments, orders, attempts }, places, collided))
    }

    /// The orders at whose key stands a payment of another order.
    fn collided(&self, found: &[Payment]) -> Vec<Collided> {
        let key_of = |merchant: &MerchantId, order: &OrderId| order_key(merchant.as_str(), order.as_str());
        let latest: HashMap<i64, &Payment> = found
            .iter()
            .filter_map(|payment| Some((key_of(&payment.merchant, payment.order.as_ref()?), payment)))
            .collect();
        let hides = |(merchant, order): &&Collided| {
            let at_key = latest.get(&key_of(merchant, order));
            at_key.is_some_and(|at_key| !is_of(at_key, merchant, order))
        };
        self.keys.orders.iter().filter(hides).cloned().collect()
    }

    /// The latest payment of each order, unless it is over. `found` may hold others that share a hash.
    fn holders(
        &self,
        found: Vec<Payment>,
        payments: &mut HashMap<PaymentId, Payment>,
    ) -> HashMap<(MerchantId, OrderId), PaymentId> {
        let asked: HashSet<(&MerchantId, &OrderId)> =
            self.keys.orders.iter().map(|(merchant, order)| (merchant, order)).collect();
        let mut holders = HashMap::with_capacity(asked.len());
        for payment in found {
            let Some(order) = payment.order.clone().filter(|_| !payment.frees_its_order()) else { continue };
            if !asked.contains(&(&payment.merchant, &order)) {
                continue;
            }
            let holder = holders.entry((payment.merchant.clone(), order)).or_insert(payment.id);
            if payment.id >= *holder {
                *holder = payment.id;
            }
            payments.insert(payment.id, payment);
        }
        holders
    }
}

/// Looks for the holder of an order among all payments that share its key.
pub(super) async fn load_holder(
    session: &mut Session,
    (merchant, order): Collided,
    lane_count: u16,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let sql = concat!(
        "SELECT ",
        payment_columns!(),
        " FROM payment FORCE INDEX (payment_by_order) WHERE order_key = ? AND lane = ? AND merchant = ? AND order_id = ? \
         ORDER BY id DESC LIMIT 1"
    );
    let key = order_key(merchant.as_str(), order.as_str());
    let lane = Lane::of(&merchant, lane_count).0;
    let params = vec![number(key), number(lane), text(merchant.as_str()), text(order.as_str())];
    let found: Vec<Row> = session.rows("open batch", sql, params).await?;
    for latest in each("payment", &found, payment_from_cells)? {
        if !latest.frees_its_order() {
            loaded.orders.insert((merchant.clone(), order.clone()), latest.id);
            loaded.payments.insert(latest.id, latest);
        }
    }
    Ok(())
}

fn is_of(payment: &Payment, merchant: &MerchantId, order: &OrderId) -> bool {
    payment.merchant == *merchant && payment.order.as_ref() == Some(order)
}

/// The hash a key is found by.
pub(in crate::mariadb) fn key_hash(scope: &IdempotencyScope) -> u128 {
    wide_hash(&[scope.merchant.as_str(), scope.operation.as_str(), scope.key.as_str()])
}

/// Payments by number, lane by lane: their key begins with the lane.
fn ask_payments(script: &mut Script, ids: &[PaymentId], lane_count: u16) -> Asked {
    let sql =
        concat!("SELECT ", payment_columns!(), " FROM payment FORCE INDEX (PRIMARY) WHERE (lane, id) IN");
    let places: BTreeMap<(u16, u64), String> = ids
        .iter()
        .map(|id| (id.lane(lane_count).0, id.get()))
        .map(|(lane, id)| ((lane, id), format!("({lane}, {id})")))
        .collect();
    script.ask_in(sql, places.into_values(), "")
}

/// The latest payment at the key of each order: the index ends with the primary key, so one entry of it is read an order.
fn ask_orders(script: &mut Script, orders: &[(MerchantId, OrderId)], lane_count: u16) -> Asked {
    let sql = "WITH wanted (wanted_key, wanted_lane) AS (VALUES";
    let latest = concat!(
        ") SELECT STRAIGHT_JOIN ",
        payment_columns!(),
        " FROM wanted JOIN payment FORCE INDEX (PRIMARY) ON lane = wanted_lane AND id = \
         (SELECT same.id FROM payment AS same FORCE INDEX (payment_by_order) \
         WHERE same.order_key = wanted_key AND same.lane = wanted_lane ORDER BY same.id DESC LIMIT 1)"
    );
    let keys: BTreeSet<(i64, u16)> = orders
        .iter()
        .map(|(merchant, order)| {
            (order_key(merchant.as_str(), order.as_str()), Lane::of(merchant, lane_count).0)
        })
        .collect();
    script.ask_rows(sql, keys.into_iter().map(|(key, lane)| format!("({key}, {lane})")), latest)
}

fn read_keys(rows: &[Row]) -> Result<(HashMap<IdempotencyScope, IdempotencyRow>, KeyPlaces), StoreError> {
    let (mut loaded, mut places) = (HashMap::with_capacity(rows.len()), HashMap::with_capacity(rows.len()));
    for row in rows {
        let cells = Cells::of("idem_response_cache", row);
        let found = idempotency_from_cells(&cells, 2)?;
        let place = KeyPlace {
            lane: Lane(cells.number(0)?),
            id: cells.int(1)?,
            fingerprint: found.fingerprint,
            running: matches!(found.state, IdempotencyState::Running { .. }),
        };
        places.insert(found.scope.clone(), place);
        loaded.insert(found.scope.clone(), found);
    }
    Ok((loaded, places))
}
