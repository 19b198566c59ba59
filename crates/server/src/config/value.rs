//! How each kind of value is written. A value that is not understood says what would be.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use hyper::Uri;

use super::fault::{Wrong, wrong};

/// Something a setting can be.
pub(super) trait Value: Sized {
    /// Whether it is never shown.
    const SECRET: bool = false;

    /// Reads it, or says what would be right.
    fn parse(text: &str) -> Result<Self, Wrong>;
}

/// Where to listen: an address, and a port if it names one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListenAddress {
    /// The address.
    pub ip: IpAddr,
    /// Its port; wins over `SERVER_PORT`.
    pub port: Option<u16>,
}

/// The address of a service: `http://host[:port][/path]`, without a slash at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpUrl(Box<str>);

/// A web origin: `scheme://host[:port]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(Box<str>);

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl ListenAddress {
    /// Reads one, for flags that are no settings.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        Self::parse(text)
    }
}

impl HttpUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Secret {
    /// The secret itself; only for whoever logs in with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn parse(text: &str) -> Result<Self, Wrong> {
                let max = <$type>::MAX;
                text.parse().map_err(|_| {
                    wrong(format!("must be a whole number, at most {max}"), format!("{max} 이하의 정수여야 해요"))
                })
            }
        }
    )*};
}
numbers!(u16, u32);

impl Value for bool {
    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err(wrong(
                "must be `on` or `off` (or `true` or `false`)",
                "`on`이나 `off`(또는 `true`나 `false`)여야 해요",
            )),
        }
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, Wrong> {
        Ok(text.to_owned())
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            Err(wrong("must be a path", "경로를 적어야 해요"))
        } else {
            Ok(Self::from(text))
        }
    }
}

impl Value for Secret {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, Wrong> {
        Ok(Self(text.into()))
    }
}

impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }
}

/// Comma-separated.
impl<T: Value> Value for Vec<T> {
    fn parse(text: &str) -> Result<Self, Wrong> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::parse).collect()
    }
}

impl Value for ListenAddress {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.replace("localhost", "127.0.0.1");
        if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
            return Ok(Self { ip, port: None });
        }
        let with_port: Result<std::net::SocketAddr, _> = text.parse();
        with_port.map(|address| Self { ip: address.ip(), port: Some(address.port()) }).map_err(|_| {
            wrong(
                "must be an IP address such as `127.0.0.1`, with a port if you like: `127.0.0.1:8080`",
                "`127.0.0.1` 같은 IP 주소여야 해요. `127.0.0.1:8080`처럼 포트를 붙여도 돼요",
            )
        })
    }
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self { ip: Ipv4Addr::LOCALHOST.into(), port: None }
    }
}

impl Value for HttpUrl {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let trimmed = text.trim_end_matches('/');
        let uri: Option<Uri> = trimmed.parse().ok();
        let usable = uri.is_some_and(|uri| {
            uri.scheme_str() == Some("http")
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
        });
        if usable {
            return Ok(Self(trimmed.into()));
        }
        Err(wrong(
            "must be an address such as `http://127.0.0.1:8090` (https is not built in)",
            "`http://127.0.0.1:8090` 같은 주소여야 해요. https는 쓸 수 없어요",
        ))
    }
}

impl Value for Origin {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let uri: Option<Uri> = text.parse().ok();
        let parts = uri.map(Uri::into_parts);
        let bare = parts.is_some_and(|parts| {
            let scheme = parts.scheme.as_ref().map(|scheme| scheme.as_str());
            let path = parts.path_and_query.as_ref().map_or("", |path| path.as_str());
            matches!(scheme, Some("http" | "https")) && parts.authority.is_some() && matches!(path, "" | "/")
        });
        if bare && !text.ends_with('/') && !text.contains('@') {
            return Ok(Self(text.into()));
        }
        let must = "must be origins such as `http://localhost:5173`, separated by commas";
        let must_korean = "`http://localhost:5173` 같은 출처를 쉼표로 나눠 적어야 해요";
        // What stands before an `@` may be a password.
        if text.contains('@') {
            return Err(wrong(
                format!("{must}, without a user or a password"),
                format!("{must_korean}. 사용자나 비밀번호는 적지 않아요"),
            ));
        }
        Err(wrong(format!("{must}; `{text}` is none"), format!("{must_korean}. `{text}`: 출처가 아니에요")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_address_may_name_its_port() {
        let parsed =
            |text: &str| ListenAddress::parse(text).map(|address| (address.ip.to_string(), address.port));
        assert_eq!(parsed("0.0.0.0"), Ok(("0.0.0.0".into(), None)));
        assert_eq!(parsed("127.0.0.1:9000"), Ok(("127.0.0.1".into(), Some(9000))));
        assert_eq!(parsed("localhost:9000"), Ok(("127.0.0.1".into(), Some(9000))));
        assert_eq!(parsed("::1"), Ok(("::1".into(), None)));
        assert_eq!(parsed("[::1]:80"), Ok(("::1".into(), Some(80))));
        assert!(parsed("example.com").is_err());
        assert!(parsed("127.0.0.1:99999").is_err());
    }

    #[test]
    fn an_address_of_a_service_is_plain_http() {
        assert_eq!(HttpUrl::parse("http://127.0.0.1:8090/").unwrap().as_str(), "http://127.0.0.1:8090");
        for text in ["https://a", "127.0.0.1:8090", "http://", "http://a?b", "ftp://a"] {
            assert!(HttpUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(Origin::parse("https://shop.example:8443").is_ok());
        for text in
            ["*", "https://shop.example/", "https://shop.example/a", "shop.example", "https://u@shop.example"]
        {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
        let told = Vec::<Origin>::parse("https://a.example,https://shop:hunter2@shop.example").unwrap_err();
        assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
        assert!(told.english.contains("without a user"), "{told:?}");
    }

    #[test]
    fn a_secret_is_not_shown_even_by_debug() {
        assert_eq!(format!("{:?}", Secret::parse("hunter2").unwrap()), "(hidden)");
    }
}
