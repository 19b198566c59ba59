//! `swelite pay watch`: the six stations of a payment, until it is posted.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::show;
use crate::cli::{
    Context, Exit,
    failure::Failure,
    output::{Output, cell},
    remote::{Remote, Server},
};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(200);

/// The longest name of a station.
const NAME_COLUMNS: usize = "published".len();

/// Watch a payment pass its six stations until it is posted.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The payment's number
    #[arg(required_unless_present = "last")]
    payment: Option<u64>,
    /// The newest payment there is
    #[arg(long, conflicts_with = "payment")]
    last: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    #[command(flatten)]
    remote: Remote,
}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let server = self.remote.server(context);
        let payment = match self.payment {
            Some(payment) => payment,
            None => newest(&server, &context.output).await?,
        };
        let watched =
            tokio::time::timeout(Duration::from_secs(self.patience), follow(context, &server, payment)).await;
        watched.unwrap_or_else(|_| {
            let output = &context.output;
            let sentence = output.pick("아직 기장되지 않았어요.", "it is not posted yet");
            let next = output.pick(
                "`swelite outbox status`로 밀린 일을 확인해 보세요.",
                "swelite outbox status shows what waits",
            );
            Err(Failure::new(Exit::OutcomeUnknown, sentence).then(next))
        })
    }
}

async fn newest(server: &Server<'_>, output: &Output) -> Result<u64, Failure> {
    let newest = server.list("/payments", &[], 1).await?;
    let number = newest.first().and_then(|payment| payment["paymentId"].as_u64());
    number.ok_or_else(|| {
        Failure::new(Exit::Refused, output.pick("결제가 아직 없어요.", "there is no payment yet"))
    })
}

async fn follow(context: &Context, server: &Server<'_>, payment: u64) -> Result<(), Failure> {
    let output = &context.output;
    let mut told = Vec::new();
    loop {
        let flow = server.get(&format!("/payments/{payment}/flow")).await?;
        if output.json {
            output.json(&flow);
        }
        for step in steps(&flow) {
            let key = (cell(step, "station"), cell(step, "state"));
            if !output.json && key.1 != "waiting" && !told.contains(&key) {
                output.line(&step_line(output, step));
                told.push(key);
            }
        }
        if steps(&flow).any(|step| step["state"] == "dead") {
            let sentence = output
                .pick("기장할 수 없는 이벤트라 따로 빼 두었어요.", "its event was parked as a dead letter");
            return Err(Failure::new(Exit::Fault, sentence).then("swelite dead-letters list"));
        }
        if steps(&flow).all(|step| step["state"] == "done") {
            break;
        }
        tokio::time::sleep(EVERY).await;
    }
    if !output.json {
        show::payment(context, &server.get(&format!("/payments/{payment}")).await?);
    }
    Ok(())
}

fn steps(flow: &Value) -> impl Iterator<Item = &Value> {
    flow["steps"].as_array().into_iter().flatten()
}

fn step_line(output: &Output, step: &Value) -> String {
    let station = cell(step, "station");
    if station == "ledger" && step["proof"]["kind"] == "without_postings" {
        return output.pick("– 분개 없음", "– nothing to post").to_owned();
    }
    let name = match station.as_str() {
        "api" => output.pick("API", "API"),
        "outbox" => output.pick("아웃박스", "outbox"),
        "published" => output.pick("발행", "published"),
        "broker" => output.pick("브로커", "broker"),
        "worker" => output.pick("워커", "worker"),
        "ledger" => output.pick("기장", "posted"),
        other => other,
    };
    let glyph = match (cell(step, "state").as_str(), station.as_str()) {
        ("done", "ledger") => "■",
        ("done", _) => "●",
        ("dead", _) => "✕",
        _ => "◔",
    };
    let mut line = format!("{glyph} {name}");
    if !step["at"].is_null() {
        // A Korean letter is two columns wide.
        let columns: usize = name.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
        let room = " ".repeat(NAME_COLUMNS.saturating_sub(columns));
        line.push_str(&format!("{room}  {}", cell(step, "at")));
    }
    if let Some(duration_us) = step["durationUs"].as_u64() {
        line.push_str(&format!("  (+{} ms)", duration_us / 1000));
    }
    line
}
