//! Brings the schema up to date: numbered files, each applied once, under a lock that only one process holds, and never
//! changed afterwards.
//!
//! Invariant: a migration only adds what the previous version of this program does without, so a replica that runs while it is
//! applied goes on. MariaDB commits every change of a schema by itself: a migration that was cut off is taken up again at the
//! statement it stopped at.

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::Timestamp;
use engine::ports::StoreError;

use super::{
    connect::{Endpoint, Purpose},
    error::{Failure, MariadbError},
    options::MariadbOptions,
    platform,
    pool::{Pool, PoolLimits},
    rows::{Cells, ReadCells, bytes, each, number, text},
    session::Session,
};

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "books", sql: include_str!("migrations/0001_books.sql") },
    Migration { version: 2, name: "operators", sql: include_str!("migrations/0002_operators.sql") },
];

/// What keeps rows that only grow from being changed. Applied whenever it is missing; needs the right to make triggers, which
/// not every user has who may make tables.
const GUARDS: &str = include_str!("migrations/guards.sql");

/// How long another migration is waited for.
const LOCK_WAIT_SECONDS: u32 = 60;

/// What is known of a database's schema.
pub(super) enum Standing {
    /// It has no tables of this program.
    Empty,
    /// It is what this program knows.
    Current,
}

/// Makes the database if there is none, applies what is missing and makes the lanes of a new one. Refuses a database that is newer than this program or whose
/// history is another one. Safe beside running replicas and beside another migration. The version it is at now.
pub async fn migrate(options: &MariadbOptions, now: Timestamp) -> Result<u32, MariadbError> {
    let patient = PoolLimits {
        connections: 1,
        wait_max: options.wait_max,
        // Changing a large table takes its time.
        statement_timeout: std::time::Duration::from_secs(3600),
    };
    options.check_authority()?;
    make_database(options, patient).await?;
    let endpoint = std::sync::Arc::new(Endpoint::new(&options.patient()));
    let pool = Pool::new(endpoint, Purpose::Write, patient);
    let connect = |source| MariadbError::Connect { address: pool.endpoint.address(), source };
    let (mut session, _) = pool.lend().await.map_err(connect)?;
    check_server(&mut session, options).await?;
    // A table is changed when its readers let it be, however long that takes.
    let patience = session.text("SET SESSION lock_wait_timeout = 3600").await;
    patience.map_err(|failure| database(options, "migrate", failure.sort("set the time limit")))?;
    lock(&mut session, options).await?;
    let migrated = apply(&mut session, options, MIGRATIONS, now).await;
    let unlocked = unlock(&mut session, options).await;
    let version = migrated?;
    unlocked?;
    Ok(version)
}

/// A user who may only use a database that is there needs no right to make one.
async fn make_database(options: &MariadbOptions, limits: PoolLimits) -> Result<(), MariadbError> {
    let context = "make";
    let pool =
        Pool::new(std::sync::Arc::new(Endpoint::of_server(&options.patient())), Purpose::Write, limits);
    let connect = |source| MariadbError::Connect { address: pool.endpoint.address(), source };
    let (mut session, _) = pool.lend().await.map_err(connect)?;
    let failed = |source| database(options, context, source);
    let find = "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?";
    let found = session.rows(context, find, vec![text(&options.database)]).await.map_err(failed)?;
    if !found.is_empty() {
        return Ok(());
    }
    let name = options.database.replace('`', "``");
    let create = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4");
    session.text(&create).await.map(drop).map_err(|failure| failed(failure.sort(context)))
}

/// Whether the schema is the one this program knows; an error says what to do.
pub(super) async fn check(session: &mut Session, options: &MariadbOptions) -> Result<Standing, MariadbError> {
    check_server(session, options).await?;
    match standing(session, options).await {
        // Another process may be about it at this moment: two that start on an empty database do.
        Err(MariadbError::Older { .. }) => {
            lock(session, options).await?;
            unlock(session, options).await?;
            standing(session, options).await
        }
        standing => standing,
    }
}

