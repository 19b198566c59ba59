//! `GET /events`

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    event::Topic,
    id::{MerchantId, PaymentId},
};
use engine::{
    ports::OutboxEvent,
    queries::lanes::{Places, event_list},
};
use serde::Deserialize;

use super::{EventView, places_cursor, places_from_cursor};
use crate::http::{
    list::List,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 2;
/// Rows looked at for one page; a filter that admits little gives short pages.
const LOOK_MAX: usize = 1000;

/// Which events.
#[derive(Debug, Default)]
pub(super) struct EventFilter {
    topics: Vec<Topic>,
    payment: Option<PaymentId>,
    merchant: Option<MerchantId>,
}

impl EventFilter {
    /// Reads `topics` (a list with commas, may be repeated), `paymentId` and `merchantId`.
    pub(super) fn read(query: &mut Query<'_>) -> Self {
        let unknown = (FieldCode::InvalidFormat, "is not a topic");
        let topics = query.many("topics", |text| {
            let topics: Option<Vec<Topic>> = text.split(',').map(Topic::from_name).collect();
            topics.ok_or(unknown)
        });
        Self {
            topics: topics.into_iter().flatten().collect(),
            payment: query.parsed("paymentId"),
            merchant: query.merchant(),
        }
    }

    /// Whether an event is among them.
    pub(super) fn admits(&self, event: &OutboxEvent) -> bool {
        (self.topics.is_empty() || self.topics.contains(&event.topic))
            && self.payment.is_none_or(|payment| payment == event.payment)
            && self.merchant.as_ref().is_none_or(|merchant| merchant_of(event).as_ref() == Some(merchant))
    }
}

fn merchant_of(event: &OutboxEvent) -> Option<MerchantId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whose {
        merchant_id: MerchantId,
    }
    serde_json::from_slice::<Whose>(&event.body).ok().map(|whose| whose.merchant_id)
}

/// List events
///
/// Newest first, over all lanes. Events whose retention is over are gone; the ledger and the payments stay.
#[utoipa::path(
    get,
    path = "/events",
    tag = "events",
    operation_id = "listEvents",
    params(
        ("topics" = Option<String>, Query, description = "Only these topics, with commas; may be repeated"),
        ("paymentId" = Option<u64>, Query, description = "Only of this payment"),
        ("merchantId" = Option<String>, Query, description = "Only of this merchant"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<EventView>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<EventView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = EventFilter::read(&mut query);
    let cursor = query.one("cursor", |text| {
        places_from_cursor(CURSOR_KIND, text)
            .ok_or((FieldCode::InvalidFormat, "is not a cursor of this list"))
    });
    let limit = query.limit();
    query.finish()?;
    let (rows, next) = page(&app, &filter, cursor, limit).await?;
    let next_cursor = next.map(|places| places_cursor(CURSOR_KIND, &places));
    Ok(Json(List { data: rows.iter().map(EventView::of).collect(), next_cursor }))
}

async fn page(
    app: &AppState,
    filter: &EventFilter,
    mut before: Option<Places>,
    limit: usize,
) -> Result<(Vec<OutboxEvent>, Option<Places>), Problem> {
    let mut snapshot = app.store.snapshot().await?;
    let mut rows = Vec::with_capacity(limit);
    let mut looked = 0;
    loop {
        let page = event_list(snapshot.as_mut(), before.as_ref(), limit - rows.len()).await?;
        looked += page.rows.len();
        rows.extend(page.rows.into_iter().filter(|event| filter.admits(event)));
        before = page.next;
        if rows.len() == limit || looked >= LOOK_MAX || before.is_none() {
            return Ok((rows, before));
        }
    }
}
