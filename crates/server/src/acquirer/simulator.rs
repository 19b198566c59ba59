//! The acquirer in this process: decides at once, as a pure function of the test token, and remembers nothing.

use async_trait::async_trait;
use domain::{id::AttemptId, payment::Verdict};
use engine::ports::{Acquirer, AcquirerDecision, AcquirerRequest, Inquiry};

use super::test_token::{TestOutcome, outcome};

/// The acquirer in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simulator;

impl Simulator {
    fn decision(request: &AcquirerRequest) -> AcquirerDecision {
        let token = request.token.as_ref().map(|token| token.as_str());
        match outcome(request.operation, token) {
            TestOutcome::Approve => AcquirerDecision::Known(Verdict::Approved),
            TestOutcome::Decline(code) => AcquirerDecision::Known(Verdict::Declined(code)),
            TestOutcome::Refuse => AcquirerDecision::Known(Verdict::Refused),
            TestOutcome::ApproveInSilence => AcquirerDecision::Unknown,
        }
    }
}

#[async_trait]
impl Acquirer for Simulator {
    fn name(&self) -> &str {
        "simulator"
    }

    fn id(&self) -> &str {
        "simulator"
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn decide_at_once(&self, request: &AcquirerRequest) -> Option<AcquirerDecision> {
        Some(Self::decision(request))
    }

    async fn send(&self, request: &AcquirerRequest) -> AcquirerDecision {
        Self::decision(request)
    }

    /// Only an approval in silence is ever asked about: everything else was known at once.
    async fn inquire(&self, _attempt: AttemptId) -> Inquiry {
        Inquiry::Known(Verdict::Approved)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        id::PaymentId,
        money::{Currency, Money},
        payment::{DeclineCode, Operation},
    };

    use super::*;

    fn request(operation: Operation, token: Option<&str>) -> AcquirerRequest {
        AcquirerRequest {
            attempt: AttemptId(1),
            operation,
            payment: PaymentId::new(1).unwrap(),
            amount: Money::new(10_000, Currency::KRW),
            token: token.map(|token| token.parse().unwrap()),
        }
    }

    #[test]
    fn every_test_token_has_its_outcome() {
        let declined = |code| AcquirerDecision::Known(Verdict::Declined(code));
        for (token, expected) in [
            ("tok_approve", AcquirerDecision::Known(Verdict::Approved)),
            ("tok_decline", declined(DeclineCode::GenericDecline)),
            ("tok_insufficient_funds", declined(DeclineCode::InsufficientFunds)),
            ("tok_lost_card", declined(DeclineCode::LostCard)),
            ("tok_stolen_card", declined(DeclineCode::StolenCard)),
            ("tok_expired_card", declined(DeclineCode::ExpiredCard)),
            ("tok_incorrect_cvc", declined(DeclineCode::IncorrectCvc)),
            ("tok_processing_error", AcquirerDecision::Known(Verdict::Refused)),
            ("tok_timeout", AcquirerDecision::Unknown),
            ("tok_of_nobody", declined(DeclineCode::GenericDecline)),
        ] {
            assert_eq!(
                Simulator.decide_at_once(&request(Operation::Authorize, Some(token))),
                Some(expected),
                "{token}"
            );
        }
    }

    #[test]
    fn what_follows_an_authorization_is_approved() {
        for operation in [Operation::Capture, Operation::Void, Operation::Refund] {
            let approved = Some(AcquirerDecision::Known(Verdict::Approved));
            assert_eq!(Simulator.decide_at_once(&request(operation, None)), approved);
        }
    }

    #[tokio::test]
    async fn an_approval_in_silence_is_known_when_asked_about() {
        assert_eq!(Simulator.inquire(AttemptId(1)).await, Inquiry::Known(Verdict::Approved));
    }
}
