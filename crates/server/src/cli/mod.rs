//! The command line: one short file a subcommand, no logic. Each command either opens the configured store or talks to a
//! running server over the API everybody else uses.
//!
//! Data goes to standard output, talk to standard error; a failure says what happened, what to do next, and how to name it
//! when asking for help.

mod completion;
mod config;
mod consent;
mod copies;
mod dead_letters;
mod doctor;
mod exit;
mod failure;
mod help;
mod korean_errors;
mod korean_help;
mod lang;
mod ledger;
mod migrate;
mod openapi;
mod operators;
mod outbox;
mod output;
mod pay;
mod remote;
mod roles;
mod simulator;
mod up;
mod usage;
mod version;

use std::{ffi::OsString, future::Future, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use store::OpenError;

pub use self::{exit::Exit, failure::Failure, lang::Lang, output::Output};
use crate::{
    config::{Environment, Source},
    wiring::{BooksError, Role},
};

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
    /// Language of the output [default: by locale]
    #[arg(long, global = true, value_name = "ko|en", hide_possible_values = true, display_order = 900)]
    lang: Option<Lang>,
    /// Data as one JSON object, or one a line for lists
    #[arg(long, global = true, display_order = 901)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the platform: API, worker and loops, until it is asked to end
    Up(up::Up),
    /// Run the API and the relay alone (needs MariaDB and Kafka)
    Ingest(roles::OneRole),
    /// Run the worker alone (needs MariaDB and Kafka)
    Worker(roles::OneRole),
    /// Bring the schema of the configured store up to date (`up` does it too)
    Migrate(migrate::Migrate),
    /// Copy the embedded books into a file, also while they are in use
    Backup(copies::Backup),
    /// Bring a copy back, as another timeline: see docs/OPERATIONS.md before
    Restore(copies::Restore),
    /// Check everything that can be wrong and say how to mend it; exit 6 if something is
    Doctor(doctor::Doctor),
    /// Show, check or explain the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Take payments and look at them
    #[command(subcommand)]
    Pay(pay::Pay),
    /// Look at the books and prove them
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Deal with events that could not be posted
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLetters),
    /// Look at what waits between the API and the ledger
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// Manage operators, their links and tokens
    #[command(subcommand)]
    Operators(operators::Operators),
    /// Print the OpenAPI document of the API
    Openapi(openapi::OpenApi),
    /// An acquirer as a process of its own, that can be slow, fail, and lose answers
    Simulator(simulator::Simulator),
    /// Completion for a shell
    Completion(completion::Completion),
    /// What this binary is
    Version(version::Version),
    /// Explain a command, or `exit-codes`
    Help(help::Help),
}

/// The whole command line, explained in English.
fn english() -> clap::Command {
    Cli::command()
}

/// What every command is given.
struct Context {
    output: Output,
    source: Box<dyn Source>,
}

/// Runs a command line in the environment of this process.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    run(arguments, Box::new(Environment)).into()
}

fn run(arguments: Vec<OsString>, source: Box<dyn Source>) -> Exit {
    let color = source.variable("NO_COLOR").is_none_or(|value| value.is_empty());
    // The language of the help must be known before the command line is understood; so must the form of what is wrong with it.
    let lang = Lang::choose(Lang::asked_for(&arguments), &*source);
    let json = arguments.iter().any(|word| word == "--json");
    let parsed = help::in_language(lang).try_get_matches_from(arguments);
    let Cli { global, command } = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, &Output { lang, json, color }),
    };
    let output = Output { lang: Lang::choose(global.lang, &*source), json: global.json, color };
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
            Self::Up(command) => command.run(context),
            Self::Ingest(command) => command.run(context, "ingest", Role::Ingest),
            Self::Worker(command) => command.run(context, "worker", Role::Worker),
            Self::Migrate(command) => command.run(context),
            Self::Backup(command) => command.run(context),
            Self::Restore(command) => command.run(context),
            Self::Doctor(command) => command.run(context),
            Self::Config(command) => command.run(context),
            Self::Pay(command) => context.block_on(command.run(context)),
            Self::Ledger(command) => command.run(context),
            Self::DeadLetters(command) => context.block_on(command.run(context)),
            Self::Outbox(command) => context.block_on(command.run(context)),
            Self::Operators(command) => command.run(context),
            Self::Openapi(command) => command.run(context),
            Self::Simulator(command) => command.run(context),
            Self::Completion(command) => command.run(context),
            Self::Version(command) => command.run(context),
            Self::Help(command) => command.run(context),
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

