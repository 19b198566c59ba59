//! Types of the document as tables of fields.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{
    html::{Prose, Text},
    lang::Lang,
};

/// The name a reference leads to.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// `schema`, or what it refers to.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match referred(schema) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

/// A table of the fields of `schema`, objects inside it by their dotted names.
pub(super) fn fields(out: &mut String, document: &Value, schema: &Value, lang: Lang) {
    let _ = write!(out, "<table class=\"fields\"><caption>{}</caption><tbody>", lang.pick("필드", "Fields"));
    rows(out, document, schema, "", lang);
    out.push_str("</tbody></table>");
}

fn rows(out: &mut String, document: &Value, schema: &Value, prefix: &str, lang: Lang) {
    let none = Map::new();
    let properties = resolve(document, schema)["properties"].as_object().unwrap_or(&none);
    let required = resolve(document, schema)["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let must = |name: &str| required.iter().any(|required| required == name);
    let mut properties: Vec<_> = properties.iter().collect();
    // What must be sent is read first.
    properties.sort_by_key(|(name, _)| !must(name));
    for (name, property) in properties {
        let must = must(name);
        row(out, &format!("{prefix}{name}"), property, must, lang);
        // One level deep is as deep as a body goes.
        let inner = resolve(document, not_null(property));
        if prefix.is_empty() && inner["properties"].is_object() && property["type"] != "array" {
            rows(out, document, inner, &format!("{name}."), lang);
        }
    }
}

/// One field or parameter.
pub(super) fn row(out: &mut String, name: &str, schema: &Value, required: bool, lang: Lang) {
    let must = if required { lang.pick("<b>필수</b>", "<b>required</b>") } else { "" };
    let about = schema["description"].as_str().or_else(|| not_null(schema)["description"].as_str());
    let _ = write!(
        out,
        "<tr><th scope=\"row\"><code>{}</code>{must}</th><td><span class=\"type\">{}</span><p>{}</p>",
        Text(name),
        kind(schema),
        Prose(&lang.say(about.unwrap_or_default()))
    );
    let bounds = bounds(schema, lang);
    if !bounds.is_empty() {
        let _ = write!(out, "<p class=\"bounds\">{bounds}</p>");
    }
    out.push_str("</td></tr>");
}

/// The type in a few words, with a link where it has a name.
pub(super) fn kind(schema: &Value) -> String {
    let schema = not_null(schema);
    if let Some(name) = referred(schema) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", Text(name));
    }
    if let Some(first) = schema["type"].as_array().and_then(|types| types.iter().find(|kind| *kind != "null"))
    {
        return named(first.as_str().unwrap_or_default(), schema);
    }
    named(schema["type"].as_str().unwrap_or("object"), schema)
}

fn named(kind_name: &str, schema: &Value) -> String {
    match (kind_name, schema["format"].as_str()) {
        ("array", _) => format!("{}[]", kind(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => "{ string: string }".to_owned(),
        ("string", Some("date-time")) => "RFC 3339".to_owned(),
        (other, _) => Text(other).to_string(),
    }
}

/// An optional reference is written as "one of: null, the reference".
fn not_null(schema: &Value) -> &Value {
    let options = schema["oneOf"].as_array();
    options.and_then(|options| options.iter().find(|option| option["type"] != "null")).unwrap_or(schema)
}

fn bounds(schema: &Value, lang: Lang) -> String {
    let mut parts: Vec<String> = Vec::new();
    match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
        (Some(least), Some(most)) => {
            parts.push(lang.pick(format!("{least}–{most}자"), format!("{least}–{most} characters")))
        }
        (None, Some(most)) => {
            parts.push(lang.pick(format!("{most}자까지"), format!("up to {most} characters")))
        }
        _ => {}
    }
    if let (Some(least), Some(most)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        parts.push(format!("{least} … {most}"));
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        parts.push(format!("<code>{}</code>", Text(pattern)));
    }
    for (word, value) in
        [(lang.pick("기본값", "default"), &schema["default"]), (lang.pick("예", "e.g."), &schema["example"])]
    {
        match value {
            Value::Null => {}
            Value::String(text) => parts.push(format!("{word} <code>{}</code>", Text(text))),
            other => parts.push(format!("{word} <code>{}</code>", Text(&other.to_string()))),
        }
    }
    parts.join(" · ")
}

/// All named types, each with an anchor.
pub(super) fn types(out: &mut String, document: &Value, lang: Lang) {
    let none = Map::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap_or(&none) {
        let about = schema["description"].as_str().unwrap_or_default();
        let _ = write!(
            out,
            "<article id=\"schema-{0}\"><h3><code>{0}</code></h3><p>{1}</p>",
            Text(name),
            Prose(about)
        );
        match schema["enum"].as_array() {
            Some(words) => {
                out.push_str("<p class=\"words\">");
                for word in words.iter().filter_map(Value::as_str) {
                    let _ = write!(out, "<code>{}</code> ", Text(word));
                }
                out.push_str("</p>");
            }
            None => fields(out, document, schema, lang),
        }
        out.push_str("</article>");
    }
}
