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

use std::sync::Arc;

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
use super::{problem::Problem, query::Query, state::AppState};

/// The paths of [`routes`], for the request counters.
pub(crate) const PATHS: [&str; 4] = ["/docs", "/docs/page.css", "/docs/page.js", "/openapi.json"];

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages for `document`.
pub(crate) fn routes(document: &OpenApi) -> Router<AppState> {
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let value = serde_json::to_value(document).unwrap_or_default();
    let pages: Arc<[Bytes; 2]> = Arc::new([Lang::Ko, Lang::En].map(|lang| page::page(&value, lang).into()));
    Router::new()
        .route("/openapi.json", get(move || std::future::ready(file("application/json", json.clone()))))
        .route("/docs", get(move |query, headers| std::future::ready(docs(&pages, query, &headers))))
        .route(
            "/docs/page.css",
            get(async || file("text/css; charset=utf-8", Bytes::from_static(include_bytes!("page.css")))),
        )
        .route(
            "/docs/page.js",
            get(async || {
                file("text/javascript; charset=utf-8", Bytes::from_static(include_bytes!("page.js")))
            }),
        )
}

fn docs(pages: &[Bytes; 2], RawQuery(query): RawQuery, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let asked = query.parsed::<Lang>("lang");
    query.finish()?;
    let page = match asked.unwrap_or_else(|| Lang::accepted(headers)) {
        Lang::Ko => &pages[0],
        Lang::En => &pages[1],
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
    use crate::http::{
        problem::Code,
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
}
