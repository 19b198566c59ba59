//! One transaction of the committer: what it loads under the lane locks, and what it writes.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    event::{Topic, TopicSeqs},
    id::{AttemptId, CardToken, EventId, IdempotencyKey, Lane, MerchantId, OrderId, PaymentId, Seq},
    money::Money,
    payment::{Operation, Payment, Verdict},
    time::Timestamp,
};

use super::{AuditEntry, StoreError};

/// A SHA-256.
pub type Digest = [u8; 32];

/// Where a key counts: one merchant, one operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdempotencyScope {
    /// Whose key.
    pub merchant: MerchantId,
    /// For which operation.
    pub operation: Operation,
    /// The key.
    pub key: IdempotencyKey,
}

/// What a batch needs loaded. Duplicates are allowed; what does not exist is simply absent afterwards.
#[derive(Clone, Debug, Default)]
pub struct BatchKeys {
    /// Idempotency rows.
    pub idempotency: Vec<IdempotencyScope>,
    /// Payments by number.
    pub payments: Vec<PaymentId>,
    /// Orders, to find the payment that holds each.
    pub orders: Vec<(MerchantId, OrderId)>,
    /// Attempts by id.
    pub attempts: Vec<AttemptId>,
}

/// A lane row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneState {
    /// Which lane.
    pub lane: Lane,
    /// The place of its latest event.
    pub last_seq: Seq,
    /// The place of the latest event of each topic.
    pub topics: TopicSeqs,
    /// The counter of its latest payment id.
    pub payment_counter: u64,
    /// How many batches have been committed.
    pub batch: u64,
    /// SHA-256 over the previous head and the latest event's bytes.
    pub chain_head: Digest,
    /// The time of its latest batch; the next is never earlier.
    pub updated_at: Timestamp,
}

/// What a batch found under the lane locks.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the clock says that the books go by, under the lane locks: that and nothing else. What to make of it is the engine's.
    pub clock: Timestamp,
    /// Its lanes, ascending.
    pub lanes: Vec<LaneState>,
    /// Idempotency rows found.
    pub idempotency: HashMap<IdempotencyScope, IdempotencyRow>,
    /// Payments found, those that hold an order included.
    pub payments: HashMap<PaymentId, Payment>,
    /// The payment that holds each order: the latest that is not declined, voided or expired.
    pub orders: HashMap<(MerchantId, OrderId), PaymentId>,
    /// Attempts found, closed ones included.
    pub attempts: HashMap<AttemptId, Attempt>,
}

impl Loaded {
    /// The time a batch is written with when its clock is taken to say `clock`: never before the latest batch of any of its lanes.
    pub fn written_at(&self, clock: Timestamp) -> Timestamp {
        self.lanes.iter().map(|lane| lane.updated_at).fold(clock, Timestamp::max)
    }
}

/// What is known of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyRow {
    /// Whose, for what, and the key.
    pub scope: IdempotencyScope,
    /// SHA-256 of the request.
    pub fingerprint: Digest,
    /// Whether it has an answer.
    pub state: IdempotencyState,
}

/// Whether a key has its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IdempotencyState {
    /// An acquirer call is outstanding.
    Running {
        /// For this payment.
        payment: PaymentId,
    },
    /// Answered.
    Final(StoredAnswer),
}

/// An answer, as it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: Bytes,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
    /// When; its retention counts from here.
    pub answered_at: Timestamp,
}

/// One try to make a remote acquirer do something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The acquirer's idempotency key.
    pub id: AttemptId,
    /// To whom it was sent: [`Acquirer::id`](super::Acquirer::id).
    pub acquirer: Box<str>,
    /// For which payment.
    pub payment: PaymentId,
    /// Whose.
    pub merchant: MerchantId,
    /// What was asked.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// With which card; only a first authorization has one.
    pub token: Option<CardToken>,
    /// The caller's key, whose row is running.
    pub scope: Option<IdempotencyScope>,
    /// The caller's request id, for the stored answer.
    pub request_id: Box<str>,
    /// When it was committed, before it was sent.
    pub created_at: Timestamp,
    /// The first outcome committed; it stands. `None` while outstanding.
    pub verdict: Option<Verdict>,
}

/// All a batch writes, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The new lane rows; a batch that only replays or refuses writes them too.
    pub lanes: Vec<LaneState>,
    /// Payments, each once, in their last state.
    pub payments: Vec<PaymentWrite>,
    /// Events in lane order.
    pub events: Vec<OutboxEvent>,
    /// Changes to idempotency rows, in order; a scope may occur more than once.
    pub idempotency: Vec<IdempotencyWrite>,
    /// Changes to attempts, in order.
    pub attempts: Vec<AttemptWrite>,
    /// What operators did to payments of this batch.
    pub audit: Vec<AuditEntry>,
}

/// A payment to write.
#[derive(Clone, Debug)]
pub struct PaymentWrite {
    /// Its last state, another than the one stored.
    pub payment: Payment,
    /// Whether this batch gave birth to it.
    pub new: bool,
}

/// An event with its place, ready to be read by position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxEvent {
    /// Its lane and place.
    pub id: EventId,
    /// Where it is published.
    pub topic: Topic,
    /// The place of the event of the same topic before it.
    pub previous: Seq,
    /// Whose.
    pub payment: PaymentId,
    /// The place of the event of the same payment before it.
    pub payment_previous: Seq,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The envelope's bytes.
    pub body: Bytes,
    /// SHA-256 of `body`.
    pub sha256: Digest,
    /// W3C trace context of the request that caused it.
    pub traceparent: Option<Box<str>>,
}

/// A change to an idempotency row.
#[derive(Clone, Debug)]
pub enum IdempotencyWrite {
    /// A key seen for the first time.
    Insert(IdempotencyRow),
    /// A running key gets its answer.
    Finish(IdempotencyScope, StoredAnswer),
    /// A running key may try again.
    Remove(IdempotencyScope),
}

/// A change to an attempt.
#[derive(Clone, Debug)]
pub enum AttemptWrite {
    /// About to be sent.
    Insert(Attempt),
    /// Its outcome is known.
    Close(AttemptId, Verdict),
}

/// An open transaction that holds its lanes' locks. Dropping it rolls back.
#[async_trait]
pub trait Batch: Send {
    /// What was found; the committer takes it once.
    fn take_loaded(&mut self) -> Loaded;

    /// Writes everything and commits. After `Ok` it survives a crash of the process and power loss of the machine.
    async fn commit(self: Box<Self>, changes: &Changes) -> Result<(), StoreError>;
}
