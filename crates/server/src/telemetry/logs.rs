//! Log lines: readable on a terminal, one JSON object a line elsewhere, always on standard error. A panic is a log line too.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};

use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// Starts logging for this process, in colour if `color` and on a terminal. A second call changes nothing.
pub fn init(settings: &Log, color: bool) {
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let registry = tracing_subscriber::registry().with(settings.level.0);
    let started = if json {
        let layer = fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(io::stderr);
        registry.with(layer).try_init()
    } else {
        let layer = fmt::layer()
            .with_ansi(color && io::stderr().is_terminal())
            .with_target(false)
            .with_writer(io::stderr);
        registry.with(layer).try_init()
    };
    if started.is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic.message = text, panic.location = place, "a thread panicked");
}
