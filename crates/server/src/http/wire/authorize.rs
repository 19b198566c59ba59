//! The body of `POST /payments/authorize`.

use domain::{
    id::CardToken,
    money::{Currency, Money},
    payment::{CaptureMode, Metadata, MetadataError, Operation},
    text::{Description, TextError, looks_like_card_number},
};
use engine::payments::{Authorize, Call};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, Identity, fingerprint::Fingerprint, json::Value, key, reader::Reader};
use crate::http::problem::{FieldCode, Problem};

pub(super) const NAMES: &[&str] = &[
    "amount",
    "captureMode",
    "currency",
    "description",
    "idempotencyKey",
    "merchantId",
    "metadata",
    "orderId",
    "paymentMethod",
];
pub(super) const METHOD_NAMES: &[&str] = &["token", "type"];
/// The card of a caller that names none: the simulator approves it.
const TOKEN_DEFAULT: &str = "tok_approve";

/// Reserve funds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuthorizeRequest)]
pub(crate) struct AuthorizeBody {
    /// Who sells: 1–32 of `A-Za-z0-9._-`.
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "M123")]
    merchant_id: String,
    /// In the currency's minor unit: 10000 of KRW is ₩10,000, 10000 of USD is $100.00.
    #[schema(minimum = 1, maximum = 999_999_999_999_i64, example = 10000)]
    amount: i64,
    /// Upper-case ISO 4217 code.
    #[schema(pattern = "^[A-Z]{3}$", example = "KRW")]
    currency: String,
    /// The caller's name for this call. Required here or in the `Idempotency-Key` header.
    #[schema(min_length = 1, max_length = 64, required = false, example = "order-1001-authorize")]
    idempotency_key: Option<String>,
    /// The merchant's name for the order. Only one payment at a time may hold it.
    #[schema(min_length = 1, max_length = 64, required = false, example = "order-1001")]
    order_id: Option<String>,
    /// What is sold.
    #[schema(max_length = 255, required = false)]
    description: Option<String>,
    /// The merchant's own notes: up to 50 pairs, names of up to 40 characters, values of up to 500.
    #[schema(required = false)]
    metadata: Option<std::collections::BTreeMap<String, String>>,
    /// With which card; the approving test card when absent.
    #[schema(required = false)]
    payment_method: Option<CardMethodBody>,
    /// Capture by a later call (`manual`) or at once (`automatic`).
    #[schema(required = false, default = "manual")]
    capture_mode: Option<CaptureModeWord>,
}

/// A card by its token; a card number is never accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPaymentMethod)]
pub(crate) struct CardMethodBody {
    /// What kind of method it is.
    r#type: MethodType,
    /// The card's stand-in: 1–64 of `A-Za-z0-9._-`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$", example = "tok_approve")]
    token: String,
}

/// What kind of payment method it is.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentMethodType)]
pub(crate) enum MethodType {
    /// A card, by its token.
    Card,
}

/// When funds are taken.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CaptureMode)]
pub(crate) enum CaptureModeWord {
    /// By a capture call.
    Manual,
    /// With the authorization.
    Automatic,
}

/// Reads the body.
pub(crate) fn authorize(body: &[u8], caller: Caller<'_>) -> Result<Call<Authorize>, Problem> {
    let mut reader = Reader::new(body, NAMES)?;
    let identity = Identity::read(&mut reader, caller);
    if identity.key.is_none() && !caller.headers.contains_key(key::IDEMPOTENCY_KEY) {
        reader.require(key::BODY_FIELD);
    }
    let mut print = Fingerprint::new(Operation::Authorize, None);
    let amount = reader.amount("amount", 1);
    reader.require("amount");
    amount.inspect(|amount| print.integer("amount", *amount));
    let capture_mode = capture_mode(&mut reader, &mut print);
    let currency = currency(&mut reader);
    currency.inspect(|currency| print.text("currency", currency.code()));
    let description: Option<Description> = reader.parsed("description");
    description.as_ref().inspect(|description| print.text("description", description.as_str()));
    identity.merchant.as_ref().inspect(|merchant| print.text("merchantId", merchant.as_str()));
    let metadata = metadata(&mut reader);
    metadata.as_ref().inspect(|metadata| {
        let pairs: Vec<_> = metadata.iter().collect();
        print.texts("metadata", pairs.into_iter());
    });
    let order = reader.parsed("orderId");
    order.as_ref().inspect(|order: &&domain::id::OrderId| print.text("orderId", order.as_str()));
    let token = card(&mut reader);
    token.as_ref().inspect(|token| print.text("paymentMethod.token", token.as_str()));

    let request =
        amount.zip(currency).zip(token.or_else(default_token)).map(|((amount, currency), token)| Authorize {
            amount: Money::new(amount, currency),
            order,
            description,
            metadata: metadata.unwrap_or_default(),
            token,
            capture_mode: capture_mode.unwrap_or_default(),
        });
    identity.finish(reader, caller, request, print.finish())
}

