//! `POST /store/quote`: what a cart costs. The only place that knows.

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{
    CURRENCY,
    catalogue::{self, Words},
};
use crate::http::{
    body,
    problem::{Code, FieldCode, FieldError, Problem},
    state::AppState,
};

/// The most of one line, and the most lines.
const QUANTITY_MAX: u32 = 5;
const LINES_MAX: usize = 10;

/// Some of one variant, as a cart names it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CartLine {
    /// The product.
    #[schema(example = "iphone-17-pro")]
    pub(super) slug: String,
    /// Its colour.
    #[schema(example = "silver")]
    pub(super) color: String,
    /// Its size.
    #[schema(example = "256")]
    pub(super) option: String,
    /// How many, 1–5.
    #[schema(minimum = 1, maximum = 5)]
    pub(super) quantity: u32,
}

/// A cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuoteRequest {
    /// 1–10 lines.
    lines: Vec<CartLine>,
}

impl QuoteRequest {
    /// What it costs.
    pub(super) fn price(&self) -> Result<Quote, Problem> {
        of(&self.lines)
    }
}

/// What a cart costs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Quote {
    /// Line by line, in the cart's order.
    pub(super) lines: Vec<QuotedLine>,
    /// The goods.
    pub(super) items_amount: i64,
    /// Shipping.
    pub(super) shipping_amount: i64,
    /// What is paid.
    pub(super) total_amount: i64,
    /// In which currency.
    pub(super) currency: &'static str,
    /// Whether every line can be had.
    pub(super) available: bool,
}

/// One line and its price.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuotedLine {
    /// The product.
    pub(super) slug: String,
    /// Its colour.
    pub(super) color: String,
    /// Its size.
    pub(super) option: String,
    /// How many.
    pub(super) quantity: u32,
    /// The product's name.
    pub(super) name: Words,
    /// Colour and size.
    pub(super) variant: Words,
    /// Of one.
    pub(super) unit_amount: i64,
    /// Of all.
    pub(super) amount: i64,
    /// Whether it can be had.
    pub(super) available: bool,
}

/// Price a cart
#[utoipa::path(
    post,
    path = "/store/quote",
    tag = "store",
    operation_id = "quoteCart",
    request_body = QuoteRequest,
    responses((status = 200, description = "What it costs", body = Quote))
)]
pub(super) async fn quote(
    State(app): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Quote>, Problem> {
    let request: QuoteRequest = read(&app, &headers, body).await?;
    request.price().map(Json)
}

/// What `lines` cost.
pub(super) fn of(lines: &[CartLine]) -> Result<Quote, Problem> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(wrong("lines", FieldCode::OutOfRange, "must be 1 to 10 lines"));
    }
    let lines = lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let items_amount = lines.iter().map(|line| line.amount).sum();
    Ok(Quote {
        items_amount,
        shipping_amount: 0,
        total_amount: items_amount,
        currency: CURRENCY,
        available: lines.iter().all(|line| line.available),
        lines,
    })
}

fn line(line: &CartLine) -> Result<QuotedLine, Problem> {
    let unknown = |field| wrong(field, FieldCode::InvalidFormat, "is not in the catalogue");
    if !(1..=QUANTITY_MAX).contains(&line.quantity) {
        return Err(wrong("lines.quantity", FieldCode::OutOfRange, "must be 1 to 5"));
    }
    let product = catalogue::find(&line.slug).ok_or_else(|| unknown("lines.slug"))?;
    let color = product.colors.iter().find(|color| color.id == line.color);
    let color = color.ok_or_else(|| unknown("lines.color"))?;
    let option = product.options.iter().find(|option| option.id == line.option);
    let option = option.ok_or_else(|| unknown("lines.option"))?;
    let unit_amount = product.price + option.extra;
    Ok(QuotedLine {
        slug: line.slug.clone(),
        color: line.color.clone(),
        option: line.option.clone(),
        quantity: line.quantity,
        name: product.name.clone(),
        variant: Words {
            ko: format!("{} · {}", color.name.ko, option.name.ko),
            en: format!("{} · {}", color.name.en, option.name.en),
        },
        unit_amount,
        amount: unit_amount * i64::from(line.quantity),
        available: !product.is_sold_out(&line.color, &line.option),
    })
}

/// The body of a request to the shop.
pub(super) async fn read<T: DeserializeOwned>(
    app: &AppState,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    let bytes = body::read_json(headers, body, &app.settings).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // What the error quotes may be what the caller sent: only the place is said back.
        let place = format!("the body cannot be read at line {}, column {}", error.line(), error.column());
        Problem::new(Code::MalformedRequest, place)
    })
}

/// One wrong field.
pub(super) fn wrong(field: &'static str, code: FieldCode, message: &'static str) -> Problem {
    Problem::validation(vec![FieldError::new(field, code, message)])
}
