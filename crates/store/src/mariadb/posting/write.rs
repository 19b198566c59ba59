//! What a posting transaction writes. Journal and ledger only grow, balances only add.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    event::Topic,
    id::{DeadLetterId, Lane, Seq},
    ledger::{AccountId, Layer},
    time::Timestamp,
};
use engine::ports::{
    AuditEntry, BalanceDelta, DeadLetterMove, DeadLetterState, NewDeadLetter, PostedEntry, PostingChanges,
    StoreError,
};
use mysql_async::Value;

use super::super::{
    accounts::Accounts,
    error::refused,
    lease,
    rows::{bytes, int, number, payment as payment_number, text, text_opt, unsigned},
    script::Script,
    session::Session,
};
use crate::rows::layer_code;

/// The most postings of one journal entry.
const LINES_MAX: usize = 64;

/// Writes everything and commits.
///
/// In the order of all locks: partitions, positions, balances, dead letters, relay positions. What only grows is nobody's lock
/// and comes first; what every batch moves is numbers and travels with the COMMIT.
pub(super) async fn write(
    mut session: Session,
    accounts: &Accounts,
    changes: &PostingChanges,
    now: Timestamp,
) -> Result<(), StoreError> {
    let numbers = accounts.numbers(&named_accounts(changes)).await?;
    append_entries(&mut session, &changes.entries, &numbers).await?;
    let mut script = Script::default();
    lease::ask_progress(&mut script, &changes.partitions);
    ask_positions(&mut script, &changes.positions);
    ask_counts(&mut script, &changes.entries);
    ask_balances(&mut script, &changes.balances, &numbers)?;
    if !is_plain(changes) {
        session.script(script).await.map_err(|failure| failure.sort("move positions"))?;
        write_rare(&mut session, changes, now).await?;
        return session.commit().await;
    }
    script.ask("COMMIT");
    session.finish(script.sql()).await.map(drop).map_err(|failure| failure.sort_commit("post"))
}

/// Whether there is nothing but entries and what they move.
fn is_plain(changes: &PostingChanges) -> bool {
    let PostingChanges { dead_letters, rewinds, dead_letter, audit, .. } = changes;
    dead_letters.is_empty() && rewinds.is_empty() && dead_letter.is_none() && audit.is_none()
}

async fn write_rare(
    session: &mut Session,
    changes: &PostingChanges,
    now: Timestamp,
) -> Result<(), StoreError> {
    park(session, &changes.dead_letters, now).await?;
    lease::relay_lower(session, &changes.rewinds).await?;
    if let Some(change) = &changes.dead_letter {
        dead_letter_move(session, change, now).await?;
    }
    if let Some(entry) = &changes.audit {
        audit_append(session, entry).await?;
    }
    Ok(())
}

/// Moves a dead letter from one state to another.
pub(in crate::mariadb) async fn dead_letter_move(
    session: &mut Session,
    change: &DeadLetterMove,
    now: Timestamp,
) -> Result<(), StoreError> {
    let update = "UPDATE dead_letter SET state = ?, attempts = attempts + ?, note = ?, updated_at = ? \
                  WHERE id = ? AND state = ?";
    let row = vec![
        text(change.to.as_str()),
        number(change.tried),
        text_opt(change.note.as_deref()),
        number(now.unix_ms()),
        unsigned(change.id.get()),
        text(change.from.as_str()),
    ];
    match session.change("move dead letter", update, row).await? {
        1 => Ok(()),
        _ => Err(StoreError::Fenced { what: "the dead letter is in another state" }),
    }
}

/// Notes that dead letters have been published.
pub(in crate::mariadb) async fn dead_letter_published(
    session: &mut Session,
    ids: &[DeadLetterId],
    at: Timestamp,
) -> Result<(), StoreError> {
    let update = "UPDATE dead_letter SET published_at = ? WHERE id = ? AND published_at IS NULL";
    let rows = ids.iter().map(|id| vec![number(at.unix_ms()), unsigned(id.get())]);
    session.bulk("note published dead letters", update, rows.collect()).await.map(drop)
}

/// Notes who did what.
pub(in crate::mariadb) async fn audit_append(
    session: &mut Session,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO audit_log (actor, action, object, reason, request_id, at, role, outcome) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let row = vec![
        text(&entry.actor),
        text(&entry.action),
        text(&entry.object),
        text_opt(entry.reason.as_deref()),
        text(&entry.request_id),
        number(entry.at.unix_ms()),
        text_opt(entry.role.map(|role| role.as_str())),
        text_opt(entry.outcome.as_deref()),
    ];
    session.change("append to audit log", insert, row).await.map(drop)
}

/// Every account that occurs, in account order.
fn named_accounts(changes: &PostingChanges) -> BTreeSet<&AccountId> {
    let postings = changes.entries.iter().flat_map(|entry| entry.entry.postings());
    let posted = postings.flat_map(|posting| [posting.debit(), posting.credit()]);
    posted.chain(changes.balances.iter().map(|delta| &delta.account)).collect()
}

