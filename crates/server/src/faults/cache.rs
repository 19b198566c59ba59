//! A cache that can be away.

use std::{io, sync::Arc};

use async_trait::async_trait;
use domain::id::MerchantId;
use engine::ports::{
    Admission, Admitted, Cache, CacheError, CachedAnswer, Charge, IdempotencyScope, Limit, LimitAction,
    LimitState,
};

use super::Faults;

/// Any cache, with a switch in front of it.
pub struct FaultyCache {
    inner: Arc<dyn Cache>,
    faults: Arc<Faults>,
}

impl FaultyCache {
    /// `inner`, as the switches say.
    pub fn new(inner: Arc<dyn Cache>, faults: Arc<Faults>) -> Self {
        Self { inner, faults }
    }

    fn reach(&self) -> Result<&dyn Cache, CacheError> {
        if self.faults.get().cache_off {
            return Err(CacheError { source: Box::new(io::Error::other("switched off in the Lab")) });
        }
        Ok(self.inner.as_ref())
    }
}

#[async_trait]
impl Cache for FaultyCache {
    async fn admit(&self, admission: Admission<'_>) -> Result<Admitted, CacheError> {
        self.reach()?.admit(admission).await
    }

    async fn give_back(&self, charge: &Charge) -> Result<(), CacheError> {
        self.reach()?.give_back(charge).await
    }

    async fn remember(&self, scope: &IdempotencyScope, answer: CachedAnswer) -> Result<(), CacheError> {
        self.reach()?.remember(scope, answer).await
    }

    async fn limit_state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
    ) -> Result<LimitState, CacheError> {
        self.reach()?.limit_state(merchant, action, limit).await
    }
}
