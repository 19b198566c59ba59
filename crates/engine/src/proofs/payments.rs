//! Payments against their events: the state machine run again, the money summed up, every event on its payment's chain.
//!
//! A payment is checked with the range that holds its latest event; its other events are looked up along the chain. Events
//! whose payment has gone on since are only looked for on that chain: an event that is on no chain was committed behind the
//! payment's back, which is how money would be taken twice.

use std::collections::BTreeMap;

use domain::{
    event::Topic,
    id::{EventId, Lane, MerchantId, OrderId, PaymentId, Seq},
    ledger::AccountCode,
    money::Currency,
    payment::{CaptureMode, DeclineCode, Payment, ReplayStep, Replayed, Terms},
    time::Timestamp,
};
use serde::Deserialize;

use super::{
    chain::ReadEvent,
    posting::{Entries, MovesMoney, moved},
    read::{self, Found},
    report::{Proof, Tally},
};
use crate::ports::{OutboxEvent, PostedEntry, Snapshot, StoreError};

/// Events of one payment that are looked at; one with more is not replayed, and says so.
const LINKS_MAX: usize = 10_000;

/// A range of places of one lane: after the first, up to and including the second.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) lane: Lane,
    pub(super) after: Seq,
    pub(super) to: Seq,
}

/// Checks the payments of a range. `events` are its events, or `entries` what is left of them once pruned.
pub(super) async fn check(
    snapshot: &mut dyn Snapshot,
    span: Span,
    (events, entries): (&[ReadEvent], &Entries),
    pruned_to: Seq,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let here = links_here(events, entries);
    let mut places: BTreeMap<PaymentId, Vec<Seq>> = BTreeMap::new();
    for (&seq, (payment, _)) in &here {
        places.entry(*payment).or_default().push(seq);
    }
    let ids: Vec<PaymentId> = places.keys().copied().collect();
    let payments = read::payments(snapshot, &ids, tally).await?;
    let mut walks = Vec::with_capacity(ids.len());
    for (id, payment) in payments {
        let places = places.remove(&id).unwrap_or_default();
        match payment {
            Some(payment) => walks.push(Walk::new(payment, places, span)),
            None => {
                let first = places.first().copied().unwrap_or(span.to);
                let finding =
                    format!("payment {id}: does not exist, though event {}-{first} is its", span.lane);
                tally.wrong(Proof::PaymentsReplay, finding);
            }
        }
    }
    walk_all(snapshot, span.lane, &mut walks, &here, pruned_to).await?;
    walks.into_iter().for_each(|walk| walk.judge(span, &here, tally));
    Ok(())
}

/// One event of a payment's chain.
#[derive(Clone)]
struct Link {
    seq: Seq,
    previous: Seq,
    topic: Topic,
    /// Whose it is, where that can be read.
    merchant: Option<Box<str>>,
    /// Captured or refunded: how much.
    amount: i64,
    /// What a replay needs; `None` once pruned, or unreadable.
    step: Option<ReplayStep>,
}

/// The links of the range, by place, each with its payment.
type Here = BTreeMap<Seq, (PaymentId, Link)>;

fn links_here(events: &[ReadEvent], entries: &Entries) -> Here {
    let of_events = events.iter().map(|event| (event.row.id.seq, (event.row.payment, Link::of_read(event))));
    if !events.is_empty() {
        return of_events.collect();
    }
    let entries = entries.values().flatten();
    entries.map(|entry| (entry.entry.id.seq, (entry.entry.payment, Link::of_entry(entry)))).collect()
}

impl Link {
    fn of_read(event: &ReadEvent) -> Self {
        let step = event.envelope.as_ref().map(ReplayStep::from);
        Self::of_row(&event.row, step)
    }

    fn of_row(row: &OutboxEvent, step: Option<ReplayStep>) -> Self {
        let amount = step.as_ref().map_or(0, |step| step.amount);
        let merchant = step.as_ref().map(|step| step.merchant.as_str().into());
        Self { seq: row.id.seq, previous: row.payment_previous, topic: row.topic, merchant, amount, step }
    }

    fn of_entry(entry: &PostedEntry) -> Self {
        let (seq, previous, topic) = (entry.entry.id.seq, entry.payment_previous, entry.topic);
        let accounts = entry.entry.postings().iter().flat_map(|posting| [posting.debit(), posting.credit()]);
        let owned = accounts.into_iter().find(|account| account.code == AccountCode::MerchantPending);
        let merchant = owned.map(|account| account.owner.clone());
        Self { seq, previous, topic, merchant, amount: moved(entry), step: None }
    }
}