fn capture_mode(reader: &mut Reader<'_>, print: &mut Fingerprint) -> Option<CaptureMode> {
    let words = [("manual", CaptureMode::Manual), ("automatic", CaptureMode::Automatic)];
    let mode = reader.word("captureMode", &words)?;
    let word = words.iter().find(|(_, known)| *known == mode).map_or("", |(word, _)| word);
    print.text("captureMode", word);
    Some(mode)
}

fn currency(reader: &mut Reader<'_>) -> Option<Currency> {
    reader.require("currency");
    let text = reader.text("currency")?;
    match text.parse::<Currency>() {
        Ok(currency) if currency.is_withdrawn() => {
            reader.refuse("currency", FieldCode::UnknownCurrency, "is a currency that has been withdrawn");
            None
        }
        Ok(currency) => Some(currency),
        Err(_) => {
            reader.refuse("currency", FieldCode::UnknownCurrency, "is not an upper-case ISO 4217 code");
            None
        }
    }
}

fn card(reader: &mut Reader<'_>) -> Option<CardToken> {
    let mut method = reader.object("paymentMethod", "paymentMethod.", METHOD_NAMES)?;
    method.require("type");
    method.word("type", &[("card", ())]);
    method.require("token");
    let token = method.parsed("token");
    reader.absorb(method);
    token
}

fn default_token() -> Option<CardToken> {
    TOKEN_DEFAULT.parse().ok()
}

fn metadata(reader: &mut Reader<'_>) -> Option<Metadata> {
    let pairs = reader.pairs("metadata")?;
    if pairs.len() > Metadata::PAIRS_MAX {
        reader.refuse("metadata", FieldCode::TooLong, format!("has more than {} pairs", Metadata::PAIRS_MAX));
    }
    let mut metadata = Metadata::default();
    for (key, value) in pairs.iter().take(Metadata::PAIRS_MAX) {
        pair(reader, &mut metadata, key, *value);
    }
    Some(metadata)
}

fn pair(reader: &mut Reader<'_>, metadata: &mut Metadata, key: &str, value: Value<'_>) {
    if let Err(error) = checked_name(key) {
        // A name that is not acceptable is not said back.
        return reader.refuse_text("metadata", error);
    }
    let name = format!("metadata.{key}");
    let Value::Text(raw) = value else {
        return reader.refuse(&name, FieldCode::WrongType, "is not text");
    };
    let Some(text) = Value::unquote(raw) else {
        return reader.refuse(&name, FieldCode::InvalidFormat, "holds half a surrogate pair");
    };
    if metadata.iter().any(|(known, _)| known == key) {
        return reader.refuse(&name, FieldCode::DuplicateField, "is there twice");
    }
    match metadata.insert(key, &text) {
        Ok(()) => {}
        Err(MetadataError::Value(error) | MetadataError::Key(error)) => {
            reader.refuse_text(&name, card_first(&text, error))
        }
        Err(MetadataError::TooMany) => reader.refuse("metadata", FieldCode::TooLong, "has too many pairs"),
    }
}

fn checked_name(key: &str) -> Result<(), TextError> {
    Metadata::default().insert(key, "").map_err(|error| match error {
        MetadataError::Key(error) | MetadataError::Value(error) => card_first(key, error),
        MetadataError::TooMany => TextError::TooLong,
    })
}

/// A card number is called one, whatever else is wrong with the text.
fn card_first(text: &str, error: TextError) -> TextError {
    if looks_like_card_number(text) { TextError::CardNumber } else { error }
}
