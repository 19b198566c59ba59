//! The page as a whole.

use std::fmt::Write;

use serde_json::Value;

use super::{guide, html::Text, lang::Lang, operation::Operation, schema};

const MARK: &str = "<svg class=\"mark\" width=\"20\" height=\"20\" viewBox=\"0 0 32 32\" aria-hidden=\"true\">\
    <rect x=\"1\" y=\"1\" width=\"30\" height=\"30\" rx=\"3\"/><path d=\"M9 9h14M9 16h14M16 9v14M9 23h14\"/></svg>";

/// The reference in one language.
pub(super) fn page(document: &Value, lang: Lang) -> String {
    let operations = Operation::all(document);
    let groups = groups(document, &operations);
    let mut out = String::with_capacity(256 * 1024);
    head(&mut out, document, lang);
    nav(&mut out, &groups, lang);
    out.push_str("<main id=\"main\">");
    title(&mut out, lang);
    for chapter in &guide::CHAPTERS {
        chapter.write(&mut out, lang);
    }
    for (tag, operations) in &groups {
        let _ = write!(out, "<section id=\"tag-{0}\"><h2>{1}</h2>", Text(tag), Text(&lang.group(tag)));
        for operation in operations {
            operation.write(&mut out, document, lang);
        }
        out.push_str("</section>");
    }
    let _ = write!(out, "<section id=\"errors\"><h2>{}</h2>", lang.pick("오류 코드", "Error codes"));
    out.push_str(lang.pick(include_str!("guide/errors.ko.html"), include_str!("guide/errors.en.html")));
    guide::errors(&mut out, lang);
    let _ = write!(out, "</section><section id=\"schemas\"><h2>{}</h2>", lang.pick("타입", "Types"));
    schema::types(&mut out, document, lang);
    out.push_str("</section></main><script src=\"/docs/page.js\" defer></script></body></html>\n");
    out
}

/// Operations by group, in the order of the document's tags; groups it does not name come last.
fn groups<'a>(document: &'a Value, operations: &[Operation<'a>]) -> Vec<(&'a str, Vec<Operation<'a>>)> {
    let named = document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let mut groups: Vec<(&str, Vec<Operation<'_>>)> = named.map(|name| (name, Vec::new())).collect();
    for operation in operations {
        match groups.iter_mut().find(|(name, _)| *name == operation.tag()) {
            Some((_, group)) => group.push(*operation),
            None => groups.push((operation.tag(), vec![*operation])),
        }
    }
    groups.retain(|(_, operations)| !operations.is_empty());
    groups
}

fn head(out: &mut String, document: &Value, lang: Lang) {
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let (title, skip, dev) =
        lang.pick(("결제 API", "본문으로", "개발자"), ("Payments API", "Skip to content", "Developers"));
    let (this, other, label) = lang.pick(("ko", "en", "English"), ("en", "ko", "한국어"));
    debug_assert_eq!(this, lang.code());
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{this}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} · Payment SWElite</title><link rel=\"icon\" href=\"/seal.svg\" type=\"image/svg+xml\">\
         <script src=\"/docs/theme.js\"></script><link rel=\"stylesheet\" href=\"/docs/page.css\"></head><body>\
         <a class=\"skip\" href=\"#main\">{skip}</a>\
         <header class=\"bar\"><a class=\"brand\" href=\"/\">{MARK}<b>SWElite</b></a><span class=\"version\">{}</span>\
         <span class=\"links\"><a href=\"/dev\">{dev}</a> <a href=\"/openapi.json\">openapi.json</a> <a class=\"other\" lang=\"{other}\" hreflang=\"{other}\" href=\"?lang={other}\">{label}</a></span></header>",
        Text(version)
    );
}

fn nav(out: &mut String, groups: &[(&str, Vec<Operation<'_>>)], lang: Lang) {
    let (label, find) = lang.pick(("차례", "찾기"), ("Contents", "Find"));
    let _ = write!(out, "<nav aria-label=\"{label}\" data-find=\"{find}\"><ul>");
    for chapter in &guide::CHAPTERS {
        let _ = write!(out, "<li><a href=\"#{}\">{}</a></li>", chapter.id, chapter.title(lang));
    }
    for (tag, operations) in groups {
        let _ = write!(
            out,
            "<li class=\"group\"><a href=\"#tag-{}\">{}</a><ul>",
            Text(tag),
            Text(&lang.group(tag))
        );
        for operation in operations {
            let _ = write!(
                out,
                "<li><a href=\"#{}\"><span class=\"method {}\">{}</span> {}</a></li>",
                Text(operation.id()),
                operation.method,
                operation.method.to_ascii_uppercase(),
                Text(operation.title(lang))
            );
        }
        out.push_str("</ul></li>");
    }
    let (errors, types) = lang.pick(("오류 코드", "타입"), ("Error codes", "Types"));
    let _ = write!(
        out,
        "<li class=\"group\"><a href=\"#errors\">{errors}</a></li><li><a href=\"#schemas\">{types}</a></li></ul></nav>"
    );
}

fn title(out: &mut String, lang: Lang) {
    let (title, about) = lang.pick(
        (
            "결제를 승인하고, 매입하고, 취소하고, 환불해요",
            "모든 성공은 200이에요. 성공했다고 답한 결제는 전원이 나가도 남아요. 같은 멱등 키는 언제나 한 번만 처리돼요.",
        ),
        (
            "Authorize, capture, void and refund payments",
            "Every success is a 200, and what was answered with success survives a power cut. One idempotency key has one effect.",
        ),
    );
    let _ = write!(out, "<h1>{title}</h1><p class=\"lead\">{about}</p>");
}
