//! `swelite migrate`.

use clap::Args;
use serde_json::json;

use super::{Context, config::SettingsArgs, failure::Failure, open_failure};
use crate::{config::Flags, wiring};

/// Bring the schema of the configured store up to date (`up` does it too).
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Migrate {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let settings = self.settings.load(context, Flags::new())?.settings;
        let output = &context.output;
        drop(wiring::open_books(&settings).map_err(|error| open_failure(output.lang, &error))?);
        let data_dir = settings.store.data_dir.display().to_string();
        if output.json {
            output.json(&json!({"dataDir": data_dir, "upToDate": true}));
        } else {
            output.say(&format!(
                "✓ {} ({data_dir})",
                output.pick("스키마가 최신이에요", "the schema is up to date")
            ));
        }
        Ok(())
    }
}
