//! Reads payments, their keys and their attempts.

use std::collections::HashMap;

use domain::{
    id::{AttemptId, Lane, MerchantId, PaymentId},
    payment::Payment,
    time::Timestamp,
};
use engine::ports::{Attempt, IdempotencyRow, IdempotencyScope, StoreError, StoredKey, StoredPayment};

use super::super::{
    batch::key_hash,
    rows::{
        ReadCells, attempt_columns, bytes, each, idempotency_columns, int, joined, number, text_opt, unsigned,
    },
    session::Session,
};
use crate::{
    hashes::order_key,
    rows::{
        attempt_from_cells, expirable_at, idempotency_from_cells, payment_columns, payment_from_cells,
        stored_payment_from_cells,
    },
};

/// Where `order_key` stands behind `payment_columns!()`, and `expirable_at` behind it.
const ORDER_KEY_AT: usize = 19;

/// Where `key_hash` stands behind the number and `idempotency_columns!()`.
const KEY_HASH_AT: usize = 9;

macro_rules! select {
    ($condition:literal) => {
        concat!("SELECT ", payment_columns!(), " FROM payment FORCE INDEX (PRIMARY) WHERE ", $condition)
    };
}

pub(super) async fn find_many(
    session: &mut Session,
    ids: &[PaymentId],
    lanes: u16,
) -> Result<Vec<Option<Payment>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places = joined(ids.iter().map(|id| format!("({}, {})", id.lane(lanes), id)));
    let sql = format!("{} ({places})", select!("(lane, id) IN"));
    let sets = session.text(&sql).await.map_err(|failure| failure.sort("find payments"))?;
    let found = each("payment", &sets.concat(), payment_from_cells)?;
    let found: HashMap<PaymentId, Payment> = found.into_iter().map(|payment| (payment.id, payment)).collect();
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

/// The lowest numbers after `after`, whatever their lanes: the lowest of each lane, merged.
pub(super) async fn range(
    session: &mut Session,
    lanes: u16,
    after: Option<PaymentId>,
    limit: usize,
) -> Result<Vec<StoredPayment>, StoreError> {
    let after = after.map_or(-1, |after| int(after.get()));
    let select = concat!(
        "SELECT ",
        payment_columns!(),
        ", order_key, expirable_at FROM payment FORCE INDEX (PRIMARY) WHERE"
    );
    let of_lane = |lane: u16| format!("({select} lane = {lane} AND id > {after} ORDER BY id LIMIT {limit})");
    let union = (0..lanes).map(of_lane).collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!("{union} ORDER BY id LIMIT {limit}");
    let sets = session.text(&sql).await.map_err(|failure| failure.sort("read payments"))?;
    each("payment", &sets.concat(), |cells| {
        let stored = stored_payment_from_cells(cells)?;
        let payment = &stored.payment;
        let order = payment.order.as_ref().map(|order| order_key(payment.merchant.as_str(), order.as_str()));
        let order_key = (cells.number_opt(ORDER_KEY_AT)? != order).then_some("order_key");
        let expirable =
            (cells.number_opt(ORDER_KEY_AT + 1)? != expirable_at(payment)).then_some("expirable_at");
        Ok(StoredPayment { misfiled: stored.misfiled.or(order_key).or(expirable), ..stored })
    })
}

pub(super) async fn highest(session: &mut Session, lane: Lane) -> Result<Option<PaymentId>, StoreError> {
    let sql = "SELECT MAX(id) FROM payment WHERE lane = ?";
    let found = session.rows("find the highest payment", sql, vec![number(lane.0)]).await?;
    Ok(each("payment", &found, |cells| cells.payment_opt(0))?.pop().flatten())
}

pub(super) async fn list_expirable(
    session: &mut Session,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(PaymentId, MerchantId)>, StoreError> {
    let sql = "SELECT id, merchant FROM payment FORCE INDEX (payment_expirable) WHERE expirable_at <= ? \
               ORDER BY expirable_at, lane, id LIMIT ?";
    let params = vec![number(now.unix_ms()), unsigned(limit as u64)];
    each("payment", &session.rows("list expirable payments", sql, params).await?, |cells| {
        Ok((cells.payment(0)?, cells.parsed(1)?))
    })
}

pub(super) async fn idempotency_find(
    session: &mut Session,
    scope: &IdempotencyScope,
) -> Result<Option<IdempotencyRow>, StoreError> {
    let sql = concat!("SELECT ", idempotency_columns!(), " FROM idem_response_cache WHERE key_hash = ?");
    let params = vec![bytes(&key_hash(scope).to_be_bytes())];
    let found = session.rows("find idempotency key", sql, params).await?;
    let found = each("idem_response_cache", &found, |cells| idempotency_from_cells(cells, 0))?;
    Ok(found.into_iter().find(|row| row.scope == *scope))
}

/// One that is filed under another hash would never be found: that makes a row nobody can understand.
pub(super) async fn idempotency_range(
    session: &mut Session,
    lane: Lane,
    after: i64,
    limit: usize,
) -> Result<Vec<StoredKey>, StoreError> {
    let sql = concat!(
        "SELECT id, ",
        idempotency_columns!(),
        ", key_hash FROM idem_response_cache WHERE lane = ? AND id > ? ORDER BY id LIMIT ?"
    );
    let params = vec![number(lane.0), number(after), unsigned(limit as u64)];
    each("idem_response_cache", &session.rows("read idempotency keys", sql, params).await?, |cells| {
        let number = cells.int(0)?;
        let row = idempotency_from_cells(cells, 1).and_then(|row| match cells.array(KEY_HASH_AT)? {
            hash if hash == key_hash(&row.scope).to_be_bytes() => Ok(row),
            _ => Err(cells.corrupt(KEY_HASH_AT)),
        });
        match row {
            Ok(row) => Ok(StoredKey { number, row: Ok(row) }),
            Err(StoreError::Corrupt { what }) => Ok(StoredKey { number, row: Err(what) }),
            Err(error) => Err(error),
        }
    })
}

pub(super) async fn attempt_list_outstanding(
    session: &mut Session,
    committed_before: Timestamp,
    acquirer: Option<&str>,
    after: Option<(Timestamp, AttemptId)>,
    limit: usize,
) -> Result<Vec<Attempt>, StoreError> {
    let sql = concat!(
        "SELECT ",
        attempt_columns!(),
        " FROM attempt FORCE INDEX (attempt_outstanding) WHERE outstanding_since <= ? AND acquirer = COALESCE(?, acquirer) \
         AND outstanding_since >= ? AND (outstanding_since > ? OR id > ?) ORDER BY outstanding_since, id LIMIT ?"
    );
    let (since, after) =
        after.map_or((-1, Vec::new()), |(at, id)| (at.unix_ms(), id.0.to_be_bytes().to_vec()));
    let params = vec![
        number(committed_before.unix_ms()),
        text_opt(acquirer),
        number(since),
        number(since),
        bytes(&after),
        unsigned(limit as u64),
    ];
    each("attempt", &session.rows("list outstanding attempts", sql, params).await?, attempt_from_cells)
}
