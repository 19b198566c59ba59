//! `POST /store/orders/{no}/pay`: one try to pay an order. The shop authorizes as any merchant does, through the same door.

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use domain::payment::Operation;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    CURRENCY, MERCHANT, order,
    quote::{self, CartLine, Quote, wrong},
    shopper::Shopper,
};
use crate::http::{
    payments::{respond, view::PaymentView},
    problem::{Code, FieldCode, Problem},
    request_id::RequestId,
    state::AppState,
    wire::{self, Caller},
};

/// From this much on a card may be charged in instalments, in won.
const INSTALMENTS_FROM: i64 = 50_000;
const INSTALMENTS_MAX: u32 = 24;

/// One try to pay an order.
#[derive(Debug, Deserialize, ToSchema)]
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
    body: Body,
) -> Result<Response, Problem> {
    let shopper = Shopper::of(&headers).ok_or_else(|| Problem::not_found("order"))?;
    shopper.count_of(&number)?;
    let request: PayRequest = quote::read(&app, &headers, body).await?;
    let quote = quote::of(&request.lines)?;
    check(&request, &quote)?;
    let body = authorize(&number, &request, &quote).to_string();
    let call =
        wire::authorize(body.as_bytes(), Caller { headers: &headers, request_id: &id.0, actor: None })?;
    Ok(respond(Operation::Authorize, app.payments.authorize(call).await))
}

fn check(request: &PayRequest, quote: &Quote) -> Result<(), Problem> {
    let months = request.instalment_months;
    if !(1..=INSTALMENTS_MAX).contains(&months) || (months > 1 && quote.total_amount < INSTALMENTS_FROM) {
        return Err(wrong("instalmentMonths", FieldCode::OutOfRange, "is not offered for this amount"));
    }
    if !quote.available {
        return Err(wrong("lines", FieldCode::OutOfRange, "holds a variant that is sold out"));
    }
    if request.expected_amount != quote.total_amount {
        let message = format!("the order costs {}, not {}", quote.total_amount, request.expected_amount);
        return Err(Problem::new(Code::ExpectedAmountMismatch, message));
    }
    Ok(())
}

/// What a merchant would send. It depends on nothing but the order and the try, so that a repeated try is the same request.
fn authorize(number: &str, request: &PayRequest, quote: &Quote) -> Value {
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
        "paymentMethod": {"type": "card", "token": request.token},
        "idempotencyKey": request.idempotency_key,
    })
}
