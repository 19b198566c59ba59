//! The committer's transaction: loads under the lane locks, writes everything, commits, and knows whether it did.

mod fate;
mod load;
mod write;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::id::Lane;
use engine::ports::{Batch, BatchKeys, Changes, Loaded, StoreError};
use tokio::time::Instant;

pub(super) use self::load::key_hash;
use self::{
    fate::{Fate, fate_of},
    load::{KeyPlaces, Questions, load_holder},
};
use super::{error::in_lane, pool::Pool, script::Script, session::Session};

/// What all batches of a store share.
#[derive(Clone)]
pub(super) struct Committing {
    pub(super) pool: Arc<Pool>,
    pub(super) lanes: u16,
    pub(super) instance: u128,
    pub(super) fate_timeout: Duration,
}

/// An open batch.
pub(super) struct MariadbBatch {
    session: Session,
    committing: Committing,
    loaded: Option<Loaded>,
    places: KeyPlaces,
}

impl MariadbBatch {
    /// Locks the lanes and loads what `keys` names. `script` holds what precedes the transaction.
    pub(super) async fn open(
        committing: Committing,
        lanes: &[Lane],
        keys: &BatchKeys,
        script: Script,
    ) -> Result<Self, StoreError> {
        let questions = Questions::of(keys, lanes, committing.lanes, script);
        let (mut session, sets) = committing.pool.begin("open batch", questions.sql()).await?;
        let (mut loaded, places, collided) = questions.read(&sets)?;
        for order in collided {
            load_holder(&mut session, order, committing.lanes, &mut loaded).await?;
        }
        Ok(Self { session, committing, loaded: Some(loaded), places })
    }
}

#[async_trait]
impl Batch for MariadbBatch {
    fn take_loaded(&mut self) -> Loaded {
        self.loaded.take().unwrap_or_else(|| Loaded {
            clock: Default::default(),
            lanes: Vec::new(),
            idempotency: Default::default(),
            payments: Default::default(),
            orders: Default::default(),
            attempts: Default::default(),
        })
    }

    async fn commit(self: Box<Self>, changes: &Changes) -> Result<(), StoreError> {
        let Self { mut session, committing, mut places, .. } = *self;
        let is_galera = session.is_galera();
        let written = write::write(&mut session, changes, &mut places, committing.lanes).await;
        written.map_err(|error| if is_galera { in_lane(error) } else { error })?;
        let sent = Instant::now();
        let Err(failure) = session.finish(&write::closing(changes, committing.instance)).await else {
            return Ok(());
        };
        // Its transaction, if it is still open, ends with its connection: nobody could be told about it.
        drop(session);
        if failure.rolled_back() {
            return Err(failure.sort("commit batch"));
        }
        tracing::warn!(?failure, "a commit brought no answer; asking what became of it");
        let until = sent + committing.fate_timeout;
        match fate_of(&committing.pool, changes, committing.instance, until).await {
            Some(Fate::Committed) => Ok(()),
            Some(Fate::RolledBack) => Err(failure.sort("commit batch")),
            None => Err(StoreError::UnknownOutcome { source: failure.into_source() }),
        }
    }
}
