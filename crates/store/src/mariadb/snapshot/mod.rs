//! All reads: each snapshot is one read-only transaction with one view, on a connection no writer uses.

mod account;
mod dead_letter;
mod journal;
mod outbox;
mod payment;
mod payment_list;
mod platform;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    id::{AttemptId, DeadLetterId, EventId, JournalEntryId, Lane, MerchantId, PaymentId, Seq},
    payment::Payment,
    time::Timestamp,
};
use engine::ports::{
    AccountEntry, AccountFilter, Attempt, AuditEntry, AuditFilter, Balance, DeadLetter, DeadLetterFilter,
    DeadLetterReason, DeadLetterState, Digest, IdempotencyRow, IdempotencyScope, LanePosition, Operator,
    OutboxEvent, Page, PaymentCounts, PaymentCursor, PaymentFilter, Platform, PostedEntry, RelayPosition,
    Secret, Snapshot, StoreError, StoredKey, StoredLane, StoredPartition, StoredPayment,
};

use super::{operators, pool::Pool, session::Session};

/// About how many rows a filtered list looks at before it gives its caller a turn.
const SCAN_MAX: i64 = 20_000;

/// One consistent view.
pub(super) struct MariadbSnapshot {
    session: Session,
    lanes: u16,
}

impl MariadbSnapshot {
    /// Takes the view that there is now.
    pub(super) async fn take(pool: &Arc<Pool>, lanes: u16) -> Result<Self, StoreError> {
        let opening = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        let (session, _) = pool.begin("begin a snapshot", opening).await?;
        Ok(Self { session, lanes })
    }
}

