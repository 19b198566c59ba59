//! In demo mode, the Lab's switches in front of each part that can be away, slow or wrong; else the part itself.

use std::sync::Arc;

use engine::ports::{Acquirer, Broker, Cache};

use crate::faults::{Faults, FaultyAcquirer, FaultyBroker, FaultyCache};

pub(super) fn acquirer(faults: Option<&Arc<Faults>>, acquirer: Arc<dyn Acquirer>) -> Arc<dyn Acquirer> {
    match faults {
        Some(faults) => Arc::new(FaultyAcquirer::new(acquirer, Arc::clone(faults))),
        None => acquirer,
    }
}

pub(super) fn broker(faults: Option<&Arc<Faults>>, broker: Arc<dyn Broker>) -> Arc<dyn Broker> {
    match faults {
        Some(faults) => Arc::new(FaultyBroker::new(broker, Arc::clone(faults))),
        None => broker,
    }
}

pub(super) fn cache(faults: Option<&Arc<Faults>>, cache: Arc<dyn Cache>) -> Arc<dyn Cache> {
    match faults {
        Some(faults) => Arc::new(FaultyCache::new(cache, Arc::clone(faults))),
        None => cache,
    }
}
