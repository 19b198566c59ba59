//! Finds each setting's value where it ranks highest (flags, environment, file, default), reads it, and notes what is wrong
//! instead of stopping at it.

use std::{collections::BTreeMap, path::Path};

use super::{
    fault::Fault,
    setting::Setting,
    source::{Flags, Source},
    value::Value,
};

/// Where a value came from, lowest rank first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// Nobody gave one.
    Default,
    /// `swelite.toml`.
    File,
    /// The environment.
    Environment,
    /// The file that `<variable>_FILE` names.
    SecretFile,
    /// The command line.
    Flag,
}

impl Rank {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::SecretFile => "secret file",
            Self::Flag => "flag",
        }
    }
}

/// A setting and the value it got, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effective {
    /// The setting.
    pub setting: Setting,
    /// Its value; a secret's is not kept.
    pub value: String,
    /// Where it came from.
    pub rank: Rank,
}

/// Reads settings and collects faults.
pub(super) struct Reader<'a> {
    settings: &'a [Setting],
    flags: &'a Flags,
    source: &'a dyn Source,
    file: BTreeMap<&'static str, String>,
    effective: Vec<Effective>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        settings: &'a [Setting],
        flags: &'a Flags,
        source: &'a dyn Source,
        file: BTreeMap<&'static str, String>,
    ) -> Self {
        Self { settings, flags, source, file, effective: Vec::new(), faults: Vec::new() }
    }

    /// The value of `variable`, or its default when what was given is wrong.
    pub(super) fn value<T: Value>(&mut self, variable: &str) -> T {
        let settings = self.settings;
        let setting = settings.iter().find(|setting| setting.variable == variable);
        let setting = setting.expect("a section reads only its own settings, which the list is made of");
        let (text, rank) = self.find(setting);
        let parsed = check_range(setting, &text).and_then(|()| T::parse(&text));
        let shown = if setting.secret && !text.is_empty() { "(hidden)".to_owned() } else { text };
        let value = parsed.unwrap_or_else(|message| {
            let was = if setting.secret { String::new() } else { format!(", is `{shown}`") };
            self.faults.push(Fault::new(variable, format!("{message}{was} (from the {})", rank.as_str())));
            T::parse(setting.default).expect("a test reads every default")
        });
        self.effective.push(Effective { setting: setting.clone(), value: shown, rank });
        value
    }

    pub(super) fn finish(self) -> (Vec<Effective>, Vec<Fault>) {
        (self.effective, self.faults)
    }

    fn find(&mut self, setting: &Setting) -> (String, Rank) {
        if let Some(text) = self.flags.get(setting.variable) {
            return (text.clone(), Rank::Flag);
        }
        let from_environment = self.environment(setting.variable);
        let from_secret_file = if setting.secret { self.secret_file(setting.variable) } else { None };
        if from_environment.is_some() && from_secret_file.is_some() {
            let message = format!("and `{}_FILE` are both set; keep one", setting.variable);
            self.faults.push(Fault::new(setting.variable, message));
        }
        if let Some(text) = from_secret_file {
            return (text, Rank::SecretFile);
        }
        if let Some(text) = from_environment {
            return (text, Rank::Environment);
        }
        match self.file.get(setting.variable) {
            Some(text) => (text.clone(), Rank::File),
            None => (setting.default.to_owned(), Rank::Default),
        }
    }

    /// An empty variable is an unset one: compose files pass `${NAME:-}`.
    fn environment(&mut self, variable: &str) -> Option<String> {
        let raw = self.source.variable(variable).filter(|raw| !raw.is_empty())?;
        raw.into_string().map_err(|_| self.faults.push(Fault::new(variable, "is not valid UTF-8"))).ok()
    }

    fn secret_file(&mut self, variable: &str) -> Option<String> {
        let variable = format!("{variable}_FILE");
        let path = self.environment(&variable)?;
        let read = self.source.file(Path::new(&path));
        let text =
            read.map_err(|error| self.faults.push(Fault::new(&variable, format!("cannot be read: {error}"))));
        // Editors and `echo` end a file with a line feed that is not part of the secret.
        text.ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn check_range(setting: &Setting, text: &str) -> Result<(), String> {
    let Some(range) = &setting.range else { return Ok(()) };
    let within = text.parse().is_ok_and(|number: u64| range.contains(&number));
    if within {
        Ok(())
    } else {
        Err(format!("must be a whole number from {} to {}", range.start(), range.end()))
    }
}
