//! What can be seen of the platform from outside while it runs.

pub mod logs;
pub mod metrics;
pub mod traces;
pub mod whose;
