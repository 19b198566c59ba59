//! `POST /dead-letters/bulk`: the same act on many dead letters, or what it would do.
//!
//! One by one, each in its own transaction: a call that is cut off has done some of them and none by half.

use axum::{Json, extract::State};
use domain::id::DeadLetterId;
use engine::{
    pipeline::dead_letters::{DeadLetterRefusal, RedriveForecast},
    ports::{DeadLetter, DeadLetterFilter, DeadLetterState, OperatorAct, StoreError},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    body::JsonBytes,
    operators::Acting,
    problem::Problem,
    state::AppState,
    wire::{self, Action, Bulk, BulkBody},
};

/// Dead letters of one call.
const BULK_MAX: usize = 200;

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkResult)]
pub(super) struct BulkView {
    /// Whether nothing was done, only said.
    dry_run: bool,
    /// How many were (or would be) done.
    succeeded: usize,
    /// How many were (or would be) not.
    failed: usize,
    /// Whether there are more that match; call again.
    more: bool,
    /// One by one, newest first.
    results: Vec<OneView>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkResultRow)]
pub(super) struct OneView {
    /// Which.
    #[schema(value_type = u64)]
    id: DeadLetterId,
    /// Whether it was (or would be) done.
    ok: bool,
    /// `redriven`, `already_posted`, `held`, `discarded`, `still_open`, `conflict`, or `would_…`.
    outcome: &'static str,
    /// Why not, or what is special.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Act on many dead letters
///
/// Up to 200 a call. With `dryRun` nothing is written: it says what a redrive would do.
#[utoipa::path(
    post,
    path = "/dead-letters/bulk",
    tag = "dead-letters",
    operation_id = "actOnDeadLetters",
    request_body = BulkBody,
    responses(
        (status = 200, description = "What became of each", body = BulkView),
    )
)]
pub(super) async fn bulk(
    State(app): State<AppState>,
    acting: Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<BulkView>, Problem> {
    let bulk = wire::bulk(&bytes)?;
    let filter = DeadLetterFilter {
        states: vec![bulk.state],
        reason: bulk.error_type,
        topic: bulk.topic.clone(),
        ..DeadLetterFilter::default()
    };
    let page = app.store.snapshot().await?.dead_letter_list(&filter, None, BULK_MAX).await?;
    let act = acting.act(bulk.reason.as_ref());
    let mut results = Vec::with_capacity(page.rows.len());
    for letter in &page.rows {
        results.push(one(&app, &bulk, letter, &act).await?);
    }
    let succeeded = results.iter().filter(|one| one.ok).count();
    Ok(Json(BulkView {
        dry_run: bulk.dry_run,
        succeeded,
        failed: results.len() - succeeded,
        more: page.next.is_some(),
        results,
    }))
}

async fn one(
    app: &AppState,
    bulk: &Bulk,
    letter: &DeadLetter,
    act: &OperatorAct,
) -> Result<OneView, StoreError> {
    let acts = &app.desk.acts;
    let id = letter.id;
    if bulk.dry_run {
        return match bulk.action {
            Action::Redrive => {
                acts.forecast(id).await.map(|forecast| foreseen(id, forecast)).or_else(|why| refused(id, why))
            }
            Action::Hold => Ok(OneView {
                id,
                ok: letter.state == DeadLetterState::Open,
                outcome: "would_hold",
                message: None,
            }),
            Action::Discard => Ok(OneView { id, ok: true, outcome: "would_discard", message: None }),
        };
    }
    let done = match bulk.action {
        Action::Redrive => acts.redrive(id, act).await,
        Action::Hold => acts.hold(id, act).await,
        Action::Discard => acts.discard(id, act).await,
    };
    done.map(|letter| afterwards(&letter)).or_else(|why| refused(id, why))
}

/// What a redrive of `id` would do.
pub(super) fn foreseen(id: DeadLetterId, forecast: RedriveForecast) -> OneView {
    let (ok, outcome, message) = match forecast {
        RedriveForecast::WouldPost => (true, "would_redrive", None),
        RedriveForecast::AlreadyPosted => (true, "already_posted", None),
        RedriveForecast::WouldFail(why) => (false, "would_stay_open", Some(why)),
    };
    OneView { id, ok, outcome, message }
}

fn afterwards(letter: &DeadLetter) -> OneView {
    let (ok, outcome) = match letter.state {
        DeadLetterState::Redriven => (true, "redriven"),
        DeadLetterState::Held => (true, "held"),
        DeadLetterState::Discarded => (true, "discarded"),
        DeadLetterState::Open => (false, "still_open"),
    };
    OneView { id: letter.id, ok, outcome, message: letter.note.clone().filter(|_| !ok) }
}

/// A refusal is a result, the store's too; a store that is away ends the call.
fn refused(id: DeadLetterId, refusal: DeadLetterRefusal) -> Result<OneView, StoreError> {
    match refusal {
        DeadLetterRefusal::Store(error @ (StoreError::Statement { .. } | StoreError::Corrupt { .. })) => {
            tracing::error!(dead_letter.id = %id, error = %error, "a dead letter cannot be moved");
            let message = Some("the store refused it".to_owned());
            Ok(OneView { id, ok: false, outcome: "still_open", message })
        }
        DeadLetterRefusal::Store(error) => Err(error),
        refusal => Ok(OneView { id, ok: false, outcome: "conflict", message: Some(refusal.to_string()) }),
    }
}
