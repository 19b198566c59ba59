//! The transaction over all operators that every use case is.

use domain::id::{OperatorId, OperatorName};

use super::OperatorRefusal;
use crate::ports::{
    Operator, OperatorBatch, OperatorChanges, OperatorKeys, OperatorState, Store, StoreError,
};

/// An open transaction and what it found.
pub(super) struct Desk {
    batch: Box<dyn OperatorBatch>,
    pub(super) state: OperatorState,
}

impl Desk {
    pub(super) async fn open(store: &dyn Store, keys: &OperatorKeys) -> Result<Self, StoreError> {
        let mut batch = store.operators_open(keys).await?;
        let state = batch.take_state();
        Ok(Self { batch, state })
    }

    pub(super) fn named(&self, name: &OperatorName) -> Result<Operator, OperatorRefusal> {
        self.find(name).ok_or(OperatorRefusal::NotFound)
    }

    pub(super) fn find(&self, name: &OperatorName) -> Option<Operator> {
        self.state.operators.iter().find(|operator| operator.name == *name).cloned()
    }

    /// Whether anybody may say who else may.
    pub(super) fn has_admin(&self) -> bool {
        self.state.operators.iter().any(Operator::is_admin)
    }

    /// The number of an operator that is added.
    pub(super) fn next_id(&self) -> OperatorId {
        let highest = self.state.operators.iter().map(|operator| operator.id).max();
        let next = highest.and_then(|id| OperatorId::new(id.get().saturating_add(1)));
        // Nobody has added 2^53 operators.
        next.or_else(|| OperatorId::new(1)).unwrap_or_else(|| unreachable!("one is a number"))
    }

    pub(super) async fn commit(self, changes: OperatorChanges) -> Result<(), OperatorRefusal> {
        Ok(self.batch.commit(&changes).await?)
    }
}

/// How the audit log names an operator.
pub(super) fn object(operator: &Operator) -> Box<str> {
    format!("operator/{}", operator.name).into()
}
