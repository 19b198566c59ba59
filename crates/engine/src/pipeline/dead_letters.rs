//! What people do with parked events: redrive (every check again, then post, once), hold, discard with a reason.
//!
//! Invariant: a dead letter is closed at most once, and a redrive posts at most one entry: the check and the posting are one
//! transaction under the dead letter's lock, and the entry's key is its event's.

use domain::id::DeadLetterId;
use thiserror::Error;

use super::worker::{Judgement, Parsed, balances_of, bounded, judge_alone, parse, range_of};
use crate::{
    commit::Context,
    error_chain,
    ports::{
        DeadLetter, DeadLetterMove, DeadLetterReason, DeadLetterState, OperatorAct, PostingChanges,
        PostingScope, PostingState, Record, StoreError, dead_letter_object,
    },
};

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum DeadLetterRefusal {
    /// No such dead letter.
    #[error("there is no such dead letter")]
    NotFound,
    /// It has been closed, or its kind cannot be redriven.
    #[error("the dead letter is {0}")]
    Conflict(String),
    /// The store did not do it.
    #[error("move dead letter")]
    Store(#[from] StoreError),
}

/// What a redrive would do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RedriveForecast {
    /// It would post.
    WouldPost,
    /// Its entry exists already; it would only be closed.
    AlreadyPosted,
    /// It would stay open.
    WouldFail(String),
}

/// Runs every check again and posts; the dead letter afterwards (still open, with the reason, when a check failed or the store
/// refused it).
pub async fn redrive(
    context: &Context,
    id: DeadLetterId,
    act: &OperatorAct,
) -> Result<DeadLetter, DeadLetterRefusal> {
    let letter = find(context, id).await?;
    match try_redrive(context, &letter, act).await {
        Ok(()) => {}
        Err(DeadLetterRefusal::Store(
            error @ (StoreError::Statement { .. } | StoreError::Corrupt { .. }),
        )) => {
            keep_open(context, &letter, &error, act).await?;
        }
        Err(refusal) => return Err(refusal),
    }
    find(context, id).await
}

async fn try_redrive(
    context: &Context,
    letter: &DeadLetter,
    act: &OperatorAct,
) -> Result<(), DeadLetterRefusal> {
    let id = letter.id;
    let record = record_of(letter);
    let parsed = parse(&record);
    let mut batch = context.store.posting_open(&scope_of(&parsed, id)).await?;
    let state = batch.take_state();
    let letter = state.dead_letter.clone().ok_or(DeadLetterRefusal::NotFound)?;
    refuse_closed(&letter, true)?;
    let changes = redrive_changes(&letter, &parsed, &state, act);
    let posts = !changes.entries.is_empty();
    batch.commit(&changes).await.map_err(conflict_when_fenced)?;
    if posts {
        context.signals.events_posted();
    }
    Ok(())
}

/// The store refused a redrive, and with it the note that it was tried: a transaction of its own keeps that.
async fn keep_open(
    context: &Context,
    letter: &DeadLetter,
    error: &StoreError,
    act: &OperatorAct,
) -> Result<(), DeadLetterRefusal> {
    let why = error_chain(error);
    tracing::error!(dead_letter.id = %letter.id, error = why, "the store refuses a dead letter; it stays open");
    let note = Some(bounded(why));
    let to = DeadLetterState::Open;
    let change = DeadLetterMove { id: letter.id, from: letter.state, to, tried: true, note };
    let entry =
        act.did("dead_letter.redrive", dead_letter_object(letter.id), "still_open", context.clock.now());
    context.store.dead_letter_move(&change, &entry).await.map_err(conflict_when_fenced)
}

/// What a redrive would do now; changes nothing.
pub async fn redrive_forecast(
    context: &Context,
    id: DeadLetterId,
) -> Result<RedriveForecast, DeadLetterRefusal> {
    let letter = find(context, id).await?;
    refuse_closed(&letter, true)?;
    let record = record_of(&letter);
    let parsed = parse(&record);
    let mut batch = context.store.posting_open(&scope_of(&parsed, id)).await?;
    Ok(match judge_alone(&parsed, &batch.take_state()) {
        Judgement::Post(..) | Judgement::WithoutPostings => RedriveForecast::WouldPost,
        Judgement::Duplicate => RedriveForecast::AlreadyPosted,
        Judgement::Park(_, message) => RedriveForecast::WouldFail(message),
        Judgement::Hole => RedriveForecast::WouldFail("an event before it is missing".to_owned()),
    })
}

/// Puts an open dead letter aside on purpose.
pub async fn hold(
    context: &Context,
    id: DeadLetterId,
    act: &OperatorAct,
) -> Result<DeadLetter, DeadLetterRefusal> {
    let letter = find(context, id).await?;
    if letter.state != DeadLetterState::Open {
        return Err(conflict(&letter));
    }
    set_aside(context, &letter, DeadLetterState::Held, "dead_letter.hold", act).await
}

