//! Where one event of a payment is on its way from the API to the ledger: six stations, each with its proof.
//!
//! With the embedded log nothing is published: the outbox row is the log, and the stations between say so. Behind a broker the
//! relay's position says whether an event has been published (and so acknowledged); nobody notes when. Times have the
//! resolution of the store (a millisecond); what was never measured has no time.

use domain::{
    event::Topic,
    id::{EventId, Lane, Seq},
    payment::Payment,
    time::Timestamp,
};

use super::handled::Handled;
use crate::ports::{
    DeadLetter, DeadLetterFilter, DeadLetterReason, DeadLetterState, LogId, OutboxEvent, PostedEntry,
    RelayPosition, Snapshot, StoreError,
};

/// A station.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Station {
    /// The call was accepted.
    Api,
    /// Payment, answer and event were committed in one transaction.
    Outbox,
    /// The event was published.
    Published,
    /// The broker has it.
    Broker,
    /// The worker dealt with it.
    Worker,
    /// Its journal entry stands in the ledger.
    Ledger,
}

impl Station {
    /// Every station, in order.
    pub const ALL: [Self; 6] =
        [Self::Api, Self::Outbox, Self::Published, Self::Broker, Self::Worker, Self::Ledger];

    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Outbox => "outbox",
            Self::Published => "published",
            Self::Broker => "broker",
            Self::Worker => "worker",
            Self::Ledger => "ledger",
        }
    }
}

/// How far a station has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Its turn has not come.
    Waiting,
    /// Busy with it.
    Running,
    /// Behind it.
    Done,
    /// It failed and will be tried again.
    Retrying,
    /// It failed and waits for a person.
    Dead,
}

impl Progress {
    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
        }
    }
}

/// What a station can show for itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// Nothing yet.
    None,
    /// An acquirer call is outstanding since then.
    Attempt(Timestamp),
    /// The payment, as it was committed.
    Payment {
        /// How many events it has caused.
        version: u32,
    },
    /// The outbox row.
    OutboxRow(Box<OutboxEvent>),
    /// The outbox row is pruned; the journal entry stands for it.
    Pruned,
    /// The embedded log: the outbox row is what is read, under this topic, partition (the lane) and offset (the place).
    EmbeddedLog {
        /// The topic.
        topic: Topic,
        /// Lane and place.
        id: EventId,
    },
    /// A relay publishes its lane.
    Relay {
        /// The relay's position in the lane.
        position: Seq,
        /// The log it publishes to.
        log: LogId,
    },
    /// The worker's position has passed it.
    Position {
        /// The worker's position in its lane and topic.
        position: Seq,
    },
    /// It was put aside.
    DeadLetter(Box<DeadLetter>),
    /// Its journal entry.
    Entry(Box<PostedEntry>),
    /// It carries no postings.
    WithoutPostings,
}

/// One station of a flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowStep {
    /// Which.
    pub station: Station,
    /// How far.
    pub progress: Progress,
    /// When it was done.
    pub at: Option<Timestamp>,
    /// How long after the station before it, in milliseconds; `None` where the two are one act or it is unknown.
    pub duration_ms: Option<i64>,
    /// What it can show.
    pub proof: Proof,
}

/// The way of one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flow {
    /// The event; `None` while the payment has caused none.
    pub event: Option<EventId>,
    /// Its topic, where known.
    pub topic: Option<Topic>,
    /// The stations, in order.
    pub steps: [FlowStep; 6],
}

/// What is known of the event.
struct Facts {
    id: EventId,
    topic: Topic,
    occurred_at: Timestamp,
    row: Option<OutboxEvent>,
    entry: Option<PostedEntry>,
    letter: Option<DeadLetter>,
    handled: Handled,
    /// Where events go through a broker: how far its lane has been published.
    relay: Option<RelayPosition>,
}

/// The way of `event` (the payment's latest when `None`). `Ok(None)` when it is not an event of this payment.
pub async fn flow(
    snapshot: &mut dyn Snapshot,
    payment: &Payment,
    lane: Lane,
    event: Option<EventId>,
) -> Result<Option<Flow>, StoreError> {
    if payment.version == 0 {
        return Ok(event.is_none().then(|| undecided(payment)));
    }
    let id = event.unwrap_or(EventId { lane, seq: payment.last_event });
    let Some(facts) = facts(snapshot, payment, id).await? else {
        return Ok(None);
    };
    debug_assert_eq!(facts.id, id);
    Ok(Some(Flow { event: Some(id), topic: Some(facts.topic), steps: steps(payment, facts) }))
}

