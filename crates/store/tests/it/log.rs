//! The write-ahead log: folded in by the writer, never without bound, never at a commit's expense.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use testkit::{store_suite::Scribe, wait::wait_until};

use crate::support::{directory, file, store_with};

#[tokio::test]
async fn the_log_stays_bounded_while_batches_keep_coming() {
    let it = store_with(|settings| settings.checkpoint_pages = 50);
    let scribe = Scribe::new(&it);
    for number in 1..=500 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    // Without checkpoints it would hold more than 500 commits of several pages each.
    assert!(log_pages(&it) < 500, "{}", log_pages(&it));
}

#[tokio::test]
async fn a_reader_that_stays_holds_up_the_log_but_no_commit() {
    let it = store_with(|settings| settings.checkpoint_pages = 20);
    let scribe = Scribe::new(&it);
    let first = scribe.authorize(scribe.birth("M1", 1)).await;
    let mut early = scribe.snapshot().await;
    for number in 1..=40 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    let seen: Vec<_> =
        early.payment_range(None, 99).await.unwrap().into_iter().map(|row| row.payment).collect();
    assert_eq!(seen, [first], "its view stands");
    drop(early);
    wait_until("the log is folded in", Duration::from_secs(20), async || {
        scribe.authorize(scribe.birth("M1", 1)).await;
        let unfolded: i64 = file(directory(&it))
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
                Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
            })
            .unwrap();
        unfolded < 40
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_in_turn_do_not_let_the_log_grow_for_ever() {
    let it = store_with(|settings| settings.checkpoint_pages = 20);
    let scribe = Scribe::new(&it);
    let store = Arc::clone(&it.store);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let readers = tokio::spawn(async move {
        let mut held = store.snapshot().await.unwrap();
        while !stopped.load(Ordering::Relaxed) {
            // The next view is taken before the last is given back: at every moment some reader needs the log.
            held = store.snapshot().await.unwrap();
        }
        drop(held);
    });
    for number in 1..=1000 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    stop.store(true, Ordering::Relaxed);
    readers.await.unwrap();
    assert!(log_pages(&it) < 1_000, "{}", log_pages(&it));
}

/// How long the log file is, in pages.
fn log_pages(it: &testkit::store_suite::StoreUnderTest) -> u64 {
    std::fs::metadata(directory(it).join("swelite.db-wal")).unwrap().len() / 4120
}
