//! Where traces go, and of which calls there are any: the variables of the OpenTelemetry specification.

use std::fmt;

use hyper::Uri;
use percent_encoding::percent_decode_str;

use super::{
    fault::{Wrong, wrong},
    section::section,
    value::Value,
};

/// Which calls are traced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceSampler {
    /// Whether a caller's own decision is followed.
    pub parent_based: bool,
    /// What decides where there is none.
    pub root: RootSampler,
}

/// What decides about a trace that begins here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RootSampler {
    /// Every call.
    Always,
    /// No call.
    Never,
    /// A share of them.
    Ratio,
}

impl Value for TraceSampler {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let (parent_based, rest) = match text.strip_prefix("parentbased_") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let root = match rest {
            "always_on" => RootSampler::Always,
            "always_off" => RootSampler::Never,
            "traceidratio" => RootSampler::Ratio,
            _ => {
                return Err(wrong(
                    "must be `always_on`, `always_off` or `traceidratio`, or one of them after `parentbased_`",
                    "`always_on`, `always_off`, `traceidratio` 가운데 하나이거나 그 앞에 `parentbased_`를 붙인 것이어야 해요",
                ));
            }
        };
        Ok(Self { parent_based, root })
    }
}

/// A share, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share(pub f64);

impl Value for Share {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| wrong("must be a number from 0 to 1", "0부터 1까지의 수여야 해요"))
    }
}

/// Where spans are sent: `http://host[:port][/path]` or the same with `https`, without a slash at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CollectorUrl(Box<str>);

impl CollectorUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for CollectorUrl {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let trimmed = text.trim_end_matches('/');
        let uri: Option<Uri> = trimmed.parse().ok();
        let usable = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
        });
        if usable {
            return Ok(Self(trimmed.into()));
        }
        Err(wrong(
            "must be an address such as `http://127.0.0.1:4318` (OTLP over HTTP)",
            "`http://127.0.0.1:4318` 같은 주소여야 해요(OTLP over HTTP)",
        ))
    }
}

/// Names and values: `name=value,name=value`, values percent-encoded where they must be.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Value for Pairs {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let pair = |item: &str| {
            let (name, value) = item.split_once('=')?;
            let (name, value) = (name.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
            (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
        };
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let pairs: Option<Vec<_>> = items.map(pair).collect();
        pairs.map(Self).ok_or_else(|| {
            wrong("must be `name=value` pairs, separated by commas", "`이름=값`을 쉼표로 나눠 적어야 해요")
        })
    }
}

/// The same, never shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SecretPairs(pub Pairs);

impl Value for SecretPairs {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, Wrong> {
        Pairs::parse(text).map(Self)
    }
}

section! {
    /// Traces, sent to an OpenTelemetry collector by OTLP over HTTP. Without an endpoint there are none, and they cost nothing.
    Traces = "traces" {
        /// The collector, e.g. `http://127.0.0.1:4318`; `/v1/traces` is added. Unset: no traces.
        endpoint: Option<CollectorUrl> = "OTEL_EXPORTER_OTLP_ENDPOINT", "";
        /// Where traces go, if elsewhere: a whole address, to which nothing is added.
        traces_endpoint: Option<CollectorUrl> = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "";
        /// Headers for the collector, e.g. `authorization=Bearer%20…`: `name=value` pairs, separated by commas.
        headers: SecretPairs = "OTEL_EXPORTER_OTLP_HEADERS", "";
        /// How long the collector may take to answer, in milliseconds.
        timeout_ms: u32 = "OTEL_EXPORTER_OTLP_TIMEOUT", "10000", 100..=600_000;
        /// The name of this service; unset means `ingest-service` for the API and `consumer-worker` for the worker.
        service_name: Option<String> = "OTEL_SERVICE_NAME", "";
        /// What else is known of this process: `name=value` pairs, separated by commas.
        resource_attributes: Pairs = "OTEL_RESOURCE_ATTRIBUTES", "";
        /// Which calls are traced: `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_`, which follows what a caller's `traceparent` says.
        sampler: TraceSampler = "OTEL_TRACES_SAMPLER", "parentbased_traceidratio";
        /// The share of calls that `traceidratio` traces, from 0 to 1.
        sampler_share: Share = "OTEL_TRACES_SAMPLER_ARG", "1";
        /// How many traces `traceidratio` begins a second at most, whatever its share; 0: any number.
        per_second_max: u32 = "SWELITE_TRACES_PER_SECOND_MAX", "100", 0..=1_000_000;
        /// How long spans are gathered before they are sent, in milliseconds.
        delay_ms: u32 = "OTEL_BSP_SCHEDULE_DELAY", "5000", 10..=600_000;
        /// How many spans wait at most while the collector is slow or away; more are dropped and counted.
        queue_max: u32 = "OTEL_BSP_MAX_QUEUE_SIZE", "2048", 1..=1_000_000;
        /// How many spans are sent at once.
        batch_max: u32 = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512", 1..=100_000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_is_written_as_the_specification_says() {
        let parsed = |text| TraceSampler::parse(text).map(|sampler| (sampler.parent_based, sampler.root));
        assert_eq!(parsed("always_on"), Ok((false, RootSampler::Always)));
        assert_eq!(parsed("parentbased_always_off"), Ok((true, RootSampler::Never)));
        assert_eq!(parsed("parentbased_traceidratio"), Ok((true, RootSampler::Ratio)));
        assert!(parsed("xray").is_err() && parsed("parentbased_").is_err());
        assert!(Share::parse("1.1").is_err() && Share::parse("nan").is_err() && Share::parse("0.25").is_ok());
    }

    #[test]
    fn headers_are_pairs_and_their_values_are_not_shown() {
        let headers = SecretPairs::parse("authorization=Bearer%20abc, x-tenant = shop").unwrap();
        let expected = [("authorization", "Bearer abc"), ("x-tenant", "shop")];
        assert_eq!(headers.0.0, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(!format!("{headers:?}").contains("abc"));
        assert!(Pairs::parse("no pair").is_err() && Pairs::parse("=value").is_err());
    }

    #[test]
    fn a_collector_may_speak_https() {
        assert_eq!(
            CollectorUrl::parse("https://otel.example:4318/").unwrap().as_str(),
            "https://otel.example:4318"
        );
        for text in ["otel:4317", "grpc://otel:4317", "http://", "http://otel?key=1"] {
            assert!(CollectorUrl::parse(text).is_err(), "{text}");
        }
    }
}
