//! Reads. A snapshot is one consistent view; it is held for at most a second, so long reads go range by range.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{AttemptId, DeadLetterId, EventId, JournalEntryId, Lane, MerchantId, OrderId, PaymentId, Seq},
    ledger::{AccountCode, AccountId, Layer},
    money::Currency,
    payment::{Payment, PaymentStatus},
    time::Timestamp,
};

use super::{
    Attempt, AuditEntry, AuditFilter, DeadLetter, DeadLetterReason, DeadLetterState, Digest, IdempotencyRow,
    IdempotencyScope, LaneState, Operator, OutboxEvent, PostedEntry, RelayPosition, Secret, StoreError,
    StoredPartition,
};

/// Some of a list, and where to go on. `next` is `None` at the end; a page may be shorter than asked for and still go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T, C> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the following page starts.
    pub next: Option<C>,
}

/// Which payments. All conditions hold at once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentFilter {
    /// Only this merchant's.
    pub merchant: Option<MerchantId>,
    /// Any of these; empty means all.
    pub statuses: Vec<PaymentStatus>,
    /// Only this order.
    pub order: Option<OrderId>,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// At least, in minor units.
    pub amount_min: Option<i64>,
    /// At most, in minor units.
    pub amount_max: Option<i64>,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created before.
    pub created_to: Option<Timestamp>,
    /// Last changed at or after.
    pub updated_from: Option<Timestamp>,
    /// Last changed before.
    pub updated_to: Option<Timestamp>,
}

impl PaymentFilter {
    /// Before when a payment it admits was created: nothing is changed before it is there.
    #[must_use]
    pub fn created_before(&self) -> Option<Timestamp> {
        self.created_to.into_iter().chain(self.updated_to).min()
    }
}

/// How many payments are in each status.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentCounts {
    /// The statuses any is in.
    pub by_status: BTreeMap<PaymentStatus, u64>,
    /// Whether all payments were looked at, not only the newest.
    pub is_complete: bool,
}

/// Payments older than this one (by number).
pub type PaymentCursor = PaymentId;

/// A lane row and what has been pruned of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredLane {
    /// The lane row.
    pub state: LaneState,
    /// Outbox rows up to here are gone.
    pub pruned_to: Seq,
    /// The chain head at `pruned_to`.
    pub pruned_head: Digest,
    /// How many journal entries have been posted in it, ever.
    pub entries_posted: u64,
}

/// A payment row, for proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPayment {
    /// The payment.
    pub payment: Payment,
    /// The first column by which it is found that is not what the payment gives.
    pub misfiled: Option<&'static str>,
}

/// What is known of a key, and the number of its row, for proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredKey {
    /// Its number, ascending in its lane.
    pub number: i64,
    /// The row, or what of it cannot be understood.
    pub row: Result<IdempotencyRow, String>,
}

/// What this database is, fixed when it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Platform {
    /// Names this history of the books: a restored database gets another one.
    pub timeline: [u8; 16],
    /// How many lanes it has.
    pub lanes: u16,
    /// How many partitions each topic has; `None` until a broker was first used.
    pub partitions: Option<i32>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How far the worker has come with one topic of one lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LanePosition {
    /// Which lane.
    pub lane: Lane,
    /// Which topic.
    pub topic: Topic,
    /// Handled up to here.
    pub seq: Seq,
}

/// The stored balance of one account in one lane.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Balance {
    /// Which account.
    pub account: AccountId,
    /// Of which lane.
    pub lane: Lane,
    /// Of which book.
    pub layer: Layer,
    /// All debits, in minor units.
    pub debit: i64,
    /// All credits, in minor units.
    pub credit: i64,
}

/// Which entries of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountFilter {
    /// Which account of the chart.
    pub code: AccountCode,
    /// Only of this owner.
    pub owner: Option<Box<str>>,
    /// Only of this currency.
    pub currency: Option<Currency>,
}

/// One posting of the books (never a hold) as an account's statement shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountEntry {
    /// The journal entry.
    pub entry: JournalEntryId,
    /// Which of its postings, from 0.
    pub line: u32,
    /// The payment.
    pub payment: PaymentId,
    /// The topic of its event.
    pub topic: Topic,
    /// The account itself.
    pub account: AccountId,
    /// The account on the other side.
    pub counterpart: AccountId,
    /// Debits positive, credits negative, in minor units.
    pub amount: i64,
    /// When the event happened.
    pub occurred_at: Timestamp,
}

/// Which dead letters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadLetterFilter {
    /// In any of these states; empty means all.
    pub states: Vec<DeadLetterState>,
    /// For this reason.
    pub reason: Option<DeadLetterReason>,
    /// Of this topic.
    pub topic: Option<Box<str>>,
    /// About this payment.
    pub payment: Option<PaymentId>,
    /// Of exactly these bytes.
    pub payload_sha256: Option<Digest>,
}

