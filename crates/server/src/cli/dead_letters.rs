//! `swelite dead-letters …`: events that could not be posted, and what people do with them.

use clap::{Args, Subcommand, ValueEnum, builder::PossibleValuesParser};
use engine::ports::{DeadLetterReason, DeadLetterState};
use serde_json::{Value, json};

use super::{
    Context, Exit, Lang,
    consent::Consent,
    failure::Failure,
    output::{Label, cell, numbers, words},
    remote::Remote,
};

/// Deal with events that could not be posted.
#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
    /// List them, newest first
    List(List),
    /// Show one
    Show(One),
    /// Try to post it again; it is posted at most once
    Redrive(Redrive),
    /// Put it aside on purpose
    Hold(WithReason),
    /// Give it up for good
    Discard(Discard),
    /// Do the same with many, up to 200 a call
    Bulk(Bulk),
}

/// List them, newest first.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only in this state: OPEN, HELD, REDRIVEN or DISCARDED; can be repeated
    #[arg(long, value_parser = states(), ignore_case = true, hide_possible_values = true)]
    state: Vec<String>,
    /// Only of this error type: schema, unknown_version, foreign or refused
    #[arg(long, value_parser = reasons(), hide_possible_values = true)]
    error_type: Option<String>,
    /// Only of this topic
    #[arg(long)]
    topic: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    remote: Remote,
}

/// Which.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its number
    id: u64,
    #[command(flatten)]
    remote: Remote,
}

/// Which, and whether to do it.
#[derive(Debug, Args)]
pub(super) struct Redrive {
    /// Its number
    id: u64,
    /// Only say what would become of it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Which, and why; it is for good.
#[derive(Debug, Args)]
pub(super) struct Discard {
    #[command(flatten)]
    letter: WithReason,
    #[command(flatten)]
    consent: Consent,
}

/// Which, and why.
#[derive(Debug, Args)]
pub(super) struct WithReason {
    /// Its number
    id: u64,
    /// Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

/// Do the same with many, up to 200 a call.
#[derive(Debug, Args)]
pub(super) struct Bulk {
    /// What to do: redrive, hold or discard
    #[arg(hide_possible_values = true)]
    action: Action,
    /// Those in this state: OPEN or HELD
    #[arg(long, value_parser = ["OPEN", "HELD"], ignore_case = true, default_value = "OPEN", hide_possible_values = true)]
    state: String,
    /// Only of this error type: schema, unknown_version, foreign or refused
    #[arg(long, value_parser = reasons(), hide_possible_values = true)]
    error_type: Option<String>,
    /// Only of this topic
    #[arg(long)]
    topic: Option<String>,
    /// Why; kept in the audit log. Discarding needs it
    #[arg(long, value_name = "TEXT", required_if_eq("action", "discard"))]
    reason: Option<String>,
    /// Only say what would become of each
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Action {
    Redrive,
    Hold,
    Discard,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Redrive => "redrive",
            Self::Hold => "hold",
            Self::Discard => "discard",
        }
    }
}

fn states() -> PossibleValuesParser {
    DeadLetterState::ALL.map(DeadLetterState::as_str).into()
}

fn reasons() -> PossibleValuesParser {
    DeadLetterReason::ALL.map(DeadLetterReason::as_str).into()
}

impl DeadLetters {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Bulk(command) => command.run(context).await,
            Self::Show(One { id, remote }) => {
                let letter = remote.server(context).get(&format!("/dead-letters/{id}")).await?;
                show(context, &letter);
                Ok(())
            }
            Self::Redrive(command) => command.run(context).await,
            Self::Hold(WithReason { id, reason, remote }) => {
                act(context, &remote, id, "hold", &json!({ "reason": reason })).await.map(drop)
            }
            Self::Discard(Discard { letter: WithReason { id, reason, remote }, consent }) => {
                consent.ask(&context.output, &discard_question(context, &id.to_string()))?;
                act(context, &remote, id, "discard", &json!({ "reason": reason })).await.map(drop)
            }
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut filters: Vec<(&str, String)> = Vec::new();
        filters.extend(self.state.into_iter().map(|state| ("state", state.to_ascii_uppercase())));
        filters.extend(self.error_type.map(|kind| ("errorType", kind)));
        filters.extend(self.topic.map(|topic| ("topic", topic)));
        let letters = self.remote.server(context).list("/dead-letters", &filters, self.limit).await?;
        let output = &context.output;
        if output.json {
            letters.iter().for_each(|letter| output.json(letter));
            return Ok(());
        }
        let columns = [
            numbers("번호", "id"),
            words("상태", "state"),
            words("이유", "reason"),
            words("토픽", "topic"),
            numbers("시도", "attempts"),
            words("설명", "message"),
        ];
        let fields = ["id", "state", "errorType", "originalTopic", "attempts", "errorMessage"];
        let row = |letter: &Value| fields.into_iter().map(|field| cell(letter, field)).collect();
        output.table(&columns, letters.iter().map(row).collect());
        Ok(())
    }
}

