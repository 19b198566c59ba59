//! How large things are and how often they assert: a report to read. Only how often the core asserts is held, as a ratchet.

use super::{
    Fault,
    source::{Function, SourceFile},
};

/// Crates whose functions are expected to assert what they rely on.
const CORE: [&str; 2] = ["crates/domain/", "crates/engine/"];

/// How many assertions a hundred functions of the core have at least. Raise it when there are more.
const ASSERTIONS_MIN: usize = 48;

/// Whether the core asserts as often as it did.
pub(crate) fn check(files: &[SourceFile]) -> Option<Fault> {
    let (assertions, functions) = core(files);
    (assertions * 100 < ASSERTIONS_MIN * functions).then(|| {
        let message = format!(
            "domain and engine have {assertions} assertions in {functions} functions, {ASSERTIONS_MIN} in 100 are needed: \
             assert what the new functions rely on"
        );
        Fault::new("crates/engine", message)
    })
}

fn core(files: &[SourceFile]) -> (usize, usize) {
    let of_core = files.iter().filter(|file| CORE.iter().any(|core| file.path.starts_with(core)));
    let functions: Vec<&Function> = of_core.flat_map(|file| &file.functions).collect();
    (functions.iter().map(|function| function.assertions).sum(), functions.len())
}

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
    let (assertions, of_core) = core(files);
    format!(
        "files: {} (aim: median ≤ 120, p95 ≤ 400)\nfunctions: {} (aim: median ≤ 12, p95 ≤ 50)\n\
         assertions a function in domain and engine, tests included: {:.2} (aim: ≥ 1)",
        spread(file_lines),
        spread(function_lines),
        ratio(assertions, of_core),
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
    use super::{super::tree::TextFile, *};

    #[test]
    fn the_core_may_not_assert_less_than_it_did() {
        let faults = |path: &str, body: &str| {
            let text = format!("//! Says what it is for.\n\nfn f(x: u8) {{ {body} }}\n");
            let file = SourceFile::parse(&TextFile { path: path.into(), text }).unwrap();
            check(&[file]).is_some()
        };
        assert!(faults("crates/engine/src/a.rs", ""));
        assert!(!faults("crates/engine/src/a.rs", "assert!(x > 0);"));
        assert!(!faults("crates/domain/src/a.rs", "debug_assert!(x > 0);"));
        assert!(!faults("crates/server/src/a.rs", ""));
    }

    #[test]
    fn the_spread_of_nothing_is_zero_and_of_something_is_itself() {
        assert_eq!(spread(Vec::new()), "0, median 0 lines, p95 0, max 0");
        assert_eq!(spread((1..=101).rev().collect()), "101, median 51 lines, p95 96, max 101");
    }
}
