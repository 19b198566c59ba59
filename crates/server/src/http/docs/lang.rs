//! The two languages of the page, and its own words in both.

use std::{borrow::Cow, str::FromStr};

use axum::http::{HeaderMap, header};

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// The language a browser would rather read: the first of its list, English when that is neither.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let list =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = list.split([',', ';', '-']).next().unwrap_or_default().trim();
        if first.is_empty() || first.eq_ignore_ascii_case("ko") || first == "*" { Self::Ko } else { Self::En }
    }

    /// `ko` or `en`.
    pub(super) fn code(self) -> &'static str {
        self.pick("ko", "en")
    }

    /// One of two.
    pub(super) fn pick<T>(self, korean: T, english: T) -> T {
        match self {
            Self::Ko => korean,
            Self::En => english,
        }
    }

    /// A description of the document in this language; what has no Korean words yet stays as it is.
    pub(super) fn say(self, english: &str) -> Cow<'_, str> {
        let words: Vec<&str> = english.split_whitespace().collect();
        let line = words.join(" ");
        match KOREAN.lines().filter_map(|pair| pair.split_once('\t')).find(|(known, _)| *known == line) {
            Some((_, korean)) if self == Self::Ko => Cow::Borrowed(korean),
            _ => Cow::Owned(line),
        }
    }

    /// What a group of operations is called; a group without a name of its own goes by its tag.
    pub(super) fn group(self, tag: &str) -> String {
        let known = GROUPS.iter().find(|(known, ..)| *known == tag);
        known.map_or_else(|| tag.to_owned(), |(_, korean, english)| self.pick(*korean, *english).to_owned())
    }

    /// The Korean title and explanation of an operation; what is empty is said as the document says it.
    pub(super) fn operation(self, id: &str) -> Option<(&'static str, &'static str)> {
        let known = OPERATIONS.iter().find(|(known, ..)| *known == id);
        known.filter(|_| self == Self::Ko).map(|(_, title, about)| (*title, *about))
    }
}

impl FromStr for Lang {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "ko" => Ok(Self::Ko),
            "en" => Ok(Self::En),
            _ => Err(()),
        }
    }
}

/// English and Korean, a pair a line.
const KOREAN: &str = include_str!("korean.tsv");

const GROUPS: [(&str, &str, &str); 12] = [
    ("authorize", "승인하기", "Authorize"),
    ("capture", "매입하기", "Capture"),
    ("void", "승인 취소하기", "Void"),
    ("refund", "환불하기", "Refund"),
    ("payments", "결제 조회하기", "Look at payments"),
    ("ledger", "원장 읽기", "Read the ledger"),
    ("events", "이벤트 따라가기", "Follow events"),
    ("dead-letters", "처리 불가함", "Dead letters"),
    ("operations", "운영", "Operate"),
    ("operators", "운영자", "Operators"),
    ("store", "모의 상점", "The mock store"),
    ("simulation", "실험실", "The Lab"),
];