async fn facts(
    snapshot: &mut dyn Snapshot,
    payment: &Payment,
    id: EventId,
) -> Result<Option<Facts>, StoreError> {
    let row = snapshot.outbox_find(id).await?.filter(|row| row.payment == payment.id);
    let entry = snapshot.journal_find(id).await?.filter(|entry| entry.entry.payment == payment.id);
    let by_row = row.as_ref().map(|row| (row.topic, row.occurred_at));
    let by_entry = entry.as_ref().map(|entry| (entry.topic, entry.entry.occurred_at));
    let Some((topic, occurred_at)) = by_row.or(by_entry) else { return Ok(None) };
    let filter = DeadLetterFilter { payment: Some(payment.id), ..DeadLetterFilter::default() };
    let letters = snapshot.dead_letter_list(&filter, None, 200).await?.rows;
    // What merely claims the event's place is foreign.
    let ours = |letter: &DeadLetter| {
        letter.letter.event == Some(id) && letter.letter.reason != DeadLetterReason::Foreign
    };
    let letter = letters.into_iter().find(ours);
    let handled = Handled::read(snapshot).await?;
    let relay = relay(snapshot, id.lane).await?;
    Ok(Some(Facts { id, topic, occurred_at, row, entry, letter, handled, relay }))
}

/// How far a lane has been published; `None` where the worker reads the outbox itself, whatever a relay has left behind.
async fn relay(snapshot: &mut dyn Snapshot, lane: Lane) -> Result<Option<RelayPosition>, StoreError> {
    let partitions = snapshot.partition_list().await?;
    if partitions.iter().any(|partition| partition.log == LogId::embedded()) {
        return Ok(None);
    }
    Ok(snapshot.relay_list().await?.into_iter().find(|relay| relay.lane == lane))
}

/// A payment whose first authorization has no answer yet.
fn undecided(payment: &Payment) -> Flow {
    let mut steps = Station::ALL.map(waiting);
    let since = payment.pending.as_ref().map_or(payment.created_at, |pending| pending.since);
    let [api, ..] = &mut steps;
    *api = FlowStep {
        progress: Progress::Running,
        at: Some(since),
        proof: Proof::Attempt(since),
        ..api.clone()
    };
    Flow { event: None, topic: None, steps }
}

fn steps(payment: &Payment, facts: Facts) -> [FlowStep; 6] {
    let at = Some(facts.occurred_at);
    let [published, broker] = published_and_broker(&facts);
    let row = facts.row.clone().map_or(Proof::Pruned, |row| Proof::OutboxRow(Box::new(row)));
    let (worker, ledger) = worker_and_ledger(&facts);
    let done = |station, proof| FlowStep { station, progress: Progress::Done, at, duration_ms: None, proof };
    [
        done(Station::Api, Proof::Payment { version: payment.version }),
        done(Station::Outbox, row),
        published,
        broker,
        worker,
        ledger,
    ]
}

fn published_and_broker(facts: &Facts) -> [FlowStep; 2] {
    let at = Some(facts.occurred_at);
    let stations = [Station::Published, Station::Broker];
    let Some(relay) = &facts.relay else {
        let proof = || Proof::EmbeddedLog { topic: facts.topic, id: facts.id };
        return stations.map(|station| FlowStep {
            progress: Progress::Done,
            at,
            proof: proof(),
            ..waiting(station)
        });
    };
    // A rewound relay publishes again what the worker may have had long ago.
    let is_published = relay.seq >= facts.id.seq || facts.handled.is_past(facts.id, facts.topic);
    let progress = if is_published { Progress::Done } else { Progress::Waiting };
    let proof = || Proof::Relay { position: relay.seq, log: relay.log.clone() };
    stations.map(|station| FlowStep { progress, proof: proof(), ..waiting(station) })
}

fn worker_and_ledger(facts: &Facts) -> (FlowStep, FlowStep) {
    let position = Proof::Position { position: facts.handled.position(facts.id.lane, facts.topic) };
    let is_past = facts.handled.is_past(facts.id, facts.topic);
    let worker = |progress, proof| FlowStep { progress, proof, ..waiting(Station::Worker) };
    if let Some(entry) = &facts.entry {
        let at = Some(entry.posted_at);
        let duration_ms = Some(entry.posted_at.ms_since(facts.occurred_at));
        let proof = Proof::Entry(Box::new(entry.clone()));
        // The worker posts in the transaction that moves its position: the two are one act.
        let ledger =
            FlowStep { station: Station::Ledger, progress: Progress::Done, at, duration_ms: None, proof };
        return (FlowStep { at, duration_ms, ..worker(Progress::Done, position) }, ledger);
    }
    if let Some(letter) = &facts.letter {
        let progress = match letter.state {
            DeadLetterState::Open | DeadLetterState::Held | DeadLetterState::Discarded => Progress::Dead,
            DeadLetterState::Redriven => Progress::Done,
        };
        let parked = FlowStep {
            at: Some(letter.created_at),
            duration_ms: Some(letter.created_at.ms_since(facts.occurred_at)),
            ..worker(progress, Proof::DeadLetter(Box::new(letter.clone())))
        };
        return (parked, waiting(Station::Ledger));
    }
    if is_past && !facts.topic.carries_postings() {
        let ledger =
            FlowStep { progress: Progress::Done, proof: Proof::WithoutPostings, ..waiting(Station::Ledger) };
        return (worker(Progress::Done, position), ledger);
    }
    let progress = if is_past { Progress::Done } else { Progress::Waiting };
    (worker(progress, position), waiting(Station::Ledger))
}

fn waiting(station: Station) -> FlowStep {
    FlowStep { station, progress: Progress::Waiting, at: None, duration_ms: None, proof: Proof::None }
}
