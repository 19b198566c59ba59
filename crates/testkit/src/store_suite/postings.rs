//! Posting transactions: journal, balances, positions.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use domain::{
    event::Topic,
    id::{EventId, Lane, Seq},
    ledger::{AccountCode, AccountId, JournalEntry, Layer, Posting},
    money::{Currency, Money},
    payment::{Capture, Command, DeclineCode, Verdict},
};
use engine::ports::{
    Balance, Clock, InstanceId, LanePosition, LogId, OutboxMark, PartitionClaim, PartitionProgress,
    PostedEntry, PostingChanges, PostingScope, StoreError, StoredPartition,
};

use super::{Scribe, StoreUnderTest, scribe::ACQUIRER};

pub async fn what_was_posted_comes_back(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 100)).await;
    scribe.apply(&payment, Command::Capture(Capture { amount: Some(30), last: true })).await;
    scribe.authorize_with(scribe.birth("M1", 5), Verdict::Declined(DeclineCode::LostCard)).await;
    it.clock.advance_seconds(3);
    let posted = scribe.post_all().await;
    assert_eq!(posted.len(), 2, "a declined payment posts nothing");
    assert_eq!(posted[1].payment_previous, posted[0].entry.id.seq);

    let mut snapshot = scribe.snapshot().await;
    for entry in &posted {
        assert_eq!(snapshot.journal_find(entry.entry.id).await.unwrap().as_ref(), Some(entry));
    }
    let nowhere = EventId { lane: Lane(u16::MAX), seq: Seq(u64::MAX) };
    let wanted = [posted[1].entry.id, nowhere, posted[0].entry.id];
    let many = snapshot.journal_find_many(&wanted).await.unwrap();
    assert_eq!(many, [Some(posted[1].clone()), None, Some(posted[0].clone())]);
    let lanes = snapshot.lane_list().await.unwrap();
    assert_eq!(lanes.iter().map(|lane| lane.entries_posted).sum::<u64>(), 2);
}

pub async fn balances_add_up(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for _ in 0..3 {
        let payment = scribe.authorize(scribe.birth("M1", 100)).await;
        scribe.apply(&payment, Command::Capture(Capture { amount: Some(30), last: false })).await;
        scribe.post_all().await;
    }
    let lane = scribe.lane(&"M1".parse().unwrap());
    let receivable = AccountId::new(AccountCode::AcquirerReceivable, ACQUIRER, Currency::KRW);
    let pending = AccountId::new(AccountCode::MerchantPending, "M1", Currency::KRW);
    let balance = |account: &AccountId, layer, debit, credit| {
        let account = account.clone();
        Balance { account, lane, layer, debit, credit }
    };
    let expected = [
        balance(&receivable, Layer::Posted, 90, 0),
        balance(&receivable, Layer::Hold, 300, 90),
        balance(&pending, Layer::Posted, 0, 90),
        balance(&pending, Layer::Hold, 90, 300),
    ];
    assert_eq!(scribe.snapshot().await.balance_list().await.unwrap(), expected);
}

pub async fn an_event_is_not_posted_twice(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 100)).await;
    let events = scribe.unposted().await;
    scribe.post_all().await;
    let before = scribe.snapshot().await.balance_list().await.unwrap();

    scribe.apply(&payment, Command::Capture(Capture { amount: None, last: true })).await;
    let all = [events, scribe.unposted().await].concat();
    let again = commit(&scribe, &scribe.changes_of(&all)).await;
    assert!(matches!(again, Err(StoreError::Statement { .. })));
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.balance_list().await.unwrap(), before, "nothing of it is written");
    assert_eq!(snapshot.journal_find(all[1].id).await.unwrap(), None);
    drop(snapshot);
    assert_eq!(scribe.post_all().await.len(), 1, "the new one alone is posted");
}

pub async fn a_dropped_posting_leaves_nothing(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    scribe.authorize(scribe.birth("M1", 100)).await;
    drop(it.store.posting_open(&PostingScope::default()).await.unwrap());
    assert_eq!(scribe.unposted().await.len(), 1);
    assert_eq!(scribe.post_all().await.len(), 1);
}

pub async fn a_posting_that_fails_leaves_nothing(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    scribe.authorize(scribe.birth("M1", 100)).await;
    let events = scribe.unposted().await;
    let mut twice = scribe.changes_of(&events);
    twice.entries.push(twice.entries[0].clone());
    assert!(matches!(commit(&scribe, &twice).await, Err(StoreError::Statement { .. })));
    assert_eq!(scribe.snapshot().await.balance_list().await.unwrap(), []);
    // The accounts named for the first time above are unknown again, and are named anew.
    let posted = scribe.post_all().await;
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.journal_find(posted[0].entry.id).await.unwrap().as_ref(), posted.first());
    assert_eq!(snapshot.balance_list().await.unwrap().len(), 2);
}

