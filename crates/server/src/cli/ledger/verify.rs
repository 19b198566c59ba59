//! `swelite ledger verify`: opens the configured store itself, also beside a running server.

use std::sync::Arc;

use clap::Args;
use engine::proofs::{Mode, Proof, ProofReport, ProofResult, Prover};
use serde_json::{Value, json};

use crate::{
    cli::{Context, Exit, config::SettingsArgs, failure::Failure, open_failure},
    config::Flags,
    http::render::JsonRender,
    system::System,
    wiring,
};

/// Run every proof over everything; exit 6 if one fails.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let settings = self.settings.load(context, Flags::new())?.settings;
        let output = &context.output;
        let mut outcome = None;
        context.block_on(async {
            let books = wiring::read_books(&settings).await;
            let books = books.map_err(|error| open_failure(output.lang, &error))?;
            let prover = Prover::new(books, Arc::new(JsonRender), Arc::new(System::start()));
            let report = prover.run(Mode::Full).await;
            outcome = Some(report.map_err(|error| Failure::of_error(Exit::Unexpected, &error))?);
            Ok(())
        })?;
        let Some(report) = outcome else { return Ok(()) };
        show(context, &report);
        if report.ok() {
            return Ok(());
        }
        let sentence =
            output.pick("증명이 실패했어요: 원장이 어긋나 있어요.", "a proof failed: the books are wrong");
        let next = output.pick(
            "쓰기를 멈추고(`swelite up` 종료) 데이터 디렉터리를 복사해 둔 뒤 위의 항목을 살펴보세요.",
            "stop writing (end `swelite up`), copy the data directory, and look at the rows named above",
        );
        Err(Failure::new(Exit::Fault, sentence).then(next))
    }
}

fn show(context: &Context, report: &ProofReport) {
    let output = &context.output;
    if output.json {
        output.json(&json(report));
        return;
    }
    for (index, result) in report.proofs.iter().enumerate() {
        let glyph = if result.ok() { "✓" } else { "✕" };
        let says = output.pick(korean(result.proof), result.proof.says());
        let mut line = format!("{glyph} {} {says}: {}", index + 1, counted(context, result));
        for finding in &result.findings {
            line.push_str(&format!("\n    {finding}"));
        }
        output.line(&line);
    }
    let places = &report.whereabouts;
    output.line(&format!(
        "{} {} · {} {} · {} {} · {} {} · {} {}",
        output.pick("기장", "posted"),
        places.posted,
        output.pick("분개 없음", "without postings"),
        places.without_postings,
        output.pick("대기", "pending"),
        places.pending,
        output.pick("격리", "parked"),
        places.parked,
        output.pick("폐기", "discarded"),
        places.discarded,
    ));
}

fn korean(proof: Proof) -> &'static str {
    match proof {
        Proof::EntriesBalance => "모든 분개의 차변과 대변이 같고, 이벤트가 말한 대로 기장됐어요",
        Proof::BalancesEqualEntries => "저장된 잔액이 모두 분개의 합과 같아요",
        Proof::CapturesPostedOnce => "매입하고 환불한 금액마다 분개가 한 번씩 있어요",
        Proof::EntriesHaveEvents => "이벤트 없는 분개가 없어요",
        Proof::EventsAccountedFor => {
            "모든 이벤트가 기장됐거나, 분개가 없거나, 기다리거나, 격리됐거나, 폐기됐어요"
        }
        Proof::PaymentsReplay => "이벤트로 다시 계산한 결제가 저장된 결제와 같아요",
        Proof::ChainUnbroken => "레인마다 이벤트의 해시 사슬이 끊기지 않았어요",
        Proof::AnswersAgree => "저장된 응답이 모두 그 결제와 맞아요",
    }
}

fn counted(context: &Context, result: &ProofResult) -> String {
    let output = &context.output;
    let mut text = format!("{} {}", output.pick("확인", "checked"), result.checked);
    if result.skipped > 0 {
        text.push_str(&format!(
            ", {} {}",
            output.pick("정리되어 건너뜀", "skipped because pruned"),
            result.skipped
        ));
    }
    if result.wrong > 0 {
        text.push_str(&format!(", {} {}", output.pick("틀림", "wrong"), result.wrong));
    }
    text
}

fn json(report: &ProofReport) -> Value {
    let proof = |result: &ProofResult| {
        json!({
            "proof": result.proof.as_str(),
            "says": result.proof.says(),
            "ok": result.ok(),
            "checked": result.checked,
            "skipped": result.skipped,
            "wrong": result.wrong,
            "findings": result.findings,
            "seconds": result.seconds,
        })
    };
    let places = &report.whereabouts;
    json!({
        "ok": report.ok(),
        "mode": report.mode.as_str(),
        "startedAt": report.started_at,
        "seconds": report.seconds,
        "events": {
            "posted": places.posted,
            "withoutPostings": places.without_postings,
            "pending": places.pending,
            "parked": places.parked,
            "discarded": places.discarded,
            "lost": places.lost,
        },
        "proofs": report.proofs.iter().map(proof).collect::<Vec<_>>(),
    })
}
