//! What is written about the work, and how.

use super::{setting::section, value::Value};

/// How a log line looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

impl Value for LogFormat {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be `auto`, `text` or `json`".to_owned()),
        }
    }
}

/// The least important level that is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogLevel(pub tracing::level_filters::LevelFilter);

impl Value for LogLevel {
    fn parse(text: &str) -> Result<Self, String> {
        let level =
            text.parse().map_err(|_| "must be `off`, `error`, `warn`, `info`, `debug` or `trace`".to_owned());
        level.map(Self)
    }
}

section! {
    /// What is written about the work, and how. It goes to standard error.
    Log = "log" {
        /// The least important level that is written: `off`, `error`, `warn`, `info`, `debug` or `trace`.
        level: LogLevel = "SWELITE_LOG", "info";
        /// `text`, `json`, or `auto`: text on a terminal, JSON elsewhere.
        format: LogFormat = "SWELITE_LOG_FORMAT", "auto";
        /// Whether every request is logged at `info`; otherwise at `debug`.
        access: bool = "SWELITE_ACCESS_LOG", "off";
    }
}
