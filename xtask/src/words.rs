//! What the demo says, in Korean and in English.

use clap::ValueEnum;
use serde_json::Value;

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Lang {
    /// 한국어
    Ko,
    /// English
    En,
}

impl Lang {
    /// Korean where the locale is Korean, else English: as the platform's own command line does.
    pub(crate) fn of_locale() -> Self {
        Self::of(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable))
    }

    fn of(mut locales: impl Iterator<Item = String>) -> Self {
        match locales.find(|locale| !locale.is_empty()) {
            Some(locale) if locale.to_ascii_lowercase().starts_with("ko") => Self::Ko,
            _ => Self::En,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the locale is where a tool learns its user's language")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Every sentence of the demo.
pub(crate) struct Words {
    pub(crate) building: &'static str,
    pub(crate) port_taken: &'static str,
    pub(crate) data: &'static str,
    pub(crate) log: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) first_payment: &'static str,
    pub(crate) authorized: &'static str,
    pub(crate) captured: &'static str,
    pub(crate) debit: &'static str,
    pub(crate) credit: &'static str,
    pub(crate) posted: &'static str,
    pub(crate) look: &'static str,
    pub(crate) store: &'static str,
    pub(crate) console: &'static str,
    pub(crate) developers: &'static str,
    pub(crate) no_pages: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) flow: &'static str,
    pub(crate) entries: &'static str,
    pub(crate) proofs: &'static str,
    pub(crate) trial_balance: &'static str,
    pub(crate) stream: &'static str,
    pub(crate) metrics: &'static str,
    pub(crate) try_it: &'static str,
    pub(crate) until_interrupted: &'static str,
    pub(crate) stopping: &'static str,
    stations: [(&'static str, &'static str); 6],
    not_done: &'static str,
}

impl Words {
    /// In `lang`.
    pub(crate) fn of(lang: Lang) -> Self {
        match lang {
            Lang::Ko => KOREAN,
            Lang::En => ENGLISH,
        }
    }

    /// A station of the flow in one line: what it is, when, and how long after the one before it.
    pub(crate) fn station(&self, step: &Value) -> String {
        let name = step["station"].as_str().unwrap_or("?");
        let known = self.stations.iter().find(|(station, _)| *station == name);
        let title = known.map_or(name, |(_, title)| title);
        if step["state"] != "done" {
            return format!("{title} · {}", self.not_done);
        }
        let at = step["at"].as_str().and_then(|at| at.split('T').nth(1)).unwrap_or("");
        let gap = step["durationUs"].as_i64().map(|us| format!(" (+{} ms)", us / 1000));
        let gap = gap.or_else(|| step["durationMs"].as_i64().map(|ms| format!(" (+{ms} ms)")));
        format!("{title} · {at}{}", gap.unwrap_or_default())
    }
}

const KOREAN: Words = Words {
    building: "빌드하고 있어요. 처음에는 5–15분 걸리고 인터넷이 필요해요.",
    port_taken: "다른 프로그램이 쓰는 포트라서 다음 빈 포트를 써요:",
    data: "데이터",
    log: "로그",
    ready: "켰어요:",
    first_payment: "첫 결제 한 건을 흘려 볼게요.",
    authorized: "승인",
    captured: "매입",
    debit: "차변",
    credit: "대변",
    posted: "기장",
    look: "여기에서 볼 수 있어요.",
    store: "상점: 테스트 카드로 하나 사 보고, 그 결제가 원장까지 가는 길을 따라가 보세요",
    console: "콘솔: 결제, 원장, 이벤트",
    developers: "개발자: 네 단계 빠른 시작",
    no_pages: "Node.js가 없어 화면은 빼고 켰어요. npm과 함께 설치하고 다시 실행하면 상점과 콘솔도 열려요.",
    reference: "API 문서",
    flow: "방금 결제가 지나온 여섯 단계",
    entries: "방금 결제의 분개",
    proofs: "원장 증명",
    trial_balance: "시산표",
    stream: "이벤트 실시간 스트림 (SSE)",
    metrics: "지표 (Prometheus)",
    try_it: "직접 해 보세요.",
    until_interrupted: "Ctrl-C를 누르면 안전하게 끝나요.",
    stopping: "받은 요청까지 처리하고 끝나요.",
    stations: [
        ("api", "API 승인"),
        ("outbox", "DB 저장 (결제 + 응답 + 이벤트, 한 트랜잭션)"),
        ("published", "발행 (내장 로그: 아웃박스가 곧 로그예요)"),
        ("broker", "로그 위치"),
        ("worker", "워커 처리"),
        ("ledger", "원장 기장"),
    ],
    not_done: "아직",
};

const ENGLISH: Words = Words {
    building: "Building. The first time takes 5 to 15 minutes and needs the internet.",
    port_taken: "the port is taken; the next free one is used:",
    data: "data",
    log: "log",
    ready: "Up:",
    first_payment: "Sending a first payment.",
    authorized: "authorized",
    captured: "captured",
    debit: "Dr",
    credit: "Cr",
    posted: "posted to the ledger",
    look: "Where to look:",
    store: "the store: buy with a test card and watch the payment reach the ledger",
    console: "the console: payments, ledger, events",
    developers: "for developers: four steps",
    no_pages: "Node.js is not here, so the pages were left out. With it and npm the store and the console open too.",
    reference: "API reference",
    flow: "the six stations this payment has passed",
    entries: "its journal entries",
    proofs: "proofs of the ledger",
    trial_balance: "trial balance",
    stream: "live events (SSE)",
    metrics: "metrics (Prometheus)",
    try_it: "Try it:",
    until_interrupted: "Ctrl-C ends it cleanly.",
    stopping: "Finishing what was accepted, then ending.",
    stations: [
        ("api", "accepted by the API"),
        ("outbox", "stored (payment + answer + event, one transaction)"),
        ("published", "published (embedded: the outbox is the log)"),
        ("broker", "place in the log"),
        ("worker", "handled by the worker"),
        ("ledger", "posted to the ledger"),
    ],
    not_done: "not yet",
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides_and_english_is_the_default() {
        let of = |locales: &[&str]| Lang::of(locales.iter().map(|locale| (*locale).to_owned()));
        assert_eq!(of(&[]), Lang::En);
        assert_eq!(of(&["C.UTF-8"]), Lang::En);
        assert_eq!(of(&["", "en_US.UTF-8"]), Lang::En);
        assert_eq!(of(&["ko_KR.UTF-8", "en_US.UTF-8"]), Lang::Ko);
    }

    #[test]
    fn a_station_says_when_it_was_done_or_that_it_is_not() {
        let done =
            json!({"station": "ledger", "state": "done", "at": "2026-11-22T07:15:03.412Z", "durationMs": 4});
        assert_eq!(ENGLISH.station(&done), "posted to the ledger · 07:15:03.412Z (+4 ms)");
        assert_eq!(
            ENGLISH.station(&json!({"station": "worker", "state": "waiting"})),
            "handled by the worker · not yet"
        );
    }
}
