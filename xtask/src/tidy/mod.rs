//! Checks what the compiler cannot: who may depend on whom, what a file may mention, and how large anything may grow.
//!
//! Each rule is a function from what it reads to the faults it finds; this file only gathers, applies the ratchet and reports.
//! It refuses to fix anything: a rule that repairs silently teaches nobody.

mod edges;
mod links;
mod mentions;
mod modules;
mod ratchet;
mod source;
mod statistics;
mod texts;
mod tree;

use std::{fmt, path::Path};

use anyhow::{Context, Result, bail};

use self::{ratchet::Ratchet, source::SourceFile};

/// Longest allowed file, in lines.
const FILE_LINES_MAX: usize = 600;
/// Longest allowed function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// Most parameters of a function, `self` included, as clippy counts them.
const PARAMETERS_MAX: usize = 5;

/// Something that must be changed before the tree is tidy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Fault {
    /// Path from the root, with a line where there is one.
    pub(crate) place: String,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What to do with entries of the ratchet that have become too generous.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shrink {
    /// Report them.
    No,
    /// Lower or remove them.
    Yes,
}

/// Runs every rule over the tree at `root`.
pub(crate) fn run(root: &Path, shrink: Shrink) -> Result<()> {
    let texts = tree::text_files(root)?;
    let mut faults = texts::check(root, &texts);
    faults.extend(links::check(root, &texts));
    let mut files = Vec::new();
    for text in texts.iter().filter(|text| text.path.ends_with(".rs")) {
        match SourceFile::parse(text) {
            Ok(file) => files.push(file),
            Err(error) => faults.push(Fault::new(&text.path, format!("does not parse: {error}"))),
        }
    }
    source::mark_test_modules(&mut files);
    for file in &files {
        faults.extend(source::check(file));
        faults.extend(modules::check(file));
    }
    faults.extend(statistics::check(&files));
    faults.extend(edges::check(&edges::read(root)?));
    let ratchet_path = root.join(ratchet::PATH);
    let ratchet = Ratchet::read(&ratchet_path)?;
    let sizes = source::oversized(&files);
    faults.extend(ratchet.check(&sizes));
    if shrink == Shrink::Yes {
        ratchet.shrunk(&sizes).write(&ratchet_path).context("shrink the ratchet")?;
    }
    println!("{}", statistics::report(&files));
    report(faults)
}

fn report(mut faults: Vec<Fault>) -> Result<()> {
    faults.sort();
    faults.dedup();
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("the tree is not tidy: {} fault(s)", faults.len());
    }
    println!("tidy: no faults");
    Ok(())
}

/// The rules on a tree made for a test.
#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile::parse(&tree::TextFile { path: path.into(), text: text.into() }).unwrap();
        let mut faults = source::check(&file);
        faults.extend(modules::check(&file));
        faults.extend(Ratchet::default().check(&source::oversized(&[file])));
        faults.into_iter().map(|fault| fault.message).collect()
    }

    fn only_fault(path: &str, text: &str) -> String {
        let faults = faults_of(path, text);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn a_clean_file_has_no_faults() {
        let text = "//! Says what it is for.\n\nfn answer(x: u8) -> Option<u8> {\n    x.checked_add(1)\n}\n";
        assert_eq!(faults_of("crates/domain/src/clean.rs", text), Vec::<String>::new());
    }

    #[test]
    fn a_file_without_a_module_comment_is_found() {
        assert!(only_fault("crates/engine/src/a.rs", "fn a() {}\n").contains("//!"));
    }

    #[test]
    fn a_long_function_is_found_and_a_function_at_the_limit_is_not() {
        let function =
            |lines: usize| format!("//! M.\nfn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2));
        assert_eq!(faults_of("crates/engine/src/a.rs", &function(70)), Vec::<String>::new());
        assert!(only_fault("crates/engine/src/a.rs", &function(71)).contains("71 lines"));
    }

    #[test]
    fn a_long_file_is_found_and_a_file_at_the_limit_is_not() {
        let file = |lines: usize| format!("//! M.\n{}", "// x\n".repeat(lines - 1));
        assert_eq!(faults_of("crates/engine/src/a.rs", &file(600)), Vec::<String>::new());
        assert!(only_fault("crates/engine/src/a.rs", &file(601)).contains("601 lines"));
    }

    #[test]
    fn a_sixth_parameter_is_found_but_not_where_a_trait_asks_for_it() {
        let six = "//! M.\nimpl X { fn f(&self, b: u8, c: u8, d: u8, e: u8, f: u8) {} }\n";
        assert!(only_fault("crates/engine/src/a.rs", six).contains("6 parameters"));
        let imposed = six.replace("impl X", "impl T for X");
        assert_eq!(faults_of("crates/engine/src/a.rs", &imposed), Vec::<String>::new());
    }

    #[test]
    fn unwrap_is_found_in_the_core_only_outside_tests_and_also_inside_macros() {
        let text = "//! M.\nfn f() { a().unwrap(); vec![b().expect(\"x\")]; }\n";
        assert_eq!(faults_of("crates/domain/src/a.rs", text).len(), 2);
        assert_eq!(faults_of("crates/store/src/a.rs", text), Vec::<String>::new());
        let in_tests = "//! M.\n#[cfg(test)]\nmod tests { #[test] fn f() { a().unwrap(); } }\n";
        assert_eq!(faults_of("crates/domain/src/a.rs", in_tests), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_another_declares_for_tests_is_a_test() {
        let parse = |path: &str, text: &str| {
            SourceFile::parse(&tree::TextFile { path: path.into(), text: text.into() }).unwrap()
        };
        let mut files = [
            parse("crates/engine/src/a/mod.rs", "//! M.\n#[cfg(test)]\nmod testing;\nmod real;\n"),
            parse("crates/engine/src/a/testing.rs", "//! M.\nfn f() { a().unwrap(); }\n"),
            parse("crates/engine/src/a/real.rs", "//! M.\nfn f() { a().unwrap(); }\n"),
        ];
        source::mark_test_modules(&mut files);
        let faults: Vec<usize> = files.iter().map(|file| source::check(file).len()).collect();
        assert_eq!(faults, [0, 0, 1]);
    }

    #[test]
    fn an_allow_is_found_wherever_it_hides() {
        for text in [
            "//! M.\n#[allow(dead_code)]\nfn f() {}\n",
            "//! M.\n#![allow(dead_code)]\nfn f() {}\n",
            "//! M.\n#[cfg_attr(test, allow(dead_code))]\nfn f() {}\n",
            "//! M.\nmacro_rules! m { () => { #[allow(dead_code)] fn f() {} } }\n",
        ] {
            assert!(only_fault("crates/server/src/a.rs", text).contains("expect"), "{text}");
        }
        let string = "//! M.\nconst TEXT: &str = \"#[allow(dead_code)]\";\n";
        assert_eq!(faults_of("crates/server/src/a.rs", string), Vec::<String>::new());
    }
}
