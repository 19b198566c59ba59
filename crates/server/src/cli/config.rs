//! `swelite config …`, and the flags of every command that reads the configuration.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, failure::Failure, output::words};
use crate::config::{Effective, Flags, Loaded, load, markdown, toml_template};

/// Show, check or explain the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Every setting with its value and where that comes from
    Print(SettingsArgs),
    /// Say everything that is wrong with the configuration
    Check(SettingsArgs),
    /// All settings, as the page docs/CONFIG.md
    Reference,
    /// A swelite.toml to start from: every setting, explained and commented out
    Template,
}

/// The flags that stand for settings.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SettingsArgs {
    /// The configuration file (or SWELITE_CONFIG) [default: swelite.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of the embedded store (SWELITE_DATA_DIR)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

impl SettingsArgs {
    /// These flags and `more` of them.
    pub(super) fn flags(&self, mut more: Flags) -> Flags {
        more.extend(self.data_dir.clone().map(|dir| ("SWELITE_DATA_DIR", dir)));
        more
    }

    /// The file that was named.
    pub(super) fn file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The configuration, with these flags and `more` of them.
    pub(super) fn load(&self, context: &Context, more: Flags) -> Result<Loaded, Failure> {
        let loaded = load(&*context.source, &self.flags(more), self.file());
        loaded.map_err(|faults| Failure::of_config(context.output.lang, &faults))
    }
}

impl Config {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let output = &context.output;
        match self {
            Self::Print(settings) => print(context, &settings.load(context, Flags::new())?.effective),
            Self::Check(settings) => {
                settings.load(context, Flags::new())?;
                if output.json {
                    output.json(&json!({"ok": true}));
                    return Ok(());
                }
                output.say(output.pick("✓ 설정에 잘못된 것이 없어요", "✓ the configuration is right"));
            }
            Self::Reference => output.raw(&markdown()),
            Self::Template => output.raw(&toml_template()),
        }
        Ok(())
    }
}

fn print(context: &Context, effective: &[Effective]) {
    let output = &context.output;
    if output.json {
        let row = |value: &Effective| {
            let key = format!("{}.{}", value.setting.section, value.setting.key);
            json!({"variable": value.setting.variable, "key": key, "value": value.value, "source": value.rank.as_str()})
        };
        output.json(&json!({"settings": effective.iter().map(row).collect::<Vec<_>>()}));
        return;
    }
    let columns = [words("변수", "variable"), words("값", "value"), words("출처", "source")];
    let row = |value: &Effective| {
        let shown = if value.value.is_empty() { "–".to_owned() } else { value.value.clone() };
        let source = output.pick(value.rank.korean(), value.rank.as_str());
        vec![value.setting.variable.to_owned(), shown, source.to_owned()]
    };
    output.table(&columns, effective.iter().map(row).collect());
}
