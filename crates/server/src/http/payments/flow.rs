//! `GET /payments/{id}/flow`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    id::{DeadLetterId, EventId, JournalEntryId, PaymentId},
    time::Timestamp,
};
use engine::queries::flow::{Flow, FlowStep, Proof, flow as read};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::http::{hex, path::PathId, problem::Problem, query::Query, state::AppState};

/// Where an event of a payment is on its way to the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Flow)]
pub(super) struct FlowView {
    /// The payment.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// The event; null while the payment has caused none.
    #[schema(value_type = Option<String>)]
    event_id: Option<EventId>,
    /// Its topic.
    topic: Option<&'static str>,
    /// The six stations, in order.
    steps: Vec<StepView>,
}

/// One station.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowStep)]
struct StepView {
    /// `api`, `outbox`, `published`, `broker`, `worker` or `ledger`.
    station: &'static str,
    /// `waiting`, `running`, `done`, `retrying` or `dead`.
    state: &'static str,
    /// When it was done; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// How long after the station before it, in microseconds; null where the two are one act, or it was not measured. Stored
    /// times have milliseconds.
    duration_us: Option<i64>,
    /// What it can show for itself.
    proof: ProofView,
}

/// What a station can show for itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = FlowProof)]
enum ProofView {
    /// Nothing yet.
    None {},
    /// An acquirer call is outstanding.
    Attempt {
        /// Since when.
        #[schema(value_type = String, format = DateTime)]
        since: Timestamp,
    },
    /// The payment as it was committed.
    Payment {
        /// How many events it has caused.
        version: u32,
    },
    /// The outbox row.
    OutboxRow {
        /// Lane and place.
        #[schema(value_type = String)]
        #[serde(rename = "eventId")]
        event_id: EventId,
        /// SHA-256 of its bytes, in hex.
        sha256: String,
        /// How many bytes it has.
        #[serde(rename = "sizeBytes")]
        size_bytes: usize,
    },
    /// The outbox row's retention is over; the journal entry stands for it.
    Pruned {},
    /// The embedded log: the outbox row itself is what the worker reads, nothing is sent.
    EmbeddedLog {
        /// Its topic.
        topic: &'static str,
        /// The lane.
        partition: u16,
        /// The place in it.
        offset: u64,
    },
    /// The relay that publishes its lane.
    Relay {
        /// Everything of the lane up to here has been published and acknowledged.
        #[serde(rename = "publishedTo")]
        published_to: u64,
        /// The log it publishes to.
        log: String,
    },
    /// The worker's position.
    Position {
        /// Everything of the topic up to here has been handled.
        position: u64,
    },
    /// It was put aside.
    DeadLetter {
        /// The dead letter.
        #[schema(value_type = u64)]
        #[serde(rename = "deadLetterId")]
        dead_letter_id: DeadLetterId,
        /// `OPEN`, `HELD`, `REDRIVEN` or `DISCARDED`.
        state: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// Why it was put aside.
        message: String,
    },
    /// Its journal entry.
    JournalEntry {
        /// Which.
        #[schema(value_type = String)]
        #[serde(rename = "entryId")]
        entry_id: JournalEntryId,
        /// How many postings it has.
        postings: usize,
    },
    /// It carries no postings: there is nothing to post.
    WithoutPostings {},
}

impl ProofView {
    fn of(proof: &Proof) -> Self {
        match proof {
            Proof::None => Self::None {},
            Proof::Attempt(since) => Self::Attempt { since: *since },
            Proof::Payment { version } => Self::Payment { version: *version },
            Proof::OutboxRow(row) => {
                Self::OutboxRow { event_id: row.id, sha256: hex(&row.sha256), size_bytes: row.body.len() }
            }
            Proof::Pruned => Self::Pruned {},
            Proof::EmbeddedLog { topic, id } => {
                Self::EmbeddedLog { topic: topic.as_str(), partition: id.lane.0, offset: id.seq.0 }
            }
            Proof::Relay { position, log } => Self::Relay { published_to: position.0, log: log.to_string() },
            Proof::Position { position } => Self::Position { position: position.0 },
            Proof::DeadLetter(letter) => Self::DeadLetter {
                dead_letter_id: letter.id,
                state: letter.state.as_str(),
                attempts: letter.attempts,
                message: letter.letter.message.clone(),
            },
            Proof::Entry(entry) => {
                Self::JournalEntry { entry_id: entry.entry.id, postings: entry.entry.postings().len() }
            }
            Proof::WithoutPostings => Self::WithoutPostings {},
        }
    }
}

/// Follow a payment to the ledger
///
/// Where its latest event is, station by station, each with its proof.
#[utoipa::path(
    get,
    path = "/payments/{id}/flow",
    tag = "payments",
    operation_id = "getFlow",
    params(
        ("id" = u64, Path, description = "The payment's number"),
        ("merchantId" = Option<String>, Query, description = "Only if it is this merchant's"),
        ("eventId" = Option<String>, Query, description = "Of this event of the payment (the latest)"),
    ),
    responses(
        (status = 200, description = "The stations", body = FlowView),
    )
)]
pub(super) async fn flow(
    State(app): State<AppState>,
    PathId(id): PathId<PaymentId>,
    RawQuery(query): RawQuery,
) -> Result<Json<FlowView>, Problem> {
    let mut query = Query::new(query.as_deref());
    let merchant = query.merchant();
    let event: Option<EventId> = query.parsed("eventId");
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let payment = find(snapshot.as_mut(), id, merchant).await?;
    let lane = id.lane(app.store.lane_count());
    let flow = read(snapshot.as_mut(), &payment, lane, event).await?;
    let flow =
        flow.ok_or_else(|| Problem { payment: Some(id), ..Problem::not_found("event of this payment") })?;
    Ok(Json(view(id, &flow)))
}

fn view(payment_id: PaymentId, flow: &Flow) -> FlowView {
    FlowView {
        payment_id,
        event_id: flow.event,
        topic: flow.topic.map(domain::event::Topic::as_str),
        steps: flow.steps.iter().map(step).collect(),
    }
}

fn step(step: &FlowStep) -> StepView {
    StepView {
        station: step.station.as_str(),
        state: step.progress.as_str(),
        at: step.at,
        duration_us: step.duration_ms.map(|ms| ms.max(0).saturating_mul(1000)),
        proof: ProofView::of(&step.proof),
    }
}
