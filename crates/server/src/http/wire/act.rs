//! The bodies of what operators do with dead letters and the outbox.

use domain::{
    id::{Lane, Seq},
    text::Reason,
};
use engine::ports::{DeadLetterReason, DeadLetterState};
use serde::Serialize;
use utoipa::ToSchema;

use super::reader::Reader;
use crate::http::problem::Problem;

pub(super) const ACT_NAMES: &[&str] = &["reason"];
pub(super) const REWIND_NAMES: &[&str] = &["lane", "reason", "to"];
pub(super) const BULK_NAMES: &[&str] = &["action", "dryRun", "errorType", "reason", "state", "topic"];

/// Why something is done with a dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetterAct)]
pub(crate) struct ActBody {
    /// Why, for the audit log; a discard needs it.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
}

/// What is done with dead letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeadLetterAction)]
pub(crate) enum Action {
    /// Every check again, then post.
    Redrive,
    /// Put aside on purpose.
    Hold,
    /// Give up for good.
    Discard,
}

/// The same for many dead letters at once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkRequest)]
pub(crate) struct BulkBody {
    /// What to do.
    action: Action,
    /// Only say what would happen.
    #[schema(required = false, default = false)]
    dry_run: Option<bool>,
    /// Why, for the audit log; a discard needs it.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
    /// Only those in this state: `OPEN` or `HELD`.
    #[schema(required = false, default = "OPEN")]
    state: Option<String>,
    /// Only those of this kind: `schema`, `unknown_version`, `foreign` or `refused`.
    #[schema(required = false)]
    error_type: Option<String>,
    /// Only those of this topic.
    #[schema(required = false)]
    topic: Option<String>,
}

/// From where on a lane is published again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutboxRewind)]
pub(crate) struct RewindBody {
    /// Which lane.
    #[schema(minimum = 0)]
    lane: u16,
    /// The place after which everything is published again.
    #[schema(minimum = 0)]
    to: u64,
    /// Why, for the audit log.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// From where on a lane is published again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rewind {
    /// `None` when no lane can have that number.
    pub(crate) lane: Option<Lane>,
    pub(crate) to: Seq,
    pub(crate) reason: Reason,
}

/// What to do with which dead letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bulk {
    pub(crate) action: Action,
    pub(crate) dry_run: bool,
    pub(crate) reason: Option<Reason>,
    pub(crate) state: DeadLetterState,
    pub(crate) error_type: Option<DeadLetterReason>,
    pub(crate) topic: Option<Box<str>>,
}

/// Reads the body of an act; `needs_reason` for one that is for good. No body is the same as an empty object.
pub(crate) fn act(body: &[u8], needs_reason: bool) -> Result<Option<Reason>, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut reader = Reader::new(body, ACT_NAMES)?;
    let reason = reader.parsed("reason");
    if needs_reason {
        reader.require("reason");
    }
    reader.finish(Some(reason))
}

/// Reads the body of a rewind.
pub(crate) fn rewind(body: &[u8]) -> Result<Rewind, Problem> {
    let mut reader = Reader::new(body, REWIND_NAMES)?;
    let lane = reader.amount("lane", 0);
    reader.require("lane");
    let to = reader.amount("to", 0);
    reader.require("to");
    let reason = reader.parsed("reason");
    reader.require("reason");
    let built = lane.zip(to).zip(reason).map(|((lane, to), reason)| Rewind {
        lane: u16::try_from(lane).ok().map(Lane),
        to: Seq(to.unsigned_abs()),
        reason,
    });
    reader.finish(built)
}

/// Reads the body of a bulk act.
pub(crate) fn bulk(body: &[u8]) -> Result<Bulk, Problem> {
    let mut reader = Reader::new(body, BULK_NAMES)?;
    let words = [("redrive", Action::Redrive), ("hold", Action::Hold), ("discard", Action::Discard)];
    let action = reader.word("action", &words);
    reader.require("action");
    let dry_run = reader.flag("dryRun").unwrap_or(false);
    let reason = reader.parsed("reason");
    if action == Some(Action::Discard) && !dry_run {
        reader.require("reason");
    }
    let states = [DeadLetterState::Open, DeadLetterState::Held].map(|state| (state.as_str(), state));
    let state = reader.word("state", &states).unwrap_or(DeadLetterState::Open);
    let kinds = DeadLetterReason::ALL.map(|kind| (kind.as_str(), kind));
    let error_type = reader.word("errorType", &kinds);
    let topic = reader.text("topic").map(|topic| topic.as_ref().into());
    reader.finish(action.map(|action| Bulk { action, dry_run, reason, state, error_type, topic }))
}
