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
        context.block_on(async {
            wiring::migrate_books(&settings).await.map_err(|error| open_failure(output.lang, &error))
        })?;
        let books = wiring::books_place(&settings);
        if output.json {
            output.json(&json!({"books": books, "upToDate": true}));
        } else {
            output.say(&format!(
                "✓ {} ({books})",
                output.pick("스키마가 최신이에요", "the schema is up to date")
            ));
        }
        Ok(())
    }
}
