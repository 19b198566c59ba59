//! The payment: one intent to move money for a merchant, with its whole life.
//!
//! [`Payment::authorize`] gives birth; everything after is [`Payment::apply`]: pure, one exhaustive match over (status,
//! command). Invariant: 0 ≤ refunded ≤ captured ≤ authorized, whatever the order of commands.

mod command;
mod metadata;
mod outstanding;
mod rejection;
mod replay;
mod state;
mod transition;

pub use command::{Birth, Capture, CaptureMode, Command, Refund, Void};
pub use metadata::{Metadata, MetadataError};
pub use outstanding::{Pending, PendingOperation, Verdict};
pub use rejection::Rejection;
pub use replay::{ReplayError, ReplayStep, Replayed, Terms};
pub use state::{Closing, DeclineCode, Failure, Operation, Payment, PaymentStatus, State};
pub use transition::{Change, PaymentEvent};
