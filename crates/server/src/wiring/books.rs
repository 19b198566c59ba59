//! Where the books are: in a directory of this machine, or in MariaDB when a host is set.

use std::sync::Arc;

use engine::ports::{Clock, InstanceId, Store};
use store::{OpenError, SqliteSettings, SqliteStore};

use crate::{config::Settings, system::System};

/// Why the books cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The directory.
    #[error(transparent)]
    Embedded(#[from] OpenError),
    /// The database.
    #[cfg(feature = "mariadb")]
    #[error(transparent)]
    Mariadb(#[from] store::MariadbError),
}

/// Why no timeline was begun.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The books cannot be opened.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The embedded ones cannot be changed.
    #[error(transparent)]
    Copy(#[from] store::CopyError),
}

impl BooksError {
    /// Whether there simply are no books yet.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Embedded(error) => matches!(error, OpenError::Missing { .. }),
            #[cfg(feature = "mariadb")]
            Self::Mariadb(error) => matches!(error, store::MariadbError::Empty { .. }),
        }
    }
}

/// The books, to write to them as `instance`. Makes them where there are none; a directory is also migrated, and is then this
/// process's alone.
pub async fn open_books(settings: &Settings, instance: InstanceId) -> Result<Arc<dyn Store>, BooksError> {
    #[cfg(feature = "mariadb")]
    if let Some(options) = mariadb::options(settings, instance) {
        return mariadb::open(&options, settings.store.lanes).await;
    }
    let _ = instance;
    Ok(Arc::new(SqliteStore::open(&embedded(settings), Arc::new(System::start()))?))
}

/// The books for reading, also beside whoever writes to them.
pub async fn read_books(settings: &Settings) -> Result<Arc<dyn Store>, BooksError> {
    #[cfg(feature = "mariadb")]
    if let Some(options) = mariadb::options(settings, InstanceId(0)) {
        return Ok(Arc::new(store::MariadbStore::open(&options).await?));
    }
    Ok(Arc::new(SqliteStore::open_read_only(&embedded(settings), Arc::new(System::start()))?))
}

/// Brings their schema up to date; makes them where there are none.
pub async fn migrate_books(settings: &Settings) -> Result<(), BooksError> {
    #[cfg(feature = "mariadb")]
    if let Some(options) = mariadb::options(settings, InstanceId(0)) {
        return mariadb::migrate(&options).await;
    }
    SqliteStore::open(&embedded(settings), Arc::new(System::start()))?;
    Ok(())
}

/// Makes books that have gone back in time another timeline.
pub async fn begin_timeline(settings: &Settings, reason: Option<&str>) -> Result<(), TimelineError> {
    let now = System::start().now();
    #[cfg(feature = "mariadb")]
    if let Some(options) = mariadb::options(settings, InstanceId(0)) {
        return Ok(store::begin_mariadb_timeline(&options, reason, now)
            .await
            .map(drop)
            .map_err(BooksError::from)?);
    }
    Ok(store::begin_timeline(&embedded(settings), reason, now)?)
}

/// What of the database server makes answers less than durable; `None` for the embedded books.
#[cfg(feature = "mariadb")]
pub async fn durability_faults(
    settings: &Settings,
) -> Option<Result<Vec<store::DurabilityFault>, BooksError>> {
    let options = mariadb::options(settings, InstanceId(0))?;
    Some(store::durability_faults(&options).await.map_err(BooksError::from))
}

/// Where they are, for people.
pub fn books_place(settings: &Settings) -> String {
    let Some(host) = &settings.mariadb.host else { return settings.store.data_dir.display().to_string() };
    format!("MariaDB {host}:{}/{}", settings.mariadb.port, settings.mariadb.name)
}

fn embedded(settings: &Settings) -> SqliteSettings {
    SqliteSettings::new(&settings.store.data_dir)
}

#[cfg(feature = "mariadb")]
mod mariadb {
    use std::sync::Arc;

    use engine::ports::{Clock, InstanceId, Store};
    use store::{LANES_DEFAULT, MariadbError, MariadbOptions, MariadbStore, Tls, migrate_mariadb};

    use super::BooksError;
    use crate::{config::Settings, system::System};

    /// The options, when a host is set.
    pub(super) fn options(settings: &Settings, instance: InstanceId) -> Option<MariadbOptions> {
        let chosen = &settings.mariadb;
        let host = chosen.host.as_deref()?;
        let tls = match chosen.tls {
            true => Tls::Required { ca_file: chosen.tls_authority.clone() },
            false => Tls::Off,
        };
        Some(MariadbOptions {
            user: chosen.user.clone(),
            password: chosen.password.as_ref().map(|password| password.reveal().to_owned()),
            tls,
            lanes: settings.store.lanes.unwrap_or(LANES_DEFAULT),
            instance,
            // Each may need a second one, to ask what became of a commit while the first is being rolled back.
            committers: usize::try_from(settings.commit.committers.saturating_mul(2)).unwrap_or(usize::MAX),
            readers: usize::try_from(chosen.readers).unwrap_or(usize::MAX),
            ..MariadbOptions::new(host, chosen.port, chosen.name.as_str())
        })
    }

    /// Opens the database; makes its tables when it has none. Older ones are somebody's decision: `swelite migrate`.
    pub(super) async fn open(
        options: &MariadbOptions,
        lanes: Option<u16>,
    ) -> Result<Arc<dyn Store>, BooksError> {
        let store = match MariadbStore::open(options).await {
            Err(MariadbError::Empty { .. }) => {
                migrate(options).await?;
                MariadbStore::open(options).await?
            }
            opened => opened?,
        };
        if let Some(lanes) = lanes.filter(|lanes| *lanes != store.lane_count()) {
            tracing::warn!(
                wanted = lanes,
                lanes = store.lane_count(),
                "`SWELITE_LANES` is without effect: a database keeps the lanes it was created with"
            );
        }
        Ok(Arc::new(store))
    }

    pub(super) async fn migrate(options: &MariadbOptions) -> Result<(), BooksError> {
        migrate_mariadb(options, System::start().now()).await?;
        Ok(())
    }
}
