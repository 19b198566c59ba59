//! A disk without room: the batch is refused, nothing of it is kept, and it goes on when there is room again.

use std::{
    env, fs,
    path::Path,
    process::{Command, ExitStatus},
    sync::Arc,
};

use domain::{
    id::Seq,
    payment::{Birth, Payment, Verdict},
};
use engine::ports::{BatchKeys, Store, StoreError};
use tempfile::TempDir;
use testkit::store_suite::{OpenBatch, Scribe};

use crate::support::{open, scribe};

/// A small file system needs a mount, and a mount needs a namespace of its own: the test below runs there, in a child.
#[test]
fn a_full_disk_refuses_batches_until_there_is_room() {
    let unshare = |arguments: &[&str]| Command::new("unshare").arg("-rm").args(arguments).status();
    if !unshare(&["true"]).is_ok_and(|status| ExitStatus::success(&status)) {
        // Where namespaces are not allowed there is no disk to fill.
        return;
    }
    let program = env::current_exe().unwrap();
    let inner = ["--ignored", "--exact", "disk_full::on_a_small_file_system", "--nocapture"];
    let status = unshare(&[&[program.to_str().unwrap()], &inner[..]].concat()).unwrap();
    assert!(status.success());
}

#[tokio::test]
#[ignore = "mounts a file system: only in a namespace of its own"]
async fn on_a_small_file_system() {
    let mount_point = TempDir::new().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(mount_point.path())
        .status();
    assert!(mounted.unwrap().success());
    let ballast = mount_point.path().join("ballast");
    fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    let data = mount_point.path().join("data");
    let store: Arc<dyn Store> = Arc::new(open(&data).unwrap());
    let it = scribe(store);

    let mut committed = commit_until_full(&it).await;
    assert!(committed > 0);
    for _ in 0..20 {
        assert!(matches!(commit(&it).await, Err(StoreError::Unavailable { .. })), "still full");
    }
    assert_eq!(stored(&it).await, committed, "what was refused is not there, what was committed is");

    fs::remove_file(&ballast).unwrap();
    commit(&it).await.unwrap();
    committed += 1;
    committed += commit_until_full(&it).await;
    assert_eq!(stored(&it).await, committed);
    drop(it);
    assert_reopens(&data, committed).await;
}

/// Room is needed to open too; without any the reason is given.
async fn assert_reopens(data: &Path, committed: usize) {
    let again = scribe(Arc::new(open(data).unwrap()));
    assert_eq!(stored(&again).await, committed);
}

async fn commit_until_full(it: &Scribe) -> usize {
    for committed in 0..10_000 {
        match commit(it).await {
            Ok(()) => {}
            Err(StoreError::Unavailable { .. }) => return committed,
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("the disk never filled up");
}

async fn commit(it: &Scribe) -> Result<(), StoreError> {
    let merchant = "M1".parse().unwrap();
    let lane = it.lane(&merchant);
    let mut batch = it.store.batch_open(&[lane], &BatchKeys::default()).await?;
    let loaded = batch.take_loaded();
    let mut open = OpenBatch::new(batch, loaded);
    let birth = Birth { id: open.next_payment_id(1), ..it.birth("M1", 7) };
    let (payment, events) = Payment::authorize(birth, Verdict::Approved, open.now());
    open.write(payment, &events, true);
    open.commit().await
}

async fn stored(it: &Scribe) -> usize {
    let mut snapshot = it.snapshot().await;
    let payments = snapshot.payment_range(None, 100_000).await.unwrap();
    let lane = it.lane(&"M1".parse().unwrap());
    let events = snapshot.outbox_range(lane, Seq::START, 100_000).await.unwrap();
    assert_eq!(payments.len(), events.len());
    payments.len()
}
