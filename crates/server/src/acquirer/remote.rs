//! The client of `swelite simulator`: an acquirer behind a connection that can be slow, fail, or lose its answers.
//!
//! Invariant: what was not said in so many words is unknown. Only an explicit refusal (422) means "not charged"; a timeout, a
//! reset, a 5xx or a body that cannot be read may hide an approval. A connection that could not be made is unknown too: the
//! resolver asks again under the same attempt id and loses nothing by it.

use async_trait::async_trait;
use domain::{
    id::AttemptId,
    payment::{DeclineCode, Verdict},
};
use engine::ports::{Acquirer, AcquirerDecision, AcquirerRequest, Inquiry};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Answer, HttpClient};

/// The simulator behind a connection.
#[derive(Clone, Debug)]
pub struct SimulatorClient {
    client: HttpClient,
}

impl SimulatorClient {
    /// The simulator `client` talks to; the client's timeout is the acquirer's deadline.
    pub fn new(client: HttpClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Acquirer for SimulatorClient {
    fn name(&self) -> &str {
        "simulator"
    }

    fn id(&self) -> &str {
        "simulator-remote"
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn decide_at_once(&self, _request: &AcquirerRequest) -> Option<AcquirerDecision> {
        None
    }

    async fn send(&self, request: &AcquirerRequest) -> AcquirerDecision {
        let body = json!({
            "attemptId": request.attempt.to_string(),
            "operation": request.operation.as_str(),
            "paymentId": request.payment.get(),
            "amount": request.amount.minor_units,
            "currency": request.amount.currency.code(),
            "token": request.token.as_ref().map(|token| token.as_str()),
        });
        match self.client.post("/attempts", &body).await {
            Ok(answer) => {
                verdict(&answer, request.attempt).map_or(AcquirerDecision::Unknown, AcquirerDecision::Known)
            }
            Err(error) => {
                tracing::warn!(attempt.id = %request.attempt, error = %error, "acquirer gave no answer");
                AcquirerDecision::Unknown
            }
        }
    }

    async fn inquire(&self, attempt: AttemptId) -> Inquiry {
        match self.client.get(&format!("/attempts/{attempt}")).await {
            // At worst the request is sent again under the same id, which is one request.
            Ok(answer) if answer.status == 404 => Inquiry::NoSuchAttempt,
            Ok(answer) => verdict(&answer, attempt).map_or(Inquiry::Unknown, Inquiry::Known),
            Err(error) => {
                tracing::warn!(attempt.id = %attempt, error = %error, "acquirer gave no answer to an inquiry");
                Inquiry::Unknown
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    attempt_id: Option<Box<str>>,
    outcome: Box<str>,
    decline_code: Option<Box<str>>,
}

/// What it said about `attempt`, if it said so: the right status, the right attempt, a word that is understood.
fn verdict(answer: &Answer, attempt: AttemptId) -> Option<Verdict> {
    let said: Said = serde_json::from_slice(&answer.body).ok()?;
    if said.attempt_id.is_some_and(|id| id.parse() != Ok(attempt)) {
        return None;
    }
    match (answer.status, &*said.outcome) {
        (200, "approved") => Some(Verdict::Approved),
        (200, "declined") => {
            let code: Option<DeclineCode> = said.decline_code.and_then(|code| code.parse().ok());
            Some(Verdict::Declined(code.unwrap_or(DeclineCode::GenericDecline)))
        }
        (422, "refused") => Some(Verdict::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    const ATTEMPT: AttemptId = AttemptId(7);

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.to_owned().into() }
    }

    fn said(outcome: &str) -> String {
        format!(r#"{{"attemptId":"{ATTEMPT}","outcome":"{outcome}"}}"#)
    }

    #[test]
    fn only_what_was_said_in_so_many_words_is_known() {
        assert_eq!(verdict(&answer(200, &said("approved")), ATTEMPT), Some(Verdict::Approved));
        assert_eq!(verdict(&answer(422, &said("refused")), ATTEMPT), Some(Verdict::Refused));
        for unclear in [
            answer(503, &said("approved")),
            answer(500, &said("refused")),
            answer(200, &said("refused")),
            answer(422, &said("approved")),
            answer(200, &said("maybe")),
            answer(200, "<html>"),
            answer(200, ""),
            answer(422, ""),
        ] {
            assert_eq!(verdict(&unclear, ATTEMPT), None, "{unclear:?}");
        }
        assert_eq!(verdict(&answer(200, &said("approved")), AttemptId(8)), None);
    }
}
