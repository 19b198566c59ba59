//! Configuration: a typed tree, read once, one file a section.
//!
//! Flags win over the environment, the environment over `swelite.toml`, that over the defaults. Everything wrong is reported
//! together, each with the variable to change. Nothing else reads the environment, and nothing here opens what it names.

mod acquirer;
mod check;
mod commit;
mod demo;
mod fault;
mod file;
mod http;
mod idempotency;
mod kafka;
mod limits;
mod listen;
mod log;
mod login;
mod mariadb;
mod metrics;
mod payments;
mod proofs;
mod reader;
mod redis;
mod reference;
mod retention;
mod section;
mod setting;
mod source;
mod store;
mod traces;
mod value;

use std::{io::ErrorKind, net::SocketAddr, path::Path};

pub use self::{
    acquirer::{Acquirer, AcquirerKind},
    commit::Commit,
    demo::Demo,
    fault::{Fault, Faults, Wrong},
    http::Http,
    idempotency::Idempotency,
    kafka::Kafka,
    limits::RateLimits,
    listen::Listen,
    log::{Log, LogFormat, LogLevel},
    login::{Login, LoginMode},
    mariadb::MariaDb,
    metrics::Metrics,
    payments::Payments,
    proofs::Proofs,
    reader::{Effective, Rank},
    redis::Redis,
    reference::{markdown, toml_template},
    retention::Retention,
    setting::Setting,
    source::{Environment, Flags, Source},
    store::Store,
    traces::{CollectorUrl, Pairs, RootSampler, SecretPairs, Share, TraceSampler, Traces},
    value::{HttpUrl, ListenAddress, Origin, Secret},
};
use self::{reader::Reader, section::Section};

macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident: $section:ty,)*) => {
        /// The whole configuration.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(#[$doc])* pub $field: $section,)*
        }

        /// Every section's name, purpose and settings, in order.
        pub fn sections() -> Vec<(&'static str, &'static str, Vec<Setting>)> {
            vec![$((<$section>::NAME, <$section>::DOC, <$section>::settings()),)*]
        }

        impl Settings {
            fn read(reader: &mut Reader<'_>) -> Self {
                Self { $($field: <$section>::read(reader),)* }
            }
        }
    };
}

settings! {
    /// Where the API listens.
    listen: Listen,
    /// Who must log in.
    login: Login,
    /// The bounds of a request.
    http: Http,
    /// The embedded store.
    store: Store,
    /// Batches and queues.
    commit: Commit,
    /// How often a merchant may call.
    limits: RateLimits,
    /// How long a key keeps its answer.
    idempotency: Idempotency,
    /// The life of a payment.
    payments: Payments,
    /// Who moves the money.
    acquirer: Acquirer,
    /// What is kept for how long.
    retention: Retention,
    /// How often the books prove themselves.
    proofs: Proofs,
    /// What is logged.
    log: Log,
    /// Whether there are numbers.
    metrics: Metrics,
    /// Where traces go.
    traces: Traces,
    /// Whether people may break things on purpose.
    demo: Demo,
    /// The real store.
    mariadb: MariaDb,
    /// The real broker.
    kafka: Kafka,
    /// The real cache.
    redis: Redis,
}

impl Settings {
    /// The socket to listen on.
    pub fn socket(&self) -> SocketAddr {
        let Listen { port, address, .. } = &self.listen;
        SocketAddr::new(address.ip, address.port.unwrap_or(*port))
    }

    /// Whether operators must log in.
    pub fn login_required(&self) -> bool {
        self.login.mode == LoginMode::On || !self.listen.address.ip.is_loopback()
    }
}

/// A configuration and where each of its values came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The typed tree.
    pub settings: Settings,
    /// Every value as it was written, with its source.
    pub effective: Vec<Effective>,
}

/// The file that is read when it is there and no other is named.
pub const FILE_DEFAULT: &str = "swelite.toml";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "SWELITE_CONFIG";

/// Reads the configuration. `file` is the `--config` flag.
pub fn load(source: &dyn Source, flags: &Flags, file: Option<&Path>) -> Result<Loaded, Faults> {
    let all: Vec<Setting> = sections().into_iter().flat_map(|(_, _, settings)| settings).collect();
    let (values, mut faults) = match file_text(source, file) {
        Ok(Some((path, text))) => file::values(&text, &path, &all),
        Ok(None) => Default::default(),
        Err(fault) => (Default::default(), vec![fault]),
    };
    let mut reader = Reader::new(&all, flags, source, values);
    let settings = Settings::read(&mut reader);
    let (effective, unread) = reader.finish();
    faults.extend(unread);
    // Relations between defaults that stand in for what could not be read would only confuse.
    if faults.is_empty() {
        faults.extend(check::relations(&settings));
    }
    if faults.is_empty() { Ok(Loaded { settings, effective }) } else { Err(Faults(faults)) }
}

fn file_text(source: &dyn Source, flag: Option<&Path>) -> Result<Option<(String, String)>, Fault> {
    let named = flag.map(|path| ("--config", path.to_owned()));
    let variable = || source.variable(FILE_VARIABLE).filter(|path| !path.is_empty());
    let named = named.or_else(|| variable().map(|path| (FILE_VARIABLE, path.into())));
    let optional = named.is_none();
    let (by, path) = named.unwrap_or_else(|| (FILE_VARIABLE, FILE_DEFAULT.into()));
    let shown = path.display().to_string();
    match source.file(&path) {
        Ok(text) => Ok(Some((shown, text))),
        Err(error) if optional && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let why = fault::wrong(
                format!("names `{shown}`, which cannot be read: {error}"),
                format!("`{shown}` 파일을 읽을 수 없어요: {error}"),
            );
            Err(Fault::new(by, why))
        }
    }
}

#[cfg(test)]
mod tests;
