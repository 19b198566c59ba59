//! What operators did with one payment: the rows of the audit log about it and about its dead letters.

use domain::{
    id::{EventId, Lane, PaymentId, Seq},
    time::Timestamp,
};

use super::history::{History, step};
use crate::ports::{
    AuditEntry, AuditFilter, DeadLetter, Snapshot, StoreError, dead_letter_object, payment_object,
};

/// Acts on one thing that are shown at most.
const ACTS_MAX: usize = 200;

/// The moments a page of a payment's history is about. Pages follow each other without a gap and without an overlap, whatever
/// the clocks of the replicas say: one ends where the next begins, at the moment of the same event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Between {
    /// At or after.
    from: Option<Timestamp>,
    /// Before.
    to: Option<Timestamp>,
}

impl Between {
    /// For a page that began at `from`.
    pub(super) async fn of(
        snapshot: &mut dyn Snapshot,
        history: &History,
        lane: Lane,
        from: Option<Seq>,
    ) -> Result<Self, StoreError> {
        // An act of the same moment as an event stands under it: on the page the event is on.
        let after = |at: Timestamp| at.plus_ms(1);
        let first = history.steps.first().filter(|_| from.is_some());
        let to = first.and_then(|step| step.occurred_at());
        let next = match history.next {
            Some(seq) => step(snapshot, EventId { lane, seq }).await?.occurred_at(),
            None => None,
        };
        Ok(Self { from: next.map(after), to: to.map(after) })
    }
}

/// The acts of these moments, newest first.
pub(super) async fn acts(
    snapshot: &mut dyn Snapshot,
    payment: PaymentId,
    letters: &[DeadLetter],
    Between { from, to }: Between,
) -> Result<Vec<AuditEntry>, StoreError> {
    let objects = letters.iter().map(|letter| dead_letter_object(letter.id));
    let mut found = Vec::new();
    for object in std::iter::once(payment_object(payment)).chain(objects) {
        let filter = AuditFilter { object: Some(object), from, to, ..AuditFilter::default() };
        found.extend(snapshot.audit_list(&filter, None, ACTS_MAX).await?.rows);
    }
    // Of one moment: as they were found, newest first.
    found.sort_by_key(|act| std::cmp::Reverse(act.at));
    Ok(found)
}
