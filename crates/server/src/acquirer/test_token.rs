//! What the simulators do with each test token.

use domain::payment::{DeclineCode, Operation};

/// What a simulator does with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestOutcome {
    /// Says yes.
    Approve,
    /// Says no.
    Decline(DeclineCode),
    /// Refuses explicitly: nothing charged, the key may try again.
    Refuse,
    /// Does it, and does not answer the first time.
    ApproveInSilence,
}

/// What `operation` with `token` comes to. Only a first authorization has a token; what follows an approval is approved.
pub fn outcome(operation: Operation, token: Option<&str>) -> TestOutcome {
    let Some(token) = token.filter(|_| operation == Operation::Authorize) else {
        return TestOutcome::Approve;
    };
    match token {
        "tok_approve" => TestOutcome::Approve,
        "tok_decline" => TestOutcome::Decline(DeclineCode::GenericDecline),
        "tok_insufficient_funds" => TestOutcome::Decline(DeclineCode::InsufficientFunds),
        "tok_lost_card" => TestOutcome::Decline(DeclineCode::LostCard),
        "tok_stolen_card" => TestOutcome::Decline(DeclineCode::StolenCard),
        "tok_expired_card" => TestOutcome::Decline(DeclineCode::ExpiredCard),
        "tok_incorrect_cvc" => TestOutcome::Decline(DeclineCode::IncorrectCvc),
        "tok_processing_error" => TestOutcome::Refuse,
        "tok_timeout" => TestOutcome::ApproveInSilence,
        // No card is behind any other token.
        _ => TestOutcome::Decline(DeclineCode::GenericDecline),
    }
}
