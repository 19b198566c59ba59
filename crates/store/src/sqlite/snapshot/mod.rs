//! All reads: each snapshot is one read transaction on a connection of its own, each method a hop to a blocking thread.

mod account;
mod dead_letter;
mod journal;
mod outbox;
mod payment;
mod payment_list;
mod platform;

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
use rusqlite::Connection;

use super::{late::Finder, operators, readers::Lent};

/// How many rows a filtered list looks at before it gives its caller a turn.
const SCAN_MAX: usize = 20_000;

/// One consistent view.
pub(super) struct SqliteSnapshot {
    lent: Option<Lent>,
    finder: Finder,
    lanes: u16,
}

impl SqliteSnapshot {
    /// Takes the view that there is now.
    pub(super) async fn take(lent: Lent, finder: Finder, lanes: u16) -> Result<Self, StoreError> {
        let mut snapshot = Self { lent: Some(lent), finder, lanes };
        // A transaction that has read nothing has no view yet.
        snapshot.read(platform::look).await?;
        Ok(snapshot)
    }

    async fn read<T: Send + 'static>(
        &mut self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let unavailable = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Unavailable {
            context: "read a snapshot",
            source,
        };
        let lent =
            self.lent.take().ok_or_else(|| unavailable("an earlier read of it was given up".into()))?;
        let hop = tokio::task::spawn_blocking(move || {
            let result = lent.conn().and_then(query);
            (lent, result)
        });
        match hop.await {
            Ok((lent, result)) => {
                self.lent = Some(lent);
                result
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(unavailable(error.into())),
        }
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn payment_find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.read(move |conn| payment::find(conn, id)).await
    }

