//! Data to standard output, talk to standard error. A reader that closes the pipe ends the command quietly.

use std::io::{self, ErrorKind, IsTerminal, Write};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::lang::Lang;

/// How this command talks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The language.
    pub lang: Lang,
    /// Whether data is JSON.
    pub json: bool,
    /// Whether escape codes may be used.
    pub color: bool,
}

/// A field of an object, and what it is called in Korean and in English.
pub(super) type Label = (&'static str, &'static str, &'static str);

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) ko: &'static str,
    pub(super) en: &'static str,
    pub(super) right: bool,
}

/// A column of words.
pub(super) const fn words(ko: &'static str, en: &'static str) -> Column {
    Column { ko, en, right: false }
}

/// A column of numbers.
pub(super) const fn numbers(ko: &'static str, en: &'static str) -> Column {
    Column { ko, en, right: true }
}

impl Output {
    /// One line of data.
    pub(super) fn line(&self, text: &str) {
        write_out(&format!("{text}\n"));
    }

    /// Data as it is.
    pub(super) fn raw(&self, text: &str) {
        write_out(text);
    }

    /// One JSON object, or one line of NDJSON.
    pub(super) fn json<T: Serialize>(&self, value: &T) {
        let text = serde_json::to_string(value).expect("JSON values and our own types have only string keys");
        self.line(&text);
    }

    /// A table, aligned; Korean letters are two columns wide. Where there are no rows the person is told so.
    pub(super) fn table(&self, columns: &[Column], rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            self.say(self.pick("아직 없어요.", "nothing yet"));
            return;
        }
        write_out(&self.table_text(columns, rows));
    }

    /// Names and their values, aligned.
    pub(super) fn pairs(&self, pairs: Vec<(&str, String)>) {
        let rows = pairs.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
        self.table(&[words("", ""), words("", "")], rows);
    }

    /// The fields of an object by their names for people: (field, Korean, English).
    pub(super) fn labelled(&self, value: &Value, labels: &[Label]) {
        let pair = |label: &Label| (self.pick(label.1, label.2), cell(value, label.0));
        self.pairs(labels.iter().map(pair).collect());
    }

    /// One line said to the person.
    pub(super) fn say(&self, text: &str) {
        // Nobody to talk to is no reason to fail.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// `text` in `code`'s colour, if colours are wanted on standard error.
    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        if self.color && io::stderr().is_terminal() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// The text in this command's language.
    pub(super) fn pick<'a>(&self, ko: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(ko, en)
    }

    fn table_text(&self, columns: &[Column], rows: Vec<Vec<String>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if columns.iter().any(|column| !column.en.is_empty()) {
            table.set_header(columns.iter().map(|column| self.pick(column.ko, column.en)));
        }
        table.add_rows(rows);
        for (index, column) in columns.iter().enumerate() {
            let Some(shown) = table.column_mut(index) else { continue };
            shown.set_padding((0, 2));
            if column.right {
                shown.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n") + "\n"
    }
}

/// A field of a JSON object as a cell; absent and null are a dash.
pub(super) fn cell(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An amount of minor units with its currency's decimals and thousands, `1,690,000 KRW`.
pub(super) fn amount(value: &Value, field: &str) -> String {
    let (Some(minor), Some(currency)) = (value[field].as_i64(), value["currency"].as_str()) else {
        return cell(value, field);
    };
    money(minor, currency)
}

/// As [`amount`], from its parts.
pub(super) fn money(minor: i64, currency: &str) -> String {
    let Ok(known) = currency.parse() else { return format!("{minor} {currency}") };
    let plain = domain::money::Money::new(minor, known).to_string();
    let digits_end = plain.find(['.', ' ']).unwrap_or(plain.len());
    let (whole, rest) = plain.split_at(digits_end);
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    format!("{sign}{}{rest}", grouped(digits))
}

/// Digits by thousands, `172,032`.
pub(super) fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Ok(()) => {}
        // `swelite pay list | head` has what it wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            drop(writeln!(io::stderr().lock(), "cannot write to standard output: {error}"));
            std::process::exit(i32::from(super::exit::Exit::Unexpected.number()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_thousands_and_its_currencys_decimals() {
        for (minor, currency, shown) in [
            (1_690_000, "KRW", "1,690,000 KRW"),
            (100, "KRW", "100 KRW"),
            (123_456_789, "USD", "1,234,567.89 USD"),
            (-5, "USD", "-0.05 USD"),
            (7, "???", "7 ???"),
        ] {
            assert_eq!(money(minor, currency), shown);
        }
    }

    #[test]
    fn korean_letters_are_two_columns_wide() {
        let output = Output { lang: Lang::Ko, json: false, color: false };
        let rows = vec![vec!["한글".into(), "1".into()], vec!["abcd".into(), "22".into()]];
        let text = output.table_text(&[words("이름", "name"), numbers("수", "count")], rows);
        assert_eq!(text, "이름  수\n한글   1\nabcd  22\n");
    }
}
