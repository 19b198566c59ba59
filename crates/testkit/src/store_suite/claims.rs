//! Relay leases and partition claims.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::time::Duration;

use domain::{
    event::Topic,
    id::{Lane, Seq},
    operator::Role,
};
use engine::ports::{
    AuditEntry, AuditFilter, Clock, InstanceId, LogId, PartitionFence, PartitionProgress, PostingChanges,
    PostingScope, RelayLease, StoreError,
};

use super::{Scribe, StoreUnderTest, postings::commit};

/// Long enough that a store with a clock of its own does not see it end.
const LEASE: Duration = Duration::from_secs(60);

/// What a store with a clock of its own sees end at once.
const NO_LEASE: Duration = Duration::ZERO;

const LANE: Lane = Lane(0);

pub async fn a_lane_is_published_by_one_at_a_time(it: &StoreUnderTest) {
    let first = claim(it, LANE, 1).await.unwrap();
    assert_eq!(first, RelayLease { lane: LANE, epoch: 1, position: Seq::START });
    assert_eq!(claim(it, LANE, 2).await, None);
    assert_eq!(claim(it, LANE, 1).await, Some(first), "its holder renews it under the same epoch");
    let stored = Scribe::new(it).snapshot().await.relay_list().await.unwrap().remove(0);
    assert_eq!((stored.owner, stored.epoch, stored.log), (Some(InstanceId(1)), 1, log("a")));
    let unknown = it.store.relay_claim(Lane(u16::MAX), &log("a"), InstanceId(1), LEASE).await;
    assert!(matches!(unknown, Err(StoreError::Statement { .. })));
}

pub async fn a_lease_that_ran_out_is_taken_over(it: &StoreUnderTest) {
    let lost = it.store.relay_claim(LANE, &log("a"), InstanceId(1), NO_LEASE).await.unwrap().unwrap();
    let taken = claim(it, LANE, 2).await.unwrap();
    assert_eq!((lost.epoch, taken.epoch), (1, 2));
    assert!(!moved(it, lost, 1).await, "the epoch has moved on");
    it.store.relay_release(&lost).await.unwrap();
    assert_eq!(claim(it, LANE, 1).await, None, "what was lost cannot be given up");
    assert!(moved(it, taken, 1).await);
}

pub async fn a_lease_given_up_is_free_at_once(it: &StoreUnderTest) {
    let first = claim(it, LANE, 1).await.unwrap();
    assert!(moved(it, first, 7).await);
    it.store.relay_release(&first).await.unwrap();
    assert_eq!(Scribe::new(it).snapshot().await.relay_list().await.unwrap()[0].owner, None);
    assert_eq!(claim(it, LANE, 2).await, Some(RelayLease { lane: LANE, epoch: 2, position: Seq(7) }));
}

pub async fn a_relay_position_moves_from_where_it_was_read(it: &StoreUnderTest) {
    let lease = claim(it, LANE, 1).await.unwrap();
    assert!(moved(it, lease, 5).await);
    assert!(!moved(it, lease, 6).await, "it stands at 5, not at 0");
    let further = RelayLease { position: Seq(5), ..lease };
    assert!(moved(it, further, 6).await);
    assert_eq!(claim(it, LANE, 1).await.unwrap().position, Seq(6));
}

