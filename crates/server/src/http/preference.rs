//! Whether a caller wants a page or a problem: its `Accept` header, with weights (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, header};

/// Whether the caller named HTML and likes it at least as much as JSON. Whoever takes anything is a program.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(&str, u16)> = accepted.flat_map(|value| value.split(',')).filter_map(range).collect();
    let weight = |names: &[&str]| {
        let of = |name: &&str| ranges.iter().find(|(range, _)| range.eq_ignore_ascii_case(name));
        names.iter().find_map(of).map(|(_, weight)| *weight)
    };
    let html = weight(&["text/html", "text/*"]).unwrap_or(0);
    let problem = weight(&["application/problem+json"]);
    let json = weight(&["application/json"]);
    let other = || weight(&["application/*", "*/*"]);
    html > 0 && html >= problem.max(json).or_else(other).unwrap_or(0)
}

/// A media range and its weight in thousandths; `None` when the weight is none.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    weight.map_or(Some(1000), thousandths).map(|weight| (name, weight))
}

/// `0`, `1`, `0.5`, `1.000`: at most three digits after the point, at most one in all.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction.len() <= 3;
    let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT, value.parse().unwrap());
        }
        prefers_html(&headers)
    }

    #[test]
    fn a_page_goes_to_whoever_asks_for_one() {
        for page in [
            &["text/html"][..],
            &["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"],
            &["TEXT/HTML; Q=0.3"],
            &["text/*"],
            &["application/json;q=0.5, text/html;q=0.501"],
            &["application/json;q=0", "text/html;level=1;q=0.1"],
        ] {
            assert!(prefers(page), "{page:?}");
        }
    }

    #[test]
    fn everybody_else_gets_a_problem() {
        for problem in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["text/html;q=0"],
            &["text/html;q=0, */*"],
            &["text/html; q=0.000, application/json"],
            &["text/html;q=0.5, application/json"],
            &["text/html;q=0.5, application/problem+json;q=0.6"],
            &["text/html;q=0.5, */*"],
            &["text/htmlx"],
            &["text/html;q=2"],
            &["text/html;q=nonsense"],
        ] {
            assert!(!prefers(problem), "{problem:?}");
        }
    }
}
