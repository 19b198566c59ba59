//! `swelite outbox status` and `swelite outbox rewind`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Context, Exit,
    failure::Failure,
    output::{Output, cell, numbers, words},
    remote::{Remote, Server},
};

/// Look at what waits between the API and the ledger.
#[derive(Debug, Subcommand)]
pub(super) enum Outbox {
    /// How much waits, and since when
    Status(Status),
    /// Publish a lane again from a place on, after the broker has lost records
    Rewind(Rewind),
}

/// Publish a lane again from a place on. What was posted is not posted twice.
#[derive(Debug, Args)]
pub(super) struct Rewind {
    /// Which lane
    #[arg(long)]
    lane: u16,
    /// The place after which everything is sent again; 0 sends all the outbox holds
    #[arg(long, value_name = "SEQ")]
    to: u64,
    /// Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

/// How much waits, and since when.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    remote: Remote,
}

impl Outbox {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Status(status) => status.run(context).await,
            Self::Rewind(rewind) => rewind.run(context).await,
        }
    }
}

impl Rewind {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "lane": self.lane, "to": self.to, "reason": self.reason });
        let (server, output) = (self.remote.server(context), &context.output);
        let rewound = match server.post("/outbox/rewind", None, &body).await {
            Ok((_, rewound)) => rewound,
            Err(refused) if refused.exit == Exit::Refused => {
                return Err(explained(output, &server, refused).await?);
            }
            Err(failure) => return Err(failure),
        };
        if output.json {
            output.json(&rewound);
        } else {
            output.pairs(vec![
                (output.pick("레인", "lane"), cell(&rewound, "lane")),
                (output.pick("발행한 곳", "published to"), cell(&rewound, "publishedTo")),
            ]);
        }
        Ok(())
    }
}

/// Where no lane has a relay the log is the embedded one.
async fn explained(output: &Output, server: &Server<'_>, refused: Failure) -> Result<Failure, Failure> {
    let outbox = server.get("/outbox?limit=1").await?;
    let mut lanes = outbox["summary"]["lanes"].as_array().into_iter().flatten();
    if lanes.any(|lane| !lane["relay"].is_null()) {
        return Ok(refused);
    }
    let sentence = output.pick(
        "내장 로그는 아웃박스 자체라서 다시 발행할 것이 없어요.",
        "the embedded log is the outbox itself: there is nothing to publish again",
    );
    Ok(Failure { sentence: sentence.to_owned(), next: None, ..refused })
}

impl Status {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let outbox = self.remote.server(context).get("/outbox?limit=1").await?;
        let (status, output) = (&outbox["summary"], &context.output);
        if output.json {
            output.json(status);
            return Ok(());
        }
        output.pairs(vec![
            (output.pick("기장을 기다리는 이벤트", "events that wait"), cell(status, "pending")),
            (output.pick("가장 오래된 것", "the oldest since"), cell(status, "oldestPendingAt")),
            (output.pick("열린 처리 불가 이벤트", "open dead letters"), cell(status, "deadLettersOpen")),
            (output.pick("보류한 처리 불가 이벤트", "held dead letters"), cell(status, "deadLettersHeld")),
        ]);
        output.raw("\n");
        let columns = [
            numbers("레인", "lane"),
            numbers("마지막", "last"),
            numbers("처리", "handled"),
            numbers("대기", "pending"),
            numbers("정리", "pruned to"),
            numbers("분개", "posted"),
            numbers("발행", "published"),
            words("릴레이", "relay"),
        ];
        let row = |lane: &Value| {
            let fields = ["lane", "lastSeq", "handledTo", "pending", "prunedTo", "entriesPosted"];
            let relay = ["publishedTo", "owner"].into_iter().map(|field| cell(&lane["relay"], field));
            fields.into_iter().map(|field| cell(lane, field)).chain(relay).collect()
        };
        output.table(&columns, status["lanes"].as_array().into_iter().flatten().map(row).collect());
        Ok(())
    }
}
