//! What operators did: one row an act, committed with what it changed.

use domain::{
    id::{DeadLetterId, PaymentId},
    operator::Role,
    time::Timestamp,
};

/// Who acts, why, and by which call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorAct {
    /// Who: an operator, or `local` where nobody has to log in.
    pub actor: Box<str>,
    /// As what.
    pub role: Role,
    /// Why; a discard needs one.
    pub reason: Option<Box<str>>,
    /// The call.
    pub request_id: Box<str>,
}

impl OperatorAct {
    /// The row that says that `action` was done to `object` and what came of it.
    pub fn did(&self, action: &str, object: impl Into<Box<str>>, outcome: &str, at: Timestamp) -> AuditEntry {
        AuditEntry {
            actor: self.actor.clone(),
            role: Some(self.role),
            action: action.into(),
            object: object.into(),
            reason: self.reason.clone(),
            outcome: Some(outcome.into()),
            request_id: self.request_id.clone(),
            at,
        }
    }
}

/// Who did what, and why. Append-only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Who: an operator, or `local` where nobody has to log in.
    pub actor: Box<str>,
    /// As what; `None` for the command line beside the server, and for rows older than roles.
    pub role: Option<Role>,
    /// What, e.g. `dead_letter.redrive`.
    pub action: Box<str>,
    /// To what, e.g. `dead_letter/17`.
    pub object: Box<str>,
    /// Why.
    pub reason: Option<Box<str>>,
    /// What came of it, e.g. `done`.
    pub outcome: Option<Box<str>>,
    /// The call.
    pub request_id: Box<str>,
    /// When.
    pub at: Timestamp,
}

/// Which rows of the audit log. All conditions hold at once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// Only by this operator.
    pub actor: Option<Box<str>>,
    /// Only this act.
    pub action: Option<Box<str>>,
    /// Only to this.
    pub object: Option<Box<str>>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// How the audit log names a payment.
pub fn payment_object(payment: PaymentId) -> Box<str> {
    format!("payment/{payment}").into()
}

/// How the audit log names a dead letter.
pub fn dead_letter_object(letter: DeadLetterId) -> Box<str> {
    format!("dead_letter/{letter}").into()
}
