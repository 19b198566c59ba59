//! Callers who write down what they asked and were told, and the audit that holds the platform to it.
//!
//! The server's word counts only where it is compared with their log.

mod audit;
mod caller;
mod crowd;
mod judge;
mod random;
mod replicas;

pub(crate) use self::{
    audit::Audit,
    caller::{Caller, Log},
    crowd::Crowd,
    judge::{Judge, STEP_LIMIT},
    random::Random,
    replicas::{Phase, Replicas},
};