pub async fn a_relay_position_is_lowered_and_never_raised(it: &StoreUnderTest) {
    let rewind = async |to| it.store.relay_rewind(LANE, Seq(to), &audit(it)).await.unwrap();
    assert_eq!(rewind(3).await, None, "no relay has ever taken the lane");
    let lease = claim(it, LANE, 1).await.unwrap();
    assert!(moved(it, lease, 9).await);
    assert_eq!(rewind(12).await, Some(Seq(9)));
    assert_eq!(rewind(4).await, Some(Seq(4)));
    let stale = RelayLease { position: Seq(9), ..lease };
    assert!(!moved(it, stale, 10).await, "what is on its way does not undo it");
    let log = Scribe::new(it).snapshot().await.audit_list(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(log.rows, [audit(it), audit(it)]);
}

pub async fn a_new_log_is_published_to_from_the_beginning(it: &StoreUnderTest) {
    let lease = claim(it, LANE, 1).await.unwrap();
    assert!(moved(it, lease, 9).await);
    let other = it.store.relay_claim(LANE, &log("b"), InstanceId(1), LEASE).await.unwrap().unwrap();
    assert_eq!(other, RelayLease { lane: LANE, epoch: 2, position: Seq::START });
}

pub async fn a_posting_lowers_the_relay_position(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let rewound = |to| PostingChanges { rewinds: vec![(LANE, Seq(to))], ..PostingChanges::default() };
    commit(&scribe, &rewound(3)).await.unwrap();
    let lease = claim(it, LANE, 1).await.unwrap();
    assert!(moved(it, lease, 9).await);
    for (to, position) in [(20, 9), (4, 4), (6, 4)] {
        commit(&scribe, &rewound(to)).await.unwrap();
        assert_eq!(claim(it, LANE, 1).await.unwrap().position, Seq(position));
    }
}

pub async fn the_partition_count_is_stored_once(it: &StoreUnderTest) {
    assert_eq!(Scribe::new(it).snapshot().await.platform().await.unwrap().partitions, None);
    assert!(matches!(it.store.partition_count(0).await, Err(StoreError::Statement { .. })));
    for wanted in [6, 12, 1] {
        assert_eq!(it.store.partition_count(wanted).await.unwrap(), 6);
    }
    assert_eq!(Scribe::new(it).snapshot().await.platform().await.unwrap().partitions, Some(6));
}

pub async fn a_claim_fences_the_claim_before_it(it: &StoreUnderTest) {
    let partitions = [(Topic::Captured, 2), (Topic::Authorized, 2)];
    let first = it.store.partition_claim(&log("a"), InstanceId(1), &partitions).await.unwrap();
    let claimed: Vec<_> = first.iter().map(|claim| (claim.topic, claim.partition)).collect();
    assert_eq!(claimed, partitions, "each in the place it was asked for");
    let open = async |partitions| {
        it.store.posting_open(&PostingScope { partitions, ..PostingScope::default() }).await.map(drop)
    };
    let fences: Vec<PartitionFence> = first.iter().map(|claim| claim.fence()).collect();
    open(fences.clone()).await.unwrap();
    it.store.partition_claim(&log("a"), InstanceId(1), &partitions[..1]).await.unwrap();
    assert!(fenced(open(fences.clone()).await), "one of them is not the latest");
    open(fences[1..].to_vec()).await.unwrap();
    let unclaimed = PartitionFence { topic: Topic::Captured, partition: 3, epoch: 1 };
    assert!(fenced(open(vec![unclaimed]).await));
}

pub async fn a_claim_resumes_where_the_latest_posting_stood(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let partitions = [(Topic::Captured, 0), (Topic::Captured, 1)];
    let first = it.store.partition_claim(&log("a"), InstanceId(1), &partitions).await.unwrap();
    assert_eq!(
        first.iter().map(|claim| (claim.epoch, claim.next_offset)).collect::<Vec<_>>(),
        [(1, None); 2]
    );
    commit(&scribe, &progress(Topic::Captured, 1, 77)).await.unwrap();
    let second = it.store.partition_claim(&log("a"), InstanceId(2), &partitions).await.unwrap();
    let resumed: Vec<_> = second.iter().map(|claim| (claim.epoch, claim.next_offset)).collect();
    assert_eq!(resumed, [(2, None), (2, Some(77))]);
    let stored = scribe.snapshot().await.partition_list().await.unwrap();
    assert_eq!(stored.iter().map(|row| row.claim).collect::<Vec<_>>(), second);
    assert!(stored.iter().all(|row| (row.owner, &row.log) == (InstanceId(2), &log("a"))));
}

pub async fn offsets_of_another_log_are_forgotten(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let claim = async |name| {
        let claims =
            it.store.partition_claim(&log(name), InstanceId(1), &[(Topic::Voided, 0)]).await.unwrap();
        (claims[0].epoch, claims[0].next_offset)
    };
    claim("a").await;
    commit(&scribe, &progress(Topic::Voided, 0, 77)).await.unwrap();
    assert_eq!(claim("b").await, (2, None), "and whoever still reads the other log is fenced");
    assert_eq!(claim("a").await, (3, None));
}

pub async fn the_platform_says_what_it_is(it: &StoreUnderTest) {
    let platform = Scribe::new(it).snapshot().await.platform().await.unwrap();
    assert_eq!(platform.lanes, it.store.lane_count());
    assert_ne!(platform.timeline, [0; 16]);
}

/// Moves a relay position; whether it moved.
pub(super) async fn moved(it: &StoreUnderTest, held: RelayLease, to: u64) -> bool {
    it.store.relay_move(&[(held, Seq(to))], LEASE).await.unwrap()[0]
}

/// Claims a lane for a replica, for a while.
pub(super) async fn claim(it: &StoreUnderTest, lane: Lane, owner: u128) -> Option<RelayLease> {
    it.store.relay_claim(lane, &log("a"), InstanceId(owner), LEASE).await.unwrap()
}

fn log(name: &str) -> LogId {
    LogId(name.into())
}

fn progress(topic: Topic, partition: i32, next_offset: i64) -> PostingChanges {
    let partitions = vec![PartitionProgress { topic, partition, next_offset }];
    PostingChanges { partitions, ..PostingChanges::default() }
}

fn audit(it: &StoreUnderTest) -> AuditEntry {
    AuditEntry {
        actor: "operator".into(),
        role: Some(Role::Operator),
        action: "outbox.rewind".into(),
        object: "lane/0".into(),
        reason: None,
        outcome: Some("done".into()),
        request_id: "request".into(),
        at: it.clock.now(),
    }
}

fn fenced<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Fenced { .. }))
}
