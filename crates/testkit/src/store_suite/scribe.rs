//! Writes payments and postings the way committer and worker do, one command a batch.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use domain::{
    event::{Envelope, Place, Topic, postings_of},
    id::{AttemptId, EventId, Lane, MerchantId, PaymentId},
    ledger::{JournalEntry, Posting},
    money::{Currency, Money},
    payment::{Birth, CaptureMode, Command, Metadata, Payment, PaymentEvent, Verdict},
    time::Timestamp,
};
use engine::{
    digest::{chain, sha256},
    ports::{
        BalanceDelta, Batch, BatchKeys, Changes, Clock, LaneState, Loaded, OutboxEvent, PaymentWrite,
        PostedEntry, PostingChanges, PostingScope, Snapshot, Store, StoreError,
    },
};

use super::StoreUnderTest;
use crate::FixedClock;

/// How long an authorization of the suite lasts.
const AUTHORIZATION_SECONDS: u32 = 3600;

/// The name of the acquirer in the suite's accounts.
pub(super) const ACQUIRER: &str = "simulator";

/// Does what committer and worker do.
pub struct Scribe {
    /// The store it writes to.
    pub store: Arc<dyn Store>,
    /// The store's clock.
    pub clock: Arc<FixedClock>,
}

impl Scribe {
    /// For this store.
    pub fn new(under_test: &StoreUnderTest) -> Self {
        Self { store: Arc::clone(&under_test.store), clock: Arc::clone(&under_test.clock) }
    }

    /// The lane of a merchant.
    pub fn lane(&self, merchant: &MerchantId) -> Lane {
        Lane::of(merchant, self.store.lane_count())
    }

    /// What a payment of `amount` won is born with; the number is given by [`Self::authorize`].
    pub fn birth(&self, merchant: &str, amount: i64) -> Birth {
        Birth {
            id: PaymentId::new(0).unwrap(),
            merchant: merchant.parse().unwrap(),
            order: None,
            description: None,
            metadata: Metadata::default(),
            amount: Money::new(amount, Currency::KRW),
            capture_mode: CaptureMode::Manual,
            capture_before: self.clock.now().plus_seconds(AUTHORIZATION_SECONDS),
        }
    }

    /// Commits an approved authorization.
    pub async fn authorize(&self, birth: Birth) -> Payment {
        self.authorize_with(birth, Verdict::Approved).await
    }

    /// Commits an authorization with this verdict.
    pub async fn authorize_with(&self, birth: Birth, verdict: Verdict) -> Payment {
        let mut open = self.open(&birth.merchant, BatchKeys::default()).await;
        let birth = Birth { id: open.next_payment_id(self.store.lane_count()), ..birth };
        let (payment, events) = Payment::authorize(birth, verdict, open.now());
        let payment = open.write(payment, &events, true);
        open.commit().await.unwrap();
        payment
    }

    /// Commits a payment whose acquirer call is outstanding.
    pub async fn begin_authorization(&self, birth: Birth, attempt: AttemptId) -> Payment {
        let mut open = self.open(&birth.merchant, BatchKeys::default()).await;
        let birth = Birth { id: open.next_payment_id(self.store.lane_count()), ..birth };
        let payment = Payment::processing(birth, attempt, open.now());
        let payment = open.write(payment, &[], true);
        open.commit().await.unwrap();
        payment
    }

    /// Commits a command on a payment.
    pub async fn apply(&self, payment: &Payment, command: Command) -> Payment {
        let keys = BatchKeys { payments: vec![payment.id], ..BatchKeys::default() };
        let mut open = self.open(&payment.merchant, keys).await;
        let stored = open.loaded.payments.remove(&payment.id).unwrap();
        let (payment, event) = stored.apply(&command, open.now()).unwrap();
        let payment = open.write(payment, &[event], false);
        open.commit().await.unwrap();
        payment
    }

    /// Commits a changed payment as it is, without an event.
    pub async fn rewrite(&self, payment: &Payment) {
        let mut open = self.open(&payment.merchant, BatchKeys::default()).await;
        open.write(payment.clone(), &[], false);
        open.commit().await.unwrap();
    }

    /// Opens a batch on a merchant's lane.
    pub async fn open(&self, merchant: &MerchantId, keys: BatchKeys) -> OpenBatch {
        let lane = self.lane(merchant);
        let mut batch = self.store.batch_open(&[lane], &keys).await.unwrap();
        let loaded = batch.take_loaded();
        OpenBatch::new(batch, loaded)
    }

    /// A view of the books.
    pub async fn snapshot(&self) -> Box<dyn Snapshot> {
        self.store.snapshot().await.unwrap()
    }

    /// The payment as it is stored.
    pub async fn payment(&self, id: PaymentId) -> Option<Payment> {
        self.snapshot().await.payment_find(id).await.unwrap()
    }

    /// Posts everything that was committed and is not posted; what was posted.
    pub async fn post_all(&self) -> Vec<PostedEntry> {
        let events = self.unposted().await;
        let changes = self.changes_of(&events);
        let ranges = events.iter().map(|event| (event.id.lane, event.id.seq, event.id.seq)).collect();
        let posting =
            self.store.posting_open(&PostingScope { ranges, ..PostingScope::default() }).await.unwrap();
        posting.commit(&changes).await.unwrap();
        changes.entries
    }

