//! `POST /store/orders`: a number for an order that is about to be paid. `GET /store/orders`, `GET /store/orders/{no}`: this
//! shopper's orders.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use engine::ports::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    order::{Order, payments},
    quote::{self, Quote, QuoteRequest},
    shopper::Shopper,
};
use crate::http::{
    body::JsonBytes,
    list::{List, cursor_encode, number_from_cursor},
    problem::Problem,
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 21;

/// An order that is about to be paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderDraft {
    /// The number to pay under.
    #[schema(example = "0001-K7Q2MX9DAB")]
    order_no: String,
    /// What it will cost.
    quote: Quote,
}

/// Begin an order
///
/// Gives the number to pay under and makes the browser a shopper; nothing is kept until it is paid.
#[utoipa::path(
    post,
    path = "/store/orders",
    tag = "store",
    operation_id = "beginOrder",
    request_body = QuoteRequest,
    responses((status = 200, description = "Its number and price", body = OrderDraft))
)]
pub(super) async fn begin(
    State(app): State<AppState>,
    headers: HeaderMap,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let quote = quote::cart(&bytes)?;
    let known = Shopper::of(&headers);
    let is_new = known.is_none();
    let shopper = known.map_or_else(Shopper::new, Ok)?;
    let latest = match is_new {
        true => 0,
        false => latest_count(app.store.snapshot().await?.as_mut(), &shopper).await?,
    };
    let mut response = Json(OrderDraft { order_no: shopper.order_number(latest + 1), quote }).into_response();
    if let Some(cookie) = shopper.cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// List this shopper's orders
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/store/orders",
    tag = "store",
    operation_id = "listOrders",
    params(
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<Order>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Order>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let before = query.cursor_by(|text| u32::try_from(number_from_cursor(CURSOR_KIND, text)?).ok());
    let limit = u32::try_from(query.limit()).unwrap_or(20);
    query.finish()?;
    let Some(shopper) = Shopper::of(&headers) else { return Ok(Json(List::whole(Vec::new()))) };
    let mut snapshot = app.store.snapshot().await?;
    let latest = match before {
        Some(before) => before.saturating_sub(1),
        None => latest_count(snapshot.as_mut(), &shopper).await?,
    };
    let least = latest.saturating_sub(limit) + 1;
    let mut data = Vec::new();
    for count in (least..=latest).rev() {
        let payments = payments(snapshot.as_mut(), &shopper, count).await?;
        data.extend(Order::of(shopper.order_number(count), &payments));
    }
    let next_cursor = (least > 1).then(|| cursor_encode(CURSOR_KIND, &[u64::from(least)]));
    Ok(Json(List { data, next_cursor }))
}

/// Look at an order
#[utoipa::path(
    get,
    path = "/store/orders/{no}",
    tag = "store",
    operation_id = "getOrder",
    params(("no" = String, Path, description = "Its number")),
    responses((status = 200, description = "The order", body = Order))
)]
pub(super) async fn get(
    State(app): State<AppState>,
    headers: HeaderMap,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Order>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let shopper = Shopper::of(&headers).ok_or_else(|| Problem::not_found("order"))?;
    let count = shopper.count_of(&number)?;
    let payments = payments(app.store.snapshot().await?.as_mut(), &shopper, count).await?;
    Order::of(number, &payments).map(Json).ok_or_else(|| Problem::not_found("order"))
}

/// How many orders the shopper has: numbers are given one after the other, so the last is found by halving.
async fn latest_count(snapshot: &mut dyn Snapshot, shopper: &Shopper) -> Result<u32, Problem> {
    let (mut known, mut step) = (0, 1);
    while !payments(snapshot, shopper, known + step).await?.is_empty() {
        known += step;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if !payments(snapshot, shopper, known + step).await?.is_empty() {
            known += step;
        }
    }
    Ok(known)
}
