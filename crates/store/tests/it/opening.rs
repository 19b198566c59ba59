//! Opening a directory, twice, read-only, or where there is none.

use std::{error::Error, fs, sync::Arc};

use engine::ports::{BatchKeys, Clock, Store, StoreError};
use store::{OpenError, SqliteSettings, SqliteStore};
use tempfile::TempDir;
use testkit::{FixedClock, store_suite::StoreUnderTest};

use crate::support::{directory, file, open, scribe, store};

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let directory = TempDir::new().unwrap();
    let first = open(directory.path()).unwrap();
    let timeline_id = first.timeline_id();
    let store: Arc<dyn Store> = Arc::new(first);
    let writer = scribe(store);
    let payment = writer.authorize(writer.birth("M1", 7)).await;
    drop(writer);

    let again = open(directory.path()).unwrap();
    assert_eq!(again.timeline_id(), timeline_id);
    assert_eq!(scribe(Arc::new(again)).payment(payment.id).await, Some(payment));
}

#[tokio::test]
async fn two_databases_have_two_timelines() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    assert_ne!(open(a.path()).unwrap().timeline_id(), open(b.path()).unwrap().timeline_id());
}

#[tokio::test]
async fn a_directory_is_opened_for_writing_once() {
    let it = store();
    let error = open(directory(&it)).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains(&directory(&it).display().to_string()), "{error}");
    let path = directory(&it).to_owned();
    drop(it.store);
    open(&path).unwrap();
}

#[tokio::test]
async fn a_read_only_store_reads_beside_the_writer_and_writes_nothing() {
    let it = store();
    let writer = scribe(Arc::clone(&it.store));
    let settings = SqliteSettings::new(directory(&it));
    let reader: Arc<dyn Store> =
        Arc::new(SqliteStore::open_read_only(&settings, Arc::new(FixedClock::default())).unwrap());
    let payment = writer.authorize(writer.birth("M1", 7)).await;
    assert_eq!(scribe(Arc::clone(&reader)).payment(payment.id).await.as_ref(), Some(&payment));
    assert_eq!(reader.lane_count(), it.store.lane_count());

    let refused = reader.batch_open(&[], &BatchKeys::default()).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Statement { .. })));
    let refused = reader.idempotency_prune(it.clock.now(), 1).await;
    assert!(matches!(refused, Err(StoreError::Statement { .. })));
}

#[tokio::test]
async fn a_read_only_store_reads_what_a_killed_writer_left() {
    let it = store();
    let writer = scribe(Arc::clone(&it.store));
    let payment = writer.authorize(writer.birth("M1", 7)).await;
    // What is on the disk now is what a killed process leaves: the log is not folded in.
    let copy = TempDir::new().unwrap();
    for name in ["swelite.db", "swelite.db-wal"] {
        fs::copy(directory(&it).join(name), copy.path().join(name)).unwrap();
    }
    let settings = SqliteSettings::new(copy.path());
    let reader = SqliteStore::open_read_only(&settings, Arc::new(FixedClock::default())).unwrap();
    assert_eq!(scribe(Arc::new(reader)).payment(payment.id).await, Some(payment));
}

#[test]
fn reading_where_there_is_nothing_makes_nothing() {
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("data");
    let error = SqliteStore::open_read_only(&SqliteSettings::new(&path), Arc::new(FixedClock::default()));
    assert!(matches!(error.map(drop), Err(OpenError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let parent = TempDir::new().unwrap();
    let in_the_way = parent.path().join("file");
    fs::write(&in_the_way, "x").unwrap();
    for path in [in_the_way.clone(), in_the_way.join("data")] {
        let error = open(&path).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::DataDir { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(error.source().is_some(), "the reason is kept");
    }
}

#[cfg(unix)]
#[test]
fn a_new_directory_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let parent = TempDir::new().unwrap();
    let path = parent.path().join("a/b");
    open(&path).unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let text = TempDir::new().unwrap();
    fs::write(text.path().join("swelite.db"), "Dear diary, ".repeat(100)).unwrap();
    assert!(matches!(open(text.path()).map(drop), Err(OpenError::Foreign { .. })));
    assert!(fs::read_to_string(text.path().join("swelite.db")).unwrap().starts_with("Dear diary"));

    let other = TempDir::new().unwrap();
    file(other.path()).execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(open(other.path()).map(drop), Err(OpenError::Foreign { .. })));
    let journal: String =
        file(other.path()).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "delete", "not even its journal mode was changed");
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path()).unwrap());
    let add = "INSERT INTO schema_migration VALUES (9999, 'from the future', x'00', 0)";
    file(directory.path()).execute_batch(add).unwrap();
    for opened in [
        open(directory.path()),
        SqliteStore::open_read_only(&SqliteSettings::new(directory.path()), Arc::new(FixedClock::default())),
    ] {
        assert!(matches!(opened.map(drop), Err(OpenError::Newer { found: 9999, .. })));
    }
}

#[tokio::test]
async fn a_counter_that_stands_before_the_payments_there_are_is_raised() {
    let it = store();
    let writer = scribe(Arc::clone(&it.store));
    let payment = writer.authorize(writer.birth("M1", 7)).await;
    let StoreUnderTest { store, keep, .. } = it;
    let path = keep.downcast_ref::<TempDir>().unwrap().path();
    drop((writer, store));
    file(path).execute_batch("UPDATE lane SET payment_counter = 0").unwrap();
    let again = scribe(Arc::new(open(path).unwrap()));
    let next = again.authorize(again.birth("M1", 8)).await;
    assert!(next.id > payment.id, "no number is given out twice");
    assert_eq!(again.payment(payment.id).await, Some(payment));
}
