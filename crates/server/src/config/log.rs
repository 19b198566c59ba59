//! What is written about the work, and how.

use super::{
    fault::{Wrong, wrong},
    section::section,
    value::Value,
};

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
    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => {
                Err(wrong("must be `auto`, `text` or `json`", "`auto`, `text`, `json` 가운데 하나여야 해요"))
            }
        }
    }
}

/// The least important level that is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogLevel(pub tracing::level_filters::LevelFilter);

impl Value for LogLevel {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let level = text.parse().map_err(|_| {
            wrong(
                "must be `off`, `error`, `warn`, `info`, `debug` or `trace`",
                "`off`, `error`, `warn`, `info`, `debug`, `trace` 가운데 하나여야 해요",
            )
        });
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
