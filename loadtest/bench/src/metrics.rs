//! Reads the server's `/metrics`: gauges as they are, histograms as the difference of two readings.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

/// How long a reading may take.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// One reading: every sample by its name and labels, as written.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Reading(BTreeMap<String, f64>);

/// The distribution of what was observed between two readings.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Distribution {
    /// How many observations.
    pub(crate) count: u64,
    /// Their mean.
    pub(crate) mean: f64,
    /// Upper bounds of the buckets that hold the median, the 95th and the 99th percentile; `null` above the last.
    pub(crate) p50: Option<f64>,
    pub(crate) p95: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// Upper bound of the bucket that holds the greatest.
    pub(crate) max: Option<f64>,
}

impl Reading {
    /// Reads the metrics of the server at `address`.
    pub(crate) fn take(address: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(address).context("connect to read the metrics")?;
        stream.set_read_timeout(Some(READ_LIMIT))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).context("read the metrics")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the metrics have no body")?;
        ensure!(
            head.starts_with("HTTP/1.1 200"),
            "the metrics were refused: {}",
            head.lines().next().unwrap_or("")
        );
        Ok(Self::parse(body))
    }

    fn parse(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(samples.collect())
    }

    /// The sum of a metric over all its labels; `None` where the server has no such metric.
    pub(crate) fn total(&self, name: &str) -> Option<f64> {
        let of_name = self.0.iter().filter(|(sample, _)| metric(sample) == name);
        of_name.map(|(_, value)| *value).reduce(|a, b| a + b)
    }

    /// What a histogram observed since `before`.
    pub(crate) fn since(&self, before: &Self, name: &str) -> Option<Distribution> {
        let delta = |suffix: &str| {
            let name = format!("{name}{suffix}");
            Some(self.total(&name)? - before.total(&name).unwrap_or(0.0))
        };
        let (count, sum) = (delta("_count")?, delta("_sum")?);
        let buckets = self.buckets(before, &format!("{name}_bucket"));
        let bound = |share: f64| {
            let wanted = count * share;
            let found = buckets.iter().find(|(_, cumulative)| *cumulative >= wanted);
            found.map(|(bound, _)| *bound).filter(|bound| bound.is_finite() && count > 0.0)
        };
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        let (p50, p95, p99, max) = (bound(0.5), bound(0.95), bound(0.99), bound(1.0));
        Some(Distribution { count: count as u64, mean, p50, p95, p99, max })
    }

    /// Cumulative counts since `before` by upper bound, ascending.
    fn buckets(&self, before: &Self, name: &str) -> Vec<(f64, f64)> {
        let mut sums: Vec<(f64, f64)> = Vec::new();
        for (sample, value) in self.0.iter().filter(|(sample, _)| metric(sample) == name) {
            let Some(bound) = label(sample, "le").and_then(|le| le.parse::<f64>().ok()) else {
                continue;
            };
            let delta = value - before.0.get(sample).copied().unwrap_or(0.0);
            match sums.iter_mut().find(|(other, _)| *other == bound) {
                Some((_, sum)) => *sum += delta,
                None => sums.push((bound, delta)),
            }
        }
        sums.sort_by(|a, b| a.0.total_cmp(&b.0));
        sums
    }
}

fn metric(sample: &str) -> &str {
    sample.split('{').next().unwrap_or(sample)
}

fn label<'a>(sample: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = sample.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# TYPE x histogram\nx_bucket{le=\"1.0\"} 1\nx_bucket{le=\"8.0\"} 1\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n";
    const AFTER: &str = "x_bucket{le=\"1.0\"} 2\nx_bucket{le=\"8.0\"} 10\nx_bucket{le=\"+Inf\"} 11\nx_sum 61\nx_count 11\nlag{a=\"b\"} 2\nlag{a=\"c\"} 3\n";

    #[test]
    fn a_histogram_is_the_difference_of_two_readings() {
        let found = Reading::parse(AFTER).since(&Reading::parse(BEFORE), "x").unwrap();
        assert_eq!((found.count, found.mean), (10, 6.0));
        assert_eq!((found.p50, found.p95, found.p99, found.max), (Some(8.0), None, None, None));
    }

    #[test]
    fn a_gauge_is_summed_over_its_labels_and_an_unknown_one_is_none() {
        let reading = Reading::parse(AFTER);
        assert_eq!(reading.total("lag"), Some(5.0));
        assert_eq!(reading.total("nothing"), None);
    }
}
