//! The help texts in Korean. The English ones stand beside the code, as its documentation; a test keeps both complete.

use clap::{Arg, ArgAction, Command};

/// The same command line, explained in Korean.
pub(super) fn translate(command: Command) -> Command {
    in_korean(command, "")
}

fn in_korean(command: Command, path: &str) -> Command {
    let about = about(path).unwrap_or_default();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let ids: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let mut command = command
        .about(about)
        .long_about(None::<&str>)
        .subcommand_help_heading("명령")
        .help_template("{about-with-newline}\n사용법: {usage}\n\n{all-args}{after-help}")
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help("도움말")
                .help_heading("옵션"),
        );
    if path.is_empty() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.disable_version_flag(true).arg(version.help("버전").help_heading("옵션"));
        command = command.after_help(EXIT_CODES);
    }
    for id in &ids {
        let help = argument(path, id).unwrap_or_default();
        command = command.mut_arg(id, |arg| {
            let heading = if arg.is_positional() { "인자" } else { "옵션" };
            arg.help(help).long_help(None::<&str>).help_heading(heading)
        });
    }
    for name in names {
        let below = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| in_korean(sub, below.trim_start()));
    }
    command
}

fn about(path: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// The text for an argument of this command, else for every argument of that name.
fn argument(path: &str, id: &str) -> Option<&'static str> {
    let find = |command: &str| ARGUMENTS.iter().find(|(of, name, _)| *of == command && *name == id);
    find(path).or_else(|| find("")).map(|(_, _, text)| *text)
}

/// The table of exit codes.
pub(super) const EXIT_CODES: &str = "\
종료 코드:
  0 정상    1 예상 밖의 오류    2 사용법 또는 설정 오류    3 연결 안 됨(아무 일도 없었음)
  4 업무 규칙에 따른 거절    5 권한 없음    6 증명 또는 진단에서 이상 발견
  7 요청 한도 초과    8 결과를 모름    130 중단";

const COMMANDS: &[(&str, &str)] = &[
    ("", "Payment SWElite: 결제를 받고 원장에 기장될 때까지 지켜봐요"),
    (
        "up",
        "플랫폼을 실행해요: API, 워커, 반복 작업. 첫 신호에 받은 요청까지 처리하고 끝나고, 두 번째 신호에 바로 끝나요",
    ),
    ("ingest", "API와 릴레이만 실행해요 (MariaDB와 Kafka 필요)"),
    ("worker", "워커만 실행해요 (MariaDB와 Kafka 필요)"),
    ("migrate", "설정된 저장소의 스키마를 최신으로 맞춰요 (`up`도 해요)"),
    ("backup", "내장 저장소의 장부를 파일로 복사해요. 쓰는 중에도 돼요"),
    ("restore", "사본을 되돌려요. 다른 타임라인이 돼요: docs/OPERATIONS.md를 먼저 읽으세요"),
    ("doctor", "잘못될 수 있는 것을 모두 확인하고 고치는 법을 알려줘요. 이상이 있으면 6으로 끝나요"),
    ("config", "설정을 보여주고 확인하고 설명해요"),
    ("config print", "모든 설정의 값과 출처"),
    ("config check", "설정에서 잘못된 것을 모두 알려줘요"),
    ("config reference", "모든 설정의 설명, docs/CONFIG.md 그대로"),
    ("config template", "swelite.toml의 시작점: 모든 설정을 설명하고 주석 처리한 파일"),
    ("pay", "결제하고 결제를 살펴봐요"),
    ("pay authorize", "카드 승인을 받아요"),
    ("pay capture", "승인된 금액을 매입해요"),
    ("pay void", "승인을 취소해요"),
    ("pay refund", "매입한 금액을 환불해요"),
    ("pay get", "결제 한 건을 보여줘요"),
    ("pay list", "결제 목록, 최신순"),
    ("pay watch", "결제가 여섯 단계를 지나 기장될 때까지 지켜봐요"),
    ("ledger", "원장을 살펴보고 증명해요"),
    ("ledger accounts", "모든 계정과 잔액"),
    ("ledger trial-balance", "모든 계정의 차변과 대변 합계. 서로 같아야 해요"),
    ("ledger journal", "결제 한 건의 분개"),
    ("ledger verify", "모든 증명을 처음부터 실행해요. 하나라도 실패하면 6으로 끝나요"),
    ("dead-letters", "기장하지 못한 이벤트를 처리해요"),
    ("dead-letters list", "목록, 최신순"),
    ("dead-letters show", "한 건을 보여줘요"),
    ("dead-letters redrive", "다시 기장해 봐요. 두 번 기장되지는 않아요"),
    ("dead-letters hold", "일부러 미뤄 둬요"),
    ("dead-letters discard", "영영 포기해요"),
    ("dead-letters bulk", "여러 건을 한꺼번에 처리해요. 한 번에 200건까지"),
    ("outbox", "API와 원장 사이에서 기다리는 것을 살펴봐요"),
    ("outbox status", "얼마나, 언제부터 기다리는지"),
    (
        "outbox rewind",
        "브로커가 기록을 잃었을 때 레인을 어느 곳부터 다시 발행해요. 기장된 것은 다시 기장되지 않아요",
    ),
    ("operators", "누가 플랫폼을 운영하는지, 어떤 프로그램이 대신하는지 정해요"),
    ("operators list", "목록, 이름순"),
    ("operators add", "한 명을 더해요. 출력된 링크를 연 사람이 비밀번호를 정해요"),
    ("operators role", "할 수 있는 일을 바꿔요"),
    ("operators disable", "아무것도 못 하게 해요. 세션, 토큰, 링크가 끝나요"),
    ("operators enable", "막았던 운영자를 다시 로그인하게 해요"),
    ("operators link", "새 일회용 링크를 출력해요. 비밀번호를 잊었을 때 써요"),
    (
        "operators token",
        "프로그램이 쓸 토큰을 출력해요 (SWELITE_TOKEN). 토큰이 아직 없으면 표준 입력으로 비밀번호를 물어요",
    ),
    ("operators end-tokens", "한 사람의 토큰을 모두 끝내요"),
    (
        "operators recover",
        "장부를 직접 열어 관리자를 만드는 링크를 출력해요. 로그인할 수 있는 관리자가 없을 때 써요",
    ),
    ("openapi", "API의 OpenAPI 문서를 출력해요"),
    ("simulator", "느려지고, 실패하고, 답을 잃을 수 있는 매입사를 따로 실행해요"),
    ("completion", "셸 자동 완성"),
    ("version", "이 프로그램의 버전"),
    ("help", "명령 하나를, 또는 종료 코드(exit-codes)를 설명해요"),
];