async fn standing(session: &mut Session, options: &MariadbOptions) -> Result<Standing, MariadbError> {
    let found = applied(session).await.map_err(|source| database(options, "check the schema of", source))?;
    let known = history(&found, options, MIGRATIONS)?;
    match u32::try_from(found.len()) {
        Ok(0) => Ok(Standing::Empty),
        Ok(found) if found < known => {
            Err(MariadbError::Older { database: options.database.clone(), found, known })
        }
        _ => Ok(Standing::Current),
    }
}

async fn check_server(session: &mut Session, options: &MariadbOptions) -> Result<(), MariadbError> {
    let failed = |source| database(options, "read the version of the server of", source);
    let rows = session.rows("read version", "SELECT VERSION()", Vec::new()).await.map_err(failed)?;
    let versions = each("version", &rows, |cells| cells.text(0).map(str::to_owned)).map_err(failed)?;
    let found = versions.into_iter().next().unwrap_or_default();
    let mut numbers = found.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found.contains("MariaDB") && version >= (10, 11) {
        return Ok(());
    }
    Err(MariadbError::ServerTooOld { address: options.host.clone(), found, needed: "MariaDB 10.11" })
}

async fn lock(session: &mut Session, options: &MariadbOptions) -> Result<(), MariadbError> {
    let sql = format!("SELECT CAST(GET_LOCK({}, {LOCK_WAIT_SECONDS}) AS SIGNED)", lock_name(options));
    let locked = session.text(&sql).await;
    let sets = locked.map_err(|failure| database(options, "migrate", failure.sort("take the lock")))?;
    let held =
        sets.concat().first().is_some_and(|row| Cells::of("lock", row).int(0).is_ok_and(|held| held == 1));
    if held { Ok(()) } else { Err(MariadbError::Busy { database: options.database.clone() }) }
}

async fn unlock(session: &mut Session, options: &MariadbOptions) -> Result<(), MariadbError> {
    let unlocked = session.text(&format!("SELECT RELEASE_LOCK({})", lock_name(options))).await;
    unlocked.map(drop).map_err(|failure| database(options, "migrate", failure.sort("release the lock")))
}

/// Locks are the whole server's: the name holds the database's.
fn lock_name(options: &MariadbOptions) -> String {
    let hash = crate::hashes::hash(&["migrate", &options.database]);
    format!("'swelite-{hash:016x}'")
}

async fn apply(
    session: &mut Session,
    options: &MariadbOptions,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<u32, MariadbError> {
    let failed = |source| database(options, "migrate", source);
    let create = "CREATE TABLE IF NOT EXISTS schema_migration (version INT NOT NULL PRIMARY KEY, \
                  name VARCHAR(64) NOT NULL, checksum BINARY(32) NOT NULL, applied_at BIGINT NOT NULL) \
                  ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin";
    session.text(create).await.map_err(|failure| failed(failure.sort("make the list of migrations")))?;
    let found = applied(session).await.map_err(failed)?;
    let known = history(&found, options, migrations)?;
    for migration in &migrations[found.len()..] {
        for statement in statements(migration.sql) {
            run_again_if_cut_off(session, &statement).await.map_err(failed)?;
        }
        let insert = "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)";
        let row = vec![
            number(migration.version),
            text(migration.name),
            bytes(&migration.checksum()),
            number(now.unix_ms()),
        ];
        session.change("note a migration", insert, row).await.map_err(failed)?;
        tracing::info!(version = migration.version, name = migration.name, "applied migration");
    }
    platform::create(session, options.lanes, now).await.map_err(failed)?;
    platform::raise_counters(session).await.map_err(failed)?;
    guard(session).await;
    Ok(known)
}

/// What exists already was made by a migration that was cut off.
async fn run_again_if_cut_off(session: &mut Session, statement: &str) -> Result<(), StoreError> {
    const ALREADY: [u16; 3] = [1050, 1060, 1061];
    match session.text(statement).await {
        Ok(_) => Ok(()),
        Err(Failure::Server(error)) if ALREADY.contains(&error.code) => Ok(()),
        Err(failure) => Err(failure.sort("apply a migration")),
    }
}

/// Without the guards nothing is wrong; with them a mistake of an operator's is refused.
async fn guard(session: &mut Session) {
    for statement in statements(GUARDS) {
        if let Err(failure) = session.text(&statement).await {
            let error = failure.sort("guard rows that only grow");
            tracing::warn!(
                error = std::error::Error::source(&error),
                "the database user may not make triggers: that journal, ledger and audit log only grow is not enforced \
                 by the database; take UPDATE and DELETE on these tables from the user instead"
            );
            return;
        }
    }
}

/// Compares what was applied with what is known; the latest known version.
fn history(
    found: &[(u32, Vec<u8>)],
    options: &MariadbOptions,
    migrations: &[Migration],
) -> Result<u32, MariadbError> {
    let database = || options.database.clone();
    let known = migrations.last().map_or(0, |migration| migration.version);
    for (at, (version, checksum)) in found.iter().enumerate() {
        match migrations.get(at) {
            Some(known) if known.version == *version && known.checksum() == *checksum => {}
            Some(_) => {
                return Err(MariadbError::ChangedMigration { database: database(), version: *version });
            }
            None => return Err(MariadbError::Newer { database: database(), found: *version, known }),
        }
    }
    Ok(known)
}

async fn applied(session: &mut Session) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    let exists = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                  AND TABLE_NAME = 'schema_migration'";
    if session.rows("find the list of migrations", exists, Vec::new()).await?.is_empty() {
        return Ok(Vec::new());
    }
    let list = "SELECT version, checksum FROM schema_migration ORDER BY version";
    let rows = session.rows("list migrations", list, Vec::new()).await?;
    each("schema_migration", &rows, |cells| Ok((cells.number(0)?, cells.bytes(1)?.to_vec())))
}