pub async fn positions_and_partitions_move(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let partition = |topic, partition, next_offset| PartitionProgress { topic, partition, next_offset };
    let (log, owner) = (LogId::embedded(), InstanceId(1));
    let claimed = [(Topic::Captured, 3), (Topic::Captured, 0)];
    it.store.partition_claim(&log, owner, &claimed).await.unwrap();
    for step in [1, 2] {
        let changes = PostingChanges {
            positions: vec![
                (Lane(0), Topic::Declined, Seq(step)),
                (Lane(0), Topic::Authorized, Seq(step * 10)),
            ],
            partitions: vec![partition(Topic::Captured, 3, 5), partition(Topic::Captured, 0, i64::MAX)],
            ..PostingChanges::default()
        };
        commit(&scribe, &changes).await.unwrap();
        let mut snapshot = scribe.snapshot().await;
        let position = |topic, seq| LanePosition { lane: Lane(0), topic, seq: Seq(seq) };
        let expected = [position(Topic::Authorized, step * 10), position(Topic::Declined, step)];
        assert_eq!(snapshot.position_list().await.unwrap(), expected);
        let stored = |partition, next_offset| StoredPartition {
            claim: PartitionClaim {
                topic: Topic::Captured,
                partition,
                epoch: 1,
                next_offset: Some(next_offset),
            },
            log: log.clone(),
            owner,
        };
        assert_eq!(snapshot.partition_list().await.unwrap(), [stored(0, i64::MAX), stored(3, 5)]);
    }
    let unclaimed = PostingChanges {
        partitions: vec![partition(Topic::Captured, 1, 1)],
        positions: vec![(Lane(0), Topic::Declined, Seq(9))],
        ..PostingChanges::default()
    };
    assert!(matches!(commit(&scribe, &unclaimed).await, Err(StoreError::Fenced { .. })));
    assert_eq!(
        scribe.snapshot().await.position_list().await.unwrap()[1].seq,
        Seq(2),
        "nothing of it is written"
    );
}

pub async fn a_posting_sees_what_the_outbox_holds(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for _ in 0..2 {
        scribe.authorize(scribe.birth("M1", 100)).await;
    }
    scribe.post_all().await;
    for _ in 0..2 {
        scribe.authorize(scribe.birth("M1", 100)).await;
    }
    let lane = scribe.lane(&"M1".parse().unwrap());
    let events = scribe.snapshot().await.outbox_range(lane, Seq::START, 10).await.unwrap();
    let ranges =
        vec![(lane, Seq(2), Seq(3)), (lane, Seq(90), Seq(u64::MAX)), (Lane(u16::MAX), Seq(1), Seq(9))];
    let mut posting =
        it.store.posting_open(&PostingScope { ranges, ..PostingScope::default() }).await.unwrap();
    let state = posting.take_state();

    assert!(state.now >= it.clock.now());
    assert_eq!(state.lanes.len(), usize::from(it.store.lane_count()));
    assert_eq!(state.lanes.get(&lane), Some(&(Seq(4), Seq::START)));
    assert_eq!(state.positions.get(&(lane, Topic::Authorized)), Some(&Seq(2)));
    assert_eq!(state.posted.iter().copied().collect::<Vec<_>>(), [EventId { lane, seq: Seq(2) }]);
    assert_eq!(state.outbox.len(), 2);
    for event in &events[1..3] {
        let mark = OutboxMark { topic: event.topic, sha256: event.sha256, previous: event.previous };
        assert_eq!(state.outbox.get(&event.id), Some(&mark));
    }
    assert_eq!(state.dead_letter, None);
}

pub async fn an_entry_has_room_for_several_postings(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 100)).await;
    let entry = scribe.changes_of(&scribe.unposted().await).entries.remove(0);
    let account =
        |number: i64| AccountId::new(AccountCode::MerchantPending, &format!("M{number}"), Currency::KRW);
    let postings = (1..=20).map(|number| {
        let layer = if number % 2 == 0 { Layer::Hold } else { Layer::Posted };
        let amount = Money::new(i64::MAX - number, Currency::KRW);
        Posting::new(layer, account(number), account(number + 1), amount).unwrap()
    });
    let journal = JournalEntry::new(entry.entry.id, payment.id, entry.entry.occurred_at, postings.collect());
    let entry = PostedEntry { entry: journal.unwrap(), ..entry };
    commit(&scribe, &PostingChanges { entries: vec![entry.clone()], ..PostingChanges::default() })
        .await
        .unwrap();
    assert_eq!(scribe.snapshot().await.journal_find(entry.entry.id).await.unwrap(), Some(entry));
}

pub(super) async fn commit(scribe: &Scribe, changes: &PostingChanges) -> Result<(), StoreError> {
    let posting = scribe.store.posting_open(&PostingScope::default()).await.unwrap();
    posting.commit(changes).await
}
