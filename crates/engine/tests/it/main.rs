//! The engine over the real embedded store, cache and log: races, crashes of single parts, time, faults.
//!
//! Every test ends in [`app::App::finish`], which drains the pipeline and audits the books: each event posted once, balances
//! equal to the entries, nothing parked that the test did not park.

mod app;
mod clocks;
mod expiry;
mod faults;
mod kafka;
mod limits;
mod payments;
mod pipeline;
mod proofs;
mod races;
mod remote;
mod retention;
