//! `swelite outbox status`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    Context,
    failure::Failure,
    output::{cell, numbers, words},
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
        let status = remote.server(context).get("/outbox").await?;
        let output = &context.output;
        if output.json {
            output.json(&status);
            return Ok(());
        }
        let columns = [
            numbers("레인", "lane"),
            numbers("마지막", "last"),
            numbers("처리", "handled"),
            numbers("대기", "pending"),
            words("가장 오래된 대기", "oldest waits since"),
            numbers("분개", "posted"),
        ];
        let row = |lane: &Value| {
            ["lane", "lastSeq", "handledTo", "pending", "oldestPendingAt", "entriesPosted"]
                .into_iter()
                .map(|field| cell(lane, field))
                .collect()
        };
        output.table(&columns, status["lanes"].as_array().into_iter().flatten().map(row).collect());
        Ok(())
    }
}
