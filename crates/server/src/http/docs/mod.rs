//! `/docs`: the reference page, and `/openapi.json`, from which it is made.
//!
//! The page is written here, in Korean and in English, from the same document clients generate code from: it can be read without
//! scripts, makes no request to any other host (its Content-Security-Policy forbids it), and holds an anchor for every error
//! code, because every problem links to one.

mod guide;
mod html;
mod lang;
mod operation;
mod page;
mod schema;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::RawQuery,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa::openapi::OpenApi;

use self::lang::Lang;
use super::{problem::Problem, query::Query, state::AppState, web};

/// The paths of [`routes`], for the request counters.
pub(crate) const PATHS: [&str; 5] =
    ["/docs", "/docs/page.css", "/docs/page.js", "/docs/theme.js", "/openapi.json"];

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages for `document`, written when somebody first asks for one.
pub(crate) fn routes(document: OpenApi) -> Router<AppState> {
    let pages = Arc::new(Pages { document, written: OnceLock::new() });
    let json = Arc::clone(&pages);
    let openapi = async move || file("application/json", json.written().json.clone());
    let docs =
        async move |RawQuery(query): RawQuery, headers: HeaderMap| docs(&pages, query.as_deref(), &headers);
    let css =
        async || file("text/css; charset=utf-8", [web::letters(), include_str!("page.css")].concat().into());
    let theme =
        async || file("text/javascript; charset=utf-8", Bytes::from_static(include_bytes!("theme.js")));
    let js = async || file("text/javascript; charset=utf-8", Bytes::from_static(include_bytes!("page.js")));
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/docs", get(docs))
        .route("/docs/page.css", get(css))
        .route("/docs/page.js", get(js))
        .route("/docs/theme.js", get(theme))
}

struct Pages {
    document: OpenApi,
    written: OnceLock<Written>,
}

struct Written {
    json: Bytes,
    korean: Bytes,
    english: Bytes,
}

impl Pages {
    fn written(&self) -> &Written {
        self.written.get_or_init(|| {
            let value = serde_json::to_value(&self.document).unwrap_or_default();
            Written {
                json: self.document.to_json().unwrap_or_default().into(),
                korean: page::page(&value, Lang::Ko).into(),
                english: page::page(&value, Lang::En).into(),
            }
        })
    }
}

fn docs(pages: &Pages, query: Option<&str>, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut query = Query::new(query);
    let asked = query.parsed::<Lang>("lang");
    query.finish()?;
    let page = match asked.unwrap_or_else(|| Lang::accepted(headers)) {
        Lang::Ko => &pages.written().korean,
        Lang::En => &pages.written().english,
    };
    let mut response = file("text/html; charset=utf-8", page.clone());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// A file of this build: it may be kept, but must be asked about before it is used again.
fn file(kind: &'static str, bytes: Bytes) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Lang, operation::Operation};
    use crate::http::{
        problem::Code,
        router,
        testing::{Behaviour, app, get, ok, send},
    };

    #[tokio::test]
    async fn the_page_explains_every_code_at_the_anchor_problems_link_to() {
        let app = app(Behaviour::Reply(ok()));
        for path in ["/docs", "/docs?lang=en"] {
            let answer = send(&app, get(path)).await;
            assert_eq!(answer.status, 200);
            let page = String::from_utf8(answer.body.to_vec()).unwrap();
            for code in Code::ALL {
                assert!(page.contains(&format!("id=\"{}\"", code.as_str())), "{code:?} has no anchor");
            }
        }
    }

    #[tokio::test]
    async fn the_page_speaks_the_readers_language() {
        let app = app(Behaviour::Reply(ok()));
        for (path, accept, lang) in [
            ("/docs", "", "ko"),
            ("/docs", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            ("/docs", "en-GB,en;q=0.9", "en"),
            ("/docs", "de, en;q=0.5", "en"),
            ("/docs?lang=ko", "en", "ko"),
            ("/docs?lang=en", "ko", "en"),
        ] {
            let mut request = get(path);
            request.headers_mut().insert("accept-language", accept.parse().unwrap());
            let page = String::from_utf8(send(&app, request).await.body.to_vec()).unwrap();
            assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\">")), "{path} {accept}");
        }
        assert_eq!(send(&app, get("/docs?lang=tlh")).await.status, 400);
    }

    #[tokio::test]
    async fn the_page_asks_no_other_host_for_anything() {
        let app = app(Behaviour::Reply(ok()));
        let answer = send(&app, get("/docs")).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let page = String::from_utf8(answer.body.to_vec()).unwrap();
        for attribute in ["src=\"http", "src=\"//", "style=\"", "onclick=", "@import"] {
            assert!(!page.contains(attribute), "{attribute}");
        }
        for (path, kind) in [
            ("/docs/page.css", "text/css; charset=utf-8"),
            ("/docs/page.js", "text/javascript; charset=utf-8"),
            ("/docs/theme.js", "text/javascript; charset=utf-8"),
            ("/openapi.json", "application/json"),
        ] {
            let answer = send(&app, get(path)).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        }
    }

    #[tokio::test]
    async fn every_link_inside_the_page_leads_somewhere() {
        let app = app(Behaviour::Reply(ok()));
        for path in ["/docs?lang=ko", "/docs?lang=en"] {
            let page = String::from_utf8(send(&app, get(path)).await.body.to_vec()).unwrap();
            let links: Vec<_> =
                page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(links.len() > 40);
            for link in links {
                assert_eq!(page.matches(&format!("id=\"{link}\"")).count(), 1, "#{link} in {path}");
            }
        }
    }

    /// Every description that the operations on payments show, the types they name included.
    fn descriptions(document: &Value, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("description", Value::String(text)) => {
                            let codes = text
                                .split_once(": ")
                                .filter(|(codes, _)| !codes.contains(char::is_lowercase));
                            found.push(codes.map_or(text.as_str(), |(_, rest)| rest).to_owned());
                        }
                        ("$ref", Value::String(target)) => {
                            let schema = document.pointer(target.trim_start_matches('#')).unwrap();
                            descriptions(document, schema, found);
                        }
                        ("headers", _) => {}
                        _ => descriptions(document, member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| descriptions(document, item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_operation_and_group_has_a_korean_title() {
        let document = serde_json::to_value(router::openapi()).unwrap();
        for operation in Operation::all(&document) {
            assert!(Lang::Ko.operation(operation.id()).is_some(), "{} has none", operation.id());
            assert_ne!(Lang::Ko.group(operation.tag()), operation.tag());
        }
    }

    #[test]
    fn everything_about_payments_is_said_in_korean() {
        let document = serde_json::to_value(router::openapi()).unwrap();
        for path in [
            "/payments/authorize",
            "/payments/capture/{paymentId}",
            "/payments/refund/{paymentId}",
            "/payments",
        ] {
            let mut found = Vec::new();
            for operation in document["paths"][path].as_object().unwrap().values() {
                for part in ["parameters", "requestBody", "responses"] {
                    descriptions(&document, &operation[part], &mut found);
                }
            }
            assert!(found.len() > 40);
            for text in found {
                let korean = Lang::Ko.say(&text);
                assert!(
                    korean.chars().any(|c| ('가'..='힣').contains(&c)) || text.starts_with('`'),
                    "no Korean for: {text}"
                );
            }
        }
    }
}
