//! What is wrong with a configuration: everything at once, each with the variable to change.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// The variable (or file) to change.
    pub variable: Box<str>,
    /// Why; completes the sentence "`VARIABLE` …".
    pub message: String,
}

impl Fault {
    /// `variable` is wrong because of `message`.
    pub fn new(variable: &str, message: impl Into<String>) -> Self {
        Self { variable: variable.into(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.variable, self.message)
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