async fn append_entries(
    session: &mut Session,
    entries: &[PostedEntry],
    numbers: &HashMap<AccountId, i64>,
) -> Result<(), StoreError> {
    let (mut heads, mut postings, mut by_account) =
        (Vec::with_capacity(entries.len()), Vec::new(), Vec::new());
    for PostedEntry { entry, topic, payment_previous, posted_at } in entries {
        let (lane, seq) = (number(entry.id.lane.0), unsigned(entry.id.seq.0));
        heads.push(vec![
            lane.clone(),
            seq.clone(),
            number(topic.index()),
            payment_number(entry.payment),
            unsigned(payment_previous.0),
            number(entry.occurred_at.unix_ms()),
            number(posted_at.unix_ms()),
        ]);
        if entry.postings().len() > LINES_MAX {
            return Err(refused("append journal entry", format!("entry {} has too many postings", entry.id)));
        }
        for (line, posting) in (0_u8..).zip(entry.postings()) {
            let place = [lane.clone(), seq.clone(), number(line)];
            let (debit, credit) =
                (account_number(numbers, posting.debit())?, account_number(numbers, posting.credit())?);
            let rest = [layer_code(posting.layer()), debit, credit, posting.amount().minor_units];
            postings.push(place.iter().cloned().chain(rest.map(Value::Int)).collect());
            // A statement shows the books, never a hold.
            if posting.layer() == Layer::Posted {
                let sides = BTreeSet::from([debit, credit]);
                let row =
                    |account| std::iter::once(Value::Int(account)).chain(place.iter().cloned()).collect();
                by_account.extend(sides.into_iter().map(row));
            }
        }
    }
    let head = "INSERT INTO journal_entry (lane, seq, topic, payment, payment_previous, occurred_at, posted_at) \
                VALUES (?, ?, ?, ?, ?, ?, ?)";
    session.bulk("append journal entry", head, heads).await?;
    let posting = "INSERT INTO ledger_entry (lane, seq, line, layer, debit_account, credit_account, amount) \
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
    session.bulk("append posting", posting, postings).await?;
    let index = "INSERT INTO ledger_by_account (account, lane, seq, line) VALUES (?, ?, ?, ?)";
    session.bulk("index posting", index, by_account).await.map(drop)
}

fn account_number(numbers: &HashMap<AccountId, i64>, account: &AccountId) -> Result<i64, StoreError> {
    let found = numbers.get(account).copied();
    found.ok_or_else(|| refused("number account", format!("{account} has no number")))
}

/// A lane's row is there from the beginning: the event was compared with one of that lane's.
fn ask_counts(script: &mut Script, entries: &[PostedEntry]) {
    let mut counts: BTreeMap<Lane, i64> = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.entry.id.lane).or_default() += 1;
    }
    let rows = counts.into_iter().map(|(lane, count)| format!("({lane}, {count})"));
    let add = "INSERT INTO lane_posted (lane, entries) VALUES";
    script.ask_rows(add, rows, " ON DUPLICATE KEY UPDATE entries = entries + VALUES(entries)");
}

fn ask_balances(
    script: &mut Script,
    deltas: &[BalanceDelta],
    numbers: &HashMap<AccountId, i64>,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(deltas.len());
    for delta in deltas {
        debug_assert!(delta.debit >= 0);
        debug_assert!(delta.credit >= 0);
        let account = account_number(numbers, &delta.account)?;
        let BalanceDelta { lane, debit, credit, .. } = delta;
        rows.push(format!("({account}, {lane}, {}, {debit}, {credit})", layer_code(delta.layer)));
    }
    let add = "INSERT INTO account_balance (account, lane, layer, debit, credit) VALUES";
    let rest = " ON DUPLICATE KEY UPDATE debit = debit + VALUES(debit), credit = credit + VALUES(credit)";
    script.ask_rows(add, rows, rest);
    Ok(())
}

fn ask_positions(script: &mut Script, positions: &[(Lane, Topic, Seq)]) {
    let mut positions = positions.to_vec();
    positions.sort_unstable_by_key(|(lane, topic, _)| (*lane, topic.index()));
    let rows = positions
        .into_iter()
        .map(|(lane, topic, seq)| format!("({lane}, {}, {})", topic.index(), int(seq.0)));
    let write = "INSERT INTO worker_position (lane, topic, seq) VALUES";
    script.ask_rows(write, rows, " ON DUPLICATE KEY UPDATE seq = VALUES(seq)");
}

/// A record that is parked already stays parked as it is: reading it again changes nothing.
async fn park(session: &mut Session, letters: &[NewDeadLetter], now: Timestamp) -> Result<(), StoreError> {
    let row = |letter: &NewDeadLetter| {
        let event = letter.event.map(|event| event.to_string());
        vec![
            text(&letter.topic),
            number(letter.partition),
            number(letter.offset),
            bytes(&letter.payload_sha256),
            text_opt(event.as_deref()),
            letter.payment.map_or(Value::NULL, payment_number),
            text(letter.reason.as_str()),
            text(&letter.message),
            bytes(&letter.payload),
            text(DeadLetterState::Open.as_str()),
            number(now.unix_ms()),
            number(now.unix_ms()),
        ]
    };
    let insert = "INSERT INTO dead_letter (topic, partition_id, record_offset, payload_sha256, event, payment, reason, \
                  message, payload, state, attempts, created_at, updated_at) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON DUPLICATE KEY UPDATE id = id";
    session.bulk("park event", insert, letters.iter().map(row).collect()).await.map(drop)
}