const OPERATIONS: [(&str, &str, &str); 60] = [
    (
        "authorizePayment",
        "결제 승인",
        "카드 한도를 잡아 둬요. `captureMode: automatic`이면 바로 매입까지 해요. 멱등 키가 필요해요. 같은 키로 같은 요청을 다시 보내면 15일 동안 같은 응답을 받고, 두 번 청구되지 않아요.",
    ),
    (
        "capturePayment",
        "결제 매입",
        "승인된 금액의 전부나 일부를 매입해요. `final: false`로 보내면 남은 금액을 나중에 매입할 수 있고, 아니면 남은 승인은 풀려요.",
    ),
    ("voidPayment", "승인 취소", "승인했지만 아직 매입하지 않은 금액을 풀어 줘요."),
    (
        "refundPayment",
        "결제 환불",
        "매입한 금액의 전부나 일부를 돌려줘요. 매입한 만큼 여러 번 나누어 환불할 수 있어요.",
    ),
    ("listPayments", "결제 목록", "만들어진 때를 기준으로 최근 결제부터 보여 줘요."),
    (
        "countPayments",
        "상태마다 결제 세기",
        "목록과 같은 조건으로 세요. 가장 최근 결제 약 20,000건까지 보고, 더 있는지 알려 줘요.",
    ),
    ("getPayment", "결제 하나 보기", ""),
    ("getHealth", "프로세스가 살아 있는지", ""),
    ("getReadiness", "요청을 받을 수 있는지", ""),
    ("getMetrics", "모든 지표", "Prometheus가 읽는 OpenMetrics 1.0 형식이에요."),
    ("getTimeline", "결제의 이력", ""),
    ("getFlow", "결제가 원장에 닿기까지", ""),
    ("listPaymentEntries", "결제의 분개", ""),
    ("listAccounts", "계정 목록", ""),
    ("listAccountEntries", "계정의 거래 내역", ""),
    ("listEntries", "분개 목록", ""),
    ("getEntry", "분개 하나 보기", ""),
    ("getTrialBalance", "시산표", ""),
    ("getProofs", "원장 검증 결과", ""),
    ("runProofs", "원장 검증하기", ""),
    ("listEvents", "이벤트 목록", ""),
    ("streamEvents", "이벤트 실시간으로 받기", ""),
    ("getOutbox", "원장을 기다리는 이벤트", ""),
    (
        "rewindOutbox",
        "레인 다시 발행",
        "브로커가 기록을 잃은 뒤, 정한 곳 다음의 이벤트를 모두 다시 보내요. 이미 처리한 이벤트는 다시 기장되지 않고, 건너뛰는 일도 없어요.",
    ),
    ("listDeadLetters", "처리 불가 이벤트 목록", ""),
    ("countDeadLetters", "상태와 이유마다 처리 불가 이벤트 세기", "모두 세요. 없는 짝은 0건이에요."),
    ("getDeadLetter", "처리 불가 이벤트 하나 보기", ""),
    ("forecastRedrive", "재처리하면 어떻게 되는지 보기", "모든 검사를 해 보지만 아무것도 바꾸지 않아요."),
    ("redriveDeadLetter", "재처리", ""),
    ("holdDeadLetter", "보류", ""),
    ("discardDeadLetter", "폐기", ""),
    ("actOnDeadLetters", "여러 이벤트를 한꺼번에 처리", ""),
    ("getOverview", "한눈에 보기", ""),
    ("getComponents", "구성 요소의 상태", ""),
    ("getLimits", "한도의 현재 상태", ""),
    ("getIdempotency", "멱등 키 조회", ""),
    ("listAudit", "감사 기록", ""),
    ("getSession", "누가 로그인했는지", ""),
    (
        "beginSession",
        "로그인",
        "스크립트가 읽을 수 없는 쿠키를 심어요. 틀린 비밀번호와 없는 이름에는 같은 답을 해요.",
    ),
    ("endSession", "로그아웃", ""),
    ("redeemLink", "일회용 링크로 비밀번호 정하기", ""),
    ("changePassword", "내 비밀번호 바꾸기", ""),
    ("listOperators", "운영자 목록", ""),
    ("addOperator", "운영자 추가", ""),
    ("changeOperator", "운영자 바꾸기", "역할을 바꾸거나 막아요. 열려 있는 세션에도 바로 적용돼요."),
    ("linkOperator", "새 일회용 링크", ""),
    ("issueToken", "토큰 만들기", ""),
    ("endTokens", "토큰 모두 끝내기", ""),
    ("listRequests", "최근 요청", ""),
    ("listProducts", "상품 목록", ""),
    ("getProduct", "상품 하나 보기", ""),
    ("quoteCart", "장바구니 가격 계산", ""),
    ("beginOrder", "주문 시작", ""),
    ("listOrders", "내 주문 목록", ""),
    ("getOrder", "주문 하나 보기", ""),
    ("payOrder", "주문 결제", ""),
    ("refundOrder", "주문 환불 요청", ""),
    ("getFaults", "켜진 고장 보기", ""),
    ("setFaults", "고장 켜고 끄기", ""),
    ("poison", "이상한 이벤트 끼워 넣기", ""),
];