/// Gives a dead letter up for good.
pub async fn discard(
    context: &Context,
    id: DeadLetterId,
    act: &OperatorAct,
) -> Result<DeadLetter, DeadLetterRefusal> {
    let letter = find(context, id).await?;
    refuse_closed(&letter, false)?;
    set_aside(context, &letter, DeadLetterState::Discarded, "dead_letter.discard", act).await
}

fn redrive_changes(
    letter: &DeadLetter,
    parsed: &Parsed<'_>,
    state: &PostingState,
    act: &OperatorAct,
) -> PostingChanges {
    let close = |to, note| DeadLetterMove { id: letter.id, from: letter.state, to, tried: true, note };
    let mut changes = PostingChanges::default();
    let (closed, outcome) = match judge_alone(parsed, state) {
        Judgement::Post(postable) => {
            changes.entries = vec![postable.posted_at(state.now)];
            changes.balances = balances_of(&changes.entries);
            (close(DeadLetterState::Redriven, None), "posted")
        }
        Judgement::WithoutPostings => (close(DeadLetterState::Redriven, None), "done"),
        Judgement::Duplicate => {
            let note = "its entry had been posted already".to_owned();
            (close(DeadLetterState::Redriven, Some(note)), "already_posted")
        }
        Judgement::Park(_, message) => (close(DeadLetterState::Open, Some(bounded(message))), "still_open"),
        Judgement::Hole => {
            let note = "an event before it is missing".to_owned();
            (close(DeadLetterState::Open, Some(note)), "still_open")
        }
    };
    assert!(closed.to == DeadLetterState::Redriven || changes.entries.is_empty());
    assert!(changes.entries.len() <= 1);
    changes.dead_letter = Some(closed);
    changes.audit = Some(act.did("dead_letter.redrive", dead_letter_object(letter.id), outcome, state.now));
    changes
}

async fn set_aside(
    context: &Context,
    letter: &DeadLetter,
    to: DeadLetterState,
    action: &str,
    act: &OperatorAct,
) -> Result<DeadLetter, DeadLetterRefusal> {
    assert!(matches!(to, DeadLetterState::Held | DeadLetterState::Discarded));
    assert_ne!(letter.state, to);
    let note = act.reason.as_deref().map(|reason| bounded(reason.to_owned()));
    let change = DeadLetterMove { id: letter.id, from: letter.state, to, tried: false, note };
    let entry = act.did(action, dead_letter_object(letter.id), "done", context.clock.now());
    context.store.dead_letter_move(&change, &entry).await.map_err(conflict_when_fenced)?;
    find(context, letter.id).await
}

async fn find(context: &Context, id: DeadLetterId) -> Result<DeadLetter, DeadLetterRefusal> {
    let mut snapshot = context.store.snapshot().await?;
    snapshot.dead_letter_find(id).await?.ok_or(DeadLetterRefusal::NotFound)
}

fn record_of(letter: &DeadLetter) -> Record {
    let parked = &letter.letter;
    // The embedded log parks an event under the place it was read from; an event of a broker's partition has to say its own.
    Record {
        topic: parked.topic.clone(),
        partition: parked.partition,
        offset: parked.offset,
        payload: parked.payload.clone(),
        place: parked.event,
        traceparent: None,
    }
}

fn scope_of(parsed: &Parsed<'_>, id: DeadLetterId) -> PostingScope {
    PostingScope { dead_letter: Some(id), ..range_of(std::slice::from_ref(parsed)) }
}

fn refuse_closed(letter: &DeadLetter, redriving: bool) -> Result<(), DeadLetterRefusal> {
    match letter.state {
        DeadLetterState::Redriven | DeadLetterState::Discarded => Err(conflict(letter)),
        DeadLetterState::Open | DeadLetterState::Held
            if redriving && letter.letter.reason == DeadLetterReason::Foreign =>
        {
            Err(DeadLetterRefusal::Conflict("foreign: it can only be discarded".to_owned()))
        }
        DeadLetterState::Open | DeadLetterState::Held => Ok(()),
    }
}

fn conflict(letter: &DeadLetter) -> DeadLetterRefusal {
    DeadLetterRefusal::Conflict(letter.state.as_str().to_lowercase())
}

fn conflict_when_fenced(error: StoreError) -> DeadLetterRefusal {
    match error {
        StoreError::Fenced { what } => {
            DeadLetterRefusal::Conflict(format!("changed by someone else ({what})"))
        }
        error => DeadLetterRefusal::Store(error),
    }
}
