//! Copies of the books: taken beside a writer, brought back as another timeline.

use std::fs;

use domain::time::Timestamp;
use rusqlite::Connection;
use store::{CopyError, OpenError, SqliteSettings, backup, begin_timeline, restore};
use tempfile::TempDir;

use crate::support::{directory, open, scribe, store};

fn now() -> Timestamp {
    Timestamp::from_unix_ms(1_800_000_000_000)
}

#[tokio::test]
async fn a_copy_taken_beside_the_writer_holds_what_was_committed_before_it() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let writer = scribe(std::sync::Arc::clone(&it.store));
    let before = writer.authorize(writer.birth("M1", 7)).await;
    let file = copies.path().join("books.db");
    let copy = backup(&SqliteSettings::new(directory(&it)), &file).unwrap();
    let after = writer.authorize(writer.birth("M1", 8)).await;
    assert_eq!((copy.events, copy.bytes), (1, fs::metadata(&file).unwrap().len()));
    assert_eq!(fs::read_dir(copies.path()).unwrap().count(), 1, "a copy is one file");

    let place = TempDir::new().unwrap();
    restore(&SqliteSettings::new(place.path()), &file, false, now()).unwrap();
    let restored = scribe(std::sync::Arc::new(open(place.path()).unwrap()));
    assert_eq!(restored.payment(before.id).await, Some(before));
    assert_eq!(restored.payment(after.id).await, None);
}

#[tokio::test]
async fn a_restored_database_is_another_timeline_and_gives_out_no_number_again() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    let settings = SqliteSettings::new(directory(&it));
    backup(&settings, &file).unwrap();
    let place = TempDir::new().unwrap();
    restore(&SqliteSettings::new(place.path()), &file, false, now()).unwrap();
    let of = |path: &std::path::Path| -> (Vec<u8>, i64) {
        let conn = Connection::open(path).unwrap();
        let sql = "SELECT timeline_id, payment_counter FROM platform, lane";
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let (old, new) = (of(&file), of(&place.path().join("swelite.db")));
    assert_ne!(old.0, new.0);
    assert_eq!(new.1 - old.1, 1 << 30);
    let noted: String = Connection::open(place.path().join("swelite.db"))
        .unwrap()
        .query_row("SELECT action || ' ' || object FROM audit_log", [], |row| row.get(0))
        .unwrap();
    assert_eq!(noted, "books.restore backup/books.db");
}

/// A session, a token and a one-time link, as the books keep them.
const SECRETS: &str = "INSERT INTO operator_secret
    SELECT randomblob(32), column1, NULL, NULL, 0, 0, 1 << 50, 1 << 50 FROM (VALUES ('session'), ('token'), ('link'))";

fn secrets(path: &std::path::Path) -> i64 {
    let conn = Connection::open(path).unwrap();
    conn.query_row("SELECT count(*) FROM operator_secret", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn whoever_was_signed_in_when_the_copy_was_taken_is_not_afterwards() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    backup(&SqliteSettings::new(directory(&it)), &file).unwrap();
    Connection::open(&file).unwrap().execute_batch(SECRETS).unwrap();
    assert_eq!(secrets(&file), 3);
    let place = TempDir::new().unwrap();
    restore(&SqliteSettings::new(place.path()), &file, false, now()).unwrap();
    assert_eq!(secrets(&place.path().join("swelite.db")), 0);

    // The same for books that a restored disk brought back.
    Connection::open(place.path().join("swelite.db")).unwrap().execute_batch(SECRETS).unwrap();
    begin_timeline(&SqliteSettings::new(place.path()), None, now()).unwrap();
    assert_eq!(secrets(&place.path().join("swelite.db")), 0);
}

#[tokio::test]
async fn a_copy_of_an_older_program_is_brought_back_and_up_to_date() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    backup(&SqliteSettings::new(directory(&it)), &file).unwrap();
    // As the books were before there were operators.
    let older = "DROP TABLE operator_secret; DROP TABLE operator; DROP TABLE login_attempt;
                 DROP INDEX audit_log_by_object; DROP INDEX audit_log_by_actor;
                 ALTER TABLE audit_log DROP COLUMN role; ALTER TABLE audit_log DROP COLUMN outcome;
                 DELETE FROM schema_migration WHERE version = 3";
    Connection::open(&file).unwrap().execute_batch(older).unwrap();
    let place = TempDir::new().unwrap();
    restore(&SqliteSettings::new(place.path()), &file, false, now()).unwrap();
    assert!(open(place.path()).is_ok());
}

