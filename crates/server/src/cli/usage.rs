//! A command line that cannot be understood, said in the person's language, or as one JSON object.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::{Exit, Lang, Output, failure::Failure};

/// Tells what is wrong, or prints the help or version that was asked for.
pub(super) fn tell(error: &Error, output: &Output) -> Exit {
    let asked_for_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if asked_for_help || (output.lang == Lang::En && !output.json) {
        // Where it cannot be printed nobody is reading.
        drop(error.print());
        return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
    }
    failure(error, output.lang).tell(output);
    Exit::Usage
}

fn failure(error: &Error, lang: Lang) -> Failure {
    let failure = Failure::new(Exit::Usage, sentence(error, lang));
    let suggested = words(error, ContextKind::SuggestedSubcommand)
        .or_else(|| words(error, ContextKind::SuggestedArg))
        .or_else(|| words(error, ContextKind::SuggestedValue));
    if let Some(suggested) = suggested {
        return failure.then(match lang {
            Lang::Ko => format!("혹시 이것인가요? {suggested}"),
            Lang::En => format!("did you mean {suggested}?"),
        });
    }
    match usage(error) {
        Some(usage) => failure.then(match lang {
            Lang::Ko => format!("이렇게 써요: {usage}"),
            Lang::En => format!("it is used so: {usage}"),
        }),
        None => failure.then(lang.pick("`swelite help`를 보세요.", "see `swelite help`")),
    }
}

fn sentence(error: &Error, lang: Lang) -> String {
    let word = |kind| words(error, kind).unwrap_or_default();
    let about = |ko: &str, en: &str, what: String| format!("{}: {what}", lang.pick(ko, en));
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            about("필요한 값이 빠졌어요", "a value is missing", word(ContextKind::InvalidArg))
        }
        ErrorKind::MissingSubcommand => {
            about("명령이 빠졌어요", "a command is missing after", word(ContextKind::InvalidSubcommand))
        }
        ErrorKind::InvalidSubcommand => {
            about("모르는 명령이에요", "no such command", word(ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => {
            about("모르는 옵션이에요", "no such option", word(ContextKind::InvalidArg))
        }
        ErrorKind::ArgumentConflict => {
            let both = [word(ContextKind::InvalidArg), word(ContextKind::PriorArg)];
            about("함께 쓸 수 없어요", "they do not go together", both.join(", "))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => wrong_value(error, lang),
        _ => first_line(error),
    }
}

/// `--amount 값이 올바르지 않아요: 1.5 (정수여야 해요)`.
fn wrong_value(error: &Error, lang: Lang) -> String {
    let word = |kind| words(error, kind).unwrap_or_default();
    let (argument, value) = (word(ContextKind::InvalidArg), word(ContextKind::InvalidValue));
    let name = argument.split(' ').next().unwrap_or_default();
    if value.is_empty() {
        return format!("{}: {argument}", lang.pick("값이 빠졌어요", "a value is missing"));
    }
    let why = match words(error, ContextKind::ValidValue) {
        Some(values) => format!("{}: {values}", lang.pick("쓸 수 있는 값", "it can be")),
        None => why(error, lang),
    };
    match lang {
        Lang::Ko => format!("{name} 값이 올바르지 않아요: {value} ({why})"),
        Lang::En => format!("the value of {name} is wrong: {value} ({why})"),
    }
}

/// What the parser of the value says; numbers in our own words.
fn why(error: &Error, lang: Lang) -> String {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let own = if said.contains("invalid digit") {
        lang.pick("정수여야 해요", "it must be a whole number")
    } else if said.contains("float literal") {
        lang.pick("숫자여야 해요", "it must be a number")
    } else if said.contains("too large") || said.contains("too small") || said.contains("is not in") {
        lang.pick("범위를 벗어났어요", "it is out of range")
    } else {
        &said
    };
    own.to_owned()
}

fn words(error: &Error, kind: ContextKind) -> Option<String> {
    let text = match error.get(kind)? {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn usage(error: &Error) -> Option<String> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    let (_, line) = usage.split_once(' ')?;
    Some(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn first_line(error: &Error) -> String {
    let text = error.render().to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
