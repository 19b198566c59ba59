//! What the books say: readable, of this version, balanced, and nothing waiting too long.

use std::sync::Arc;

use engine::{
    clocks::BOOKS_AHEAD_MAX_MS,
    ports::{Clock, Store, StoreError},
    queries::{pipeline_status, trial_balance},
};

use super::Check;
use crate::{cli::output::Output, config::Settings, system::System, wiring};

/// An event that waits longer than this has nobody who posts it.
const WAIT_DOUBTFUL_MS: i64 = 60_000;

pub(super) async fn checks(output: &Output, settings: &Settings) -> Vec<Check> {
    const NAME: &str = "books";
    let store = match wiring::read_books(settings).await {
        Ok(store) => store,
        Err(error) if error.is_missing() => {
            let found = output.pick("아직 장부가 없음", "there are no books yet");
            return vec![Check::doubtful(
                NAME,
                found,
                output.pick("`swelite up`이 만들어요", "`swelite up` makes them"),
            )];
        }
        Err(error) => {
            let failure = crate::cli::open_failure(output.lang, &error);
            return vec![Check::bad(NAME, failure.sentence, failure.next.unwrap_or_default())];
        }
    };
    let mut checks = vec![Check::good(NAME, output.pick("장부를 읽을 수 있음", "the books can be read"))];
    #[cfg(feature = "mariadb")]
    checks.extend(durability(output, settings).await);
    match read(output, &store).await {
        Ok(more) => checks.extend(more),
        Err(error) => checks.push(Check::bad(NAME, error.to_string(), "swelite ledger verify")),
    }
    checks
}

/// Whether MariaDB keeps what was answered when its machine loses power.
#[cfg(feature = "mariadb")]
async fn durability(output: &Output, settings: &Settings) -> Vec<Check> {
    use store::DurabilityFault::{BinaryLogByStatement, BinaryLogNotFlushed, LogNotFlushed};
    const NAME: &str = "durability";
    let faults = match wiring::durability_faults(settings).await {
        None => return Vec::new(),
        Some(Err(error)) => {
            let failure = crate::cli::open_failure(output.lang, &error);
            return vec![Check::bad(NAME, failure.sentence, failure.next.unwrap_or_default())];
        }
        Some(Ok(faults)) => faults,
    };
    if faults.is_empty() {
        let found = output.pick("답한 것은 정전에도 남음", "what was answered survives a power cut");
        return vec![Check::good(NAME, found)];
    }
    let check = |fault: &store::DurabilityFault| {
        let mend = match fault {
            LogNotFlushed { .. } => output.pick(
                "innodb_flush_log_at_trx_commit = 1로 하세요. 지금은 정전이 나면 이미 답한 결제가 사라질 수 있어요",
                "set innodb_flush_log_at_trx_commit = 1: a power cut may take payments that were answered",
            ),
            BinaryLogNotFlushed { .. } => output.pick(
                "sync_binlog = 1로 하거나, 복제본이 없으면 바이너리 로그를 끄세요. 지금은 정전이 나면 이미 답한 결제가 되돌려질 수 있어요",
                "set sync_binlog = 1, or without replicas turn the binary log off: after a power cut what it lacks is rolled back",
            ),
            BinaryLogByStatement => output.pick(
                "binlog_format = ROW로 하세요. 지금은 MariaDB가 모든 쓰기를 거절해요",
                "set binlog_format = ROW: MariaDB refuses every write",
            ),
        };
        Check::bad(NAME, fault.to_string(), mend)
    };
    faults.iter().map(check).collect()
}

async fn read(output: &Output, store: &Arc<dyn Store>) -> Result<Vec<Check>, StoreError> {
    let now = System::start().now();
    let (lanes, status) = {
        let mut snapshot = store.snapshot().await?;
        (snapshot.lane_list().await?, pipeline_status::pipeline_status(snapshot.as_mut()).await?)
    };
    let mut checks = Vec::new();
    let ahead_ms = lanes.iter().map(|lane| lane.state.updated_at.ms_since(now)).max().unwrap_or(0);
    checks.push(if ahead_ms > BOOKS_AHEAD_MAX_MS {
        let found =
            output.pick("시계가 마지막 결제보다 뒤처져 있음", "the clock is behind the latest commit");
        Check::bad(
            "clock",
            format!("{found}: {ahead_ms} ms"),
            output.pick(
                "시계를 맞추세요. 시계가 맞다면 앞서 간 시계로 기록된 결제가 있어요: docs/OPERATIONS.md의 books_ahead",
                "set the clock; if it is right, something was committed by one that was ahead: books_ahead in docs/OPERATIONS.md",
            ),
        )
    } else {
        Check::good("clock", output.pick("시계가 장부와 맞음", "the clock agrees with the books"))
    });
    let waits_ms = status.oldest_pending_at().map_or(0, |since| now.ms_since(since));
    let pending = format!(
        "{}: {}",
        output.pick("기장을 기다리는 이벤트", "events that wait for the ledger"),
        status.pending()
    );
    checks.push(if waits_ms > WAIT_DOUBTFUL_MS {
        let mend = output.pick(
            "`swelite up`이 떠 있으면 곧 줄어들어야 해요",
            "with `swelite up` running they must get fewer",
        );
        Check::doubtful("outbox", format!("{pending} ({} s)", waits_ms / 1000), mend)
    } else {
        Check::good("outbox", pending)
    });
    let parked = format!(
        "{}: {}",
        output.pick("열린 처리 불가 이벤트", "open dead letters"),
        status.dead_letters_open()
    );
    checks.push(match status.dead_letters_open() {
        0 => Check::good("dead letters", parked),
        _ => Check::doubtful("dead letters", parked, "swelite dead-letters list --state OPEN"),
    });
    let balanced = trial_balance::trial_balance(store, None, now).await?.is_balanced();
    checks.push(if balanced {
        Check::good("trial balance", output.pick("차변과 대변이 같음", "debits and credits are equal"))
    } else {
        Check::bad(
            "trial balance",
            output.pick("차변과 대변이 다름", "debits and credits differ"),
            "swelite ledger verify",
        )
    });
    Ok(checks)
}