/// Why a walk along a chain ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the payment's first event, or as far back as was asked.
    Reached,
    /// What came before is pruned.
    Pruned,
    /// At a place that holds no event.
    Missing(Seq),
    /// At an event of another payment, or one that does not go back.
    Astray(Seq),
    /// At a row that cannot be read.
    Unreadable,
    /// It goes on for too long.
    TooLong,
}

/// A payment, and its chain from the latest event backwards.
struct Walk {
    payment: Payment,
    /// Its places in the range.
    places: Vec<Seq>,
    /// Where the walk may stop: before the first of `places`, or at the beginning for a payment checked with this range.
    until: Seq,
    next: Seq,
    links: Vec<Link>,
    end: Option<End>,
}

/// Follows all chains, a step of each at a time.
async fn walk_all(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    walks: &mut [Walk],
    here: &Here,
    pruned_to: Seq,
) -> Result<(), StoreError> {
    loop {
        let mut open: Vec<&mut Walk> = Vec::new();
        for walk in walks.iter_mut() {
            walk.follow_here(here);
            if walk.end.is_none() {
                open.push(walk);
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let ids: Vec<EventId> = open.iter().map(|walk| EventId { lane, seq: walk.next }).collect();
        for (walk, found) in open.into_iter().zip(read::lookup(snapshot, &ids).await?) {
            walk.take(found, pruned_to);
        }
    }
}

impl Walk {
    fn new(payment: Payment, places: Vec<Seq>, span: Span) -> Self {
        let owned = span.after < payment.last_event && payment.last_event <= span.to;
        let first = places.first().copied().unwrap_or(Seq::START);
        let until = if owned { Seq::START } else { Seq(first.0.saturating_sub(1)) };
        Self { next: payment.last_event, payment, places, until, links: Vec::new(), end: None }
    }

    /// Goes on as long as the range itself holds the next event.
    fn follow_here(&mut self, here: &Here) {
        while self.end.is_none() {
            if self.next <= self.until {
                self.end = Some(End::Reached);
            } else if let Some((payment, link)) = here.get(&self.next) {
                self.step(*payment, link.clone());
            } else {
                return;
            }
        }
    }

    fn take(&mut self, found: Found, pruned_to: Seq) {
        match found {
            Found::Event(row) => {
                let told: Option<Told> = serde_json::from_slice(&row.body).ok();
                let step = told.map(|told| told.step(row.topic));
                self.step(row.payment, Link::of_row(&row, step));
            }
            // Only what is pruned may be known by its entry alone.
            Found::Entry(_) if self.next > pruned_to => self.end = Some(End::Missing(self.next)),
            Found::Entry(entry) => self.step(entry.entry.payment, Link::of_entry(&entry)),
            Found::Unreadable => self.end = Some(End::Unreadable),
            Found::Nothing if self.next <= pruned_to => self.end = Some(End::Pruned),
            Found::Nothing => self.end = Some(End::Missing(self.next)),
        }
    }

    fn step(&mut self, payment: PaymentId, link: Link) {
        if payment != self.payment.id || link.previous >= link.seq {
            self.end = Some(End::Astray(link.seq));
        } else if self.links.len() == LINKS_MAX {
            self.end = Some(End::TooLong);
        } else {
            self.next = link.previous;
            self.links.push(link);
        }
    }

    fn judge(self, span: Span, here: &Here, tally: &mut Tally) {
        let id = self.payment.id;
        match self.end {
            Some(End::Missing(seq)) => {
                let finding = format!("payment {id}: event {}-{seq} of its chain does not exist", span.lane);
                tally.wrong(Proof::PaymentsReplay, finding);
            }
            Some(End::Astray(seq)) => {
                let finding = format!("payment {id}: event {}-{seq} of its chain is not its own", span.lane);
                tally.wrong(Proof::PaymentsReplay, finding);
            }
            Some(End::Reached | End::Pruned | End::Unreadable | End::TooLong) | None => {}
        }
        self.judge_places(span, here, tally);
        if self.until == Seq::START
            && span.after < self.payment.last_event
            && self.payment.last_event <= span.to
        {
            self.judge_whole(span, tally);
        }
    }

    /// Where the whole life cannot be told, every part of it must still be of the payment's merchant.
    fn judge_merchant(&self, span: Span, tally: &mut Tally) {
        let merchant = self.payment.merchant.as_str();
        let other = |link: &&Link| link.merchant.as_deref().is_some_and(|of| of != merchant);
        if let Some(link) = self.links.iter().find(other) {
            let finding = format!(
                "payment {}: is stored as {merchant}'s, and event {}-{} is not",
                self.payment.id, span.lane, link.seq
            );
            tally.wrong(Proof::PaymentsReplay, finding);
        }
    }

    /// Every event of the range must be on the chain, as far as the chain could be followed.
    fn judge_places(&self, span: Span, here: &Here, tally: &mut Tally) {
        let reached = self.links.last().map_or_else(|| self.payment.last_event.next(), |link| link.seq);
        let cut_short = self.end != Some(End::Reached);
        for &seq in &self.places {
            let on_chain = self.links.binary_search_by(|link| seq.cmp(&link.seq)).is_ok();
            if on_chain || (cut_short && seq < reached) {
                continue;
            }
            let topic = here.get(&seq).map(|(_, link)| link.topic);
            let proof = match topic {
                Some(topic) if topic.moves_money() => Proof::CapturesPostedOnce,
                _ => Proof::PaymentsReplay,
            };
            let finding =
                format!("event {}-{seq}: is not on the chain of payment {}", span.lane, self.payment.id);
            tally.wrong(proof, finding);
        }
    }

    /// What was taken and given back in all is what is stored.
    fn judge_sums(&self, tally: &mut Tally) {
        let payment = &self.payment;
        for (topic, stored) in [(Topic::Captured, payment.captured), (Topic::Refunded, payment.refunded)] {
            let of_topic = self.links.iter().filter(|link| link.topic == topic);
            let happened: i128 = of_topic.map(|link| i128::from(link.amount)).sum();
            if happened != i128::from(stored.minor_units) {
                let finding =
                    format!("payment {}: {topic} adds up to {happened}, and {stored} is stored", payment.id);
                tally.wrong(Proof::CapturesPostedOnce, finding);
            }
        }
    }

    /// The whole life of a payment whose latest event is in this range.
    fn judge_whole(self, span: Span, tally: &mut Tally) {
        let reached = self.end == Some(End::Reached);
        if reached {
            self.judge_sums(tally);
        }
        if !reached || self.links.iter().any(|link| link.step.is_none()) {
            self.judge_merchant(span, tally);
            tally.skipped(Proof::PaymentsReplay, 1);
            return;
        }
        let Self { payment, links, .. } = self;
        let steps = links.into_iter().rev().filter_map(|link| link.step);
        tally.checked(Proof::PaymentsReplay, 1);
        match Replayed::fold(steps) {
            Ok(replayed) => {
                if let Some(what) = replayed.difference(&payment) {
                    let finding = format!(
                        "payment {}: its {what} is not what its events say; it is stored as {} and they make it {}",
                        payment.id,
                        payment.status(),
                        replayed.status
                    );
                    tally.wrong(Proof::PaymentsReplay, finding);
                }
            }
            Err(error) => tally.wrong(Proof::PaymentsReplay, format!("payment {}: {error}", payment.id)),
        }
    }
}

/// What a replay reads of an envelope; its postings are checked where the event stands.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    payment_version: u32,
    occurred_at: Timestamp,
    merchant_id: MerchantId,
    amount: i64,
    currency: Currency,
    order_id: Option<OrderId>,
    capture_before: Option<Timestamp>,
    capture_mode: Option<CaptureMode>,
    #[serde(default, rename = "final")]
    last: bool,
    decline_code: Option<DeclineCode>,
}

impl Told {
    fn step(self, topic: Topic) -> ReplayStep {
        let Self { order_id: order, capture_before, capture_mode, .. } = self;
        let terms = capture_before.zip(capture_mode);
        ReplayStep {
            topic,
            version: self.payment_version,
            occurred_at: self.occurred_at,
            merchant: self.merchant_id,
            amount: self.amount,
            currency: self.currency,
            terms: terms.map(|(capture_before, capture_mode)| Terms { order, capture_before, capture_mode }),
            last: self.last,
            decline_code: self.decline_code,
        }
    }
}
