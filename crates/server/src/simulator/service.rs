//! The simulator's four routes.

use std::{sync::Arc, time::Duration};

use axum::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use domain::id::AttemptId;
use futures_util::stream;
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use serde::Serialize;
use serde_json::json;

use super::{
    attempt::{Attempt, AttemptRequest, Outcome},
    journal::{Journal, JournalError, Recorded},
    settings::{FaultBox, Faults},
};
use crate::acquirer::test_token::{TestOutcome, outcome};

/// The largest request that is read.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Attempts a piece of the list.
const LIST_CHUNK: usize = 1000;

type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// The connection is dropped without an answer, on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the answer was lost on purpose")]
pub(super) struct AnswerLost;

/// The simulator's four routes.
#[derive(Debug)]
pub(super) struct Service {
    journal: Arc<Journal>,
    faults: FaultBox,
}

impl Service {
    pub(super) fn new(journal: Journal, faults: Faults, seed: u64) -> Self {
        Self { journal: Arc::new(journal), faults: FaultBox::new(faults, seed) }
    }

    pub(super) fn attempt_count(&self) -> usize {
        self.journal.len()
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, AnswerLost> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().trim_end_matches('/');
        match (head.method, path) {
            (Method::POST, "/attempts") => self.attempt(body).await,
            (Method::GET, "/attempts") => Ok(self.list()),
            (Method::GET, "/settings") => Ok(reply(StatusCode::OK, &self.faults.get())),
            (Method::PUT, "/settings") => Ok(self.change_settings(body).await),
            (Method::GET, "/healthz") => Ok(reply(StatusCode::OK, &json!({"status": "ok"}))),
            (Method::GET, path) => Ok(self.inquire(path)),
            _ => Ok(refuse(StatusCode::NOT_FOUND, "no such route")),
        }
    }

    async fn attempt(&self, body: Incoming) -> Result<Response<Body>, AnswerLost> {
        let request: AttemptRequest = match read(body).await {
            Ok(request) => request,
            Err(message) => return Ok(refuse(StatusCode::BAD_REQUEST, &message)),
        };
        if self.faults.fails() {
            return Ok(refuse(StatusCode::SERVICE_UNAVAILABLE, "failed on purpose before deciding"));
        }
        let (asked, silent) = decide(request);
        let answer = match self.journal.record(asked.clone()).await {
            Ok(Recorded::New) if silent => std::future::pending().await,
            Ok(Recorded::New) => outcome_reply(&asked),
            Ok(Recorded::Known(known)) if known.asks_the_same(&asked) => outcome_reply(&known),
            Ok(Recorded::Known(_)) => {
                refuse(StatusCode::CONFLICT, "this attempt id was used for another request")
            }
            Err(error) => return Ok(unavailable(&error)),
        };
        let delay = self.faults.delay();
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        if self.faults.loses_answer() { Err(AnswerLost) } else { Ok(answer) }
    }

    fn inquire(&self, path: &str) -> Response<Body> {
        let id: Option<AttemptId> = path.strip_prefix("/attempts/").and_then(|id| id.parse().ok());
        let Some(id) = id else { return refuse(StatusCode::NOT_FOUND, "no such route") };
        match self.journal.find(id) {
            Some(attempt) => outcome_reply(&attempt),
            None => {
                let body = json!({"attemptId": id.to_string(), "outcome": "no_such_attempt"});
                reply(StatusCode::NOT_FOUND, &body)
            }
        }
    }

    fn list(&self) -> Response<Body> {
        let chunks = stream::unfold((Arc::clone(&self.journal), 0), |(journal, place)| async move {
            let attempts = journal.range(place, LIST_CHUNK);
            let next = place + attempts.len();
            let lines: String = attempts.iter().map(|attempt| json!(attempt).to_string() + "\n").collect();
            (!attempts.is_empty()).then(|| (Ok(Frame::data(Bytes::from(lines))), (journal, next)))
        });
        let mut response = Response::new(StreamBody::new(chunks).boxed_unsync());
        let ndjson = header::HeaderValue::from_static("application/x-ndjson");
        response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
        response
    }

    async fn change_settings(&self, body: Incoming) -> Response<Body> {
        match read(body).await {
            Ok(change) => match self.faults.change(change) {
                Ok(faults) => reply(StatusCode::OK, &faults),
                Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
            },
            Err(message) => refuse(StatusCode::BAD_REQUEST, &message),
        }
    }
}

/// What a request comes to, and whether nobody is told the first time.
fn decide(request: AttemptRequest) -> (Attempt, bool) {
    let decided = outcome(request.operation, request.token.as_deref());
    let (outcome, decline_code) = match decided {
        TestOutcome::Approve | TestOutcome::ApproveInSilence => (Outcome::Approved, None),
        TestOutcome::Decline(code) => (Outcome::Declined, Some(code)),
        TestOutcome::Refuse => (Outcome::Refused, None),
    };
    let AttemptRequest { attempt_id, operation, payment_id, amount, currency, .. } = request;
    let attempt = Attempt { attempt_id, operation, payment_id, amount, currency, outcome, decline_code };
    (attempt, decided == TestOutcome::ApproveInSilence)
}

fn outcome_reply(attempt: &Attempt) -> Response<Body> {
    let status = match attempt.outcome {
        Outcome::Approved | Outcome::Declined => StatusCode::OK,
        Outcome::Refused => StatusCode::UNPROCESSABLE_ENTITY,
    };
    reply(status, attempt)
}

fn unavailable(error: &JournalError) -> Response<Body> {
    refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
}

fn refuse(status: StatusCode, message: &str) -> Response<Body> {
    reply(status, &json!({ "message": message }))
}

fn reply<T: Serialize>(status: StatusCode, body: &T) -> Response<Body> {
    let body = serde_json::to_vec(body).expect("these types have no key that is not a string");
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

async fn read<T: serde::de::DeserializeOwned>(body: Incoming) -> Result<T, String> {
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())
}
