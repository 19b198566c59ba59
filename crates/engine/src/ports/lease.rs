//! Who reads and who carries what, when there are several replicas: relay leases and partition claims.
//!
//! Invariants: an epoch only ever grows, and it grows whenever somebody else takes over; so whoever was stopped for too long
//! finds its epoch gone and writes nothing. Time in a lease is the database's: replicas need not agree on the time.

use std::{fmt, str::FromStr};

use domain::{
    event::Topic,
    id::{Lane, Seq},
    time::Timestamp,
};

/// One run of one process: random, made when it starts. Names it in leases and claims.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u128);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstanceId({self})")
    }
}

impl FromStr for InstanceId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// Names one log: the embedded one, or one cluster's topics. An offset means something only together with it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogId(pub Box<str>);

impl LogId {
    /// The outbox itself.
    pub fn embedded() -> Self {
        Self("embedded".into())
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to publish one lane's events, for as long as nobody else has taken it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelayLease {
    /// Which lane.
    pub lane: Lane,
    /// Grows whenever another replica takes over.
    pub epoch: u64,
    /// Published up to here.
    pub position: Seq,
}

/// A relay row: how far a lane has been published, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayPosition {
    /// Which lane.
    pub lane: Lane,
    /// To which log.
    pub log: LogId,
    /// Published up to here.
    pub seq: Seq,
    /// Grows whenever another replica takes over.
    pub epoch: u64,
    /// Who holds the lease; nobody after a graceful stop.
    pub owner: Option<InstanceId>,
    /// Until when nobody else may take it.
    pub lease_until: Timestamp,
}

/// The right to post what one partition brings, for as long as nobody else has claimed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionClaim {
    /// Of which topic.
    pub topic: Topic,
    /// Which partition.
    pub partition: i32,
    /// Grows with every claim.
    pub epoch: u64,
    /// The offset to read next; `None` when nothing of this log has been read yet.
    pub next_offset: Option<i64>,
}

impl PartitionClaim {
    /// What a posting transaction checks before anything else.
    pub fn fence(&self) -> PartitionFence {
        PartitionFence { topic: self.topic, partition: self.partition, epoch: self.epoch }
    }
}

/// A claim as a posting transaction must find it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PartitionFence {
    /// Of which topic.
    pub topic: Topic,
    /// Which partition.
    pub partition: i32,
    /// The epoch of the claim.
    pub epoch: u64,
}

/// A partition row: who reads it, and from where on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPartition {
    /// The latest claim.
    pub claim: PartitionClaim,
    /// Of which log.
    pub log: LogId,
    /// Who claimed it.
    pub owner: InstanceId,
}
