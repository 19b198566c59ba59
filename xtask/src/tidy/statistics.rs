//! How large things are and how often they assert: a report to read, never a reason to fail.

use super::source::{Function, SourceFile};

/// Crates whose functions are expected to assert what they rely on.
const CORE: [&str; 2] = ["crates/domain/", "crates/engine/"];

/// A few lines about sizes and assertions.
pub(crate) fn report(files: &[SourceFile]) -> String {
    let file_lines = files.iter().filter(|file| !file.is_test).map(|file| file.lines).collect();
    let functions: Vec<&Function> = files
        .iter()
        .filter(|file| !file.is_test)
        .flat_map(|file| &file.functions)
        .filter(|function| !function.is_test)
        .collect();
    let function_lines = functions.iter().map(|function| function.lines).collect();
    let core: Vec<&Function> = files
        .iter()
        .filter(|file| CORE.iter().any(|core| file.path.starts_with(core)))
        .flat_map(|file| &file.functions)
        .collect();
    format!(
        "files: {} (aim: median ≤ 120, p95 ≤ 400)\nfunctions: {} (aim: median ≤ 12, p95 ≤ 50)\n\
         assertions a function in domain and engine, tests included: {:.2} (aim: ≥ 1)",
        spread(file_lines),
        spread(function_lines),
        ratio(core.iter().map(|function| function.assertions).sum(), core.len()),
    )
}

fn spread(mut sizes: Vec<usize>) -> String {
    sizes.sort_unstable();
    let at = |percent: usize| sizes.get(sizes.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
    format!("{}, median {} lines, p95 {}, max {}", sizes.len(), at(50), at(95), at(100))
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_nothing_is_zero_and_of_something_is_itself() {
        assert_eq!(spread(Vec::new()), "0, median 0 lines, p95 0, max 0");
        assert_eq!(spread((1..=101).rev().collect()), "101, median 51 lines, p95 96, max 101");
    }
}
