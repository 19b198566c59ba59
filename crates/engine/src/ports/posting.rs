//! One transaction of the worker (or of a redrive): what it compares events with, and what it posts.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    event::Topic,
    id::{DeadLetterId, EventId, Lane, PaymentId, Seq},
    ledger::{AccountId, JournalEntry, Layer},
    time::Timestamp,
};

use super::{AuditEntry, Digest, PartitionFence, PartitionProgress, StoreError};

/// What a posting transaction locks and loads.
#[derive(Clone, Debug, Default)]
pub struct PostingScope {
    /// The claims it stands on. They are locked before anything else; [`StoreError::Fenced`] when one of them is not the latest.
    pub partitions: Vec<PartitionFence>,
    /// The range of places it is about, per lane, both ends included.
    pub ranges: Vec<(Lane, Seq, Seq)>,
    /// The dead letter it redrives.
    pub dead_letter: Option<DeadLetterId>,
}

/// What a posting transaction found.
#[derive(Clone, Debug, Default)]
pub struct PostingState {
    /// The time of this transaction.
    pub now: Timestamp,
    /// What has been handled, per lane and topic. Absent means nothing yet.
    pub positions: HashMap<(Lane, Topic), Seq>,
    /// The lanes that exist: the place of the latest event, and up to where the outbox has been pruned.
    pub lanes: HashMap<Lane, (Seq, Seq)>,
    /// The outbox rows in the ranges.
    pub outbox: HashMap<EventId, OutboxMark>,
    /// The journal entries in the ranges that exist already.
    pub posted: HashSet<EventId>,
    /// The dead letter to redrive, if it exists.
    pub dead_letter: Option<DeadLetter>,
}

/// What an event is compared with before it is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboxMark {
    /// The topic of the outbox row.
    pub topic: Topic,
    /// SHA-256 of its body, as it was committed.
    pub sha256: Digest,
    /// The place of the event of the same topic before it.
    pub previous: Seq,
}

/// A journal entry and what the store keeps beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostedEntry {
    /// The entry.
    pub entry: JournalEntry,
    /// The topic of its event.
    pub topic: Topic,
    /// The place of the event of the same payment before it.
    pub payment_previous: Seq,
    /// When it was posted.
    pub posted_at: Timestamp,
}

/// What a transaction adds to one balance. Balances are kept per account, lane and layer and changed only by adding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BalanceDelta {
    /// Which account.
    pub account: AccountId,
    /// Of which lane.
    pub lane: Lane,
    /// Of which book.
    pub layer: Layer,
    /// Debits added, in minor units, ≥ 0.
    pub debit: i64,
    /// Credits added, in minor units, ≥ 0.
    pub credit: i64,
}

/// All a posting transaction writes.
#[derive(Clone, Debug, Default)]
pub struct PostingChanges {
    /// Journal entries. One that exists already makes the whole transaction fail.
    pub entries: Vec<PostedEntry>,
    /// Balance changes in account order.
    pub balances: Vec<BalanceDelta>,
    /// New lane positions.
    pub positions: Vec<(Lane, Topic, Seq)>,
    /// Where to resume each partition; each has been claimed.
    pub partitions: Vec<PartitionProgress>,
    /// Lanes whose relay shall publish again what stands after this place: lowers a relay's position, never raises it.
    pub rewinds: Vec<(Lane, Seq)>,
    /// What was parked.
    pub dead_letters: Vec<NewDeadLetter>,
    /// What happened to the dead letter being redriven or handled.
    pub dead_letter: Option<DeadLetterMove>,
    /// Who did what.
    pub audit: Option<AuditEntry>,
}

/// An open posting transaction. Dropping it rolls back.
#[async_trait]
pub trait PostingBatch: Send {
    /// What was found; taken once.
    fn take_state(&mut self) -> PostingState;

    /// Writes everything and commits.
    async fn commit(self: Box<Self>, changes: &PostingChanges) -> Result<(), StoreError>;
}

/// Why an event was parked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeadLetterReason {
    /// Does not parse, or holds something the ledger does not know.
    Schema,
    /// Of an unknown topic or version.
    UnknownVersion,
    /// Not what the outbox holds at its place: forged, or of a timeline the database has lost. Can only be discarded.
    Foreign,
    /// Fails alone in the database.
    Refused,
}

impl DeadLetterReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Schema, Self::UnknownVersion, Self::Foreign, Self::Refused];

    /// The word on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::UnknownVersion => "unknown_version",
            Self::Foreign => "foreign",
            Self::Refused => "refused",
        }
    }
}

/// What has become of a dead letter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeadLetterState {
    /// Waits for someone.
    Open,
    /// Put aside on purpose; can still be redriven or discarded.
    Held,
    /// Posted; closed.
    Redriven,
    /// Given up with a reason; closed.
    Discarded,
}

impl DeadLetterState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Held, Self::Redriven, Self::Discarded];

    /// The word on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Held => "HELD",
            Self::Redriven => "REDRIVEN",
            Self::Discarded => "DISCARDED",
        }
    }
}

/// An event to park.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDeadLetter {
    /// Where it came from.
    pub topic: Box<str>,
    /// Which partition.
    pub partition: i32,
    /// Which offset.
    pub offset: i64,
    /// Its bytes, whatever they are.
    pub payload: Bytes,
    /// SHA-256 of `payload`.
    pub payload_sha256: Digest,
    /// The event it claims to be, where that can be read.
    pub event: Option<EventId>,
    /// The payment it claims to be about, where that can be read.
    pub payment: Option<PaymentId>,
    /// Why, as a word.
    pub reason: DeadLetterReason,
    /// Why, as a sentence.
    pub message: String,
}

/// A parked event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// Its number.
    pub id: DeadLetterId,
    /// What was parked.
    pub letter: NewDeadLetter,
    /// What has become of it.
    pub state: DeadLetterState,
    /// How often it was tried, the first time included.
    pub attempts: u32,
    /// When it was parked.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Why it was held or discarded, or why the last redrive failed.
    pub note: Option<String>,
    /// When it was published to the dead letter topic, if there is a broker.
    pub published_at: Option<Timestamp>,
}

/// What happens to a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetterMove {
    /// Which.
    pub id: DeadLetterId,
    /// The state it must be in.
    pub from: DeadLetterState,
    /// The state afterwards.
    pub to: DeadLetterState,
    /// Whether it was tried.
    pub tried: bool,
    /// Why.
    pub note: Option<String>,
}
