//! The long form of the kill test: the same test that `cargo xtask test` runs for a few rounds, for as many as one wants.

use std::path::Path;

use anyhow::Result;

use crate::shell::Step;

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Chaos {
    /// How often the process is killed
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// Repeats the random choices of an earlier run
    #[arg(long)]
    seed: Option<u64>,
    /// Kill a release build, which gets further in the same time
    #[arg(long)]
    release: bool,
}

/// Runs it.
pub(crate) fn run(root: &Path, chaos: &Chaos) -> Result<()> {
    let mut step = Step::cargo(root).arguments(["test", "--locked", "--workspace", "--test", "it"]);
    if chaos.release {
        step = step.arguments(["--release"]);
    }
    step = step
        .arguments(["--", "chaos::", "--nocapture"])
        .variable("SWELITE_CHAOS_ROUNDS", &chaos.rounds.to_string());
    if let Some(seed) = chaos.seed {
        step = step.variable("SWELITE_CHAOS_SEED", &seed.to_string());
    }
    step.run()
}
