//! The Content-Security-Policy of the pages: they load from this server only, and run nothing that is written in a page.
//!
//! The home page carries its style and its first script in itself, so that it can be drawn with its first bytes. They are
//! allowed by their hashes, which are taken of the page as it is sent: anything else inline stays forbidden.

use axum::http::HeaderValue;
use data_encoding::BASE64;
use engine::digest::sha256;

const REST: &str = "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The policy of a page with these bytes.
pub(super) fn policy(page: &[u8]) -> HeaderValue {
    let page = String::from_utf8_lossy(page);
    let (scripts, styles) = (allowed(&page, "script"), allowed(&page, "style"));
    let policy = format!("script-src 'self'{scripts}; style-src 'self'{styles}; {REST}");
    let strictest = HeaderValue::from_static("default-src 'none'");
    HeaderValue::from_str(&policy).unwrap_or(strictest)
}

/// The hashes of the elements that stand in the page without an attribute, each after a space.
fn allowed(page: &str, element: &str) -> String {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let bodies = page.split(&begin).skip(1).filter_map(|rest| rest.split_once(&end));
    bodies.map(|(body, _)| format!(" 'sha256-{}'", BASE64.encode(&sha256(body.as_bytes())))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_page_is_allowed_by_its_hash_and_nothing_else() {
        let plain = policy(b"<script src=\"/theme.js\"></script><link rel=\"stylesheet\" href=\"/a.css\">");
        let plain = plain.to_str().unwrap();
        assert!(plain.starts_with("script-src 'self'; style-src 'self'; default-src 'none';"), "{plain}");
        let inline =
            policy(b"<style>a{}</style><script>alert(1)</script><script type=\"module\" src=\"/b.js\">");
        let inline = inline.to_str().unwrap();
        // From `printf %s 'alert(1)' | openssl dgst -sha256 -binary | base64`.
        let script = "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';";
        let style = "style-src 'self' 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk=';";
        assert!(inline.contains(script), "{inline}");
        assert!(inline.contains(style), "{inline}");
        assert!(!inline.contains("unsafe"), "{inline}");
    }
}
