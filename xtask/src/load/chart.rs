//! Lines over time and strips of quantiles, as SVG without a script.

use std::fmt::Write as _;

/// The charts' size in their own units; the page scales them.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
/// Strips, and the powers of ten they show: 0.1 ms to 10 s.
const STRIP: f64 = 180.0;
const DECADES: (f64, f64) = (-1.0, 4.0);

/// One measure over time, and the same of the run before.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) now: &'a [(f64, f64)],
    pub(super) before: &'a [(f64, f64)],
}

impl Chart<'_> {
    /// The figure; nothing where nothing was measured.
    pub(super) fn svg(&self) -> String {
        let Some((end, last)) = self.now.last() else { return String::new() };
        let both = || self.now.iter().chain(self.before);
        let top = round_up(both().map(|(_, value)| *value).fold(0.0, f64::max));
        let across = WIDTH / both().map(|(at, _)| *at).fold(1.0, f64::max);
        let up = HEIGHT / top;
        let highest = self.now.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let mut svg = format!(
            "<figure><figcaption>{} <small>highest {}, at the end {}</small></figcaption>\
             <svg viewBox=\"-46 -8 {:.0} {:.0}\" role=\"img\" aria-label=\"{}, highest {}\">",
            self.title,
            short(highest),
            short(*last),
            WIDTH + 54.0,
            HEIGHT + 30.0,
            self.title,
            short(highest),
        );
        for share in [0.0, 0.5, 1.0] {
            let y = HEIGHT * (1.0 - share);
            let _ = write!(
                svg,
                "<line x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/><text x=\"-6\" y=\"{:.1}\" class=\"y\">{}</text>",
                y + 4.0,
                short(top * share)
            );
        }
        let points = |line: &[(f64, f64)]| -> String {
            let points =
                line.iter().map(|(at, value)| format!("{:.1},{:.1}", at * across, HEIGHT - value * up));
            points.collect::<Vec<_>>().join(" ")
        };
        if !self.before.is_empty() {
            let _ = write!(svg, "<polyline class=\"before\" points=\"{}\"/>", points(self.before));
        }
        let line = points(self.now);
        let first = self.now.first().map_or(0.0, |(at, _)| at * across);
        let _ = write!(
            svg,
            "<polygon points=\"{first:.1},{HEIGHT} {line} {:.1},{HEIGHT}\"/><polyline points=\"{line}\"/>",
            end * across
        );
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let anchor = if share == 1.0 { "end" } else { "middle" };
            let _ = write!(
                svg,
                "<text x=\"{:.0}\" y=\"{}\" text-anchor=\"{anchor}\">{:.0} s</text>",
                WIDTH * share,
                HEIGHT + 16.0,
                WIDTH * share / across
            );
        }
        svg + "</svg></figure>\n"
    }
}

/// The marks above strips.
pub(super) fn strip_scale() -> String {
    let mut svg = format!("<svg viewBox=\"0 0 {STRIP} 12\" class=\"scale\">");
    for (ms, word) in
        [(0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (1000.0, "1 s"), (10_000.0, "10 s")]
    {
        let anchor = if ms < 1.0 {
            "start"
        } else if ms > 1000.0 {
            "end"
        } else {
            "middle"
        };
        let _ = write!(svg, "<text x=\"{:.0}\" y=\"9\" text-anchor=\"{anchor}\">{word}</text>", place(ms));
    }
    svg + "</svg>"
}

/// From the median to p95, with p99 and the slowest; nothing where the call was never made.
pub(super) fn strip(
    median: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
) -> Option<String> {
    let (from, to, tick, dot) = (place(median?), place(p95?), place(p99?), place(max?));
    let mut svg = format!("<svg viewBox=\"0 0 {STRIP} 12\">");
    for decade in 1..5 {
        let x = place(10_f64.powi(decade - 1));
        let _ = write!(svg, "<line x1=\"{x:.0}\" x2=\"{x:.0}\" y2=\"12\"/>");
    }
    let _ = write!(
        svg,
        "<rect x=\"{from:.1}\" y=\"3\" width=\"{:.1}\" height=\"6\"/><line class=\"p99\" x1=\"{tick:.1}\" x2=\"{tick:.1}\" y1=\"1\" y2=\"11\"/>\
         <circle cx=\"{dot:.1}\" cy=\"6\" r=\"2\"/></svg>",
        (to - from).max(1.0)
    );
    Some(svg)
}

/// How much of a limit was used; what is over it fills the strip.
pub(super) fn used(share: f64) -> String {
    let class = if share > 1.0 { "over" } else { "within" };
    format!(
        "<svg viewBox=\"0 0 {STRIP} 12\" role=\"img\" aria-label=\"{:.0} % of the limit\"><rect class=\"all\" y=\"3\" width=\"{STRIP}\" height=\"6\"/>\
         <rect class=\"{class}\" y=\"3\" width=\"{:.1}\" height=\"6\"/></svg>",
        share * 100.0,
        STRIP * share.clamp(0.0, 1.0)
    )
}

fn place(ms: f64) -> f64 {
    let (low, high) = DECADES;
    (ms.max(f64::MIN_POSITIVE).log10().clamp(low, high) - low) / (high - low) * STRIP
}

/// The next of 1, 2, 5 and their tens: an axis that people can read.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let unit = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * unit).find(|top| *top >= value).unwrap_or(value)
}

fn short(value: f64) -> String {
    if value >= 1000.0 {
        format!("{:.1}k", value / 1000.0)
    } else if value >= 10.0 || value == value.trunc() {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_numbers_that_people_can_read() {
        assert_eq!(
            [0.0, 0.3, 7.0, 20.0, 201.0, 5001.0].map(round_up),
            [1.0, 0.5, 10.0, 20.0, 500.0, 10_000.0]
        );
    }

    #[test]
    fn a_line_is_drawn_to_scale_beside_the_one_before() {
        let (now, before) = ([(1.0, 10.0), (2.0, 20.0)], [(1.0, 5.0), (4.0, 5.0)]);
        let svg = Chart { title: "t", now: &now, before: &before }.svg();
        assert!(svg.contains("<polyline points=\"180.0,75.0 360.0,0.0\"/>"), "{svg}");
        assert!(svg.contains("class=\"before\" points=\"180.0,112.5 720.0,112.5\""), "{svg}");
        assert_eq!(Chart { title: "t", now: &[], before: &[] }.svg(), "");
    }

    #[test]
    fn a_strip_lies_between_its_decades() {
        assert_eq!([0.01, 0.1, 1.0, 10_000.0, 1e9].map(place), [0.0, 0.0, 36.0, 180.0, 180.0]);
        assert_eq!(strip(None, Some(1.0), Some(1.0), Some(1.0)), None);
        assert!(used(2.0).contains("class=\"over\" y=\"3\" width=\"180.0\""));
    }
}
