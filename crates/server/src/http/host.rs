//! Whom a request that came over a connection is addressed to: exactly one `Host`, as HTTP/1.1 demands (RFC 9112, 3.2). Two of them, or
//! one that cannot be read, would let somebody in front of us and ourselves take one request for two different ones.

use axum::http::{Request, Version, header, uri::Authority};

use super::problem::{Code, Problem};

/// What is wrong with the address of a request; an extension of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Misaddressed(&'static str);

impl Misaddressed {
    /// What is wrong, if anything is.
    pub(crate) fn find<B>(request: &Request<B>) -> Option<Self> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        match (hosts.next(), hosts.next()) {
            (None, _) if request.version() < Version::HTTP_11 => None,
            (None, _) => Some(Self("the header Host is missing")),
            (Some(_), Some(_)) => Some(Self("there is more than one header Host")),
            // Who asks for what has no authority says so with nothing.
            (Some(host), None) if host.is_empty() => None,
            (Some(host), None) => {
                let sound =
                    Authority::try_from(host.as_bytes()).is_ok_and(|host| !host.as_str().contains('@'));
                (!sound).then_some(Self("the header Host is not a host"))
            }
        }
    }
}

impl From<Misaddressed> for Problem {
    fn from(Misaddressed(what): Misaddressed) -> Self {
        Self::new(Code::MalformedRequest, what).with_advice("send one Host header that names the server")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(version: Version, hosts: &[&str]) -> Option<&'static str> {
        let mut request = Request::builder().version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        Misaddressed::find(&request.body(()).unwrap()).map(|Misaddressed(what)| what)
    }

    #[test]
    fn one_host_is_asked_for_and_no_more() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:80", "[::1]:8080", "pay.example.com", ""] {
            assert_eq!(find(Version::HTTP_11, &[host]), None, "{host}");
        }
        assert_eq!(find(Version::HTTP_11, &[]), Some("the header Host is missing"));
        assert_eq!(find(Version::HTTP_10, &[]), None, "HTTP/1.0 has none");
        let two = Some("there is more than one header Host");
        for hosts in [["a", "b"], ["a", "a"], ["", ""]] {
            assert_eq!(find(Version::HTTP_11, &hosts), two, "{hosts:?}");
            assert_eq!(find(Version::HTTP_10, &hosts), two, "{hosts:?}");
        }
        for host in ["a b", "a/b", "a, b", "user@host", "http://a", "a:b:c", "é"] {
            assert_eq!(find(Version::HTTP_11, &[host]), Some("the header Host is not a host"), "{host}");
        }
    }
}
