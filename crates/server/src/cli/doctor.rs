//! `swelite doctor`: everything that can be wrong around the platform, each with what would mend it. Changes nothing.

mod books;
#[cfg(feature = "kafka")]
mod broker;
mod machine;
mod service;

use clap::Args;
use serde_json::json;

use super::{
    Context, Exit,
    config::SettingsArgs,
    failure::{Failure, fault_in},
    output::Output,
    remote::Remote,
};
use crate::config::{Flags, load};

/// Check everything that can be wrong and say how to mend it; exit 6 if something is.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    remote: Remote,
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Health {
    /// As it should be.
    Good,
    /// Worth knowing.
    Doubtful,
    /// Wrong.
    Bad,
}

/// One thing that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Check {
    /// A stable name.
    name: &'static str,
    health: Health,
    /// What was found.
    found: String,
    /// What would mend it.
    mend: Option<String>,
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, health: Health::Good, found: found.into(), mend: None }
    }

    fn doubtful(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, health: Health::Doubtful, found: found.into(), mend: Some(mend.into()) }
    }

    fn bad(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, health: Health::Bad, found: found.into(), mend: Some(mend.into()) }
    }
}

impl Doctor {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let output = &context.output;
        let mut checks = Vec::new();
        match load(&*context.source, &self.settings.flags(Flags::new()), self.settings.file()) {
            Ok(loaded) => {
                let settings = loaded.settings;
                let pick = |ko, en| output.pick(ko, en);
                checks
                    .push(Check::good("configuration", pick("설정이 올바름", "the configuration is right")));
                checks.extend(machine::checks(output, &settings));
                let server = self.remote.server(context);
                context.block_on(async {
                    checks.extend(books::checks(output, &settings).await);
                    #[cfg(feature = "kafka")]
                    checks.extend(broker::checks(output, &settings).await);
                    checks.extend(service::checks(output, &settings, &server).await);
                    Ok(())
                })?;
            }
            Err(faults) => {
                let mend = output.pick("값을 고치세요", "correct the value");
                let check = |fault| Check::bad("configuration", fault_in(output.lang, fault), mend);
                checks.extend(faults.0.iter().map(check));
            }
        }
        show(output, &checks);
        let bad = checks.iter().filter(|check| check.health == Health::Bad).count();
        if bad == 0 {
            return Ok(());
        }
        let sentence = output.pick("고칠 것이 있어요", "something is wrong");
        Err(Failure::new(Exit::Fault, format!("{sentence}: {bad}")))
    }
}

fn show(output: &Output, checks: &[Check]) {
    if output.json {
        let word = |health| match health {
            Health::Good => "good",
            Health::Doubtful => "doubtful",
            Health::Bad => "bad",
        };
        let row = |check: &Check| json!({"check": check.name, "health": word(check.health), "found": check.found, "mend": check.mend});
        let ok = checks.iter().all(|check| check.health != Health::Bad);
        output.json(&json!({"ok": ok, "checks": checks.iter().map(row).collect::<Vec<_>>()}));
        return;
    }
    for check in checks {
        let glyph = match check.health {
            Health::Good => "✓",
            Health::Doubtful => "!",
            Health::Bad => "✕",
        };
        output.line(&format!("{glyph} {}", check.found));
        if let Some(mend) = &check.mend {
            output.line(&format!("    {mend}"));
        }
    }
}