#[tokio::test]
async fn books_brought_back_by_other_means_can_begin_a_timeline() {
    let it = store();
    let settings = SqliteSettings::new(directory(&it));
    let in_use = begin_timeline(&settings, Some("the disk was restored"), now());
    assert!(matches!(in_use, Err(CopyError::Open(OpenError::InUse { .. }))), "{in_use:?}");
    let (file, place) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let copy = file.path().join("books.db");
    backup(&settings, &copy).unwrap();
    // As a restored disk would bring them back.
    fs::copy(&copy, place.path().join("swelite.db")).unwrap();
    begin_timeline(&SqliteSettings::new(place.path()), Some("the disk was restored"), now()).unwrap();
    let sql = "SELECT (SELECT payment_counter FROM lane), action || ': ' || reason FROM audit_log";
    let conn = Connection::open(place.path().join("swelite.db")).unwrap();
    let found: (i64, String) = conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(found, (1 << 30, "books.timeline: the disk was restored".to_owned()));
}

#[tokio::test]
async fn books_that_are_there_are_refused_or_kept_whole_beside_the_restored_ones() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    let settings = SqliteSettings::new(directory(&it));
    backup(&settings, &file).unwrap();
    assert!(matches!(backup(&settings, &file), Err(CopyError::Taken { .. })));
    let in_use = restore(&settings, &file, true, now());
    assert!(matches!(in_use, Err(CopyError::Open(OpenError::InUse { .. }))), "{in_use:?}");

    let place = TempDir::new().unwrap();
    let theirs = scribe(std::sync::Arc::new(open(place.path()).unwrap()));
    let payment = theirs.authorize(theirs.birth("M9", 9)).await;
    drop(theirs);
    let settings = SqliteSettings::new(place.path());
    assert!(matches!(restore(&settings, &file, false, now()), Err(CopyError::Taken { .. })));
    let kept = restore(&settings, &file, true, now()).unwrap().replaced.unwrap();
    assert_eq!(scribe(std::sync::Arc::new(open(place.path()).unwrap())).payment(payment.id).await, None);

    let back = TempDir::new().unwrap();
    restore(&SqliteSettings::new(back.path()), &kept, false, now()).unwrap();
    let back = scribe(std::sync::Arc::new(open(back.path()).unwrap()));
    assert_eq!(back.payment(payment.id).await, Some(payment));
}

#[tokio::test]
async fn a_log_that_was_left_behind_is_not_read_over_the_restored_books() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    backup(&SqliteSettings::new(directory(&it)), &file).unwrap();
    let writer = scribe(std::sync::Arc::clone(&it.store));
    let lost = writer.authorize(writer.birth("M1", 7)).await;
    // As after `kill -9` and a database that was moved away: its log stays.
    let place = TempDir::new().unwrap();
    for log in ["swelite.db-wal", "swelite.db-shm"] {
        fs::copy(directory(&it).join(log), place.path().join(log)).unwrap();
    }
    restore(&SqliteSettings::new(place.path()), &file, false, now()).unwrap();
    let restored = scribe(std::sync::Arc::new(open(place.path()).unwrap()));
    assert_eq!(restored.payment(lost.id).await, None, "the lost time is back");
    let kept = format!("swelite.db-wal.replaced-{}", now().unix_ms());
    assert!(place.path().join(kept).is_file(), "what was lost is kept beside");
}

#[test]
fn what_is_no_copy_is_refused_and_leaves_nothing_behind() {
    let (place, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let settings = SqliteSettings::new(place.path());
    let foreign = copies.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE a (x)").unwrap();
    assert!(matches!(
        restore(&settings, &foreign, false, now()),
        Err(CopyError::Open(OpenError::Foreign { .. }))
    ));
    let missing = copies.path().join("missing.db");
    assert!(matches!(
        restore(&settings, &missing, false, now()),
        Err(CopyError::Open(OpenError::Missing { .. }))
    ));
    assert!(!place.path().join("swelite.db").exists());
}

#[test]
fn a_damaged_copy_is_refused() {
    let (it, copies) = (store(), TempDir::new().unwrap());
    let file = copies.path().join("books.db");
    backup(&SqliteSettings::new(directory(&it)), &file).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let place = TempDir::new().unwrap();
    assert!(restore(&SqliteSettings::new(place.path()), &file, false, now()).is_err());
    assert!(!place.path().join("swelite.db").exists());
}
