//! How a command fails: a sentence, what to do next, and the code, status and request id for whoever is asked for help.

use std::error::Error;

use serde_json::{Value, json};

use super::{exit::Exit, lang::Lang, output::Output};
use crate::{
    client::{Answer, CallError},
    config::{Fault, Faults},
    http::problem::Code,
};

/// Why a command failed.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What happened.
    pub sentence: String,
    /// What to do next.
    pub next: Option<String>,
    /// `CODE · HTTP 409 · req_…`, where there is such a thing.
    pub reference: Option<String>,
    /// The server's own words, for `--json`.
    pub problem: Option<Value>,
}

impl Failure {
    /// A failure with a sentence and nothing else to say.
    pub(super) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into(), next: None, reference: None, problem: None }
    }

    /// What to do next.
    pub(super) fn then(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// An error and its causes.
    pub(super) fn of_error(exit: Exit, error: &dyn Error) -> Self {
        Self::new(exit, engine::error_chain(error))
    }

    /// The same, opened by what it means in Korean where that is spoken.
    pub(super) fn in_korean(mut self, lang: Lang, korean: &str) -> Self {
        if lang == Lang::Ko {
            self.sentence = format!("{korean} ({})", self.sentence);
        }
        self
    }

    /// The configuration is wrong.
    pub(super) fn of_config(lang: Lang, faults: &Faults) -> Self {
        let list: Vec<String> = faults.0.iter().map(|fault| format!("  {}", fault_in(lang, fault))).collect();
        let opening = lang.pick("설정이 잘못됐어요:", "the configuration is wrong:");
        let next = lang.pick(
            "값을 고치고 `swelite config check`로 확인해 보세요.",
            "correct the values; `swelite config check` tells when they are right",
        );
        Self::new(Exit::Usage, format!("{opening}\n{}", list.join("\n"))).then(next)
    }

    /// There was no answer. `changes` says whether the call could have had an effect.
    pub(super) fn of_call(lang: Lang, error: &CallError, changes: bool) -> Self {
        let mut failure = Self::of_error(Exit::Unreachable, error).in_korean(lang, korean_call(error));
        if changes && !error.nothing_was_sent() {
            failure.exit = Exit::OutcomeUnknown;
            let next = lang.pick(
                "처리됐을 수도 있어요. 같은 키(--key)로 다시 보내면 결과를 알 수 있고, 두 번 처리되지 않아요.",
                "it may have been done; repeat with the same --key to learn the outcome, it is never done twice",
            );
            return failure.then(next);
        }
        if matches!(error, CallError::BadAddress { .. }) {
            failure.exit = Exit::Usage;
            let next = lang.pick(
                "--url 또는 SWELITE_URL을 http://127.0.0.1:8080 같은 주소로 고쳐 보세요.",
                "correct --url or SWELITE_URL: an address looks like http://127.0.0.1:8080",
            );
            return failure.then(next);
        }
        let next = lang.pick(
            "서버가 떠 있는지(`swelite up`) --url 또는 SWELITE_URL이 맞는지 확인해 보세요.",
            "check that the server runs (`swelite up`) and that --url or SWELITE_URL is right",
        );
        failure.then(next)
    }

    /// The server said no.
    pub(super) fn of_answer(lang: Lang, answer: &Answer) -> Self {
        let problem: Option<Value> =
            serde_json::from_slice(&answer.body).ok().filter(|value: &Value| value.is_object());
        let said = problem.clone().unwrap_or_default();
        let word = said["code"].as_str();
        let code = word.and_then(|word| Code::ALL.iter().find(|code| code.as_str() == word));
        let retry_after = answer.headers.get("retry-after").and_then(|value| value.to_str().ok());
        let message = said["message"].as_str().unwrap_or("the server refused without a reason");
        let header = answer.headers.get("x-request-id").and_then(|value| value.to_str().ok());
        let request_id = said["requestId"].as_str().or(header);
        let word = word.map(|word| match said["declineCode"].as_str() {
            Some(why) => format!("{word}({why})"),
            None => word.to_owned(),
        });
        let payment = said["paymentId"].as_u64().filter(|_| code == Some(&Code::OutcomeUnknown));
        let payment = payment.map(|number| format!("{} {number}", lang.pick("결제", "payment")));
        let status = Some(format!("HTTP {}", answer.status));
        let parts = [word, status, payment, request_id.map(str::to_owned)];
        Self {
            exit: Exit::of_status(answer.status),
            sentence: sentence(lang, message, &said),
            next: code.map(|code| advice(lang, *code, &said, retry_after)),
            reference: Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")),
            problem,
        }
    }

    /// Tells the person, or the script.
    pub(super) fn tell(&self, output: &Output) {
        if output.json {
            let own = || json!({"message": self.sentence, "detail": self.next});
            let error = self.problem.clone().unwrap_or_else(own);
            output.say(&json!({"error": error, "exitCode": self.exit.number()}).to_string());
            return;
        }
        output.say(&format!("{} {}", output.paint("31", "✕"), self.sentence));
        if let Some(next) = &self.next {
            output.say(&format!("  {} {next}", output.pick("다음:", "next:")));
        }
        if let Some(reference) = &self.reference {
            output.say(&format!("  ({reference})"));
        }
    }
}

