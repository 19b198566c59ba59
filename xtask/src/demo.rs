//! From nothing to a posted payment: build, start, pay once, show its way to the ledger, say where to look.
//!
//! The development build is used: it is ready minutes before a release build is, and one payment does not need the speed.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{
    http, needs,
    platform::{self, Platform, Profile, Start},
    web,
    words::{Lang, Words},
};

/// How long the first payment may take to its journal entry.
const POSTED_LIMIT: Duration = Duration::from_secs(10);
const MERCHANT: &str = "M123";
const AMOUNT: i64 = 1_690_000;

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Where to listen; the next free port if it is taken
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// End after the first payment
    #[arg(long)]
    once: bool,
    /// Language; without it Korean where the locale is Korean, else English
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

/// Runs it.
pub(crate) fn run(root: &Path, demo: &Demo) -> Result<()> {
    let words = Words::of(demo.lang.unwrap_or_else(Lang::of_locale));
    needs::meet(root, &needs::BUILD)?;
    println!("{}", words.building);
    let has_pages = web::build(root)?;
    let binary = platform::build(root, Profile::Dev)?;
    let target = platform::target_folder(root)?;
    let data_dir = target.join("demo-data");
    fs::create_dir_all(&data_dir).with_context(|| format!("create {}", data_dir.display()))?;
    let port = platform::free_port(demo.port)?;
    if port != demo.port {
        println!("! {} {} → {port}", words.port_taken, demo.port);
    }
    let log = target.join("demo.log");
    println!("{} {} · {} {}", words.data, shown(root, &data_dir), words.log, shown(root, &log));
    let begun = platform::now();
    let start = Start {
        binary: &binary,
        role: "up",
        data_dir: &data_dir,
        port,
        variables: &[("SWELITE_DEMO", "on")],
        log: Some(&log),
    };
    let platform = Platform::start_with(&start, |command| {
        // Ctrl-C in this terminal is for the demo; it asks the platform to end, once.
        command.process_group(0);
    })?;
    println!("{} http://127.0.0.1:{port} · {} ms\n", words.ready, begun.elapsed().as_millis());
    let payment = first_payment(port, &words)?;
    if demo.once {
        // Whatever could be looked at is gone in a moment.
        return platform.stop();
    }
    if has_pages {
        show_pages(&words, port);
    } else {
        println!("\n! {}", words.no_pages);
    }
    look(root, &words, port, (&binary, payment));
    println!("\n{}", words.until_interrupted);
    stay(platform, &words)
}

/// Authorizes and captures, and shows the way of the capture's event.
fn first_payment(port: u16, words: &Words) -> Result<u64> {
    println!("{}", words.first_payment);
    let key = format!("demo-{}", unix_ms());
    let sent = platform::now();
    let authorize =
        json!({"merchantId": MERCHANT, "amount": AMOUNT, "currency": "KRW", "idempotencyKey": key});
    let authorized = paid(http::post(port, "/payments/authorize", &authorize)?)?;
    let payment = authorized["paymentId"].as_u64().context("the answer names no paymentId")?;
    println!("  {} {payment} · ₩{} · {}", words.authorized, grouped(AMOUNT), text(&authorized["status"]));
    let capture = json!({"merchantId": MERCHANT, "idempotencyKey": key});
    let captured = paid(http::post(port, &format!("/payments/capture/{payment}"), &capture)?)?;
    println!("  {} {payment} · ₩{} · {}", words.captured, grouped(AMOUNT), text(&captured["status"]));
    let steps = posted_steps(port, payment)?;
    let elapsed = sent.elapsed();
    for (index, step) in steps.iter().enumerate() {
        println!("  {} {}", index + 1, words.station(step));
    }
    for line in captured["ledgerEntries"].as_array().into_iter().flatten() {
        let (debit, credit) = (text(&line["debitAccount"]), text(&line["creditAccount"]));
        let amount = grouped(line["amount"].as_i64().unwrap_or(0));
        println!("    {} {debit} {amount} / {} {credit} {amount}", words.debit, words.credit);
    }
    println!("  ■ {} · {} ms", words.posted, elapsed.as_millis());
    Ok(payment)
}

fn paid(answer: http::Answer) -> Result<Value> {
    ensure!(answer.status == 200, "the payment was refused: {} {}", answer.status, answer.body);
    answer.json()
}

/// The six stations, once the last is done.
fn posted_steps(port: u16, payment: u64) -> Result<Vec<Value>> {
    let begun = platform::now();
    while begun.elapsed() < POSTED_LIMIT {
        let flow = http::get(port, &format!("/payments/{payment}/flow"))?;
        ensure!(flow.status == 200, "the flow was refused: {} {}", flow.status, flow.body);
        let flow = flow.json()?;
        let steps = flow["steps"].as_array().context("the flow has no steps")?;
        if steps.last().is_some_and(|step| step["state"] == "done") {
            return Ok(steps.clone());
        }
        platform::pause();
    }
    bail!("payment {payment} is not in the ledger after {POSTED_LIMIT:?}")
}

/// The pages, for people.
fn show_pages(words: &Words, port: u16) {
    println!();
    for (what, path) in [(words.store, "/"), (words.console, "/console"), (words.developers, "/dev")] {
        println!("  http://localhost:{port}{path}  {what}");
    }
}

/// Where to look next. Names only what exists.
fn look(root: &Path, words: &Words, port: u16, (binary, payment): (&Path, u64)) {
    let places = [
        (words.reference, "/docs".to_owned()),
        (words.flow, format!("/payments/{payment}/flow")),
        (words.entries, format!("/payments/{payment}/ledger")),
        (words.proofs, "/ledger/proofs".to_owned()),
        (words.trial_balance, "/ledger/trial-balance".to_owned()),
        (words.stream, "/events/stream".to_owned()),
        (words.metrics, "/metrics".to_owned()),
    ];
    println!("\n{}", words.look);
    for (what, path) in places {
        println!("  http://localhost:{port}{path}  {what}");
    }
    println!("\n{}", words.try_it);
    println!(
        "  curl -X POST http://localhost:{port}/payments/authorize \\\n    -H 'Content-Type: application/json' \\"
    );
    println!(
        "    -d '{{\"merchantId\":\"M123\",\"amount\":10000,\"currency\":\"KRW\",\"idempotencyKey\":\"abc-123\"}}'"
    );
    let url = if port == 8080 { String::new() } else { format!(" --url http://127.0.0.1:{port}") };
    println!("  {} pay get {payment}{url}", shown(root, binary));
}

/// Stays until somebody asks it to end, or the platform ends by itself.
fn stay(platform: Platform, words: &Words) -> Result<()> {
    let mut platform = platform;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
    let ended = runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| false),
                _ = terminate.recv() => return Ok(false),
                _ = looks.tick() => if platform.has_ended() { return Ok(true) },
            }
        }
    });
    if ended.context("wait for a signal")? {
        bail!("the platform ended by itself; see its log");
    }
    println!("\n{}", words.stopping);
    platform.stop()
}

/// A path as one would type it from the root.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

/// `1690000` as `1,690,000`.
fn grouped(amount: i64) -> String {
    let digits = amount.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[expect(clippy::disallowed_methods, reason = "only makes the key of each demo another one")]
fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_thousands() {
        assert_eq!([1, 999, 1000, 1_690_000].map(grouped), ["1", "999", "1,000", "1,690,000"]);
    }
}