    async fn payment_find_many(&mut self, ids: &[PaymentId]) -> Result<Vec<Option<Payment>>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |conn| ids.into_iter().map(|id| payment::find(conn, id)).collect()).await
    }

    async fn payment_list(
        &mut self,
        filter: &PaymentFilter,
        after: Option<PaymentCursor>,
        limit: usize,
    ) -> Result<Page<Payment, PaymentCursor>, StoreError> {
        let (filter, finder, lanes) = (filter.clone(), self.finder.clone(), self.lanes);
        self.read(move |conn| payment_list::list(conn, (&finder, lanes), &filter, (after, limit))).await
    }

    async fn payment_count(
        &mut self,
        filter: &PaymentFilter,
        looked_at_max: u32,
    ) -> Result<PaymentCounts, StoreError> {
        let (filter, finder, lanes) = (filter.clone(), self.finder.clone(), self.lanes);
        self.read(move |conn| payment_list::count(conn, (&finder, lanes), &filter, looked_at_max)).await
    }

    async fn payment_range(
        &mut self,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<StoredPayment>, StoreError> {
        self.read(move |conn| payment::range(conn, after, limit)).await
    }

    async fn payment_highest(&mut self, _only_lane: Lane) -> Result<Option<PaymentId>, StoreError> {
        self.read(payment::highest).await
    }

    async fn payment_list_expirable(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(PaymentId, MerchantId)>, StoreError> {
        self.read(move |conn| payment::list_expirable(conn, now, limit)).await
    }

    async fn idempotency_find(
        &mut self,
        scope: &IdempotencyScope,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        let (scope, finder) = (scope.clone(), self.finder.clone());
        self.read(move |conn| payment::idempotency_find(conn, &finder, &scope)).await
    }

    async fn idempotency_range(
        &mut self,
        _only_lane: Lane,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredKey>, StoreError> {
        self.read(move |conn| payment::idempotency_range(conn, after, limit)).await
    }

    async fn attempt_list_outstanding(
        &mut self,
        committed_before: Timestamp,
        acquirer: Option<&str>,
        after: Option<(Timestamp, AttemptId)>,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError> {
        let acquirer = acquirer.map(str::to_owned);
        self.read(move |conn| {
            payment::attempt_list_outstanding(conn, committed_before, acquirer.as_deref(), after, limit)
        })
        .await
    }

    async fn platform(&mut self) -> Result<Platform, StoreError> {
        self.read(platform::platform).await
    }

    async fn lane_list(&mut self) -> Result<Vec<StoredLane>, StoreError> {
        self.read(platform::lane_list).await
    }

    async fn position_list(&mut self) -> Result<Vec<LanePosition>, StoreError> {
        self.read(platform::position_list).await
    }

    async fn partition_list(&mut self) -> Result<Vec<StoredPartition>, StoreError> {
        self.read(platform::partition_list).await
    }

    async fn relay_list(&mut self) -> Result<Vec<RelayPosition>, StoreError> {
        self.read(platform::relay_list).await
    }

    async fn outbox_find(&mut self, id: EventId) -> Result<Option<OutboxEvent>, StoreError> {
        self.read(move |conn| outbox::find(conn, id)).await
    }

    async fn outbox_find_many(&mut self, ids: &[EventId]) -> Result<Vec<Option<OutboxEvent>>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |conn| ids.into_iter().map(|id| outbox::find(conn, id)).collect()).await
    }

    async fn outbox_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError> {
        self.read(move |conn| outbox::range(conn, lane, after, limit)).await
    }

    async fn outbox_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<OutboxEvent>, StoreError> {
        self.read(move |conn| outbox::newest(conn, lane, before, limit)).await
    }

    async fn journal_find(&mut self, id: JournalEntryId) -> Result<Option<PostedEntry>, StoreError> {
        self.read(move |conn| journal::find(conn, id)).await
    }

    async fn journal_find_many(
        &mut self,
        ids: &[JournalEntryId],
    ) -> Result<Vec<Option<PostedEntry>>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |conn| ids.into_iter().map(|id| journal::find(conn, id)).collect()).await
    }

    async fn journal_range(
        &mut self,
        lane: Lane,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError> {
        self.read(move |conn| journal::range(conn, lane, after, limit)).await
    }

    async fn journal_list(
        &mut self,
        lane: Lane,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<PostedEntry>, StoreError> {
        self.read(move |conn| journal::newest(conn, lane, before, limit)).await
    }

    async fn posting_list_orphaned(
        &mut self,
        lane: Lane,
        after: Seq,
        to: Seq,
    ) -> Result<Vec<JournalEntryId>, StoreError> {
        self.read(move |conn| journal::orphaned(conn, lane, after, to)).await
    }

    async fn account_entry_list(
        &mut self,
        filter: &AccountFilter,
        before: (JournalEntryId, u32),
        limit: usize,
    ) -> Result<Page<AccountEntry, (JournalEntryId, u32)>, StoreError> {
        let (filter, finder, lanes) = (filter.clone(), self.finder.clone(), self.lanes);
        self.read(move |conn| account::entry_list(conn, (&finder, lanes), &filter, (before, limit))).await
    }

    async fn balance_list(&mut self) -> Result<Vec<Balance>, StoreError> {
        self.read(account::balance_list).await
    }

    async fn dead_letter_find(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        self.read(move |conn| dead_letter::find(conn, id)).await
    }

    async fn dead_letter_list(
        &mut self,
        filter: &DeadLetterFilter,
        before: Option<DeadLetterId>,
        limit: usize,
    ) -> Result<Page<DeadLetter, DeadLetterId>, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| dead_letter::list_filtered(conn, &filter, before, limit)).await
    }

    async fn dead_letter_places(&mut self, lane: Lane) -> Result<Vec<EventId>, StoreError> {
        self.read(move |conn| dead_letter::places(conn, lane)).await
    }

    async fn dead_letter_unpublished(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(move |conn| dead_letter::unpublished(conn, limit)).await
    }

    async fn dead_letter_count(
        &mut self,
    ) -> Result<Vec<(DeadLetterState, DeadLetterReason, u64)>, StoreError> {
        self.read(dead_letter::count).await
    }

    async fn audit_list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<AuditEntry, u64>, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| dead_letter::audit_list(conn, &filter, before, limit)).await
    }

    async fn operator_list(&mut self) -> Result<Vec<Operator>, StoreError> {
        self.read(operators::operators).await
    }

    async fn secret_list(&mut self) -> Result<Vec<Secret>, StoreError> {
        self.read(operators::secrets).await
    }

    async fn secret_find(
        &mut self,
        sha256: &Digest,
    ) -> Result<Option<(Secret, Option<Operator>)>, StoreError> {
        let sha256 = *sha256;
        self.read(move |conn| operators::secret_find(conn, &sha256)).await
    }
}
