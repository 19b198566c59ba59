//! Every error code, with its status, in one table: the wire, the OpenAPI document and the reference page read it.

use std::borrow::Cow;

use axum::http::StatusCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! codes {
    ($($variant:ident $word:literal $status:literal $title:literal $title_ko:literal, $advice:literal, $advice_ko:literal;)*) => {
        /// A stable name for what went wrong.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Where it is explained.
            pub fn doc_url(self) -> &'static str {
                match self { $(Self::$variant => concat!("/docs#", $word),)* }
            }

            /// The HTTP status, as a number.
            pub fn status_number(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What it is, whoever meets it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The same in Korean.
            pub fn title_ko(self) -> &'static str {
                match self { $(Self::$variant => $title_ko,)* }
            }

            /// What the caller can do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }

            /// The same in Korean.
            pub fn advice_ko(self) -> &'static str {
                match self { $(Self::$variant => $advice_ko,)* }
            }
        }
    };
}

codes! {
    ValidationError "VALIDATION_ERROR" 400 "A field is wrong" "필드가 잘못됐어요",
        "correct every field listed in errors and send the request again",
        "errors에 적힌 필드를 모두 고쳐 다시 보내세요.";
    MalformedRequest "MALFORMED_REQUEST" 400 "The request cannot be read" "요청을 읽을 수 없어요",
        "send one JSON object in UTF-8",
        "UTF-8로 된 JSON 객체 하나를 보내세요.";
    Unauthenticated "UNAUTHENTICATED" 401 "Nobody is signed in" "로그인하지 않았어요",
        "sign in and try again",
        "로그인한 뒤 다시 시도하세요.";
    CardDeclined "CARD_DECLINED" 402 "The card was declined" "카드가 거절됐어요",
        "ask the customer for another card; declineCode says why",
        "다른 카드로 다시 시도하게 하세요.";
    Forbidden "FORBIDDEN" 403 "Not allowed" "권한이 없어요",
        "ask somebody who may do this",
        "권한이 있는 사람에게 요청하세요.";
    NotFound "NOT_FOUND" 404 "No such thing" "찾을 수 없어요",
        "check the id and the merchantId: another merchant's payment does not exist for you",
        "번호와 merchantId를 확인하세요. 다른 가맹점의 결제는 보이지 않아요.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 "The method is not allowed here" "이 주소에서 쓸 수 없는 메서드예요",
        "use one of the methods of the Allow header",
        "Allow 헤더에 있는 메서드를 쓰세요.";
    CaptureConflict "CAPTURE_CONFLICT" 409 "The payment cannot be captured" "매입할 수 없는 결제예요",
        "read the payment: its status says what can still be done",
        "결제를 조회하세요. 상태를 보면 할 수 있는 일을 알 수 있어요.";
    RefundConflict "REFUND_CONFLICT" 409 "The payment cannot be refunded" "환불할 수 없는 결제예요",
        "read the payment: its status says what can still be done",
        "결제를 조회하세요. 상태를 보면 할 수 있는 일을 알 수 있어요.";
    VoidConflict "VOID_CONFLICT" 409 "The payment cannot be voided" "취소할 수 없는 결제예요",
        "read the payment: its status says what can still be done",
        "결제를 조회하세요. 상태를 보면 할 수 있는 일을 알 수 있어요.";
    AuthorizationExpired "AUTHORIZATION_EXPIRED" 409 "The authorization has expired" "승인 기간이 지났어요",
        "authorize again",
        "다시 승인하세요.";
    DuplicateRequest "DUPLICATE_REQUEST" 409 "The same request is already known" "이미 알고 있는 요청이에요",
        "with Retry-After: wait and repeat with the same key; without: paymentId is the payment that holds the order",
        "Retry-After가 있으면 기다렸다가 같은 키로 다시 보내고, 없으면 paymentId가 그 주문의 결제예요.";
    DeadLetterConflict "DEAD_LETTER_CONFLICT" 409 "The dead letter is not in the state for this" "지금 상태에서 할 수 없는 작업이에요",
        "read the dead letter: somebody else may have dealt with it",
        "격리된 이벤트를 다시 조회하세요. 다른 사람이 이미 처리했을 수 있어요.";
    OperatorConflict "OPERATOR_CONFLICT" 409 "Operators do not allow it" "운영자 상태 때문에 할 수 없어요",
        "list the operators: the name is taken, the operator is disabled, or nobody would be left to manage them",
        "운영자 목록을 확인하세요. 이름이 이미 있거나, 비활성 운영자이거나, 마지막 관리자예요.";
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 413 "The body is too long" "본문이 너무 길어요",
        "send at most 64 KiB",
        "본문은 64 KiB까지예요.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 "The body's type is not accepted" "받지 않는 형식의 본문이에요",
        "send Content-Type: application/json",
        "Content-Type: application/json으로 보내세요.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422 "The idempotency key was used for another request" "멱등 키가 다른 요청에 쓰였어요",
        "use a new key for a new request, and the same body for a repeated one",
        "새 요청에는 새 키를, 재시도에는 같은 본문을 쓰세요.";
    AmountTooLarge "AMOUNT_TOO_LARGE" 422 "The amount is more than there is" "남은 금액보다 커요",
        "ask for at most capturableAmount or refundableAmount",
        "capturableAmount 또는 refundableAmount 이하로 요청하세요.";
    ExpectedAmountMismatch "EXPECTED_AMOUNT_MISMATCH" 422 "The refundable amount is not what was expected" "환불할 수 있는 금액이 예상과 달라요",
        "read the payment and decide again",
        "결제를 조회한 뒤 다시 결정하세요.";
    RateLimitExceeded "RATE_LIMIT_EXCEEDED" 429 "Too many requests" "요청이 너무 많아요",
        "wait for Retry-After seconds; the same key may be used",
        "Retry-After초 뒤에 같은 키로 다시 보내세요.";
    InternalError "INTERNAL_ERROR" 500 "Our fault" "저희 잘못이에요",
        "nothing was stored; the same key may be used; tell us the requestId",
        "저장된 것은 없어요. 같은 키로 다시 보내도 돼요. requestId를 알려 주세요.";
    AcquirerError "ACQUIRER_ERROR" 502 "The acquirer refused to process it" "매입사가 처리하지 못했어요",
        "nothing was charged; the same key may be used",
        "청구되지 않았어요. 같은 키로 다시 보내도 돼요.";
    Overloaded "OVERLOADED" 503 "Too much is waiting" "기다리는 요청이 너무 많아요",
        "nothing happened; repeat with the same key after Retry-After seconds",
        "아무 일도 일어나지 않았어요. Retry-After초 뒤에 같은 키로 다시 보내세요.";
    Unavailable "UNAVAILABLE" 503 "A part of the platform is away" "일부 기능을 쓸 수 없어요",
        "nothing happened; repeat with the same key after Retry-After seconds",
        "아무 일도 일어나지 않았어요. Retry-After초 뒤에 같은 키로 다시 보내세요.";
    OutcomeUnknown "OUTCOME_UNKNOWN" 504 "The outcome is not known yet" "아직 결과를 몰라요",
        "it may have been done; repeat with the same key to learn the outcome, it is never done twice",
        "처리됐을 수도 있어요. 같은 키로 다시 보내면 결과를 알 수 있고, 두 번 처리되지 않아요.";
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let words = Self::ALL.iter().map(|code| code.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A stable name for what went wrong."))
            .enum_values(Some(words))
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ErrorCode")
    }
}

impl Code {
    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_with_a_word_of_its_own() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert_eq!(code.doc_url(), format!("/docs#{}", code.as_str()));
            assert!(
                Code::ALL.iter().skip(index + 1).all(|other| other.as_str() != code.as_str()),
                "{code:?}"
            );
        }
    }
}
