//! One operation of the document: what it does, what it takes, what it answers, and how to call it.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{
    html::{Prose, Text},
    lang::Lang,
    schema,
};

/// Where examples call; the script puts in the page's own origin.
const ORIGIN: &str = "http://127.0.0.1:8080";

/// One operation.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    /// `get`, `post`, …
    pub(super) method: &'a str,
    /// Its path template.
    pub(super) path: &'a str,
    /// Its part of the document.
    pub(super) spec: &'a Value,
}

impl<'a> Operation<'a> {
    /// All operations of the document.
    pub(super) fn all(document: &'a Value) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, spec) in item.as_object().into_iter().flatten() {
                all.push(Self { method, path, spec });
            }
        }
        all
    }

    /// The group it belongs to.
    pub(super) fn tag(&self) -> &'a str {
        self.spec["tags"][0].as_str().unwrap_or_default()
    }

    /// Its anchor.
    pub(super) fn id(&self) -> &'a str {
        self.spec["operationId"].as_str().unwrap_or_default()
    }

    /// What it is called.
    pub(super) fn title(&self, lang: Lang) -> &'a str {
        let english = self.spec["summary"].as_str().unwrap_or(self.path);
        lang.operation(self.id()).map_or(english, |(title, _)| title)
    }

    /// Writes it.
    pub(super) fn write(&self, out: &mut String, document: &Value, lang: Lang) {
        let method = self.method.to_ascii_uppercase();
        let _ = write!(
            out,
            "<article class=\"operation\" id=\"{}\"><div class=\"words\"><h3>{}</h3>\
             <p class=\"call\"><span class=\"method {}\">{method}</span> <code>{}</code></p>",
            Text(self.id()),
            Text(self.title(lang)),
            self.method,
            Text(self.path)
        );
        let english = self.spec["description"].as_str().unwrap_or_default();
        let own = lang.operation(self.id()).map(|(_, about)| about);
        let about = own.filter(|about| !about.is_empty()).unwrap_or(english);
        if !about.is_empty() {
            let _ = write!(out, "<p>{}</p>", Prose(&lang.say(about)));
        }
        self.parameters(out, lang);
        if let Some(body) = self.body() {
            schema::fields(out, document, body, lang);
        }
        self.responses(out, lang);
        out.push_str("</div><div class=\"sample\">");
        self.sample(out, document, lang);
        out.push_str("</div></article>");
    }

    fn body(&self) -> Option<&'a Value> {
        let body = &self.spec["requestBody"]["content"]["application/json"]["schema"];
        (!body.is_null()).then_some(body)
    }

    fn parameters(&self, out: &mut String, lang: Lang) {
        let Some(parameters) = self.spec["parameters"].as_array() else { return };
        let caption = lang.pick("경로 · 쿼리 · 헤더", "Path, query and headers");
        let _ = write!(out, "<table class=\"fields\"><caption>{caption}</caption><tbody>");
        for parameter in parameters {
            let mut schema = parameter["schema"].clone();
            if let (Some(schema), Some(about)) = (schema.as_object_mut(), parameter["description"].as_str()) {
                schema.insert("description".to_owned(), about.into());
            }
            let name = parameter["name"].as_str().unwrap_or_default();
            schema::row(out, name, &schema, parameter["required"] == true, lang);
        }
        out.push_str("</tbody></table>");
    }

    fn responses(&self, out: &mut String, lang: Lang) {
        let none = Map::new();
        let responses = self.spec["responses"].as_object().unwrap_or(&none);
        let _ = write!(
            out,
            "<table class=\"answers\"><caption>{}</caption><tbody>",
            lang.pick("응답", "Answers")
        );
        for (status, response) in responses {
            let content = response["content"].as_object().and_then(|content| content.values().next());
            let kind = content.map(|content| schema::kind(&content["schema"])).unwrap_or_default();
            let about = response["description"].as_str().unwrap_or_default();
            let good = if status.as_str() < "400" { "good" } else { "bad" };
            let _ = write!(
                out,
                "<tr><th scope=\"row\" class=\"{good}\">{status}</th><td><p>{}</p></td><td class=\"type\">{kind}</td></tr>",
                linked_codes(about, lang)
            );
        }
        out.push_str("</tbody></table>");
    }

    fn sample(&self, out: &mut String, document: &Value, lang: Lang) {
        let path = self.path.replace("{paymentId}", "1").replace("{id}", "1");
        let example = self.body().map(|body| example(document, body));
        let mut curl = format!("curl {ORIGIN}{path}");
        if let Some(example) = &example {
            let _ = write!(curl, " \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'");
        }
        let _ = write!(
            out,
            "<figure><figcaption>curl</figcaption><pre><code>{}</code></pre></figure><div class=\"try\" data-method=\"{}\" \
             data-path=\"{}\" data-body=\"{}\" data-query=\"{}\" data-label=\"{}\"></div>",
            Text(&curl),
            self.method.to_ascii_uppercase(),
            Text(self.path),
            Text(&example.unwrap_or_default()),
            Text(&self.query_names().join(",")),
            lang.pick("여기서 보내 보기", "Try it here"),
        );
    }

    fn query_names(&self) -> Vec<&'a str> {
        let parameters = self.spec["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        query.filter_map(|parameter| parameter["name"].as_str()).collect()
    }
}

/// A body of every field that is required or has an example.
fn example(document: &Value, body: &Value) -> String {
    let properties = schema::resolve(document, body)["properties"].as_object();
    let with_example =
        properties.into_iter().flatten().filter(|(_, property)| !property["example"].is_null());
    let body: Map<String, Value> =
        with_example.map(|(name, property)| (name.clone(), property["example"].clone())).collect();
    Value::Object(body).to_string()
}

/// The codes at the front of a description, as links to their explanation.
fn linked_codes(about: &str, lang: Lang) -> String {
    let Some((codes, rest)) = about.split_once(": ") else { return Prose(&lang.say(about)).to_string() };
    let is_code =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if !codes.split(", ").all(is_code) {
        return Prose(&lang.say(about)).to_string();
    }
    let links: Vec<_> =
        codes.split(", ").map(|code| format!("<a href=\"#{code}\"><code>{code}</code></a>")).collect();
    format!("{} {}", links.join(" "), Prose(&lang.say(rest)))
}
