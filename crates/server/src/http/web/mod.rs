//! The web pages: the store at `/`, the console at `/console`, the developer pages at `/dev`.
//!
//! They are files of this build (`web/dist`), embedded in the binary with their compressed copies; a debug build reads them from
//! the source tree. A page's own address (`/orders/17`) is answered with the entry that shows it, but only to a browser: a
//! program that asks for a path that does not exist still hears a problem. Nothing here is written by a request, and the
//! Content-Security-Policy lets a page reach this server only.

mod policy;

use std::sync::OnceLock;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{hex, preference::prefers_html};

/// What `npm run build` made; empty when it was not run.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// Named after their content: they never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// May be kept, but must be asked about before it is used again.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Addresses of the store's pages besides `/`; with a slash at the end: and everything below.
const STORE_PAGES: [&str; 7] = ["/c/", "/p/", "/search", "/cart", "/checkout", "/orders", "/orders/"];
const CONSOLE_PAGES: [&str; 4] = ["/console", "/console/", "/dev", "/dev/"];

/// The store's entry with the home page already drawn in it: it can be read before any script has arrived.
const HOME: &str = "home.html";

/// What an entry is answered with when the pages were not built.
const NOT_BUILT: &str = include_str!("not_built.html");

/// The file or page a request asks for; `None` when it asks for neither.
pub(super) fn answer(request: &Request) -> Option<Response> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path();
    let name = path.trim_start_matches('/');
    let is_file = !name.is_empty() && !name.ends_with(".html") && !is_compressed_copy(name);
    if let Some(file) = is_file.then(|| Files::get(name)).flatten() {
        return Some(of_file(name, file, request.headers()));
    }
    let entry = entry_of(path).filter(|_| prefers_html(request.headers()))?;
    let is_home = path == "/" && request.uri().query().is_none();
    let home = is_home.then(|| Files::get(HOME)).flatten().map(|file| (HOME, file));
    let Some((entry, file)) = home.or_else(|| Some((entry, Files::get(entry)?))) else {
        return Some(not_built());
    };
    let policy = policy::policy(&file.data);
    let mut response = of_file(entry, file, request.headers());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(response)
}

/// Whether a browser is shown a page at this path.
pub(super) fn is_page(path: &str) -> bool {
    entry_of(path).is_some()
}

/// Where a page that the server writes itself wants the letters of the others.
const LETTERS: &str = "/* letters */";

/// A page of the server's own, in the letters of the others; `status` is what it is answered with.
pub(super) fn own_page(status: StatusCode, html: &str) -> Response {
    let html = html.replacen(LETTERS, letters(), 1);
    let policy = policy::policy(html.as_bytes());
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The style rules that load the pages' fonts, as the build has written them; nothing where the pages were not built.
pub(super) fn letters() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let sheets = Files::iter().filter(|name| name.starts_with("assets/") && name.ends_with(".css"));
        let texts = sheets.filter_map(|name| Files::get(&name)).map(|file| faces(&file.data));
        texts.max_by_key(String::len).unwrap_or_default()
    })
}

/// The rules of a style sheet that load fonts.
fn faces(sheet: &[u8]) -> String {
    let sheet = String::from_utf8_lossy(sheet);
    let rules = sheet.split("@font-face").skip(1).filter_map(|rest| rest.split_once('}'));
    rules.map(|(rule, _)| format!("@font-face{rule}}}\n")).collect()
}

fn entry_of(path: &str) -> Option<&'static str> {
    let among = |pages: &[&str]| {
        pages.iter().any(|page| match page.ends_with('/') {
            true => path.len() > page.len() && path.starts_with(page),
            false => path == *page,
        })
    };
    if among(&CONSOLE_PAGES) {
        return Some("console.html");
    }
    (path == "/" || among(&STORE_PAGES)).then_some("index.html")
}

fn is_compressed_copy(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

fn of_file(name: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", &hex(&file.metadata.sha256_hash())[..32]);
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if name.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN });
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if known.is_some_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    let (bytes, encoding) = smallest(name, file, request);
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = Body::from(bytes);
    response
}

/// The copy with the fewest bytes that the caller understands.
fn smallest(
    name: &str,
    file: EmbeddedFile,
    request: &HeaderMap,
) -> (std::borrow::Cow<'static, [u8]>, Option<&'static str>) {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        let understood = accepted
            .split(',')
            .map(|one| one.split_once(';').map_or((one, ""), |(name, quality)| (name, quality)))
            .any(|(name, quality)| name.trim() == encoding && quality.trim() != "q=0");
        if !understood {
            continue;
        }
        if let Some(copy) = Files::get(&format!("{name}.{extension}")) {
            return (copy.data, Some(encoding));
        }
    }
    (file.data, None)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response {
    let mut response = Response::new(Body::from(NOT_BUILT));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{Behaviour, app, ok, send};

    fn asking(path: &str, accept: &str) -> Request {
        Request::get(path).header("accept", accept).body(Body::empty()).unwrap()
    }

    #[test]
    fn every_page_has_its_entry_and_nothing_else_has_one() {
        for (path, entry) in [
            ("/", Some("index.html")),
            ("/p/iphone-17-pro", Some("index.html")),
            ("/orders/0001-ABCD/flow", Some("index.html")),
            ("/cart", Some("index.html")),
            ("/console", Some("console.html")),
            ("/console/payments/7", Some("console.html")),
            ("/dev", Some("console.html")),
            ("/carts", None),
            ("/p/", None),
            ("/payments", None),
            ("/console.html", None),
        ] {
            assert_eq!(entry_of(path), entry, "{path}");
        }
    }

    #[tokio::test]
    async fn a_program_hears_a_problem_where_a_browser_sees_a_page() {
        let app = app(Behaviour::Reply(ok()));
        for path in ["/", "/console", "/cart"] {
            let answer = send(&app, asking(path, "application/json")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (404, "application/problem+json")
            );
            let answer = send(&app, asking(path, "text/html,*/*")).await;
            assert!(answer.header("content-type").starts_with("text/html"), "{path}: {answer:?}");
        }
    }

    #[test]
    fn pages_of_the_servers_own_load_the_fonts_of_this_build() {
        let rules = "@font-face { font-family: a; src: url(/assets/a.woff2) }\n";
        assert_eq!(faces(format!("p {{ color: red }}\n{rules}q {{}}").as_bytes()), rules);
        assert_eq!(faces(b"p{}"), "");
        let Some(font) = Files::iter().find(|name| name.starts_with("assets/pretendard-latin")) else {
            return;
        };
        assert!(letters().contains(&format!("url(/{font})")), "{font}: {}", letters());
        let page = own_page(StatusCode::NOT_FOUND, "<style>/* letters */</style>");
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.contains("font-src 'self'") && policy.contains("style-src 'self' 'sha256-"),
            "{policy}"
        );
    }

    #[test]
    fn the_smallest_copy_that_is_understood_is_sent_and_a_known_one_is_not() {
        let Some(name) = Files::iter().find(|name| name.ends_with(".js.br")) else { return };
        let name = name.trim_end_matches(".br");
        let file = || Files::get(name).unwrap();
        let of = |encoding: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
            of_file(name, file(), &headers)
        };
        assert_eq!(of("gzip, br").headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(of("gzip, br;q=0").headers()[header::CONTENT_ENCODING], "gzip");
        assert!(!of("identity").headers().contains_key(header::CONTENT_ENCODING));
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, of("").headers()[header::ETAG].clone());
        assert_eq!(of_file(name, file(), &headers).status(), StatusCode::NOT_MODIFIED);
    }
}
