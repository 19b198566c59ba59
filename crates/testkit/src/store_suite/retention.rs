//! Pruning of outbox and answers.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use domain::{
    event::Topic,
    id::{EventId, Lane, Seq},
    payment::{Operation, Verdict},
};
use engine::ports::{Clock, IdempotencyWrite, OutboxCut, PostingChanges, StoreError};

use super::{
    Scribe, StoreUnderTest,
    claims::{claim, moved},
    keys::{answer, answered, find, running, scope, write},
    postings::commit,
    scribe::digest,
};

pub async fn the_outbox_is_pruned_from_its_beginning(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=5 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    scribe.post_all().await;
    let lane = scribe.lane(&"M1".parse().unwrap());
    it.store.outbox_prune(&cut(lane, 0, 2)).await.unwrap();
    it.store.outbox_prune(&cut(lane, 2, 3)).await.unwrap();

    let mut snapshot = scribe.snapshot().await;
    let left = snapshot.outbox_range(lane, Seq::START, 10).await.unwrap();
    assert_eq!(left.iter().map(|event| event.id.seq.0).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(snapshot.outbox_find(EventId { lane, seq: Seq(3) }).await.unwrap(), None);
    let lanes = snapshot.lane_list().await.unwrap();
    let stored = lanes.iter().find(|stored| stored.state.lane == lane).unwrap();
    assert_eq!((stored.pruned_to, stored.pruned_head), (Seq(3), digest(3)));
    assert_eq!((stored.state.last_seq, stored.entries_posted), (Seq(5), 5), "journal and lane row stay");
    assert_eq!(snapshot.journal_range(lane, Seq::START, 10).await.unwrap().len(), 5);
    drop(snapshot);
    assert_eq!(scribe.authorize(scribe.birth("M1", 6)).await.last_event, Seq(6));
}

pub async fn what_the_worker_has_not_handled_is_not_pruned(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let lane = scribe.lane(&"M1".parse().unwrap());
    scribe.authorize(scribe.birth("M1", 1)).await;
    scribe.authorize_with(scribe.birth("M1", 1), Verdict::Refused).await;
    scribe.authorize(scribe.birth("M1", 1)).await;
    let fenced = async |to| {
        let pruned = it.store.outbox_prune(&cut(lane, 0, to)).await;
        matches!(pruned, Err(StoreError::Fenced { .. }))
    };
    assert!(fenced(1).await);
    let position =
        |topic, seq| PostingChanges { positions: vec![(lane, topic, Seq(seq))], ..Default::default() };
    commit(&scribe, &position(Topic::Authorized, 3)).await.unwrap();
    assert!(fenced(2).await, "the declined one is not handled");
    commit(&scribe, &position(Topic::Declined, 2)).await.unwrap();
    assert!(fenced(4).await, "there is no such place yet");
    assert_eq!(scribe.snapshot().await.outbox_range(lane, Seq::START, 10).await.unwrap().len(), 3);
    it.store.outbox_prune(&cut(lane, 0, 3)).await.unwrap();
    assert_eq!(scribe.snapshot().await.outbox_range(lane, Seq::START, 10).await.unwrap(), []);
}

pub async fn what_the_relay_has_not_published_is_not_pruned(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=3 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    scribe.post_all().await;
    let lane = scribe.lane(&"M1".parse().unwrap());
    let relayed = |to| OutboxCut { relayed: true, ..cut(lane, 0, to) };
    let fenced =
        async |to| matches!(it.store.outbox_prune(&relayed(to)).await, Err(StoreError::Fenced { .. }));
    assert!(fenced(1).await, "no relay has ever taken the lane");
    let lease = claim(it, lane, 1).await.unwrap();
    assert!(moved(it, lease, 2).await);
    assert!(fenced(3).await);
    it.store.outbox_prune(&relayed(2)).await.unwrap();
    // Where no relay publishes the rows, what one has left behind counts for nothing.
    it.store.outbox_prune(&cut(lane, 2, 3)).await.unwrap();
    let position = scribe.snapshot().await.relay_list().await.unwrap()[0].seq;
    assert_eq!(
        (position, claim(it, lane, 1).await.unwrap().position),
        (Seq(2), Seq(3)),
        "it starts where the outbox does"
    );
}

pub async fn two_prunings_of_one_range_do_not_both_succeed(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=2 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    scribe.post_all().await;
    let lane = scribe.lane(&"M1".parse().unwrap());
    it.store.outbox_prune(&cut(lane, 0, 1)).await.unwrap();
    for (lane, from, to) in [(lane, 0, 1), (lane, 0, 2), (lane, 2, 1), (Lane(u16::MAX), 0, 1)] {
        let again = it.store.outbox_prune(&cut(lane, from, to)).await;
        assert!(matches!(again, Err(StoreError::Fenced { .. })), "{lane} {from} {to}");
    }
    let lanes = scribe.snapshot().await.lane_list().await.unwrap();
    assert!(lanes.iter().any(|lane| (lane.pruned_to, lane.pruned_head) == (Seq(1), digest(1))));
}

pub async fn answers_are_pruned_by_age(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut answered_at = Vec::new();
    let key = |number: usize| scope("M1", Operation::Authorize, &format!("key-{number}"));
    for number in 0..5 {
        it.clock.advance_seconds(10);
        answered_at.push(it.clock.now());
        let row = answered(it, &key(number), 200);
        write(&scribe, &key(number), vec![IdempotencyWrite::Insert(row)]).await.unwrap();
    }
    assert_eq!(it.store.idempotency_prune(answered_at[0], 10).await.unwrap(), 0, "exactly as old stays");
    assert_eq!(it.store.idempotency_prune(answered_at[3], 2).await.unwrap(), 2);
    assert_eq!(it.store.idempotency_prune(answered_at[3], 10).await.unwrap(), 1);
    assert_eq!(it.store.idempotency_prune(answered_at[3], 10).await.unwrap(), 0);
    for (number, kept) in [(0, false), (1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(find(&scribe, &key(number)).await.is_some(), kept, "{number}");
    }
    // A pruned key is a new key.
    let row = answered(it, &key(0), 402);
    write(&scribe, &key(0), vec![IdempotencyWrite::Insert(row.clone())]).await.unwrap();
    assert_eq!(find(&scribe, &key(0)).await, Some(row));
}

pub async fn running_keys_are_never_pruned(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let key = |key: &str| scope("M1", Operation::Authorize, key);
    for waiting in ["a", "b"] {
        write(&scribe, &key(waiting), vec![IdempotencyWrite::Insert(running(&key(waiting)))]).await.unwrap();
    }
    write(&scribe, &key("c"), vec![IdempotencyWrite::Insert(answered(it, &key("c"), 200))]).await.unwrap();
    it.clock.advance_seconds(1000);
    write(&scribe, &key("b"), vec![IdempotencyWrite::Finish(key("b"), answer(it, 200))]).await.unwrap();
    assert_eq!(it.store.idempotency_prune(it.clock.now(), 10).await.unwrap(), 1);
    assert_eq!(find(&scribe, &key("a")).await, Some(running(&key("a"))));
    assert!(find(&scribe, &key("b")).await.is_some(), "its time counts from the answer, not from the call");
    assert_eq!(find(&scribe, &key("c")).await, None);
    it.clock.advance_seconds(1);
    assert_eq!(it.store.idempotency_prune(it.clock.now(), 10).await.unwrap(), 1);
    assert_eq!(find(&scribe, &key("b")).await, None);
}

/// A cut that no relay has a say in.
fn cut(lane: Lane, from: u64, to: u64) -> OutboxCut {
    OutboxCut { lane, from: Seq(from), to: Seq(to), head: digest(to), relayed: false }
}
