//! `swelite dead-letters …`: events that could not be posted, and what people do with them.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Context, Exit,
    failure::Failure,
    output::{cell, numbers, words},
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
    Redrive(One),
    /// Put it aside on purpose
    Hold(WithReason),
    /// Give it up for good
    Discard(WithReason),
}

/// List them, newest first.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only in this state: OPEN, HELD, REDRIVEN or DISCARDED; can be repeated
    #[arg(long)]
    state: Vec<String>,
    /// Only of this error type: schema, unknown_version, foreign or refused
    #[arg(long)]
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

impl DeadLetters {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(One { id, remote }) => {
                let letter = remote.server(context).get(&format!("/dead-letters/{id}")).await?;
                show(context, &letter);
                Ok(())
            }
            Self::Redrive(One { id, remote }) => {
                let letter = act(context, &remote, id, "redrive", &json!({})).await?;
                refuse_open(context, &letter)
            }
            Self::Hold(WithReason { id, reason, remote }) => {
                act(context, &remote, id, "hold", &json!({ "reason": reason })).await.map(drop)
            }
            Self::Discard(WithReason { id, reason, remote }) => {
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
            words("까닭", "reason"),
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
    let Value::Object(fields) = letter else { return };
    output.pairs(fields.keys().map(|name| (name.as_str(), cell(letter, name))).collect());
}