/// What is wrong with a setting.
pub(super) fn fault_in(lang: Lang, fault: &Fault) -> String {
    match lang {
        Lang::Ko => fault.korean(),
        Lang::En => fault.to_string(),
    }
}

/// What to do next: the server's words, or the code's in Korean where the server has no words of its own.
/// Names nothing that is not on the screen: a header or a field of the answer stands here as what it said.
fn advice(lang: Lang, code: Code, problem: &Value, retry_after: Option<&str>) -> String {
    if let Some(own) = own_advice(lang, code, problem, retry_after) {
        return own;
    }
    let said = problem["detail"].as_str().unwrap_or_else(|| code.advice());
    let said = match lang {
        Lang::Ko if said == code.advice() => code.advice_ko(),
        Lang::Ko if code == Code::NotFound => "번호를 확인하세요.",
        Lang::Ko | Lang::En => said,
    };
    match retry_after {
        Some(seconds) => said
            .replace("Retry-After초", &format!("{seconds}초"))
            .replace("Retry-After seconds", &format!("{seconds} seconds")),
        None => said.replace("Retry-After초", "잠시").replace("Retry-After seconds", "a while"),
    }
}

fn own_advice(lang: Lang, code: Code, problem: &Value, retry_after: Option<&str>) -> Option<String> {
    let payment = || problem["paymentId"].as_u64();
    Some(match (code, lang) {
        (Code::Unauthenticated, _) => lang
            .pick(
                "`swelite operators token 이름`으로 토큰을 받아 SWELITE_TOKEN에 두고 다시 실행하세요.",
                "get a token with `swelite operators token NAME`, keep it in SWELITE_TOKEN, and try again",
            )
            .to_owned(),
        (Code::ValidationError, _) => lang
            .pick(
                "위에 적힌 값을 모두 고쳐 다시 실행하세요.",
                "correct every value named above and run it again",
            )
            .to_owned(),
        (Code::DuplicateRequest, Lang::Ko) => match retry_after {
            Some(seconds) => format!("{seconds}초 기다렸다가 같은 키(--key)로 다시 보내세요."),
            None => format!("그 주문의 결제는 {}이에요: swelite pay get {0}", payment()?),
        },
        (Code::DuplicateRequest, Lang::En) => match retry_after {
            Some(seconds) => format!("wait {seconds} seconds and repeat with the same --key"),
            None => format!("payment {} holds the order: swelite pay get {0}", payment()?),
        },
        _ => return None,
    })
}

fn sentence(lang: Lang, message: &str, problem: &Value) -> String {
    let mut sentence = match lang {
        Lang::En => message.to_owned(),
        Lang::Ko => korean(problem).map_or_else(|| message.to_owned(), |ko| format!("{ko} ({message})")),
    };
    for error in problem["errors"].as_array().into_iter().flatten() {
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        sentence.push_str(&format!("\n  {}: {} ({})", part("field"), part("message"), part("code")));
    }
    sentence
}

fn korean_call(error: &CallError) -> &'static str {
    match error {
        CallError::Unreachable { .. } => "서버에 연결할 수 없어요.",
        CallError::Timeout { .. } => "서버가 제때 답하지 않았어요.",
        CallError::Broken { .. } => "답을 다 받기 전에 연결이 끊겼어요.",
        CallError::BadAddress { .. } => "서버 주소가 올바르지 않아요.",
    }
}

fn korean(problem: &Value) -> Option<&'static str> {
    Some(match problem["code"].as_str()? {
        "VALIDATION_ERROR" => "요청에 잘못된 값이 있어요.",
        "MALFORMED_REQUEST" => "요청을 읽을 수 없어요.",
        "UNAUTHENTICATED" => "로그인이 필요해요.",
        "FORBIDDEN" => "권한이 없어요.",
        "CARD_DECLINED" => "카드가 거절됐어요.",
        "NOT_FOUND" => "그런 항목이 없어요.",
        "CAPTURE_CONFLICT" => "매입하지 못했어요.",
        "REFUND_CONFLICT" => "환불하지 못했어요.",
        "VOID_CONFLICT" => "취소하지 못했어요.",
        "AUTHORIZATION_EXPIRED" => "승인 유효 기간이 지났어요.",
        "DUPLICATE_REQUEST" => "같은 요청이 이미 있어요.",
        "OPERATOR_CONFLICT" => "운영자 상태 때문에 할 수 없어요.",
        "DEAD_LETTER_CONFLICT" => "이 처리 불가 이벤트에는 지금 할 수 없는 일이에요.",
        "IDEMPOTENCY_KEY_REUSED" => "이 멱등 키는 다른 요청에 쓰였어요.",
        "AMOUNT_TOO_LARGE" => "가능한 금액보다 커요.",
        "EXPECTED_AMOUNT_MISMATCH" => "환불 가능 금액이 예상과 달라요.",
        "RATE_LIMIT_EXCEEDED" => "요청 한도를 다 썼어요.",
        "INTERNAL_ERROR" => "서버에 문제가 생겼어요.",
        "ACQUIRER_ERROR" => "매입사가 처리하지 못했어요.",
        "OVERLOADED" => "지금 요청이 너무 많아요.",
        "UNAVAILABLE" => "지금은 처리할 수 없어요.",
        "OUTCOME_UNKNOWN" => "결과를 아직 몰라요.",
        _ => return None,
    })
}
