//! What the OpenAPI document says of every operation alike.

use utoipa::IntoResponses;

use super::problem::ProblemBody;

/// How a call that changes a payment can fail, beside what is special to it.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are read by the derive only")]
pub(crate) enum ChangeErrors {
    /// VALIDATION_ERROR, MALFORMED_REQUEST: the request itself is wrong; every wrong field is in `errors`
    #[response(status = 400)]
    BadRequest(#[to_schema] ProblemBody<'static>),
    /// DUPLICATE_REQUEST, CAPTURE_CONFLICT, VOID_CONFLICT, REFUND_CONFLICT, AUTHORIZATION_EXPIRED: the state does not allow it
    #[response(status = 409)]
    Conflict(#[to_schema] ProblemBody<'static>),
    /// PAYLOAD_TOO_LARGE: the body is longer than 64 KiB
    #[response(status = 413)]
    TooLarge(#[to_schema] ProblemBody<'static>),
    /// UNSUPPORTED_MEDIA_TYPE: the body is not application/json
    #[response(status = 415)]
    MediaType(#[to_schema] ProblemBody<'static>),
    /// IDEMPOTENCY_KEY_REUSED, AMOUNT_TOO_LARGE, EXPECTED_AMOUNT_MISMATCH: understood, refused
    #[response(status = 422)]
    Unprocessable(#[to_schema] ProblemBody<'static>),
    /// RATE_LIMIT_EXCEEDED: wait for Retry-After seconds
    #[response(status = 429)]
    TooMany(#[to_schema] ProblemBody<'static>),
    /// INTERNAL_ERROR: ours; nothing was stored
    #[response(status = 500)]
    Internal(#[to_schema] ProblemBody<'static>),
    /// ACQUIRER_ERROR: the acquirer refused to process it; nothing was charged
    #[response(status = 502)]
    Acquirer(#[to_schema] ProblemBody<'static>),
    /// OVERLOADED, UNAVAILABLE: nothing happened; repeat after Retry-After seconds
    #[response(status = 503)]
    Unavailable(#[to_schema] ProblemBody<'static>),
    /// OUTCOME_UNKNOWN: it may have been done; repeat with the same key to learn the outcome
    #[response(status = 504)]
    Unknown(#[to_schema] ProblemBody<'static>),
}

/// How a call that reads can fail, beside what is special to it.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are read by the derive only")]
pub(crate) enum ReadErrors {
    /// VALIDATION_ERROR: a query parameter is wrong or unknown; every one of them is in `errors`
    #[response(status = 400)]
    BadRequest(#[to_schema] ProblemBody<'static>),
    /// INTERNAL_ERROR: ours
    #[response(status = 500)]
    Internal(#[to_schema] ProblemBody<'static>),
    /// UNAVAILABLE: repeat after Retry-After seconds
    #[response(status = 503)]
    Unavailable(#[to_schema] ProblemBody<'static>),
}

/// The document's own head: title, version, the groups of operations.
pub(crate) fn about() -> utoipa::openapi::OpenApi {
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder, tag::TagBuilder};
    let info = InfoBuilder::new()
        .title("Payment SWElite")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Take payments: authorize, capture, void, refund. Amounts are integers in the currency's minor unit, times are \
             RFC 3339 in UTC, errors are RFC 9457 problems with a stable code, and every answer has an X-Request-Id.",
        ))
        .build();
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// The groups of operations, by task.
const TAGS: [(&str, &str); 6] = [
    ("authorize", "Reserve funds"),
    ("capture", "Take reserved funds"),
    ("void", "Release reserved funds"),
    ("refund", "Give captured funds back"),
    ("payments", "Look at payments"),
    ("operations", "Watch the platform"),
];
