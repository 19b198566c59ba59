//! What a posting transaction writes. Journal and ledger only grow, balances only add.

use std::collections::HashMap;

use domain::{
    id::{DeadLetterId, Lane},
    ledger::{AccountId, Layer},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, BalanceDelta, DeadLetterMove, DeadLetterState, NewDeadLetter, PostedEntry, PostingChanges,
    StoreError,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{
    error::{failed, refused},
    keys::{LINES_MAX, event_key_to_write, int, line_key},
    late::{Added, account_key},
    lease,
    rows::layer_code,
    writer::Writer,
};

/// Writes everything but the commit; what it adds to the indexes.
pub(super) fn write(
    writer: &mut Writer,
    changes: &PostingChanges,
    now: Timestamp,
) -> Result<Added, StoreError> {
    number_accounts(writer, changes)?;
    let mut added = Added::default();
    append_entries(writer, &changes.entries, &mut added)?;
    count_entries(&writer.conn, &changes.entries)?;
    add_balances(writer, &changes.balances)?;
    write_positions(&writer.conn, changes)?;
    lease::write_progress(&writer.conn, &changes.partitions)?;
    for &(lane, to) in &changes.rewinds {
        lease::relay_lower(&writer.conn, lane, to)?;
    }
    park(&writer.conn, &changes.dead_letters, now)?;
    if let Some(change) = &changes.dead_letter {
        dead_letter_move(&writer.conn, change, now)?;
    }
    if let Some(entry) = &changes.audit {
        audit_append(&writer.conn, entry)?;
    }
    Ok(added)
}

/// Moves a dead letter from one state to another.
pub(in crate::sqlite) fn dead_letter_move(
    conn: &Connection,
    change: &DeadLetterMove,
    now: Timestamp,
) -> Result<(), StoreError> {
    let context = "move dead letter";
    let update = "UPDATE dead_letter SET state = ?3, attempts = attempts + ?4, note = ?5, updated_at = ?6 \
                  WHERE id = ?1 AND state = ?2";
    let row = params![
        int(change.id.get()),
        change.from.as_str(),
        change.to.as_str(),
        change.tried,
        change.note,
        now.unix_ms(),
    ];
    let moved =
        conn.prepare_cached(update).and_then(|mut update| update.execute(row)).map_err(failed(context))?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Fenced { what: "the dead letter is in another state" }) }
}

/// Notes that dead letters have been published.
pub(in crate::sqlite) fn dead_letter_published(
    conn: &Connection,
    ids: &[DeadLetterId],
    at: Timestamp,
) -> Result<(), StoreError> {
    let failed = failed("note published dead letters");
    let mut update = conn
        .prepare_cached("UPDATE dead_letter SET published_at = ?2 WHERE id = ?1 AND published_at IS NULL")
        .map_err(&failed)?;
    for id in ids {
        update.execute(params![int(id.get()), at.unix_ms()]).map_err(&failed)?;
    }
    Ok(())
}

/// Notes who did what.
pub(in crate::sqlite) fn audit_append(conn: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let insert = "INSERT INTO audit_log (actor, action, object, reason, request_id, at, role, outcome) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let row = params![
        entry.actor,
        entry.action,
        entry.object,
        entry.reason,
        entry.request_id,
        entry.at.unix_ms(),
        entry.role.map(|role| role.as_str()),
        entry.outcome,
    ];
    let appended = conn.prepare_cached(insert).and_then(|mut insert| insert.execute(row));
    appended.map(drop).map_err(failed("append to audit log"))
}

/// Makes sure every account that occurs has a number.
fn number_accounts(writer: &mut Writer, changes: &PostingChanges) -> Result<(), StoreError> {
    let postings = changes.entries.iter().flat_map(|entry| entry.entry.postings());
    let posted = postings.flat_map(|posting| [posting.debit(), posting.credit()]);
    for account in posted.chain(changes.balances.iter().map(|delta| &delta.account)) {
        if writer.account_number(account).is_none() {
            let number = find_or_insert_account(&writer.conn, account)?;
            writer.remember_account(account.clone(), number);
        }
    }
    Ok(())
}

fn find_or_insert_account(conn: &Connection, account: &AccountId) -> Result<i64, StoreError> {
    let failed = failed("number account");
    let row = params![account.code.code(), &*account.owner, account.currency.code()];
    let mut find = conn
        .prepare_cached("SELECT id FROM account WHERE code = ?1 AND owner = ?2 AND currency = ?3")
        .map_err(&failed)?;
    if let Some(number) = find.query_row(row, |row| row.get(0)).optional().map_err(&failed)? {
        return Ok(number);
    }
    let mut insert = conn
        .prepare_cached("INSERT INTO account (code, owner, currency) VALUES (?1, ?2, ?3)")
        .map_err(&failed)?;
    insert.insert(row).map_err(&failed)
}