impl Redrive {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { id, dry_run, remote } = self;
        if dry_run {
            let forecast = remote.server(context).get(&format!("/dead-letters/{id}/forecast")).await?;
            results(context, &forecast, std::slice::from_ref(&forecast));
            return Ok(());
        }
        let letter = act(context, &remote, id, "redrive", &json!({})).await?;
        refuse_open(context, &letter)
    }
}

impl Bulk {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.action == Action::Discard && !self.dry_run {
            let which = context.output.pick("고른 것 모두", "all that match");
            self.consent.ask(&context.output, &discard_question(context, which))?;
        }
        let body = json!({
            "action": self.action.as_str(), "state": self.state.to_ascii_uppercase(), "errorType": self.error_type,
            "topic": self.topic, "reason": self.reason, "dryRun": self.dry_run,
        });
        let (_, done) = self.remote.server(context).post("/dead-letters/bulk", None, &body).await?;
        let output = &context.output;
        results(context, &done, done["results"].as_array().map_or(&[], Vec::as_slice));
        if done["more"] == true && !output.json {
            output.say(output.pick("! 더 있어요. 한 번 더 실행하세요.", "! there are more: run it again"));
        }
        if done["failed"] == 0 || self.dry_run {
            return Ok(());
        }
        let sentence = output.pick("하지 못한 것이 있어요", "not all could be done");
        Err(Failure::new(Exit::Refused, format!("{sentence}: {}", done["failed"])))
    }
}

/// What became (or would become) of each: `answer` as it came, or a table of its `rows`.
fn results(context: &Context, answer: &Value, rows: &[Value]) {
    let output = &context.output;
    if output.json {
        output.json(answer);
        return;
    }
    let columns = [numbers("번호", "id"), words("결과", "outcome"), words("설명", "message")];
    let row = |one: &Value| ["id", "outcome", "message"].map(|field| cell(one, field)).into();
    output.table(&columns, rows.iter().map(row).collect());
}

fn discard_question(context: &Context, which: &str) -> String {
    match context.output.lang {
        Lang::Ko => format!("처리 불가 이벤트를 폐기하면 다시 기장할 수 없어요 ({which}). 폐기할까요?"),
        Lang::En => format!("a discarded dead letter can never be posted ({which}). discard it?"),
    }
}

async fn act(
    context: &Context,
    remote: &Remote,
    id: u64,
    verb: &str,
    body: &Value,
) -> Result<Value, Failure> {
    let path = format!("/dead-letters/{id}/{verb}");
    let (_, letter) = remote.server(context).post(&path, None, body).await?;
    show(context, &letter);
    Ok(letter)
}

/// A redrive that left its dead letter open has posted nothing.
fn refuse_open(context: &Context, letter: &Value) -> Result<(), Failure> {
    if letter["state"] != "OPEN" {
        return Ok(());
    }
    let sentence = context.output.pick("다시 기장하지 못했어요", "it could not be posted");
    Err(Failure::new(Exit::Refused, format!("{sentence}: {}", cell(letter, "note"))))
}

fn show(context: &Context, letter: &Value) {
    let output = &context.output;
    if output.json {
        output.json(letter);
        return;
    }
    output.labelled(letter, &LABELS);
}

/// The fields of a dead letter, and what they are called.
const LABELS: [Label; 16] = [
    ("id", "번호", "id"),
    ("state", "상태", "state"),
    ("errorType", "이유", "reason"),
    ("errorMessage", "설명", "message"),
    ("note", "메모", "note"),
    ("attempts", "시도", "attempts"),
    ("originalTopic", "토픽", "topic"),
    ("partition", "파티션", "partition"),
    ("offset", "오프셋", "offset"),
    ("eventId", "이벤트", "event"),
    ("paymentId", "결제", "payment"),
    ("timestamp", "격리한 시각", "parked at"),
    ("updatedAt", "바뀐 시각", "updated at"),
    ("payloadEncoding", "본문 인코딩", "encoding of the payload"),
    ("payloadSha256", "본문 SHA-256", "SHA-256 of the payload"),
    ("payload", "본문", "payload"),
];
