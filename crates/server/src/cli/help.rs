//! `swelite help`: a command explained, or a topic that belongs to none.

use clap::{Args, Command};

use super::{Context, Exit, Lang, english, exit, failure::Failure, korean_help};

/// The one topic that is no command.
const EXIT_CODES: &str = "exit-codes";

/// Explain a command, or `exit-codes`.
#[derive(Debug, Args)]
pub(super) struct Help {
    /// The command, or `exit-codes`; nothing explains them all
    #[arg(value_name = "COMMAND")]
    topic: Vec<String>,
}

impl Help {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let output = &context.output;
        if self.topic == [EXIT_CODES] {
            output.line(output.pick(korean_help::EXIT_CODES, exit::TABLE));
            return Ok(());
        }
        let mut all = in_language(output.lang);
        // Only a command line that is built knows what stands before each command.
        all.build();
        let mut command = &mut all;
        for word in &self.topic {
            let below = command.find_subcommand_mut(word);
            command = below.ok_or_else(|| unknown(context, &self.topic.join(" ")))?;
        }
        output.raw(&command.render_long_help().to_string());
        Ok(())
    }
}

/// The command line, explained in a language.
pub(super) fn in_language(lang: Lang) -> Command {
    match lang {
        Lang::Ko => korean_help::translate(english()),
        Lang::En => english(),
    }
}

fn unknown(context: &Context, topic: &str) -> Failure {
    let output = &context.output;
    let sentence = output.pick("모르는 명령이에요", "no such command");
    let next = output.pick(
        "`swelite help`가 명령을 모두 보여 줘요. `swelite help exit-codes`는 종료 코드예요.",
        "`swelite help` lists all of them; `swelite help exit-codes` is the exit codes",
    );
    Failure::new(Exit::Usage, format!("{sentence}: {topic}")).then(next)
}
