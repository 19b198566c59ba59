//! `GET /events`

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    event::Topic,
    id::{MerchantId, PaymentId, Seq},
};
use engine::{
    ports::{OutboxEvent, Page, StoreError},
    queries::{
        history::history,
        lanes::{Places, event_list},
    },
};
use serde::Deserialize;

use super::{EventView, places_cursor, places_from_cursor};
use crate::http::{
    list::{List, Looking},
    payments::place_cursor,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 2;
/// Rows looked at for one page that has some; a filter that admits little gives short pages.
const LOOK_MAX: usize = 1000;
/// Rows read at once when a filter is likely to admit few of them.
const LOOK_AT_ONCE: usize = 200;

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

    fn admits_all(&self) -> bool {
        self.topics.is_empty() && self.payment.is_none() && self.merchant.is_none()
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
    if let Some(payment) = filter.payment {
        let (from, limit) = (place_cursor::read(&mut query), query.limit());
        query.finish()?;
        let page = page_of_payment(&app, (&filter, payment), from, limit).await?;
        return Ok(shown(&page.rows, page.next.map(place_cursor::write)));
    }
    let cursor = query.cursor_by(|text| places_from_cursor(CURSOR_KIND, text));
    let limit = query.limit();
    query.finish()?;
    let page = page(&app, &filter, cursor, limit).await?;
    Ok(shown(&page.rows, page.next.map(|places| places_cursor(CURSOR_KIND, &places))))
}

fn shown(rows: &[OutboxEvent], next_cursor: Option<String>) -> Json<List<EventView>> {
    Json(List { data: rows.iter().map(EventView::of).collect(), next_cursor })
}

/// A payment's events, along the chain they form: however many others there are, they are not looked at.
async fn page_of_payment(
    app: &AppState,
    (filter, payment): (&EventFilter, PaymentId),
    mut from: Option<Seq>,
    limit: usize,
) -> Result<Page<OutboxEvent, Seq>, StoreError> {
    let mut snapshot = app.store.snapshot().await?;
    let Some(payment) = snapshot.payment_find(payment).await? else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let lane = payment.id.lane(app.store.lane_count());
    let looking = Looking::begin(app);
    loop {
        let history = history(snapshot.as_mut(), &payment, lane, from, limit).await?;
        let events = history.steps.into_iter().filter_map(|step| step.event);
        let rows = events.filter(|event| filter.admits(event)).collect();
        match looking.past(Page { rows, next: history.next }) {
            ControlFlow::Break(page) => return Ok(page),
            ControlFlow::Continue(next) => from = next,
        }
    }
}

async fn page(
    app: &AppState,
    filter: &EventFilter,
    before: Option<Places>,
    limit: usize,
) -> Result<Page<OutboxEvent, Places>, StoreError> {
    let mut snapshot = app.store.snapshot().await?;
    let mut at = Places::start(snapshot.as_mut(), before.as_ref()).await?;
    let at_once = if filter.admits_all() { limit + 1 } else { LOOK_AT_ONCE.max(limit + 1) };
    let looking = Looking::begin(app);
    let mut rows = Vec::with_capacity(limit);
    let mut looked = 0;
    loop {
        let page = event_list(snapshot.as_mut(), Some(&at), at_once).await?;
        looked += page.rows.len();
        for event in page.rows {
            if rows.len() == limit {
                return Ok(Page { rows, next: Some(at) });
            }
            at.0.insert(event.id.lane, event.id.seq);
            if filter.admits(&event) {
                rows.push(event);
            }
        }
        if page.next.is_none() {
            return Ok(Page { rows, next: None });
        }
        let enough = rows.len() == limit || (looked >= LOOK_MAX && !rows.is_empty());
        if enough || looking.is_over() {
            return Ok(Page { rows, next: Some(at) });
        }
    }
}