const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("", "lang", "출력 언어 [기본: 로캘]"),
    ("", "json", "데이터를 JSON 객체 하나로, 목록은 한 줄에 하나씩"),
    ("", "config", "설정 파일 (또는 SWELITE_CONFIG) [기본: swelite.toml, 있으면]"),
    ("", "data_dir", "내장 저장소의 디렉터리 (SWELITE_DATA_DIR)"),
    ("", "url", "서버 주소 (또는 SWELITE_URL) [기본: http://127.0.0.1:8080]"),
    ("", "payment", "결제 번호"),
    ("", "merchant", "이 가맹점 것만"),
    ("", "key", "멱등 키: 같은 키는 한 번만 처리돼요 [기본: 새로 만들어 알려줘요]"),
    ("", "limit", "최대 몇 건"),
    ("", "reason", "이유"),
    ("", "id", "번호"),
    ("", "yes", "되돌릴 수 없는 일도 묻지 않고 해요. 물을 사람이 없으면 꼭 필요해요"),
    ("backup", "to", "새 파일"),
    ("restore", "from", "사본"),
    ("restore", "replace", "지금 있는 장부의 자리에 넣어요. 지금 것은 옆에 남아요"),
    (
        "restore",
        "timeline",
        "새 타임라인만 시작해요: 장부를 다른 도구로 되돌렸거나, 장애 조치로 커밋을 잃었을 수 있을 때",
    ),
    ("restore", "reason", "이유. 감사 기록에 남아요"),
    ("up", "port", "TCP 포트. 0 이면 빈 포트 (SERVER_PORT)"),
    ("up", "listen", "들을 주소 (SWELITE_LISTEN)"),
    ("ingest", "port", "TCP 포트. 0 이면 빈 포트 (SERVER_PORT)"),
    ("ingest", "listen", "들을 주소 (SWELITE_LISTEN)"),
    ("worker", "port", "TCP 포트. 0 이면 빈 포트 (SERVER_PORT)"),
    ("worker", "listen", "들을 주소 (SWELITE_LISTEN)"),
    ("outbox rewind", "lane", "어느 레인"),
    ("outbox rewind", "to", "이곳 다음부터 모두 다시 보내요. 0 이면 아웃박스에 있는 전부"),
    ("outbox rewind", "reason", "이유. 감사 기록에 남아요"),
    ("pay authorize", "merchant", "파는 가맹점"),
    ("pay authorize", "amount", "금액, 통화의 가장 작은 단위: 10000은 ₩10,000 또는 $100.00"),
    ("pay authorize", "currency", "ISO 4217 코드"),
    ("pay authorize", "order", "가맹점의 주문 번호"),
    ("pay authorize", "description", "무엇을 파는지"),
    ("pay authorize", "notes", "가맹점의 메모. 여러 번 쓸 수 있어요"),
    ("pay authorize", "card", "테스트 카드"),
    ("pay authorize", "token", "테스트 카드 대신 카드 토큰"),
    ("pay authorize", "capture", "승인과 동시에 매입"),
    ("pay capture", "merchant", "가맹점 [기본: 그 결제의 가맹점]"),
    ("pay void", "merchant", "가맹점 [기본: 그 결제의 가맹점]"),
    ("pay refund", "merchant", "가맹점 [기본: 그 결제의 가맹점]"),
    ("pay capture", "amount", "금액, 통화의 가장 작은 단위 [기본: 매입할 수 있는 전부]"),
    ("pay capture", "not_final", "나머지를 나중에 매입하도록 남겨 둬요"),
    ("pay refund", "amount", "금액, 통화의 가장 작은 단위 [기본: 환불할 수 있는 전부]"),
    ("pay refund", "expected_refundable", "환불 가능 금액이 이와 다르면 거절"),
    ("pay list", "status", "이 상태만, 예: AUTHORIZED. 여러 번 쓸 수 있어요"),
    ("pay list", "order", "이 주문 것만"),
    ("pay watch", "last", "가장 최근 결제"),
    ("pay watch", "patience", "이만큼 기다리고 그만둬요(초)"),
    ("ledger accounts", "per_owner", "소유자마다 한 줄"),
    ("ledger trial-balance", "as_of", "기준 시각, RFC 3339 [기본: 지금]"),
    ("dead-letters list", "state", "이 상태만: OPEN, HELD, REDRIVEN, DISCARDED. 여러 번 쓸 수 있어요"),
    ("dead-letters list", "error_type", "이 오류만: schema, unknown_version, foreign, refused"),
    ("dead-letters list", "topic", "이 토픽만"),
    ("dead-letters redrive", "dry_run", "하지 않고, 어떻게 될지만 보여 줘요"),
    ("dead-letters hold", "reason", "이유. 감사 기록에 남아요"),
    ("dead-letters discard", "reason", "이유. 감사 기록에 남아요"),
    ("dead-letters bulk", "action", "할 일: redrive(재처리), hold(보류), discard(폐기)"),
    ("dead-letters bulk", "state", "이 상태인 것: OPEN, HELD"),
    ("dead-letters bulk", "error_type", "이 오류만: schema, unknown_version, foreign, refused"),
    ("dead-letters bulk", "topic", "이 토픽만"),
    ("dead-letters bulk", "reason", "이유. 감사 기록에 남아요. 폐기에는 꼭 필요해요"),
    ("dead-letters bulk", "dry_run", "하지 않고, 어떻게 될지만 보여 줘요"),
    ("", "name", "누구"),
    ("operators add", "role", "역할: viewer, operator, admin"),
    ("operators role", "role", "역할: viewer, operator, admin"),
    ("operators token", "label", "토큰의 이름"),
    ("operators token", "days", "며칠 동안 쓸 수 있는지"),
    ("simulator", "listen", "들을 주소"),
    ("simulator", "data_dir", "기록 파일의 디렉터리"),
    ("simulator", "delay_ms", "결정한 뒤 이만큼 늦게 답해요(밀리초)"),
    ("simulator", "error_rate", "결정하기 전에 실패하는 비율, 0~1"),
    ("simulator", "lose_answers", "결정했지만 답을 잃는 비율, 0~1"),
    ("completion", "shell", "어느 셸"),
    ("help", "topic", "명령, 또는 exit-codes. 없으면 모두 설명해요"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn missing(command: &Command, path: &str, found: &mut Vec<String>) {
        if about(path).is_none() {
            found.push(format!("`{path}`"));
        }
        for argument_of in command.get_arguments() {
            let id = argument_of.get_id().as_str();
            if argument(path, id).is_none() {
                found.push(format!("`{path}` {id}"));
            }
            assert!(argument_of.get_help().is_some(), "`{path}` {id} has no English help");
        }
        for sub in command.get_subcommands() {
            missing(sub, format!("{path} {}", sub.get_name()).trim_start(), found);
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        let mut found = Vec::new();
        missing(&super::super::Cli::command(), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_translated_command_line_is_sound() {
        translate(super::super::Cli::command()).debug_assert();
    }
}
