//! Finds each setting's value where it ranks highest (flags, environment, file, default), reads it, and notes what is wrong
//! instead of stopping at it.

use std::{collections::BTreeMap, path::Path};

use super::{
    fault::{Fault, Wrong, wrong},
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

    /// The same in Korean.
    pub fn korean(self) -> &'static str {
        match self {
            Self::Default => "기본값",
            Self::File => "설정 파일",
            Self::Environment => "환경 변수",
            Self::SecretFile => "비밀 값 파일",
            Self::Flag => "명령줄",
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
        let value = parsed.unwrap_or_else(|Wrong { english, korean }| {
            let (was, now) = match setting.secret {
                true => (String::new(), String::new()),
                false => (format!(", is `{shown}`"), format!("지금 값 `{shown}`, ")),
            };
            let why = wrong(
                format!("{english}{was} (from the {})", rank.as_str()),
                format!("{korean} ({now}출처: {})", rank.korean()),
            );
            self.faults.push(Fault::new(variable, why));
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
            let why = wrong(
                format!("and `{}_FILE` are both set; keep one", setting.variable),
                format!("`{}_FILE`도 있어요. 하나만 남기세요", setting.variable),
            );
            self.faults.push(Fault::new(setting.variable, why));
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
        let not_text = || Fault::new(variable, wrong("is not valid UTF-8", "UTF-8 글자가 아니에요"));
        raw.into_string().map_err(|_| self.faults.push(not_text())).ok()
    }

    fn secret_file(&mut self, variable: &str) -> Option<String> {
        let variable = format!("{variable}_FILE");
        let path = self.environment(&variable)?;
        let text = self.source.file(Path::new(&path)).map_err(|error| {
            let why = wrong(format!("cannot be read: {error}"), format!("읽을 수 없어요: {error}"));
            self.faults.push(Fault::new(&variable, why));
        });
        // Editors and `echo` end a file with a line feed that is not part of the secret.
        text.ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn check_range(setting: &Setting, text: &str) -> Result<(), Wrong> {
    let Some(range) = &setting.range else { return Ok(()) };
    let within = text.parse().is_ok_and(|number: u64| range.contains(&number));
    if within {
        return Ok(());
    }
    let (from, to) = (range.start(), range.end());
    Err(wrong(
        format!("must be a whole number from {from} to {to}"),
        format!("{from}부터 {to}까지의 정수여야 해요"),
    ))
}
