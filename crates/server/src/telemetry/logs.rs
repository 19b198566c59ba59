//! Log lines: readable on a terminal, one JSON object a line elsewhere, always on standard error. A panic is a log line too.
//!
//! Every line that is written while a call is answered says whose it is: `request.id`, `trace.id` and, where it is known,
//! `payment.id`. Bodies, tokens and card numbers are not logged anywhere, so nothing here has to take them out.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        self, FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::whose::{self, Whose};
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
        let layer = fmt::layer().event_format(json_lines()).fmt_fields(JsonFields::new());
        registry.with(layer.with_writer(io::stderr)).try_init()
    } else {
        let ansi = color && io::stderr().is_terminal();
        let layer = fmt::layer().with_ansi(ansi).event_format(text_lines(ansi));
        registry.with(layer.with_writer(io::stderr)).try_init()
    };
    if started.is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// One JSON object a line.
fn json_lines() -> Lines<fmt::format::Format<fmt::format::Json>> {
    let format = fmt::format().json().flatten_event(true).with_current_span(false).with_span_list(false);
    Lines { format, json: true }
}

/// For people.
fn text_lines(ansi: bool) -> Lines<fmt::format::Format> {
    Lines { format: fmt::format().with_ansi(ansi).with_target(false), json: false }
}

/// A format, and after it whose the line is.
struct Lines<F> {
    format: F,
    json: bool,
}

impl<S, N, F> FormatEvent<S, N> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut line = String::with_capacity(256);
        self.format.format_event(context, Writer::new(&mut line), event)?;
        let end = if self.json { "}\n" } else { "\n" };
        if line.ends_with(end) {
            line.truncate(line.len() - end.len());
        }
        // What a task of its own does for a call says so in a span, which the format for people writes by itself.
        if self.json
            && let Some(span) = context.lookup_current()
            && let Some(fields) = span.extensions().get::<FormattedFields<N>>()
            && let Some(fields) = fields.fields.strip_prefix('{').and_then(|fields| fields.strip_suffix('}'))
            && !fields.is_empty()
        {
            write!(line, ",{fields}")?;
        }
        let said = |name: &str| event.metadata().fields().field(name).is_some();
        whose::here(|call| self.add(&mut line, call, said)).transpose()?;
        line.push_str(end);
        writer.write_str(&line)
    }
}

impl<F> Lines<F> {
    /// Says whose a line is, where it does not say so itself.
    fn add(&self, line: &mut String, call: &Whose, said: impl Fn(&str) -> bool) -> std::fmt::Result {
        let mut pair = |name: &str, value: &dyn std::fmt::Display| match (said(name), self.json) {
            (true, _) => Ok(()),
            (false, true) => write!(line, ",\"{name}\":\"{value}\""),
            (false, false) => write!(line, " {name}={value}"),
        };
        // Ids are letters, digits and a few signs that need no escape: the door lets no others in.
        pair("request.id", &call.request)?;
        pair("trace.id", &call.trace)?;
        call.payment.map_or(Ok(()), |payment| pair("payment.id", &payment))
    }
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic.message = text, panic.location = place, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::telemetry::whose::TraceId;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Kept {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn call() -> Whose {
        Whose { request: "req_7".into(), trace: TraceId(0xab), payment: "42".parse().ok() }
    }

    fn lines_of_a_call() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(whose::answering(call(), async {
            tracing::info!(bytes = 3, "inside");
            tracing::info!(payment.id = "own", "says it itself");
        }));
        let span = tracing::error_span!("call", request.id = "req_8", payment.id = 9);
        span.in_scope(|| tracing::warn!("elsewhere"));
        tracing::info!("outside");
    }

    #[test]
    fn every_json_line_of_a_call_says_whose_it_is_and_each_name_once() {
        let kept = Kept::default();
        let layer = fmt::layer().event_format(json_lines()).fmt_fields(JsonFields::new());
        let registry = tracing_subscriber::registry().with(layer.with_writer(kept.clone()));
        tracing::subscriber::with_default(registry, lines_of_a_call);
        let text = kept.text();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of =
            |line: &Value| json!([line["message"], line["request.id"], line["trace.id"], line["payment.id"]]);
        let trace = "000000000000000000000000000000ab";
        assert_eq!(
            lines.iter().map(of).collect::<Vec<_>>(),
            [
                json!(["inside", "req_7", trace, "42"]),
                json!(["says it itself", "req_7", trace, "own"]),
                json!(["elsewhere", "req_8", null, 9]),
                json!(["outside", null, null, null]),
            ]
        );
        assert_eq!(text.matches("payment.id").count(), 3, "{text}");
    }

    #[test]
    fn a_line_for_people_ends_with_whose_it_is() {
        let kept = Kept::default();
        let layer = fmt::layer().with_ansi(false).event_format(text_lines(false));
        let registry = tracing_subscriber::registry().with(layer.with_writer(kept.clone()));
        tracing::subscriber::with_default(registry, lines_of_a_call);
        let text = kept.text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].ends_with(
                "inside bytes=3 request.id=req_7 trace.id=000000000000000000000000000000ab payment.id=42"
            ),
            "{text}"
        );
        assert!(lines[1].contains("payment.id=\"own\"") && !lines[1].contains("payment.id=42"), "{text}");
        assert!(lines[2].contains("call{request.id=\"req_8\" payment.id=9}"), "{text}");
        assert!(lines[3].ends_with("outside"), "{text}");
    }
}
