//! Reads dead letters and the audit log.

use domain::id::{DeadLetterId, EventId, Lane};
use engine::ports::{
    AuditEntry, AuditFilter, DeadLetter, DeadLetterFilter, DeadLetterReason, DeadLetterState, Page,
    StoreError,
};
use mysql_async::Value;

use super::super::{
    rows::{ReadCells, bytes, dead_letter_columns, each, int, payment, text, unsigned},
    session::Session,
};
use crate::rows::{
    PAGE_BYTES_MAX, PLACES, audit_columns, audit_from_cells, dead_letter_from_cells, dead_letter_word,
    places_prefix,
};

/// Letters read at first, before it is known how long they are.
const HELPING: usize = 8;

pub(super) async fn find(session: &mut Session, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
    let sql = concat!("SELECT ", dead_letter_columns!(), " FROM dead_letter WHERE id = ?");
    let found = session.rows("find dead letter", sql, vec![unsigned(id.get())]).await?;
    Ok(each("dead_letter", &found, dead_letter_from_cells)?.pop())
}

/// Read in helpings, of which no one is much larger than a page may be.
pub(super) async fn list(
    session: &mut Session,
    filter: &DeadLetterFilter,
    (before, limit): (Option<DeadLetterId>, usize),
) -> Result<Page<DeadLetter, DeadLetterId>, StoreError> {
    let (mut rows, mut bytes, mut helping): (Vec<DeadLetter>, usize, usize) = (Vec::new(), 0, HELPING);
    loop {
        // One more than asked for tells whether the list goes on.
        let asked = helping.min(limit + 1 - rows.len());
        let before = rows.last().map_or(before, |letter| Some(letter.id));
        let read = read(session, filter, before, asked).await?;
        let ends = read.len() < asked;
        bytes += read.iter().map(|letter| letter.letter.payload.len()).sum::<usize>();
        rows.extend(read);
        let goes_on = rows.len() > limit;
        rows.truncate(limit);
        if goes_on || (bytes >= PAGE_BYTES_MAX && !ends) {
            let next = rows.last().map(|letter| letter.id);
            return Ok(Page { rows, next });
        }
        if ends {
            return Ok(Page { rows, next: None });
        }
        let of_one = bytes / rows.len().max(1);
        helping = ((PAGE_BYTES_MAX - bytes) / of_one.max(1)).max(1);
    }
}

async fn read(
    session: &mut Session,
    filter: &DeadLetterFilter,
    before: Option<DeadLetterId>,
    limit: usize,
) -> Result<Vec<DeadLetter>, StoreError> {
    let (conditions, mut params) = conditions(filter, before);
    params.push(unsigned(limit as u64));
    let sql = format!(
        concat!("SELECT ", dead_letter_columns!(), " FROM dead_letter WHERE {} ORDER BY id DESC LIMIT ?"),
        conditions
    );
    each("dead_letter", &session.rows("list dead letters", sql, params).await?, dead_letter_from_cells)
}

pub(super) async fn places(session: &mut Session, lane: Lane) -> Result<Vec<EventId>, StoreError> {
    let found = session.rows("find parked events", PLACES, vec![text(&places_prefix(lane))]).await?;
    each("dead_letter", &found, |cells| cells.parsed(0))
}

pub(super) async fn unpublished(session: &mut Session, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let sql = concat!(
        "SELECT ",
        dead_letter_columns!(),
        " FROM dead_letter FORCE INDEX (dead_letter_unpublished) WHERE published_at IS NULL ORDER BY id LIMIT ?"
    );
    let found = session.rows("list unpublished dead letters", sql, vec![unsigned(limit as u64)]).await?;
    each("dead_letter", &found, dead_letter_from_cells)
}

pub(super) async fn count(
    session: &mut Session,
) -> Result<Vec<(DeadLetterState, DeadLetterReason, u64)>, StoreError> {
    let sql = "SELECT state, reason, COUNT(*) FROM dead_letter GROUP BY state, reason ORDER BY state, reason";
    each("dead_letter", &session.rows("count dead letters", sql, Vec::new()).await?, |cells| {
        let state = dead_letter_word(cells, 0, DeadLetterState::ALL, DeadLetterState::as_str)?;
        let reason = dead_letter_word(cells, 1, DeadLetterReason::ALL, DeadLetterReason::as_str)?;
        Ok((state, reason, cells.number(2)?))
    })
}

pub(super) async fn audit_list(
    session: &mut Session,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Page<AuditEntry, u64>, StoreError> {
    let mut sql = concat!("SELECT ", audit_columns!(), " FROM audit_log WHERE id < ?").to_owned();
    let mut params = vec![Value::Int(before.map_or(i64::MAX, int))];
    let texts = [("actor", &filter.actor), ("action", &filter.action), ("object", &filter.object)];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" AND {column} = ?"));
            params.push(text(wanted));
        }
    }
    for (bound, wanted) in [("at >=", filter.from), ("at <", filter.to)] {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" AND {bound} ?"));
            params.push(Value::Int(wanted.unix_ms()));
        }
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    params.push(unsigned(limit as u64 + 1));
    let mut found =
        each("audit_log", &session.rows("list the audit log", sql, params).await?, audit_from_cells)?;
    let goes_on = found.len() > limit;
    found.truncate(limit);
    let next = if goes_on { found.last().map(|(id, _)| *id) } else { None };
    Ok(Page { rows: found.into_iter().map(|(_, entry)| entry).collect(), next })
}

fn conditions(filter: &DeadLetterFilter, before: Option<DeadLetterId>) -> (String, Vec<Value>) {
    let mut conditions = vec!["id < ?".to_owned()];
    let mut params = vec![Value::Int(before.map_or(i64::MAX, |id| int(id.get())))];
    let mut add = |condition: &str, value: Value| {
        conditions.push(condition.to_owned());
        params.push(value);
    };
    if let Some(id) = filter.payment {
        add("payment = ?", payment(id));
    }
    if let Some(sha256) = &filter.payload_sha256 {
        add("payload_sha256 = ?", bytes(sha256));
    }
    if let Some(reason) = filter.reason {
        add("reason = ?", text(reason.as_str()));
    }
    if let Some(topic) = &filter.topic {
        add("topic = ?", text(topic));
    }
    if !filter.states.is_empty() {
        conditions.push(format!("state IN ({})", vec!["?"; filter.states.len()].join(", ")));
        params.extend(filter.states.iter().map(|state| text(state.as_str())));
    }
    (conditions.join(" AND "), params)
}