    /// What a worker writes for these events.
    pub fn changes_of(&self, events: &[OutboxEvent]) -> PostingChanges {
        let mut changes = PostingChanges::default();
        let mut positions = BTreeMap::new();
        let mut balances: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for event in events {
            positions.insert((event.id.lane, event.topic), event.id.seq);
            let envelope: Envelope = serde_json::from_slice(&event.body).unwrap();
            let Some(entry) = envelope.journal_entry().unwrap() else { continue };
            for posting in entry.postings() {
                let key =
                    |account: &domain::ledger::AccountId| (account.clone(), event.id.lane, posting.layer());
                balances.entry(key(posting.debit())).or_default().0 += posting.amount().minor_units;
                balances.entry(key(posting.credit())).or_default().1 += posting.amount().minor_units;
            }
            changes.entries.push(self.posted(entry, event));
        }
        changes.positions = positions.into_iter().map(|((lane, topic), seq)| (lane, topic, seq)).collect();
        let delta =
            |((account, lane, layer), (debit, credit))| BalanceDelta { account, lane, layer, debit, credit };
        changes.balances = balances.into_iter().map(delta).collect();
        changes
    }

    /// Every event the worker has not handled, lane by lane.
    pub async fn unposted(&self) -> Vec<OutboxEvent> {
        let mut snapshot = self.snapshot().await;
        let positions = snapshot.position_list().await.unwrap();
        let mut events = Vec::new();
        for lane in snapshot.lane_list().await.unwrap() {
            let pruned_to = lane.pruned_to;
            events.extend(snapshot.outbox_range(lane.state.lane, pruned_to, 10_000).await.unwrap());
        }
        let handled = |event: &OutboxEvent| {
            let of_event = positions.iter().find(|p| p.lane == event.id.lane && p.topic == event.topic);
            of_event.is_some_and(|position| event.id.seq <= position.seq)
        };
        events.retain(|event| !handled(event));
        events
    }

    fn posted(&self, entry: JournalEntry, event: &OutboxEvent) -> PostedEntry {
        let posted_at = self.clock.now();
        PostedEntry { entry, topic: event.topic, payment_previous: event.payment_previous, posted_at }
    }
}

/// A batch being written.
pub struct OpenBatch {
    /// What the store gave.
    pub batch: Box<dyn Batch>,
    /// What was loaded.
    pub loaded: Loaded,
    /// What will be written; the lane row already.
    pub changes: Changes,
}

impl OpenBatch {
    /// Nothing to write yet but the lane row.
    pub fn new(batch: Box<dyn Batch>, loaded: Loaded) -> Self {
        let changes = Changes { lanes: loaded.lanes.clone(), ..Changes::default() };
        Self { batch, loaded, changes }
    }

    /// Takes the next number of the lane.
    pub fn next_payment_id(&mut self, lanes: u16) -> PaymentId {
        let lane = self.lane();
        lane.payment_counter += 1;
        PaymentId::compose(lane.payment_counter, lane.lane, lanes).unwrap()
    }

    /// Adds a payment and its events; the payment as it will be stored.
    pub fn write(&mut self, mut payment: Payment, events: &[PaymentEvent], new: bool) -> Payment {
        for event in events {
            let postings = postings_of(event, &payment, ACQUIRER).unwrap();
            let appended = append(self.lane(), &mut payment, event, &postings);
            self.changes.events.push(appended);
        }
        self.changes.payments.push(PaymentWrite { payment: payment.clone(), new });
        payment
    }

    /// Commits.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let now = self.now();
        let lane = self.lane();
        lane.batch += 1;
        lane.updated_at = now;
        self.batch.commit(&self.changes).await
    }

    /// The time it is written with.
    pub fn now(&self) -> Timestamp {
        self.loaded.written_at(self.loaded.clock)
    }

    /// The lane row that will be written.
    pub fn lane(&mut self) -> &mut LaneState {
        self.changes.lanes.first_mut().unwrap()
    }
}

fn append(
    lane: &mut LaneState,
    payment: &mut Payment,
    event: &PaymentEvent,
    postings: &[Posting],
) -> OutboxEvent {
    let topic: Topic = event.change.topic();
    let id = EventId { lane: lane.lane, seq: lane.last_seq.next() };
    let place = Place { id, previous: lane.topics.get(topic), payment_previous: payment.last_event };
    let body = serde_json::to_vec(&Envelope::seal(event, payment, place, postings)).unwrap();
    lane.last_seq = id.seq;
    lane.topics.set(topic, id.seq);
    lane.chain_head = chain(&lane.chain_head, &body);
    payment.last_event = id.seq;
    OutboxEvent {
        id,
        topic,
        previous: place.previous,
        payment: payment.id,
        payment_previous: place.payment_previous,
        occurred_at: event.occurred_at,
        sha256: sha256(&body),
        body: Bytes::from(body),
        traceparent: None,
    }
}

/// Thirty-two bytes that differ with `number`.
pub(super) fn digest(number: u64) -> [u8; 32] {
    let mut bytes = [0xab; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes
}
