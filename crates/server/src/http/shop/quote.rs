//! `POST /store/quote`: what a cart costs. The only place that knows.

use std::borrow::Cow;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    CURRENCY,
    catalogue::{self, Words},
};
use crate::http::{
    body::JsonBytes,
    problem::{FieldCode, Problem},
    wire::Reader,
};

/// The most of one line, and the most lines.
const QUANTITY_MAX: u32 = 5;
const LINES_MAX: usize = 10;
const LINE_NAMES: &[&str] = &["color", "option", "quantity", "slug"];

/// Some of one variant, as a cart names it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CartLine {
    /// The product.
    #[schema(example = "iphone-17-pro")]
    slug: String,
    /// Its colour.
    #[schema(example = "silver")]
    color: String,
    /// Its size.
    #[schema(example = "256")]
    option: String,
    /// How many, 1–5.
    #[schema(minimum = 1, maximum = 5)]
    quantity: u32,
}

/// A cart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuoteRequest {
    /// 1–10 lines.
    lines: Vec<CartLine>,
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
pub(super) async fn quote(JsonBytes(bytes): JsonBytes) -> Result<Json<Quote>, Problem> {
    cart(&bytes).map(Json)
}

/// What the cart of a body costs.
pub(super) fn cart(body: &[u8]) -> Result<Quote, Problem> {
    let mut reader = Reader::new(body, &["lines"])?;
    let quote = Quote::read(&mut reader);
    reader.finish(quote)
}

impl Quote {
    /// What the `lines` of a body cost; what is wrong with any of them is noted.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.require("lines");
        let mut lines = Vec::new();
        for mut item in reader.objects("lines", (1, LINES_MAX), LINE_NAMES)? {
            lines.extend(QuotedLine::read(&mut item));
            reader.absorb(item);
        }
        let items_amount = lines.iter().map(|line| line.amount).sum();
        Some(Self {
            items_amount,
            shipping_amount: 0,
            total_amount: items_amount,
            currency: CURRENCY,
            available: lines.iter().all(|line| line.available),
            lines,
        })
    }
}

impl QuotedLine {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let [slug, color, option] = ["slug", "color", "option"].map(|name| {
            reader.require(name);
            reader.text(name).map(Cow::into_owned)
        });
        reader.require("quantity");
        let quantity = reader.count("quantity", 1..=QUANTITY_MAX);
        let slug = slug?;
        let Some(product) = catalogue::find(&slug) else { return unknown(reader, "slug") };
        let found = color.and_then(|id| {
            let found = product.colors.iter().find(|color| color.id == id);
            found.or_else(|| unknown(reader, "color"))
        });
        let option = option.and_then(|id| {
            let found = product.options.iter().find(|option| option.id == id);
            found.or_else(|| unknown(reader, "option"))
        });
        let (color, option, quantity) = (found?, option?, quantity?);
        let unit_amount = product.price + option.extra;
        Some(Self {
            slug,
            color: color.id.clone(),
            option: option.id.clone(),
            quantity,
            name: product.name.clone(),
            variant: Words {
                ko: format!("{} · {}", color.name.ko, option.name.ko),
                en: format!("{} · {}", color.name.en, option.name.en),
            },
            unit_amount,
            amount: unit_amount * i64::from(quantity),
            available: !product.is_sold_out(&color.id, &option.id),
        })
    }
}

fn unknown<T>(reader: &mut Reader<'_>, field: &'static str) -> Option<T> {
    reader.refuse(field, FieldCode::InvalidFormat, "is not in the catalogue");
    None
}
