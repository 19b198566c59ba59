//! Whether the server keeps what it has answered for when its machine loses power, and can write at all the way we write.
//!
//! It refuses nothing: whoever runs a server that forgets may have a reason, and is told.

use std::{collections::HashMap, fmt, sync::Arc};

use engine::ports::StoreError;

use super::{
    connect::{Endpoint, Purpose},
    error::MariadbError,
    options::MariadbOptions,
    pool::{Pool, PoolLimits},
    rows::{ReadCells, each},
    session::Session,
};

/// A setting of the server under which an answer is not durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DurabilityFault {
    /// A commit is not on the disk when it is answered.
    LogNotFlushed {
        /// What `innodb_flush_log_at_trx_commit` is.
        found: String,
    },
    /// What the binary log lacks is rolled back when the server recovers, and the binary log is not on the disk.
    BinaryLogNotFlushed {
        /// What `sync_binlog` is.
        found: String,
    },
    /// The server refuses every write: a binary log by statement cannot hold what is read as we read.
    BinaryLogByStatement,
}

impl fmt::Display for DurabilityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogNotFlushed { found } => write!(f, "innodb_flush_log_at_trx_commit = {found}"),
            Self::BinaryLogNotFlushed { found } => write!(f, "log_bin = ON, sync_binlog = {found}"),
            Self::BinaryLogByStatement => f.write_str("log_bin = ON, binlog_format = STATEMENT"),
        }
    }
}

/// Asks the server.
pub async fn durability_faults(options: &MariadbOptions) -> Result<Vec<DurabilityFault>, MariadbError> {
    let endpoint = Arc::new(Endpoint::new(&options.patient()));
    let limits = PoolLimits {
        connections: 1,
        wait_max: options.wait_max,
        statement_timeout: options.statement_timeout,
    };
    let pool = Pool::new(Arc::clone(&endpoint), Purpose::Read, limits);
    let connect = |source| MariadbError::Connect { address: endpoint.address(), source };
    let (mut session, _) = pool.lend().await.map_err(connect)?;
    let database = || options.database.clone();
    let failed = |source| MariadbError::Database { context: "read", database: database(), source };
    read(&mut session).await.map_err(failed)
}

/// The same on a connection that is there.
pub(super) async fn read(session: &mut Session) -> Result<Vec<DurabilityFault>, StoreError> {
    let sql = "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME IN \
               ('INNODB_FLUSH_LOG_AT_TRX_COMMIT', 'LOG_BIN', 'SYNC_BINLOG', 'BINLOG_FORMAT', 'BINLOG_STORAGE_ENGINE')";
    let rows = session.rows("read settings", sql, Vec::new()).await?;
    let settings = each("GLOBAL_VARIABLES", &rows, |cells| {
        Ok((cells.text(0)?.to_ascii_lowercase(), cells.text_opt(1)?.unwrap_or_default().to_owned()))
    })?;
    Ok(faults(&settings.into_iter().collect()))
}

fn faults(settings: &HashMap<String, String>) -> Vec<DurabilityFault> {
    let of = |name: &str| settings.get(name).map_or("", String::as_str);
    let mut faults = Vec::new();
    // 3 is 1, with one more flush.
    if !matches!(of("innodb_flush_log_at_trx_commit"), "1" | "3") {
        let found = of("innodb_flush_log_at_trx_commit").to_owned();
        faults.push(DurabilityFault::LogNotFlushed { found });
    }
    if of("log_bin") != "ON" {
        return faults;
    }
    // One that InnoDB keeps (MariaDB 12.3) is flushed with its own log.
    if of("sync_binlog") != "1" && !of("binlog_storage_engine").eq_ignore_ascii_case("innodb") {
        faults.push(DurabilityFault::BinaryLogNotFlushed { found: of("sync_binlog").to_owned() });
    }
    if of("binlog_format") == "STATEMENT" {
        faults.push(DurabilityFault::BinaryLogByStatement);
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: &[(&str, &str)]) -> Vec<String> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        faults(&settings.collect()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_power_cut_would_take_is_told() {
        let flushed = ("innodb_flush_log_at_trx_commit", "1");
        assert_eq!(found(&[flushed, ("log_bin", "OFF"), ("sync_binlog", "0")]), [""; 0]);
        assert_eq!(found(&[("innodb_flush_log_at_trx_commit", "2")]), ["innodb_flush_log_at_trx_commit = 2"]);
        let binary = |format| [flushed, ("log_bin", "ON"), ("sync_binlog", "0"), ("binlog_format", format)];
        assert_eq!(found(&binary("MIXED")), ["log_bin = ON, sync_binlog = 0"]);
        assert_eq!(found(&binary("STATEMENT")).len(), 2);
        let innodb = [&binary("ROW")[..], &[("binlog_storage_engine", "innodb")]].concat();
        assert_eq!(found(&innodb), [""; 0]);
        let synced = [flushed, ("log_bin", "ON"), ("sync_binlog", "1"), ("binlog_format", "ROW")];
        assert_eq!(found(&synced), [""; 0]);
    }
}
