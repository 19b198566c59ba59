//! Consent to what cannot be undone: asked for on a terminal, given beforehand with `--yes` elsewhere.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::{Exit, failure::Failure, output::Output};

/// Consent given beforehand.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Consent {
    /// Do not ask; needed where nobody can be asked
    #[arg(long)]
    yes: bool,
}

impl Consent {
    /// Goes on only when the person wants what `question` asks.
    pub(super) fn ask(self, output: &Output, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let sentence =
                output.pick("되돌릴 수 없는 일이에요", "this cannot be undone, and there is nobody to ask");
            let next = output.pick("그래도 하려면 --yes 를 붙여요.", "say `--yes` to do it");
            return Err(Failure::new(Exit::Usage, sentence).then(next));
        }
        let mut answer = String::new();
        let mut err = io::stderr().lock();
        let asked = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
        asked
            .and_then(|()| io::stdin().read_line(&mut answer))
            .map_err(|error| Failure::of_error(Exit::Unexpected, &error))?;
        if agrees(&answer) {
            return Ok(());
        }
        Err(Failure::new(Exit::Interrupted, output.pick("하지 않았어요", "nothing was done")))
    }
}

fn agrees(answer: &str) -> bool {
    ["y", "yes", "예", "네"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "Y", " yes \n", "예\n", "네"] {
            assert!(agrees(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "no", "yess", "아니요"] {
            assert!(!agrees(no), "{no:?}");
        }
    }
}