/// The statements of a file: each ends with a semicolon at the end of a line.
fn statements(sql: &str) -> Vec<String> {
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n");
    let statements = text.split(";\n").map(|statement| statement.trim().trim_end_matches(';').to_owned());
    statements.filter(|statement| !statement.is_empty()).collect()
}

fn database(options: &MariadbOptions, context: &'static str, source: StoreError) -> MariadbError {
    MariadbError::Database { context, database: options.database.clone(), source }
}

impl Migration {
    fn checksum(&self) -> Vec<u8> {
        digest(&SHA256, self.sql.as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { version: 1, name: "first", sql: "CREATE TABLE a (x INT);" };
    const SECOND: Migration = Migration { version: 2, name: "second", sql: "CREATE TABLE b (x INT);" };

    fn found(migrations: &[Migration]) -> Vec<(u32, Vec<u8>)> {
        migrations.iter().map(|migration| (migration.version, migration.checksum())).collect()
    }

    #[test]
    fn a_history_that_is_not_ours_is_refused() {
        let options = MariadbOptions::new("a", 1, "paydb");
        assert_eq!(history(&found(&[FIRST]), &options, &[FIRST, SECOND]).unwrap(), 2);
        let newer = history(&found(&[FIRST, SECOND]), &options, &[FIRST]);
        assert!(matches!(newer, Err(MariadbError::Newer { found: 2, known: 1, .. })));
        let changed = Migration { sql: "CREATE TABLE a (x TEXT);", ..FIRST };
        let changed = history(&found(&[FIRST]), &options, &[changed]);
        assert!(matches!(changed, Err(MariadbError::ChangedMigration { version: 1, .. })));
    }

    #[test]
    fn a_file_is_split_into_its_statements() {
        let sql = "-- about ; it\nCREATE TABLE a (\n  x INT -- no; end\n);\n\nCREATE TABLE b (x INT);";
        assert_eq!(statements(sql), ["CREATE TABLE a (\n  x INT -- no; end\n)", "CREATE TABLE b (x INT)"]);
        let begun = |sql: &str| {
            sql.lines().filter(|line| line.starts_with("CREATE ") || line.starts_with("INSERT ")).count()
        };
        assert_eq!(statements(MIGRATIONS[0].sql).len(), begun(MIGRATIONS[0].sql));
        assert_eq!(statements(GUARDS).len(), 6);
    }
}
