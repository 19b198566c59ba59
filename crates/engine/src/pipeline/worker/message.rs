//! What is said about a parked record: short, and never in the record's own words.
//!
//! A record is anybody's text. Quoted, it would bring whatever stands in it (a card number, a megabyte) to where messages are
//! shown, and to a column that may not hold it.

use serde_json::error::Category;

/// The longest message or note, in characters.
const MESSAGE_CHARS_MAX: usize = 500;

/// Said when the store refused even the row that a record was to be parked in.
pub(super) const PARKED_PLAINLY: &str = "the store refused the record, and what was first said about it";

/// Why a record is no envelope: kind and place, not the values met there.
pub(super) fn unreadable(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let kind = match error.classify() {
        Category::Syntax => "it is not JSON",
        Category::Eof => "it ends too early",
        Category::Io => "it cannot be read through",
        // A missing name is ours, not the record's.
        Category::Data => match text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
            Some((name, _)) => return at(&format!("field `{name}` is missing"), error),
            None => "a value is not what belongs there",
        },
    };
    at(kind, error)
}

fn at(kind: &str, error: &serde_json::Error) -> String {
    format!("envelope cannot be read: {kind} (line {}, column {})", error.line(), error.column())
}

/// The first of it, with a mark that there was more.
pub(in crate::pipeline) fn bounded(message: String) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        None => message,
        Some(_) => message.chars().take(MESSAGE_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use domain::event::Envelope;

    use super::*;

    fn said_of(payload: &str) -> String {
        unreadable(&serde_json::from_str::<Envelope>(payload).unwrap_err())
    }

    #[test]
    fn a_message_tells_kind_and_place_and_quotes_nothing() {
        let card = "4111111111111111";
        let said = [
            (format!("\"{card}\""), "a value is not what belongs there (line 1, column 18)"),
            (format!("{{\"id\": \"{card}\"}}"), "a value is not what belongs there (line 1, column 26)"),
            (format!("{{\"{card}\": 1}}"), "field `id` is missing (line 1, column 23)"),
            (format!("x{card}"), "it is not JSON (line 1, column 1)"),
            (format!("{{\"{card}"), "it ends too early (line 1, column 18)"),
        ];
        for (payload, expected) in said {
            let message = said_of(&payload);
            assert!(!message.contains(card), "{message}");
            assert_eq!(message, format!("envelope cannot be read: {expected}"), "{payload}");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(bounded("짧다".to_owned()), "짧다");
        assert_eq!(bounded("가".repeat(500)), "가".repeat(500));
        let cut = bounded("가".repeat(70_000));
        assert_eq!(cut.chars().count(), 500);
        assert!(cut.ends_with("가…"));
    }
}
