//! Whose a log line is: the call that is being answered, known to everything that runs for it without being handed around.

use std::{fmt, sync::Arc};

use domain::id::PaymentId;

tokio::task_local! {
    static CALL: Whose;
}

/// The call that is being answered.
#[derive(Clone, Debug)]
pub struct Whose {
    /// Its id.
    pub request: Arc<str>,
    /// Its trace, sampled or not.
    pub trace: TraceId,
    /// The payment it names.
    pub payment: Option<PaymentId>,
}

/// The id of a trace, as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Runs `work` for a call: every line it logs is that call's.
pub async fn answering<F: Future>(whose: Whose, work: F) -> F::Output {
    CALL.scope(whose, work).await
}

/// The call that is being answered here, if there is one.
pub(super) fn here<T>(look: impl FnOnce(&Whose) -> T) -> Option<T> {
    CALL.try_with(look).ok()
}
