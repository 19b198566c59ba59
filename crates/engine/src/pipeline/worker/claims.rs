//! What this worker may post: its claims on partitions, and how far each has come.

use std::collections::{BTreeSet, HashMap};

use domain::event::Topic;

use crate::ports::{Delivery, PartitionClaim, PartitionFence, PartitionProgress};

/// The claims this worker posts under.
#[derive(Default)]
pub(super) struct Claims(HashMap<(Topic, i32), PartitionClaim>);

impl Claims {
    pub(super) fn new(claims: Vec<PartitionClaim>) -> Self {
        debug_assert!(claims.iter().all(|claim| claim.epoch > 0), "a claim has begun an epoch");
        Self(claims.into_iter().map(|claim| ((claim.topic, claim.partition), claim)).collect())
    }

    /// Where to read on.
    pub(super) fn progress(&self) -> Vec<PartitionProgress> {
        let known = self.0.values().filter_map(|claim| {
            let next_offset = claim.next_offset?;
            Some(PartitionProgress { topic: claim.topic, partition: claim.partition, next_offset })
        });
        known.collect()
    }

    /// The claim on one partition.
    pub(super) fn get(&self, topic: Topic, partition: i32) -> Option<&PartitionClaim> {
        self.0.get(&(topic, partition))
    }

    /// What a delivery may be posted under; `None` when it holds a partition that was not claimed.
    pub(super) fn fences_of(&self, delivery: &Delivery) -> Option<Vec<PartitionFence>> {
        let partitions: BTreeSet<(Topic, i32)> =
            delivery.progress.iter().map(|progress| (progress.topic, progress.partition)).collect();
        partitions.iter().map(|partition| self.0.get(partition).map(PartitionClaim::fence)).collect()
    }

    /// Remembers how far the store is now.
    pub(super) fn advance(&mut self, progress: &[PartitionProgress]) {
        for one in progress {
            if let Some(claim) = self.0.get_mut(&(one.topic, one.partition)) {
                claim.next_offset = Some(one.next_offset);
            }
        }
    }
}
