//! Holds JSON against a JSON Schema: the part of draft 2020-12 that our own schemas use.
//!
//! Stricter than a general validator, because it guards documents: a keyword it does not know is a fault of the schema, and
//! a field the schema does not describe is a fault of the document.

use serde_json::{Map, Value};

/// Keywords that only explain.
const ANNOTATIONS: [&str; 4] = ["$schema", "$id", "title", "description"];

/// Every way in which `value` is not what `schema` says; empty when it is.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check("$", schema, value, &mut faults);
    faults
}

fn check(at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        return faults.push(format!("{at}: the schema is no object"));
    };
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            keyword if ANNOTATIONS.contains(&keyword) => {}
            "properties" => properties(at, wanted, value, faults),
            "required" => required(at, wanted, value, faults),
            "items" => items(at, wanted, value, faults),
            _ => {
                if let Err(fault) = simple(keyword, wanted, value) {
                    faults.push(format!("{at}: {fault}, is {value}"));
                }
            }
        }
    }
}

fn properties(at: &str, described: &Value, value: &Value, faults: &mut Vec<String>) {
    let empty = Map::new();
    let described = described.as_object().unwrap_or(&empty);
    for (name, value) in value.as_object().unwrap_or(&empty) {
        match described.get(name) {
            Some(schema) => check(&format!("{at}.{name}"), schema, value, faults),
            None => faults.push(format!("{at}.{name}: is not described by the schema")),
        }
    }
}

fn required(at: &str, names: &Value, value: &Value, faults: &mut Vec<String>) {
    for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            faults.push(format!("{at}.{name}: is missing"));
        }
    }
}

fn items(at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&format!("{at}[{index}]"), schema, item, faults);
    }
}

/// The keywords that look at one value only.
fn simple(keyword: &str, wanted: &Value, value: &Value) -> Result<(), String> {
    let characters = || value.as_str().map(|text| text.chars().count() as u64);
    let length = || value.as_array().map(|items| items.len() as u64);
    let holds = match keyword {
        "type" => has_type(wanted, value),
        "const" => value == wanted,
        "enum" => wanted.as_array().is_some_and(|allowed| allowed.contains(value)),
        "minimum" => value.as_i64() >= wanted.as_i64(),
        "maximum" => value.as_i64() <= wanted.as_i64(),
        "minLength" => characters() >= wanted.as_u64(),
        "maxLength" => characters() <= wanted.as_u64(),
        "minItems" => length() >= wanted.as_u64(),
        "maxItems" => length() <= wanted.as_u64(),
        "pattern" => {
            wanted.as_str().is_some_and(|pattern| matches(pattern, value.as_str().unwrap_or_default()))
        }
        "format" if wanted == "date-time" => {
            value.as_str().is_some_and(|text| domain::time::Timestamp::parse_rfc3339(text).is_ok())
        }
        _ => return Err(format!("the schema uses `{keyword}: {wanted}`, which is not checked here")),
    };
    if holds { Ok(()) } else { Err(format!("must have {keyword} {wanted}")) }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    match wanted.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    }
}

/// Patterns of literals and character classes with `+`, `*`, `{n}` or `{n,m}`, anchored at both ends; nothing that would need to
/// try again.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(mut pattern) = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')) else {
        return false;
    };
    let mut text = text;
    while !pattern.is_empty() {
        let Some((class, rest)) = take_class(pattern) else { return false };
        let Some((min, max, rest)) = take_count(rest) else { return false };
        let count = text.chars().take(max).take_while(|character| class_has(class, *character)).count();
        if count < min {
            return false;
        }
        text = text.char_indices().nth(count).map_or("", |(at, _)| &text[at..]);
        pattern = rest;
    }
    text.is_empty()
}

/// `[…]` without its brackets, or one literal.
fn take_class(pattern: &str) -> Option<(&str, &str)> {
    match pattern.strip_prefix('[') {
        Some(rest) => rest.split_once(']'),
        None => Some(pattern.split_at(pattern.chars().next()?.len_utf8())),
    }
}

fn take_count(pattern: &str) -> Option<(usize, usize, &str)> {
    if let Some(rest) = pattern.strip_prefix('+') {
        return Some((1, usize::MAX, rest));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        return Some((0, usize::MAX, rest));
    }
    let Some(rest) = pattern.strip_prefix('{') else {
        return Some((1, 1, pattern));
    };
    let (count, rest) = rest.split_once('}')?;
    let (min, max) = count.split_once(',').unwrap_or((count, count));
    Some((min.parse().ok()?, max.parse().ok()?, rest))
}

/// Ranges such as `A-Z`, then single characters; a `-` at the end stands for itself.
fn class_has(class: &str, character: char) -> bool {
    let mut rest: Vec<char> = class.chars().collect();
    while let [from, '-', to, ..] = rest[..] {
        if (from..=to).contains(&character) {
            return true;
        }
        rest.drain(..3);
    }
    rest.contains(&character)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "title": "T",
            "type": "object",
            "properties": {
                "id": {"type": "string", "pattern": "^[0-9]+-[0-9]+$"},
                "amount": {"type": "integer", "minimum": 1},
                "lines": {"type": "array", "maxItems": 1, "items": {"enum": ["a", "b"]}}
            },
            "required": ["id"]
        })
    }

    #[test]
    fn a_document_that_keeps_the_schema_has_no_faults() {
        assert_eq!(
            faults(&schema(), &json!({"id": "0-17", "amount": 1, "lines": ["b"]})),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_way_to_break_it_is_named() {
        for (document, place) in [
            (json!({}), "$.id: is missing"),
            (json!({"id": "17"}), "$.id: must have pattern"),
            (json!({"id": "0-1", "amount": 0}), "$.amount: must have minimum"),
            (json!({"id": "0-1", "amount": 1.5}), "$.amount: must have type"),
            (json!({"id": "0-1", "lines": ["a", "b"]}), "$.lines: must have maxItems"),
            (json!({"id": "0-1", "lines": ["c"]}), "$.lines[0]: must have enum"),
            (json!({"id": "0-1", "more": 1}), "$.more: is not described"),
        ] {
            let found = faults(&schema(), &document);
            assert!(found.iter().any(|fault| fault.starts_with(place)), "{place}: {found:?}");
        }
    }

    #[test]
    fn a_keyword_that_is_not_checked_is_a_fault() {
        assert!(faults(&json!({"oneOf": []}), &json!(1))[0].contains("oneOf"));
    }

    #[test]
    fn patterns_match_what_they_say() {
        let account = "^[0-9]{4}:[A-Za-z0-9._-]*:[A-Z]{3}$";
        for (text, expected) in [
            ("2100:M-1.x_y:KRW", true),
            ("1100::USD", true),
            ("210:M:KRW", false),
            ("2100:M:KRWX", false),
            ("2100:M!:KRW", false),
        ] {
            assert_eq!(matches(account, text), expected, "{text}");
        }
        assert!(!matches("[0-9]", "1"), "patterns must be anchored");
    }
}
