//! The language of everything said to a person: Korean or English. Data, codes and field names are the same in both.

use std::{borrow::Cow, ffi::OsString};

use clap::ValueEnum;

use crate::config::Source;

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lang {
    /// 한국어.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// The one asked for, else the locale's, else English.
    pub fn choose(asked: Option<Self>, source: &dyn Source) -> Self {
        asked.unwrap_or_else(|| Self::of_locale(source))
    }

    /// The one `--lang` names, as far as can be seen without knowing the commands.
    pub(super) fn asked_for(arguments: &[OsString]) -> Option<Self> {
        let words: Vec<Cow<'_, str>> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        let after = words.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1].to_string());
        let inside = || words.iter().find_map(|word| word.strip_prefix("--lang=").map(str::to_owned));
        Self::from_str(&after.or_else(inside)?, true).ok()
    }

    /// The text in this language.
    pub fn pick<'a>(self, ko: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ko => ko,
            Self::En => en,
        }
    }

    fn of_locale(source: &dyn Source) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| source.variable(name).filter(|value| !value.is_empty()));
        let korean =
            locale.is_some_and(|locale| locale.to_string_lossy().to_ascii_lowercase().starts_with("ko"));
        if korean { Self::Ko } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, ffi::OsString, io, path::Path};

    use super::*;

    struct Locale(HashMap<&'static str, &'static str>);

    impl Source for Locale {
        fn variable(&self, name: &str) -> Option<OsString> {
            self.0.get(name).map(Into::into)
        }

        fn file(&self, _: &Path) -> io::Result<String> {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    #[test]
    fn the_flag_wins_over_the_locale_and_lc_all_over_lang() {
        let locale = |pairs: &[(&'static str, &'static str)]| Locale(pairs.iter().copied().collect());
        assert_eq!(Lang::choose(None, &locale(&[("LANG", "ko_KR.UTF-8")])), Lang::Ko);
        assert_eq!(Lang::choose(None, &locale(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")])), Lang::En);
        assert_eq!(Lang::choose(Some(Lang::En), &locale(&[("LANG", "ko_KR.UTF-8")])), Lang::En);
        assert_eq!(Lang::choose(None, &locale(&[])), Lang::En);
    }
}
