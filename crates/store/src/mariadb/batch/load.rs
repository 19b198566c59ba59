//! What a batch needs, all in one round trip: begin, lock the lanes, take the time, look everything up.
//!
//! Each question names its index: a plan must not depend on what the server believes about a table that grows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    id::{Lane, MerchantId, OrderId, PaymentId},
    payment::Payment,
    time::Timestamp,
};
use engine::ports::{
    BatchKeys, IdempotencyRow, IdempotencyScope, IdempotencyState, LaneState, Loaded, StoreError,
};
use mysql_async::Row;

use super::super::{
    error::refused,
    rows::{
        Cells, ReadCells, attempt_columns, attempt_literal, each, idempotency_columns, joined, wide_literal,
    },
    script::{Asked, NOW, Script, rows_of},
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
        let orders = concat!(
            "SELECT ",
            payment_columns!(),
            " FROM payment FORCE INDEX (payment_by_order) WHERE order_key IN"
        );
        let hashes: BTreeSet<u128> = keys.idempotency.iter().map(key_hash).collect();
        let order_keys: BTreeSet<i64> = keys
            .orders
            .iter()
            .map(|(merchant, order)| order_key(merchant.as_str(), order.as_str()))
            .collect();
        script.ask("BEGIN");
        let lane_rows = script.ask_in(lane_rows, &lanes, " ORDER BY lane FOR UPDATE");
        let now = script.ask(NOW);
        let idempotency = script.ask_in(idempotency, hashes.into_iter().map(wide_literal), "");
        let payments = ask_payments(&mut script, &keys.payments, lane_count);
        let orders = script.ask_in(orders, order_keys, "");
        let attempt_ids: BTreeSet<String> = keys.attempts.iter().map(|id| attempt_literal(*id)).collect();
        let attempts =
            concat!("SELECT ", attempt_columns!(), " FROM attempt FORCE INDEX (PRIMARY) WHERE id IN");
        let attempts = script.ask_in(attempts, attempt_ids, "");
        Self { keys, lanes, script, lane_rows, now, idempotency, payments, orders, attempts }
    }

    pub(super) fn sql(&self) -> &str {
        self.script.sql()
    }

    /// Reads the answers.
    pub(super) fn read(&self, sets: &[Vec<Row>]) -> Result<(Loaded, KeyPlaces), StoreError> {
        let lanes = each("lane", rows_of(sets, self.lane_rows), lane_from_cells)?;
        if lanes.len() != self.lanes.len() {
            return Err(refused(
                "load lane",
                format!("not all of these lanes exist: {}", joined(&self.lanes)),
            ));
        }
        let clock = each("clock", rows_of(sets, self.now), |cells| cells.time(0))?;
        let clock = clock.first().copied().ok_or_else(|| refused("load lane", "the server gave no time"))?;
        let now = lanes.iter().map(|lane: &LaneState| lane.updated_at).fold(clock, Timestamp::max);
        let (idempotency, places) = read_keys(rows_of(sets, self.idempotency))?;
        let payments = each("payment", rows_of(sets, self.payments), payment_from_cells)?;
        let mut payments = payments.into_iter().map(|payment| (payment.id, payment)).collect();
        let orders = each("payment", rows_of(sets, self.orders), payment_from_cells)?;
        let orders = self.holders(orders, &mut payments);
        let attempts = each("attempt", rows_of(sets, self.attempts), attempt_from_cells)?;
        let attempts = attempts.into_iter().map(|attempt| (attempt.id, attempt)).collect();
        Ok((Loaded { now, lanes, idempotency, payments, orders, attempts }, places))
    }

    /// The latest payment of each order that is not over. `found` may hold others that share a hash.
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
