//! The hash chain of a lane: every event is there, in its place, with the bytes that were committed, and its columns say what
//! its envelope says.

use domain::{
    event::{Envelope, Topic},
    id::{Lane, Seq},
};

use super::report::{Proof, Tally};
use crate::{
    digest::{chain, sha256},
    ports::{Digest, OutboxEvent, StoredLane},
};

/// How far the chain of a lane has been followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Chain {
    lane: Lane,
    /// The latest place that was looked at.
    seen_to: Seq,
    /// The place where `head` stands. Events up to it are not folded in: their head is known from elsewhere.
    at: Seq,
    head: Digest,
    /// The latest place of each topic, where it has been seen.
    topics: [Option<Seq>; Topic::ALL.len()],
}

/// An event with its envelope, if that can be read, and the digest of its stored bytes.
pub(super) struct ReadEvent {
    pub(super) row: OutboxEvent,
    pub(super) envelope: Option<Envelope>,
    pub(super) body_sha256: Digest,
}

impl Chain {
    /// From where a lane has been pruned to.
    pub(super) fn from_pruned(lane: &StoredLane) -> Self {
        let whole = lane.pruned_to == Seq::START;
        let topics = [whole.then_some(Seq::START); Topic::ALL.len()];
        Self {
            lane: lane.state.lane,
            seen_to: lane.pruned_to,
            at: lane.pruned_to,
            head: lane.pruned_head,
            topics,
        }
    }

    /// From `seen_to` on, trusting what the lane row says of its end.
    pub(super) fn from_end(seen_to: Seq, lane: &StoredLane) -> Self {
        let state = &lane.state;
        let topics = Topic::ALL.map(|topic| Some(state.topics.get(topic)));
        Self { lane: state.lane, seen_to, at: state.last_seq, head: state.chain_head, topics }
    }

    /// Takes up the chain where retention has cut it, when that is further than it has been followed.
    pub(super) fn pass_pruned(&mut self, lane: &StoredLane, tally: &mut Tally) {
        if self.seen_to < lane.pruned_to {
            tally.skipped(Proof::ChainUnbroken, lane.pruned_to.0 - self.seen_to.0);
            self.seen_to = lane.pruned_to;
        }
        if self.at < lane.pruned_to {
            *self = Self::from_pruned(lane);
        }
    }

    /// Follows the chain over `events`, which must come right after what was followed before.
    pub(super) fn follow(&mut self, events: Vec<OutboxEvent>, tally: &mut Tally) -> Vec<ReadEvent> {
        tally.checked(Proof::ChainUnbroken, events.len());
        let mut read = Vec::with_capacity(events.len());
        for row in events {
            if row.id.seq != self.seen_to.next() {
                tally.wrong(Proof::ChainUnbroken, missing(self.lane, self.seen_to.next(), row.id.seq));
            }
            self.seen_to = row.id.seq;
            read.push(self.link(row, tally));
        }
        read
    }

    /// Compares where the chain has come to with the lane row; both of one snapshot, and every event followed.
    pub(super) fn check_end(&self, lane: &StoredLane, tally: &mut Tally) {
        let state = &lane.state;
        if self.seen_to < state.last_seq {
            tally.wrong(Proof::ChainUnbroken, missing(self.lane, self.seen_to.next(), state.last_seq.next()));
            return;
        }
        if self.seen_to > state.last_seq {
            let finding = format!(
                "event {}-{}: stands behind the end of its lane, {}",
                self.lane, self.seen_to, state.last_seq
            );
            tally.wrong(Proof::ChainUnbroken, finding);
            return;
        }
        if self.at == state.last_seq && self.head != state.chain_head {
            let finding =
                format!("lane {}: the chain head is not what its events up to {} give", self.lane, self.at);
            tally.wrong(Proof::ChainUnbroken, finding);
        }
        for topic in Topic::ALL {
            let (seen, says) = (self.topic(topic), state.topics.get(topic));
            let agrees = seen.map_or(says <= lane.pruned_to, |seen| seen == says);
            if self.at == state.last_seq && !agrees {
                let finding = format!("lane {}: its latest event of {topic} is not at {says}", self.lane);
                tally.wrong(Proof::ChainUnbroken, finding);
            }
        }
    }

    fn link(&mut self, row: OutboxEvent, tally: &mut Tally) -> ReadEvent {
        let id = row.id;
        let body_sha256 = sha256(&row.body);
        if body_sha256 != row.sha256 {
            tally
                .wrong(Proof::ChainUnbroken, format!("event {id}: its bytes do not have the stored SHA-256"));
        }
        if id.seq > self.at {
            self.head = chain(&self.head, &row.body);
            self.at = id.seq;
            let seen = self.topic(row.topic);
            if seen.is_some_and(|seen| seen != row.previous) {
                let finding =
                    format!("event {id}: the event of its topic before it is not at {}", row.previous);
                tally.wrong(Proof::ChainUnbroken, finding);
            }
            if let Some(slot) = self.topics.get_mut(usize::from(row.topic.index())) {
                *slot = Some(id.seq);
            }
        }
        let envelope: Option<Envelope> = serde_json::from_slice(&row.body).ok();
        match &envelope {
            None => tally.wrong(Proof::ChainUnbroken, format!("event {id}: its envelope cannot be read")),
            Some(envelope) if !agree(&row, envelope) => {
                tally.wrong(
                    Proof::ChainUnbroken,
                    format!("event {id}: its columns are not what its envelope says"),
                );
            }
            Some(_) => {}
        }
        ReadEvent { row, envelope, body_sha256 }
    }

    fn topic(&self, topic: Topic) -> Option<Seq> {
        self.topics.get(usize::from(topic.index())).copied().flatten()
    }
}

fn agree(row: &OutboxEvent, envelope: &Envelope) -> bool {
    row.id == envelope.id
        && row.id.lane == envelope.lane
        && row.id.seq == envelope.seq
        && row.topic == envelope.topic
        && row.previous == envelope.previous_seq
        && row.payment == envelope.payment_id
        && row.payment_previous == envelope.payment_previous_seq
        && row.occurred_at == envelope.occurred_at
}

/// What is said of the events from `first` up to before `next`.
fn missing(lane: Lane, first: Seq, next: Seq) -> String {
    if next <= first {
        return format!("event {lane}-{next}: stands before its place");
    }
    match next.0 - first.0 {
        1 => format!("event {lane}-{first}: is not in the outbox"),
        many => format!("events {lane}-{first} and the {} after it: are not in the outbox", many - 1),
    }
}
