//! The cookie of a session. Scripts cannot read it, and a browser sends it only for pages of our own.

use axum::http::{HeaderMap, HeaderValue, header};
use engine::ports::Digest;

use super::{login::Login, secret};

/// Where the connection may be plain.
const PLAIN: &str = "swelite_session";
/// Where it is TLS: a browser takes it over TLS only, for this host only.
const SECURE: &str = "__Host-swelite_session";

/// The session of a request, as it is kept.
pub(crate) fn session(headers: &HeaderMap) -> Option<Digest> {
    secret::kept(value(headers)?, "")
}

/// Whether a request has the cookie, whatever stands in it.
pub(crate) fn is_there(headers: &HeaderMap) -> bool {
    value(headers).is_some()
}

fn value(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.filter(|(name, value)| [PLAIN, SECURE].contains(name) && !value.is_empty());
    ours.map(|(_, value)| value).next()
}

/// The cookie that makes a browser this session.
pub(super) fn of(text: &str, login: &Login, headers: &HeaderMap) -> Option<HeaderValue> {
    written(text, login.session_seconds, is_secure(login, headers))
}

/// The cookie that makes a browser forget it.
pub(super) fn none(login: &Login, headers: &HeaderMap) -> Option<HeaderValue> {
    written("", 0, is_secure(login, headers))
}

fn written(text: &str, seconds: u32, secure: bool) -> Option<HeaderValue> {
    let (name, rest) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    let cookie = format!("{name}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{rest}");
    HeaderValue::try_from(cookie).ok()
}

/// Whether browsers come over TLS: the settings say so, or a proxy that is trusted does.
fn is_secure(login: &Login, headers: &HeaderMap) -> bool {
    let set = login.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let forwarded = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    set || (login.trust_forwarded && forwarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_for_us_alone() {
        let headers = HeaderMap::new();
        let plain = of("abc", &Login::default(), &headers).unwrap();
        assert_eq!(plain, "swelite_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
        let public_url = Some("https://pay.example".to_owned());
        let secure = of("abc", &Login { public_url, ..Login::default() }, &headers).unwrap();
        let said = secure.to_str().unwrap();
        assert!(said.starts_with("__Host-swelite_session=abc;") && said.ends_with("; Secure"), "{said}");
    }

    #[test]
    fn a_proxy_is_believed_only_when_it_is_trusted() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let trusting = Login { trust_forwarded: true, ..Login::default() };
        assert!(!of("a", &Login::default(), &headers).unwrap().to_str().unwrap().contains("Secure"));
        assert!(of("a", &trusting, &headers).unwrap().to_str().unwrap().contains("Secure"));
    }

    #[test]
    fn what_is_no_session_of_ours_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("theme=dark; swelite_session=short"));
        assert_eq!(session(&headers), None);
        assert!(is_there(&headers));
        let text = "A".repeat(43);
        headers.insert(header::COOKIE, format!("a=b; __Host-swelite_session={text}").parse().unwrap());
        assert_eq!(session(&headers), secret::kept(&text, ""));
    }
}
