//! The command line: one short file a subcommand, no logic. Each command either opens the configured store or talks to a
//! running server over the API everybody else uses.
//!
//! Data goes to standard output, talk to standard error; a failure says what happened, what to do next, and how to name it
//! when asking for help.

mod completion;
mod config;
mod exit;
mod failure;
mod lang;
mod output;
mod pay;
mod remote;
mod simulator;
mod version;

use std::{ffi::OsString, future::Future, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use self::{exit::Exit, failure::Failure, lang::Lang, output::Output};
use crate::config::{Environment, Source};

/// Payment SWElite: take a payment and watch it reach the ledger.
#[derive(Debug, Parser)]
#[command(name = "swelite", version, after_help = exit::TABLE, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct Global {
    /// Language of what is said [default: by locale]
    #[arg(long, global = true, value_name = "ko|en")]
    lang: Option<Lang>,
    /// Data as one JSON object, or one a line for lists
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show, check or explain the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Take payments and look at them
    #[command(subcommand)]
    Pay(pay::Pay),
    /// An acquirer as a process of its own, that can be slow, fail, and lose answers
    Simulator(simulator::Simulator),
    /// Completion for a shell
    Completion(completion::Completion),
    /// What this binary is
    Version(version::Version),
}

/// What every command is given.
struct Context {
    output: Output,
    source: Box<dyn Source>,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    run(std::env::args_os().collect(), Box::new(Environment)).into()
}

fn run(arguments: Vec<OsString>, source: Box<dyn Source>) -> Exit {
    let parsed =
        Cli::command().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let Cli { global, command } = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; where they cannot be printed nobody is reading.
            drop(error.print());
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    let no_color = source.variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let output = Output { lang: Lang::choose(global.lang, &*source), json: global.json, color: !no_color };
    let context = Context { output, source };
    match command.run(&context) {
        Ok(()) => Exit::Ok,
        Err(failure) => {
            failure.tell(&context.output);
            failure.exit
        }
    }
}

impl Command {
    fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Config(command) => command.run(context),
            Self::Pay(command) => context.block_on(command.run(context)),
            Self::Simulator(command) => command.run(context),
            Self::Completion(command) => command.run(context),
            Self::Version(command) => command.run(context),
        }
    }
}

impl Context {
    /// Runs a command that waits for others, until it ends or is interrupted.
    fn block_on(&self, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::of_error(Exit::Unexpected, &error))?;
        runtime.block_on(async {
            tokio::select! {
                ended = command => ended,
                _ = tokio::signal::ctrl_c() => {
                    Err(Failure::new(Exit::Interrupted, self.output.pick("중단했어요.", "interrupted")))
                }
            }
        })
    }
}

/// Waits for the first request to end (SIGINT or SIGTERM).
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
