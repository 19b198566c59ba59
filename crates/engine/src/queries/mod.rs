//! What is read of the books: pure folds over what a snapshot holds. Nothing here writes, decides, or knows the wire.
//!
//! Where to look: [`history`] walks one payment's events backwards; [`timeline`] and [`flow`] tell its story; [`accounts`] and
//! [`trial_balance`] read the ledger, [`statement`] one account of it; [`pipeline_status`] says what waits, [`whereabouts`] what
//! became of each event; [`lanes`] merges lists of several lanes.

pub mod accounts;
mod acts;
pub mod flow;
pub mod handled;
pub mod history;
pub mod lanes;
pub mod pipeline_status;
pub mod statement;
pub mod timeline;
pub mod trial_balance;
pub mod whereabouts;