/// One consistent view of the books. Lists are newest first unless they say otherwise; `limit` is at least 1.
#[async_trait]
pub trait Snapshot: Send {
    /// A payment.
    async fn payment_find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// Payments by number, each in the place it was asked for. One round trip where the store can.
    async fn payment_find_many(&mut self, ids: &[PaymentId]) -> Result<Vec<Option<Payment>>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.payment_find(*id).await?);
        }
        Ok(found)
    }

    /// Payments, newest first.
    async fn payment_list(
        &mut self,
        filter: &PaymentFilter,
        after: Option<PaymentCursor>,
        limit: usize,
    ) -> Result<Page<Payment, PaymentCursor>, StoreError>;

    /// How many payments a filter admits, by status; of about `looked_at_max` of the newest.
    async fn payment_count(
        &mut self,
        filter: &PaymentFilter,
        looked_at_max: u32,
    ) -> Result<PaymentCounts, StoreError>;

    /// Payments by number, ascending, all of them; for proofs.
    async fn payment_range(
        &mut self,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<StoredPayment>, StoreError>;

    /// The highest number of a payment in a lane; for proofs.
    async fn payment_highest(&mut self, lane: Lane) -> Result<Option<PaymentId>, StoreError>;

    /// Open payments without an outstanding attempt whose time has run out at `now`, oldest first.
    async fn payment_list_expirable(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(PaymentId, MerchantId)>, StoreError>;

    /// What is known of a key.
    async fn idempotency_find(
        &mut self,
        scope: &IdempotencyScope,
    ) -> Result<Option<IdempotencyRow>, StoreError>;

    /// Keys of a lane after a number, ascending; for proofs. A key that gets its answer may take another, higher number.
    async fn idempotency_range(
        &mut self,
        lane: Lane,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredKey>, StoreError>;

    /// Outstanding attempts committed at or before `committed_before`, oldest first: those sent to `acquirer`, or all; `after` one
    /// that was listed before, by its time and id.
    async fn attempt_list_outstanding(
        &mut self,
        committed_before: Timestamp,
        acquirer: Option<&str>,
        after: Option<(Timestamp, AttemptId)>,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError>;

    /// What this database is.
    async fn platform(&mut self) -> Result<Platform, StoreError>;

    /// The lanes, ascending.
    async fn lane_list(&mut self) -> Result<Vec<StoredLane>, StoreError>;

    /// How far the worker has come.
    async fn position_list(&mut self) -> Result<Vec<LanePosition>, StoreError>;

    /// Who reads each partition, and from where on; by topic and partition.
    async fn partition_list(&mut self) -> Result<Vec<StoredPartition>, StoreError>;

    /// How far each lane has been published, ascending; lanes no relay has ever taken are absent.
    async fn relay_list(&mut self) -> Result<Vec<RelayPosition>, StoreError>;

    /// An event, if it has not been pruned.
    async fn outbox_find(&mut self, id: EventId) -> Result<Option<OutboxEvent>, StoreError>;

    /// Events by id, each in the place it was asked for. One round trip where the store can.
    async fn outbox_find_many(&mut self, ids: &[EventId]) -> Result<Vec<Option<OutboxEvent>>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.outbox_find(*id).await?);
        }
        Ok(found)
    }

    /// Events of a lane after a place, in lane order.
    async fn outbox_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError>;

    /// Events of a lane before a place (from the end when `None`), newest first.
    async fn outbox_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError>;

    /// A journal entry.
    async fn journal_find(&mut self, id: JournalEntryId) -> Result<Option<PostedEntry>, StoreError>;

    /// Journal entries by id, each in the place it was asked for. One round trip where the store can.
    async fn journal_find_many(
        &mut self,
        ids: &[JournalEntryId],
    ) -> Result<Vec<Option<PostedEntry>>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.journal_find(*id).await?);
        }
        Ok(found)
    }

    /// Journal entries of a lane after a place, in lane order.
    async fn journal_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError>;

    /// Journal entries of a lane before a place (from the end when `None`), newest first.
    async fn journal_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError>;

    /// Journal entries of a lane after the first place, up to and including the second, that do not exist although postings name
    /// them; in lane order, at most a few. Always empty unless something wrote past the platform.
    async fn posting_list_orphaned(
        &mut self,
        lane: Lane,
        after: Seq,
        to: Seq,
    ) -> Result<Vec<JournalEntryId>, StoreError>;

    /// Postings of the books that touch an account, of one lane and before a place in it, newest first.
    async fn account_entry_list(
        &mut self,
        filter: &AccountFilter,
        before: (JournalEntryId, u32),
        limit: usize,
    ) -> Result<Page<AccountEntry, (JournalEntryId, u32)>, StoreError>;

    /// Every stored balance, in account order.
    async fn balance_list(&mut self) -> Result<Vec<Balance>, StoreError>;

    /// A dead letter.
    async fn dead_letter_find(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError>;

    /// Dead letters, newest first. Each holds a whole record, so a page may be shorter than asked for and the list go on.
    async fn dead_letter_list(
        &mut self,
        filter: &DeadLetterFilter,
        before: Option<DeadLetterId>,
        limit: usize,
    ) -> Result<Page<DeadLetter, DeadLetterId>, StoreError>;

    /// The places of a lane's events that were parked and may still be redriven. What is foreign is none of them.
    async fn dead_letter_places(&mut self, lane: Lane) -> Result<Vec<EventId>, StoreError>;

    /// Dead letters that have not been published, oldest first.
    async fn dead_letter_unpublished(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// How many dead letters are in each state and of each reason.
    async fn dead_letter_count(
        &mut self,
    ) -> Result<Vec<(DeadLetterState, DeadLetterReason, u64)>, StoreError>;

    /// The audit log, newest first; the cursor is an entry's number.
    async fn audit_list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<AuditEntry, u64>, StoreError>;

    /// Every operator, by name.
    async fn operator_list(&mut self) -> Result<Vec<Operator>, StoreError>;

    /// Every secret that belongs to an operator.
    async fn secret_list(&mut self) -> Result<Vec<Secret>, StoreError>;

    /// A secret and whose it is, run out or not; `None` for one that belongs to nobody yet.
    async fn secret_find(
        &mut self,
        sha256: &Digest,
    ) -> Result<Option<(Secret, Option<Operator>)>, StoreError>;
}
