//! The command line.

use crate::Error;

/// What to run.
pub(crate) struct Options {
    /// Where the database is made.
    pub(crate) dir: String,
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
    /// Whether to go through the store instead of bare statements.
    pub(crate) adapter: bool,
    /// From how many pages on the log is copied back.
    pub(crate) checkpoint_pages: Option<u32>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let mut options = Self {
            dir: String::new(),
            batch: 256,
            seconds: 10,
            prefill: 0,
            merchants: 100,
            orders: false,
            posting: false,
            adapter: false,
            checkpoint_pages: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--dir" => options.dir = value()?,
                "--batch" => options.batch = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                "--prefill" => options.prefill = value()?.parse()?,
                "--merchants" => options.merchants = value()?.parse()?,
                "--checkpoint-pages" => options.checkpoint_pages = Some(value()?.parse()?),
                "--orders" => options.orders = true,
                "--posting" => options.posting = true,
                "--adapter" => options.adapter = true,
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        if options.dir.is_empty() || options.batch == 0 || options.merchants == 0 {
            return Err("--dir is needed, --batch and --merchants are at least 1".into());
        }
        Ok(options)
    }
}
