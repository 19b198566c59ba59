//! `POST /store/orders/{no}/pay`: one try to pay an order. The shop authorizes as any merchant does, through the same door.

use axum::{
    Extension,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use domain::{
    id::{CardToken, IdempotencyKey},
    payment::Operation,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    CURRENCY, MERCHANT, order,
    quote::{CartLine, Quote},
    shopper::Shopper,
};
use crate::http::{
    body::JsonBytes,
    payments::{respond, view::PaymentView},
    problem::{Code, FieldCode, Problem},
    request_id::RequestId,
    state::AppState,
    wire::{self, Caller, Reader},
};

/// From this much on a card may be charged in instalments, in won.
const INSTALMENTS_FROM: i64 = 50_000;
const INSTALMENTS_MAX: u32 = 24;
const NAMES: &[&str] = &["expectedAmount", "idempotencyKey", "instalmentMonths", "lines", "token"];

/// One try to pay an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayRequest {
    /// What is bought.
    lines: Vec<CartLine>,
    /// What the page showed; when it is not the price, nothing is charged.
    expected_amount: i64,
    /// The card's stand-in.
    #[schema(example = "tok_approve")]
    token: String,
    /// In how many monthly instalments, 1–24; more than 1 from ₩50,000 on.
    #[schema(minimum = 1, maximum = 24)]
    instalment_months: u32,
    /// The name of this try: the same try under the same name is charged once.
    #[schema(min_length = 1, max_length = 64)]
    idempotency_key: String,
}

/// Pay an order
///
/// Authorizes and captures its price. Answers as `POST /payments/authorize` does.
#[utoipa::path(
    post,
    path = "/store/orders/{no}/pay",
    tag = "store",
    operation_id = "payOrder",
    request_body = PayRequest,
    params(("no" = String, Path, description = "Its number")),
    responses((status = 200, description = "Paid", body = PaymentView))
)]
pub(super) async fn pay(
    State(app): State<AppState>,
    Path(number): Path<String>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let shopper = Shopper::of(&headers).ok_or_else(|| Problem::not_found("order"))?;
    shopper.count_of(&number)?;
    let request = Try::read(&bytes)?;
    if request.expected_amount != request.quote.total_amount {
        let message =
            format!("the order costs {}, not {}", request.quote.total_amount, request.expected_amount);
        return Err(Problem::new(Code::ExpectedAmountMismatch, message));
    }
    let body = authorize(&number, &request).to_string();
    let call =
        wire::authorize(body.as_bytes(), Caller { headers: &headers, request_id: &id.0, actor: None })?;
    Ok(respond(Operation::Authorize, app.payments.authorize(call).await))
}

/// A try that can be made.
struct Try {
    quote: Quote,
    expected_amount: i64,
    token: CardToken,
    instalment_months: u32,
    key: IdempotencyKey,
}

impl Try {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut reader = Reader::new(body, NAMES)?;
        NAMES.iter().filter(|name| **name != "lines").for_each(|name| reader.require(name));
        let quote = Quote::read(&mut reader);
        let expected_amount = reader.amount("expectedAmount", 0);
        let token = reader.parsed("token");
        let instalment_months = reader.count("instalmentMonths", 1..=INSTALMENTS_MAX);
        let key = wire::body_key(&mut reader);
        let small = quote.as_ref().is_some_and(|quote| quote.total_amount < INSTALMENTS_FROM);
        if small && instalment_months.is_some_and(|months| months > 1) {
            reader.refuse("instalmentMonths", FieldCode::OutOfRange, "is not offered for this amount");
        }
        if quote.as_ref().is_some_and(|quote| !quote.available) {
            reader.refuse("lines", FieldCode::OutOfRange, "holds a variant that is sold out");
        }
        let built = quote.zip(expected_amount).zip(token).zip(instalment_months).zip(key);
        reader.finish(built.map(|((((quote, expected_amount), token), instalment_months), key)| Self {
            quote,
            expected_amount,
            token,
            instalment_months,
            key,
        }))
    }
}

/// What a merchant would send. It depends on nothing but the order and the try, so that a repeated try is the same request.
fn authorize(number: &str, request: &Try) -> Value {
    let quote = &request.quote;
    let mut metadata: Map<String, Value> =
        order::notes(quote).map(|(name, text)| (name, Value::String(text))).collect();
    metadata.insert("instalmentMonths".to_owned(), request.instalment_months.to_string().into());
    metadata.insert("channel".to_owned(), "store".into());
    let first = quote.lines.first().map_or("", |line| line.name.ko.as_str());
    let description = match quote.lines.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} 외 {}건", more - 1),
    };
    json!({
        "merchantId": MERCHANT,
        "amount": quote.total_amount,
        "currency": CURRENCY,
        "captureMode": "automatic",
        "orderId": number,
        "description": description,
        "metadata": metadata,
        "paymentMethod": {"type": "card", "token": request.token.as_str()},
        "idempotencyKey": request.key.as_str(),
    })
}
