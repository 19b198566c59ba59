//! What is wrong with a configuration: everything at once, each with the variable to change, in both languages of the command line.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// The variable (or file) to change.
    pub variable: Box<str>,
    /// Why.
    pub why: Wrong,
}

/// Why something is wrong. The English completes the sentence "`VARIABLE` …"; the Korean is a sentence.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wrong {
    /// In English.
    pub english: String,
    /// In Korean.
    pub korean: String,
}

/// The same in English and in Korean.
pub(super) fn wrong(english: impl Into<String>, korean: impl Into<String>) -> Wrong {
    Wrong { english: english.into(), korean: korean.into() }
}

impl Fault {
    /// `variable` is wrong: why, in English and in Korean.
    pub fn new(variable: &str, why: Wrong) -> Self {
        Self { variable: variable.into(), why }
    }

    /// The whole of it in Korean.
    pub fn korean(&self) -> String {
        format!("`{}`: {}", self.variable, self.why.korean)
    }
}

/// In English.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.variable, self.why.english)
    }
}

/// Everything that is wrong; never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