/// The configured store cannot be opened.
fn open_failure(lang: Lang, error: &BooksError) -> Failure {
    match error {
        BooksError::Embedded(error) => embedded_failure(lang, error),
        #[cfg(feature = "mariadb")]
        BooksError::Mariadb(error) => mariadb_failure(lang, error),
    }
}

#[cfg(feature = "mariadb")]
fn mariadb_failure(lang: Lang, error: &store::MariadbError) -> Failure {
    use store::MariadbError;
    let (exit, next) = match error {
        MariadbError::Connect { .. } | MariadbError::Database { .. } => (
            Exit::Unreachable,
            lang.pick(
                "PAYMENT_DB_HOST, _PORT, _NAME, _USER, _PASSWORD, _TLS와 서버 상태를 확인하세요.",
                "check PAYMENT_DB_HOST, _PORT, _NAME, _USER, _PASSWORD and _TLS, and whether the server runs",
            ),
        ),
        MariadbError::Empty { .. } | MariadbError::Older { .. } => (
            Exit::Unexpected,
            lang.pick("`swelite migrate`를 먼저 실행하세요.", "run `swelite migrate` first"),
        ),
        MariadbError::Newer { .. } => {
            (Exit::Unexpected, lang.pick("더 새로운 swelite를 쓰세요.", "use a newer swelite"))
        }
        MariadbError::ChangedMigration { .. } => (
            Exit::Fault,
            lang.pick(
                "아무것도 바꾸지 않았어요. 데이터베이스를 백업한 뒤 살펴보세요.",
                "nothing was changed; back the database up before you look at it",
            ),
        ),
        MariadbError::Busy { .. } => (
            Exit::Unreachable,
            lang.pick(
                "다른 `swelite migrate`가 끝나기를 기다리세요.",
                "wait for the other `swelite migrate`",
            ),
        ),
        MariadbError::InUse { .. } => (
            Exit::Unreachable,
            lang.pick(
                "모든 swelite와 다른 클라이언트를 끝낸 다음 다시 실행하세요. 아무것도 바꾸지 않았어요.",
                "stop every swelite and every other client of it, then run this again; nothing was changed",
            ),
        ),
        MariadbError::Authority { .. } => {
            (Exit::Unexpected, lang.pick("PAYMENT_DB_TLS_CA를 고치세요.", "correct PAYMENT_DB_TLS_CA"))
        }
        MariadbError::ServerTooOld { .. } | MariadbError::Setting(_) => {
            (Exit::Unexpected, lang.pick("설정을 고치세요.", "correct the setting"))
        }
    };
    Failure::of_error(exit, error).in_korean(lang, korean_errors::mariadb(error)).then(next)
}

fn embedded_failure(lang: Lang, error: &OpenError) -> Failure {
    let (exit, next) = match error {
        OpenError::InUse { .. } => (
            Exit::Unreachable,
            lang.pick(
                "한 데이터 디렉터리에는 프로세스 하나만 쓸 수 있어요. 떠 있는 `swelite up`을 쓰거나 끝내세요.",
                "one process at a time may write: use the `swelite up` that runs, or end it",
            ),
        ),
        OpenError::Missing { .. } => (
            Exit::Unreachable,
            lang.pick(
                "--data-dir 또는 SWELITE_DATA_DIR이 맞는지 확인하세요. `swelite up`이 새로 만들어 줘요.",
                "check --data-dir or SWELITE_DATA_DIR; `swelite up` makes a new one",
            ),
        ),
        OpenError::DataDir { .. } | OpenError::Database { .. } => (
            Exit::Unexpected,
            lang.pick("권한과 디스크 여유를 확인하세요.", "check its permissions and the space on its disk"),
        ),
        OpenError::Foreign { .. } | OpenError::ChangedMigration { .. } | OpenError::Corrupt { .. } => (
            Exit::Fault,
            lang.pick(
                "아무것도 바꾸지 않았어요. 디렉터리를 복사해 둔 뒤 살펴보세요.",
                "nothing was changed; copy the directory before you look at it",
            ),
        ),
        OpenError::Newer { .. } => {
            (Exit::Unexpected, lang.pick("더 새로운 swelite를 쓰세요.", "use a newer swelite"))
        }
        OpenError::Older { .. } => (
            Exit::Unexpected,
            lang.pick("`swelite migrate`를 먼저 실행하세요.", "run `swelite migrate` first"),
        ),
        OpenError::SqliteTooOld { .. } => {
            (Exit::Unexpected, lang.pick("다시 빌드하세요.", "build it again with the bundled SQLite"))
        }
    };
    Failure::of_error(exit, error).in_korean(lang, korean_errors::opening(error)).then(next)
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