#[async_trait]
impl Snapshot for MariadbSnapshot {
    async fn payment_find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        Ok(self.payment_find_many(&[id]).await?.pop().flatten())
    }

    async fn payment_find_many(&mut self, ids: &[PaymentId]) -> Result<Vec<Option<Payment>>, StoreError> {
        payment::find_many(&mut self.session, ids, self.lanes).await
    }

    async fn payment_list(
        &mut self,
        filter: &PaymentFilter,
        after: Option<PaymentCursor>,
        limit: usize,
    ) -> Result<Page<Payment, PaymentCursor>, StoreError> {
        payment_list::list(&mut self.session, self.lanes, filter, (after, limit)).await
    }

    async fn payment_count(
        &mut self,
        filter: &PaymentFilter,
        looked_at_max: u32,
    ) -> Result<PaymentCounts, StoreError> {
        payment_list::count(&mut self.session, self.lanes, filter, looked_at_max).await
    }

    async fn payment_range(
        &mut self,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<StoredPayment>, StoreError> {
        payment::range(&mut self.session, self.lanes, after, limit).await
    }

    async fn payment_highest(&mut self, lane: Lane) -> Result<Option<PaymentId>, StoreError> {
        payment::highest(&mut self.session, lane).await
    }

    async fn payment_list_expirable(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(PaymentId, MerchantId)>, StoreError> {
        payment::list_expirable(&mut self.session, now, limit).await
    }

    async fn idempotency_find(
        &mut self,
        scope: &IdempotencyScope,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        payment::idempotency_find(&mut self.session, scope).await
    }

    async fn idempotency_range(
        &mut self,
        lane: Lane,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredKey>, StoreError> {
        payment::idempotency_range(&mut self.session, lane, after, limit).await
    }

    async fn attempt_list_outstanding(
        &mut self,
        committed_before: Timestamp,
        acquirer: Option<&str>,
        after: Option<(Timestamp, AttemptId)>,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError> {
        payment::attempt_list_outstanding(&mut self.session, committed_before, acquirer, after, limit).await
    }

    async fn lane_list(&mut self) -> Result<Vec<StoredLane>, StoreError> {
        platform::lane_list(&mut self.session).await
    }

    async fn position_list(&mut self) -> Result<Vec<LanePosition>, StoreError> {
        platform::position_list(&mut self.session).await
    }

    async fn platform(&mut self) -> Result<Platform, StoreError> {
        platform::find(&mut self.session).await
    }

    async fn partition_list(&mut self) -> Result<Vec<StoredPartition>, StoreError> {
        platform::partition_list(&mut self.session).await
    }

    async fn relay_list(&mut self) -> Result<Vec<RelayPosition>, StoreError> {
        platform::relay_list(&mut self.session).await
    }

    async fn dead_letter_places(&mut self, lane: Lane) -> Result<Vec<EventId>, StoreError> {
        dead_letter::places(&mut self.session, lane).await
    }

    async fn dead_letter_unpublished(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        dead_letter::unpublished(&mut self.session, limit).await
    }

    async fn outbox_find(&mut self, id: EventId) -> Result<Option<OutboxEvent>, StoreError> {
        Ok(self.outbox_find_many(&[id]).await?.pop().flatten())
    }

    async fn outbox_find_many(&mut self, ids: &[EventId]) -> Result<Vec<Option<OutboxEvent>>, StoreError> {
        outbox::find_many(&mut self.session, ids).await
    }

    async fn outbox_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError> {
        outbox::range(&mut self.session, lane, after, limit).await
    }

    async fn outbox_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError> {
        outbox::newest(&mut self.session, lane, before, limit).await
    }

    async fn journal_find(&mut self, id: JournalEntryId) -> Result<Option<PostedEntry>, StoreError> {
        Ok(self.journal_find_many(&[id]).await?.pop().flatten())
    }

    async fn journal_find_many(
        &mut self,
        ids: &[JournalEntryId],
    ) -> Result<Vec<Option<PostedEntry>>, StoreError> {
        journal::find_many(&mut self.session, ids).await
    }

    async fn journal_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError> {
        journal::range(&mut self.session, lane, after, limit).await
    }

    async fn journal_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError> {
        journal::newest(&mut self.session, lane, before, limit).await
    }

    async fn posting_list_orphaned(
        &mut self,
        lane: Lane,
        after: Seq,
        to: Seq,
    ) -> Result<Vec<JournalEntryId>, StoreError> {
        journal::orphaned(&mut self.session, lane, after, to).await
    }

    async fn account_entry_list(
        &mut self,
        filter: &AccountFilter,
        before: (JournalEntryId, u32),
        limit: usize,
    ) -> Result<Page<AccountEntry, (JournalEntryId, u32)>, StoreError> {
        account::entry_list(&mut self.session, self.lanes, filter, (before, limit)).await
    }

    async fn balance_list(&mut self) -> Result<Vec<Balance>, StoreError> {
        account::balance_list(&mut self.session).await
    }

    async fn dead_letter_find(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        dead_letter::find(&mut self.session, id).await
    }

    async fn dead_letter_list(
        &mut self,
        filter: &DeadLetterFilter,
        before: Option<DeadLetterId>,
        limit: usize,
    ) -> Result<Page<DeadLetter, DeadLetterId>, StoreError> {
        dead_letter::list(&mut self.session, filter, (before, limit)).await
    }

    async fn dead_letter_count(
        &mut self,
    ) -> Result<Vec<(DeadLetterState, DeadLetterReason, u64)>, StoreError> {
        dead_letter::count(&mut self.session).await
    }

    async fn audit_list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<AuditEntry, u64>, StoreError> {
        dead_letter::audit_list(&mut self.session, filter, before, limit).await
    }

    async fn operator_list(&mut self) -> Result<Vec<Operator>, StoreError> {
        operators::operators(&mut self.session).await
    }

    async fn secret_list(&mut self) -> Result<Vec<Secret>, StoreError> {
        operators::secrets(&mut self.session).await
    }

    async fn secret_find(
        &mut self,
        sha256: &Digest,
    ) -> Result<Option<(Secret, Option<Operator>)>, StoreError> {
        operators::secret_find(&mut self.session, sha256).await
    }
}
