//! The rows of a typical authorization, as the committer makes them.

use bytes::Bytes;
use domain::{
    event::{Envelope, Place, postings_of},
    id::{EventId, IdempotencyKey, Lane, MerchantId, PaymentId},
    ledger::Posting,
    money::{Currency, Money},
    payment::{Birth, CaptureMode, Metadata, Operation, Payment, Verdict},
    time::Timestamp,
};
use engine::ports::{
    IdempotencyRow, IdempotencyScope, IdempotencyState, IdempotencyWrite, LaneState, OutboxEvent,
    PaymentWrite, StoredAnswer,
};
use testkit::SeededEntropy;

use crate::{Error, options::Options};

/// Makes one authorization after another.
pub(crate) struct Maker {
    entropy: SeededEntropy,
    merchants: Vec<MerchantId>,
    lanes: u16,
    orders: bool,
}

/// What a caller sends, as far as a store sees it.
pub(crate) struct Wanted {
    pub(crate) merchant: MerchantId,
    pub(crate) scope: IdempotencyScope,
}

/// One authorization's rows.
pub(crate) struct Made {
    pub(crate) payment: PaymentWrite,
    pub(crate) event: OutboxEvent,
    pub(crate) answer: IdempotencyWrite,
    pub(crate) postings: Vec<Posting>,
}

impl Maker {
    /// Of the merchants of one of `lanes` lanes.
    pub(crate) fn new(options: &Options, seed: u64, (lane, lanes): (Lane, u16)) -> Result<Self, Error> {
        let merchants: Result<Vec<MerchantId>, _> =
            (0..options.merchants).map(|number| format!("M{number}").parse()).collect();
        let mut merchants = merchants?;
        merchants.retain(|merchant| Lane::of(merchant, lanes) == lane);
        if merchants.is_empty() {
            return Err(format!("none of {} merchants is of lane {lane}", options.merchants).into());
        }
        Ok(Self { entropy: SeededEntropy::new(seed), merchants, lanes, orders: options.orders })
    }

    pub(crate) fn want(&self) -> Result<Wanted, Error> {
        let at = self.entropy.next_u64() % self.merchants.len() as u64;
        let merchant = self.merchants[at as usize].clone();
        let key: IdempotencyKey =
            format!("{:016x}-{:016x}", self.entropy.next_u64(), self.entropy.next_u64()).parse()?;
        let scope = IdempotencyScope { merchant: merchant.clone(), operation: Operation::Authorize, key };
        Ok(Wanted { merchant, scope })
    }

    pub(crate) fn make(&self, wanted: Wanted, lane: &mut LaneState, now: Timestamp) -> Result<Made, Error> {
        lane.payment_counter += 1;
        let id =
            PaymentId::compose(lane.payment_counter, lane.lane, self.lanes).ok_or("numbers are used up")?;
        let order =
            if self.orders { Some(format!("order-{:016x}", self.entropy.next_u64()).parse()?) } else { None };
        let birth = Birth {
            id,
            merchant: wanted.merchant,
            order,
            description: None,
            metadata: Metadata::default(),
            amount: Money::new(10_000, Currency::KRW),
            capture_mode: CaptureMode::Manual,
            capture_before: now.plus_seconds(604_800),
        };
        let (mut payment, events) = Payment::authorize(birth, Verdict::Approved, now);
        let event = events.first().ok_or("an authorization causes an event")?;
        let postings = postings_of(event, &payment, "simulator")?;
        let topic = event.change.topic();
        let place = Place {
            id: EventId { lane: lane.lane, seq: lane.last_seq.next() },
            previous: lane.topics.get(topic),
            payment_previous: payment.last_event,
        };
        let body = Bytes::from(serde_json::to_vec(&Envelope::seal(event, &payment, place, &postings))?);
        lane.last_seq = place.id.seq;
        lane.topics.set(topic, place.id.seq);
        payment.last_event = place.id.seq;
        let event = OutboxEvent {
            id: place.id,
            topic,
            previous: place.previous,
            payment: payment.id,
            payment_previous: place.payment_previous,
            occurred_at: event.occurred_at,
            sha256: self.digest(),
            body,
            traceparent: Some(
                format!("00-{:032x}-{:016x}-01", self.entropy.next_u64(), self.entropy.next_u64()).into(),
            ),
        };
        let state = IdempotencyState::Final(StoredAnswer {
            status: 200,
            body: Bytes::from(answer(&payment)),
            payment: Some(payment.id),
            answered_at: now,
        });
        let answer = IdempotencyWrite::Insert(IdempotencyRow {
            scope: wanted.scope,
            fingerprint: self.digest(),
            state,
        });
        Ok(Made { payment: PaymentWrite { payment, new: true }, event, answer, postings })
    }

    /// Thirty-two bytes that do not compress, as a real digest's.
    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        for chunk in digest.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.entropy.next_u64().to_le_bytes());
        }
        digest
    }
}

/// As long as the real answer.
fn answer(payment: &Payment) -> String {
    format!(
        r#"{{"paymentId":{},"status":"{}","amount":{},"currency":"KRW","createdAt":"{}","ledgerEntries":[],"message":"authorized","merchantId":"{}","orderId":null,"description":null,"capturableAmount":10000,"capturedAmount":0,"refundableAmount":0,"refundedAmount":0,"captureBefore":"{}","updatedAt":"{}","version":1,"metadata":{{}},"failure":null,"pending":null}}"#,
        payment.id,
        payment.status(),
        payment.authorized.minor_units,
        payment.created_at,
        payment.merchant,
        payment.capture_before,
        payment.updated_at,
    )
}
