//! Migrations beside a replica that runs.

use testkit::process::Launch;

use super::Pair;
use crate::{callers::Crowd, common::text, real_set::RealSet};

/// Every table of the books, as a later version might add to it.
const LATER: &str = "SELECT CONCAT('ALTER TABLE `', TABLE_NAME, '` ADD COLUMN later_one INT NULL; ') \
                     FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                     AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> 'schema_migration'";

fn refused(launch: &Launch, arguments: &[&str]) {
    let ended = launch.run(arguments);
    assert!(!ended.status.success(), "{arguments:?}");
    let said = text(&ended.stderr);
    assert!(said.contains("has schema version 99"), "{arguments:?}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_replica_survives_migrations_and_an_older_program_does_not_start() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    let launch = set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let crowd = Crowd::start(4, std::slice::from_ref(&pair.client));
    let judge = crowd.judge();
    judge.sees_answers("before any migration").await;
    judge
        .sees_no_failure("migrations", async || {
            assert!(launch.run(&["migrate"]).status.success());
            judge.sees_answers("with nothing to migrate").await;
            let later = set.sql(LATER);
            assert!(later.matches("ALTER TABLE").count() > 10, "{later}");
            set.sql(&later);
            set.sql("INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (99, 'later', REPEAT('x', 32), 0)");
            judge.sees_answers("after the migration of a later version").await;
        })
        .await;
    let port = launch.port().to_string();
    refused(&launch, &["migrate"]);
    refused(&launch, &["ingest", "--port", &port]);
    crowd.end(&pair.client).await;
    set.sql("DELETE FROM schema_migration WHERE version = 99");
    pair.verify();
    pair.stop().await;
}