fn numbered(writer: &Writer, account: &AccountId) -> Result<i64, StoreError> {
    writer
        .account_number(account)
        .ok_or_else(|| refused("number account", format!("{account} has no number")))
}

fn append_entries(writer: &Writer, entries: &[PostedEntry], added: &mut Added) -> Result<(), StoreError> {
    let failed = failed("append journal entry");
    let mut append_entry = writer
        .conn
        .prepare_cached(
            "INSERT INTO journal_entry (id, topic, payment, payment_previous, occurred_at, posted_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .map_err(&failed)?;
    let mut append_posting = writer
        .conn
        .prepare_cached(
            "INSERT INTO ledger_entry (id, layer, debit_account, credit_account, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .map_err(&failed)?;
    for PostedEntry { entry, topic, payment_previous, posted_at } in entries {
        let key = event_key_to_write(entry.id, "append journal entry")?;
        let row = params![
            key,
            topic.index(),
            int(entry.payment.get()),
            int(payment_previous.0),
            entry.occurred_at.unix_ms(),
            posted_at.unix_ms(),
        ];
        append_entry.execute(row).map_err(&failed)?;
        if entry.postings().len() > LINES_MAX {
            return Err(refused("append journal entry", format!("entry {} has too many postings", entry.id)));
        }
        for (line, posting) in entry.postings().iter().enumerate() {
            let (row, layer) = (line_key(key, line), layer_code(posting.layer()));
            let (debit, credit) = (numbered(writer, posting.debit())?, numbered(writer, posting.credit())?);
            let cells = params![row, layer, debit, credit, posting.amount().minor_units];
            append_posting.execute(cells).map_err(&failed)?;
            // A statement shows the books, never a hold.
            if posting.layer() == Layer::Posted {
                added.accounts.extend([debit, credit].map(|account| (account_key(account), row)));
            }
        }
    }
    Ok(())
}

fn count_entries(conn: &Connection, entries: &[PostedEntry]) -> Result<(), StoreError> {
    let mut counts: HashMap<Lane, u64> = HashMap::new();
    for entry in entries {
        *counts.entry(entry.entry.id.lane).or_default() += 1;
    }
    let failed = failed("count journal entries");
    let mut update = conn
        .prepare_cached("UPDATE lane_posted SET entries = entries + ?2 WHERE lane = ?1")
        .map_err(&failed)?;
    for (lane, count) in counts {
        if update.execute(params![lane.0, int(count)]).map_err(&failed)? != 1 {
            return Err(refused("count journal entries", format!("there is no lane {lane}")));
        }
    }
    Ok(())
}

fn add_balances(writer: &Writer, deltas: &[BalanceDelta]) -> Result<(), StoreError> {
    let failed = failed("add to balance");
    let mut add = writer
        .conn
        .prepare_cached(
            "INSERT INTO account_balance (account, lane, layer, debit, credit) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (account, lane, layer) DO UPDATE \
             SET debit = debit + excluded.debit, credit = credit + excluded.credit",
        )
        .map_err(&failed)?;
    for delta in deltas {
        debug_assert!(delta.debit >= 0);
        debug_assert!(delta.credit >= 0);
        let account = numbered(writer, &delta.account)?;
        add.execute(params![account, delta.lane.0, layer_code(delta.layer), delta.debit, delta.credit])
            .map_err(&failed)?;
    }
    Ok(())
}

fn write_positions(conn: &Connection, changes: &PostingChanges) -> Result<(), StoreError> {
    let failed = failed("move position");
    let mut write = conn
        .prepare_cached(
            "INSERT INTO worker_position (lane, topic, seq) VALUES (?1, ?2, ?3) \
             ON CONFLICT (lane, topic) DO UPDATE SET seq = excluded.seq",
        )
        .map_err(&failed)?;
    for (lane, topic, seq) in &changes.positions {
        write.execute(params![lane.0, topic.index(), int(seq.0)]).map_err(&failed)?;
    }
    Ok(())
}

/// A record that is parked already stays parked as it is: reading it again changes nothing.
fn park(conn: &Connection, letters: &[NewDeadLetter], now: Timestamp) -> Result<(), StoreError> {
    let failed = failed("park event");
    let mut insert = conn
        .prepare_cached(
            "INSERT INTO dead_letter (topic, partition, record_offset, payload_sha256, event, payment, reason, message, \
             payload, state, attempts, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?11) \
             ON CONFLICT (topic, partition, record_offset, payload_sha256) DO NOTHING",
        )
        .map_err(&failed)?;
    for letter in letters {
        let row = params![
            letter.topic,
            letter.partition,
            letter.offset,
            letter.payload_sha256,
            letter.event.map(|event| event.to_string()),
            letter.payment.map(|payment| int(payment.get())),
            letter.reason.as_str(),
            letter.message,
            &*letter.payload,
            DeadLetterState::Open.as_str(),
            now.unix_ms(),
        ];
        insert.execute(row).map_err(&failed)?;
    }
    Ok(())
}
