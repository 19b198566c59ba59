//! `GET /payments`

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use domain::{id::PaymentId, money::Money};
use engine::ports::{PaymentCursor, PaymentFilter};

use super::view::{PaymentView, StatusWord};
use crate::http::{
    list::{FromCursor, List, Looking, ToCursor, cursor_encode, number_from_cursor},
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 1;

/// List payments
///
/// Newest first, by when they were created.
#[utoipa::path(
    get,
    path = "/payments",
    tag = "payments",
    operation_id = "listPayments",
    params(
        ("merchantId" = Option<String>, Query, description = "Only this merchant's"),
        ("status" = Option<Vec<StatusWord>>, Query, description = "Any of these; may be repeated"),
        ("orderId" = Option<String>, Query, description = "Only this order's"),
        ("currency" = Option<String>, Query, description = "Only this currency"),
        ("amountMin" = Option<i64>, Query, description = "At least this much authorized, in minor units"),
        ("amountMax" = Option<i64>, Query, description = "At most this much authorized, in minor units"),
        ("createdFrom" = Option<String>, Query, description = "Created at or after; RFC 3339"),
        ("createdTo" = Option<String>, Query, description = "Created before; RFC 3339"),
        ("updatedFrom" = Option<String>, Query, description = "Last changed at or after; RFC 3339"),
        ("updatedTo" = Option<String>, Query, description = "Last changed before; RFC 3339"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<PaymentView>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = filter(&mut query);
    let (mut after, limit) = (query.cursor::<PaymentId>(), query.limit());
    query.finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let looking = Looking::begin(&app);
    let page = loop {
        let page = snapshot.payment_list(&filter, after, limit).await?;
        match looking.past(page) {
            ControlFlow::Break(page) => break page,
            ControlFlow::Continue(next) => after = next,
        }
    };
    let rows = page.rows;
    let data = rows.iter().map(PaymentView::of).collect();
    Ok(Json(List { data, next_cursor: page.next.map(|next| next.to_cursor()) }).into_response())
}

/// Which payments are asked for.
pub(super) fn filter(query: &mut Query<'_>) -> PaymentFilter {
    let unknown = (FieldCode::InvalidFormat, "is not a payment status");
    let currency = (FieldCode::UnknownCurrency, "is not an upper-case ISO 4217 code");
    PaymentFilter {
        merchant: query.merchant(),
        statuses: query.many("status", |text| text.parse().map_err(|_| unknown)),
        order: query.parsed("orderId"),
        currency: query.one("currency", |text| text.parse().map_err(|_| currency)),
        amount_min: query.number("amountMin", 0, Money::AMOUNT_MAX),
        amount_max: query.number("amountMax", 0, Money::AMOUNT_MAX),
        created_from: query.time("createdFrom"),
        created_to: query.time("createdTo"),
        updated_from: query.time("updatedFrom"),
        updated_to: query.time("updatedTo"),
    }
}

impl ToCursor for PaymentCursor {
    fn to_cursor(&self) -> String {
        cursor_encode(CURSOR_KIND, &[self.get()])
    }
}

impl FromCursor for PaymentCursor {
    fn from_cursor(text: &str) -> Option<Self> {
        number_from_cursor(CURSOR_KIND, text).and_then(Self::new)
    }
}
