//! `swelite outbox status`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    Context,
    failure::Failure,
    output::{cell, numbers},
    remote::Remote,
};

/// Look at what waits between the API and the ledger.
#[derive(Debug, Subcommand)]
pub(super) enum Outbox {
    /// How much waits, and since when
    Status(Status),
}

/// How much waits, and since when.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    remote: Remote,
}

impl Outbox {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::Status(Status { remote }) = self;
        let outbox = remote.server(context).get("/outbox?limit=1").await?;
        let (status, output) = (&outbox["summary"], &context.output);
        if output.json {
            output.json(status);
            return Ok(());
        }
        output.pairs(vec![
            (output.pick("기장을 기다리는 사건", "events that wait"), cell(status, "pending")),
            (output.pick("가장 오래된 것", "the oldest since"), cell(status, "oldestPendingAt")),
            (output.pick("열린 데드 레터", "open dead letters"), cell(status, "deadLettersOpen")),
            (output.pick("보류한 데드 레터", "held dead letters"), cell(status, "deadLettersHeld")),
        ]);
        output.raw("\n");
        let columns = [
            numbers("레인", "lane"),
            numbers("마지막", "last"),
            numbers("처리", "handled"),
            numbers("대기", "pending"),
            numbers("정리", "pruned to"),
            numbers("분개", "posted"),
        ];
        let row = |lane: &Value| {
            ["lane", "lastSeq", "handledTo", "pending", "prunedTo", "entriesPosted"]
                .into_iter()
                .map(|field| cell(lane, field))
                .collect()
        };
        output.table(&columns, status["lanes"].as_array().into_iter().flatten().map(row).collect());
        Ok(())
    }
}
