//! Bare statements on a bare connection: the floor.

use std::{path::Path, sync::Arc, time::Duration};

use domain::{
    event::TopicSeqs,
    id::{Lane, Seq},
};
use engine::ports::{Clock, IdempotencyState, IdempotencyWrite, LaneState};
use rusqlite::{Connection, params};
use testkit::FixedClock;

use crate::{
    Error, adapter,
    measure::{Meter, Report, now},
    options::Options,
    rows::{Made, Maker},
};

/// Commits batches for the time asked for; and posts each, if asked to.
pub(crate) fn run(options: &Options) -> Result<(Report, Option<Report>), Error> {
    // The store makes the schema and lets go of the directory.
    drop(adapter::open(options, &Arc::new(FixedClock::default()))?);
    let conn = connect(options)?;
    let clock = FixedClock::at(FixedClock::default().now().plus_seconds(3600));
    let mut lane = lane(&conn)?;
    let maker = Maker::new(options, lane.payment_counter, (lane.lane, 1))?;
    let (mut commits, mut postings) = (Meter::new(&options.dir), Meter::new(&options.dir));
    let begun = now();
    while begun.elapsed() < Duration::from_secs(options.seconds) {
        clock.advance_ms(1);
        let mut made = Vec::with_capacity(options.batch);
        for _ in 0..options.batch {
            made.push(maker.make(maker.want()?, &mut lane, clock.now())?);
        }
        commits.begin();
        commit(&conn, &made, &lane)?;
        commits.end(made.len());
        if options.posting {
            postings.skip();
            postings.begin();
            post(&conn, &made)?;
            postings.end(made.len());
            commits.skip();
        }
    }
    Ok((commits.finish(), options.posting.then(|| postings.finish())))
}

fn connect(options: &Options) -> Result<Connection, Error> {
    let conn = Connection::open(Path::new(&options.dir).join("swelite.db"))?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "cache_size", -131_072)?;
    let pages = options.checkpoint_pages.unwrap_or(1_024);
    conn.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_| Ok(()))?;
    Ok(conn)
}

/// The lane goes on where it stands.
fn lane(conn: &Connection) -> Result<LaneState, Error> {
    let last_seq: i64 =
        conn.query_row("SELECT coalesce(max(id), 0) FROM outbox_event", [], |row| row.get(0))?;
    let counter: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM payment", [], |row| row.get(0))?;
    Ok(LaneState {
        lane: Lane(0),
        last_seq: Seq(last_seq.unsigned_abs()),
        topics: TopicSeqs::default(),
        payment_counter: counter.unsigned_abs(),
        batch: 0,
        chain_head: [0; 32],
        updated_at: FixedClock::default().now(),
    })
}

fn commit(conn: &Connection, made: &[Made], lane: &LaneState) -> Result<(), Error> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let mut payment = conn.prepare_cached(
        "INSERT INTO payment (id, merchant, status, state, currency, authorized, captured, refunded, capture_mode, \
         capture_before, created_at, updated_at, version, last_event, order_id) \
         VALUES (?1, ?2, 'AUTHORIZED', 2, 'KRW', ?3, 0, 0, 0, ?4, ?5, ?5, 1, ?6, ?7)",
    )?;
    for Made { payment: write, .. } in made {
        let it = &write.payment;
        let order = it.order.as_ref().map(|order| order.as_str());
        let (before, created_at) = (it.capture_before.unix_ms(), it.created_at.unix_ms());
        let amount = it.authorized.minor_units;
        payment.execute(params![
            int(it.id.get()),
            it.merchant.as_str(),
            amount,
            before,
            created_at,
            int(it.last_event.0),
            order
        ])?;
    }
    let mut event =
        conn.prepare_cached("INSERT INTO outbox_event VALUES (?1, 0, ?2, ?3, ?4, 0, ?5, ?6, ?7)")?;
    for Made { event: it, .. } in made {
        let occurred_at = it.occurred_at.unix_ms();
        let (seq, previous, payment) = (int(it.id.seq.0), int(it.previous.0), int(it.payment.get()));
        event.execute(params![seq, it.sha256, previous, payment, occurred_at, &*it.body, it.traceparent])?;
    }
    let mut answer = conn.prepare_cached(
        "INSERT INTO idem_response_cache (merchant, operation, key, fingerprint, payment, status, answered_at, body) \
         VALUES (?1, 'authorize', ?2, ?3, ?4, 200, ?5, ?6)",
    )?;
    for Made { answer: it, .. } in made {
        let IdempotencyWrite::Insert(row) = it else { continue };
        let IdempotencyState::Final(given) = &row.state else { continue };
        let at = given.answered_at.unix_ms();
        let payment = given.payment.map(|payment| int(payment.get()));
        let (merchant, key) = (row.scope.merchant.as_str(), row.scope.key.as_str());
        answer.execute(params![merchant, key, row.fingerprint, payment, at, &*given.body])?;
    }
    let mut update = conn.prepare_cached(
        "UPDATE lane SET last_seq = ?1, authorized_seq = ?1, payment_counter = ?2 WHERE lane = 0",
    )?;
    update.execute(params![int(lane.last_seq.0), int(lane.payment_counter)])?;
    conn.execute_batch("COMMIT")?;
    Ok(())
}

fn post(conn: &Connection, made: &[Made]) -> Result<(), Error> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let mut entry = conn.prepare_cached("INSERT INTO journal_entry VALUES (?1, 0, ?2, 0, ?3, ?3)")?;
    let mut line = conn.prepare_cached("INSERT INTO ledger_entry VALUES (?1, 1, 1, 2, ?2)")?;
    for Made { event, postings, .. } in made {
        entry.execute(params![int(event.id.seq.0), int(event.payment.get()), event.occurred_at.unix_ms()])?;
        for (at, posting) in (0_u64..).zip(postings) {
            line.execute(params![int((event.id.seq.0 << 6) | at), posting.amount().minor_units])?;
        }
    }
    let mut balance = conn.prepare_cached(
        "INSERT INTO account_balance VALUES (?1, 0, 1, ?2, 0) \
         ON CONFLICT (account, lane, layer) DO UPDATE SET debit = debit + excluded.debit",
    )?;
    for account in [1, 2] {
        balance.execute(params![account, int(made.len() as u64)])?;
    }
    conn.execute_batch("COMMIT")?;
    Ok(())
}

fn int(number: u64) -> i64 {
    number.cast_signed()
}
