//! `swelite completion <shell>`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Context, failure::Failure};

/// Completion for a shell.
#[derive(Debug, Args)]
pub(super) struct Completion {
    /// For which shell
    #[arg(value_name = "bash|zsh|fish|powershell|elvish")]
    shell: Shell,
}

impl Completion {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "swelite", &mut script);
        context.output.raw(&String::from_utf8_lossy(&script));
        Ok(())
    }
}
