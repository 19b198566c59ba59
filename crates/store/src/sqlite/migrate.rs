//! Brings the schema up to date: numbered files, each applied once, in one transaction, and never changed afterwards.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::OpenError;

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "books", sql: include_str!("migrations/0001_books.sql") },
    Migration {
        version: 2,
        name: "attempt_acquirer",
        sql: include_str!("migrations/0002_attempt_acquirer.sql"),
    },
    Migration { version: 3, name: "operators", sql: include_str!("migrations/0003_operators.sql") },
];

/// Applies what is missing. Refuses a database that is newer than this program or whose history is another one.
pub(super) fn migrate(conn: &mut Connection, path: &Path, now: Timestamp) -> Result<(), OpenError> {
    migrate_with(conn, path, now, MIGRATIONS)
}

/// Refuses a database that [`migrate`] would refuse or change.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let database = failed("check the schema of", path);
    let found = applied(conn).map_err(database)?;
    let known = history(&found, path, MIGRATIONS)?;
    match u32::try_from(found.len()) {
        Ok(found) if found < known => Err(OpenError::Older { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
}

fn migrate_with(
    conn: &mut Connection,
    path: &Path,
    now: Timestamp,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let failed = failed("migrate", path);
    let create = "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, \
                  checksum BLOB NOT NULL, applied_at INTEGER NOT NULL) STRICT";
    conn.execute_batch(create).map_err(&failed)?;
    let found = applied(conn).map_err(&failed)?;
    history(&found, path, migrations)?;
    for migration in &migrations[found.len()..] {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        transaction.execute_batch(migration.sql).map_err(&failed)?;
        let insert =
            "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)";
        let row = params![migration.version, migration.name, migration.checksum(), now.unix_ms()];
        transaction.execute(insert, row).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        tracing::info!(version = migration.version, name = migration.name, "applied migration");
    }
    Ok(())
}

/// Compares what was applied with what is known; the latest known version.
fn history(found: &[(u32, Vec<u8>)], path: &Path, migrations: &[Migration]) -> Result<u32, OpenError> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    for (at, (version, checksum)) in found.iter().enumerate() {
        match migrations.get(at) {
            Some(known) if known.version == *version && known.checksum() == *checksum => {}
            Some(_) => return Err(OpenError::ChangedMigration { path: path.to_owned(), version: *version }),
            None => return Err(OpenError::Newer { path: path.to_owned(), found: *version, known }),
        }
    }
    Ok(known)
}

fn applied(conn: &Connection) -> rusqlite::Result<Vec<(u32, Vec<u8>)>> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'";
    if conn.query_row(exists, [], |_| Ok(())).optional()?.is_none() {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare("SELECT version, checksum FROM schema_migration ORDER BY version")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn failed<'p>(context: &'static str, path: &'p Path) -> impl Fn(rusqlite::Error) -> OpenError + use<'p> {
    move |source| OpenError::Database { context, path: path.to_owned(), source }
}

impl Migration {
    fn checksum(&self) -> Vec<u8> {
        digest(&SHA256, self.sql.as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { version: 1, name: "first", sql: "CREATE TABLE a (x INTEGER);" };
    const SECOND: Migration = Migration { version: 2, name: "second", sql: "CREATE TABLE b (x INTEGER);" };

    fn run(conn: &mut Connection, migrations: &[Migration]) -> Result<(), OpenError> {
        migrate_with(conn, Path::new("test.db"), Timestamp::from_unix_ms(7), migrations)
    }

    #[test]
    fn what_is_missing_is_applied_and_nothing_twice() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn, &[FIRST]).unwrap();
        run(&mut conn, &[FIRST, SECOND]).unwrap();
        run(&mut conn, &[FIRST, SECOND]).unwrap();
        assert_eq!(applied(&conn).unwrap().len(), 2);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn, &[FIRST, SECOND]).unwrap();
        assert!(matches!(run(&mut conn, &[FIRST]), Err(OpenError::Newer { found: 2, known: 1, .. })));
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn, &[FIRST]).unwrap();
        let changed = Migration { sql: "CREATE TABLE a (x TEXT);", ..FIRST };
        assert!(matches!(run(&mut conn, &[changed]), Err(OpenError::ChangedMigration { version: 1, .. })));
    }

    #[test]
    fn a_migration_that_fails_half_way_leaves_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        let broken = Migration { version: 1, name: "broken", sql: "CREATE TABLE a (x INTEGER); nonsense;" };
        assert!(run(&mut conn, &[broken]).is_err());
        assert!(conn.prepare("SELECT x FROM a").is_err());
        run(&mut conn, &[FIRST]).unwrap();
    }
}
