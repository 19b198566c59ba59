//! The embedded log on a real store: the suite of every broker, and what is promised of this one only.

mod embedded;
#[cfg(feature = "kafka")]
mod kafka;
mod log;

testkit::broker_suite!(log::log);
