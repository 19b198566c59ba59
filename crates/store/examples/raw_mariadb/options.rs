//! The command line.

use crate::Error;

/// What to run.
pub(crate) struct Options {
    /// Where the server is.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Who asks; without a password.
    pub(crate) user: String,
    /// The database that is made for the run.
    pub(crate) database: String,
    /// The server's process, to read its CPU time.
    pub(crate) pid: Option<u32>,
    /// Connections that commit side by side, each with a lane of its own.
    pub(crate) connections: u16,
    /// Payments a commit.
    pub(crate) batch: usize,
    /// For how long.
    pub(crate) seconds: u64,
    /// How many payments are stored before anything is measured.
    pub(crate) prefill: u64,
    /// How many merchants the payments are spread over.
    pub(crate) merchants: u64,
    /// Whether every payment has an order id.
    pub(crate) orders: bool,
    /// Whether what is committed is posted too.
    pub(crate) posting: bool,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let mut options = Self {
            host: "127.0.0.1".to_owned(),
            port: 3306,
            user: "root".to_owned(),
            database: "raw".to_owned(),
            pid: None,
            connections: 2,
            batch: 256,
            seconds: 10,
            prefill: 0,
            merchants: 100,
            orders: false,
            posting: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--host" => options.host = value()?,
                "--port" => options.port = value()?.parse()?,
                "--user" => options.user = value()?,
                "--database" => options.database = value()?,
                "--pid" => options.pid = Some(value()?.parse()?),
                "--connections" => options.connections = value()?.parse()?,
                "--batch" => options.batch = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                "--prefill" => options.prefill = value()?.parse()?,
                "--merchants" => options.merchants = value()?.parse()?,
                "--orders" => options.orders = true,
                "--posting" => options.posting = true,
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        if options.batch == 0 || options.merchants == 0 || options.connections == 0 {
            return Err("--batch, --merchants and --connections are at least 1".into());
        }
        Ok(options)
    }
}
