//! Where settings come from. The process's environment is read here and nowhere else; tests bring a map.

use std::{collections::BTreeMap, ffi::OsString, fs, io, path::Path};

/// The environment and the files it names.
pub trait Source {
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// A text file.
    fn file(&self, path: &Path) -> io::Result<String>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl Source for Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(path)
    }
}

/// Values given on the command line, by the variable they stand for.
pub type Flags = BTreeMap<&'static str, String>;
