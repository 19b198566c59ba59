//! Secrets that are given away: 256 random bits as text, and the SHA-256 that is kept of them.

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;
use engine::{digest::sha256, operators::Issued, ports::Digest};

use crate::http::problem::Problem;

/// What a token of a program begins with, so that it is known when it is found where it should not be.
pub const TOKEN_PREFIX: &str = "swo_";
/// Characters of 256 bits.
const LENGTH: usize = 43;

/// A secret, once.
pub struct Fresh {
    /// For whoever it is for; shown once.
    pub text: String,
    /// What is kept.
    pub issued: Issued,
}

impl Fresh {
    /// A secret that is good for `seconds`, and for `idle_seconds` unless it is used.
    pub fn new(prefix: &str, idle_seconds: u32, seconds: u32) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes)?;
        let text = format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes));
        let issued = Issued { sha256: sha256(text.as_bytes()), idle_seconds, seconds };
        Ok(Self { text, issued })
    }

    /// The same for a route.
    pub(crate) fn or_problem(prefix: &str, idle_seconds: u32, seconds: u32) -> Result<Self, Problem> {
        Self::new(prefix, idle_seconds, seconds)
            .map_err(|_| Problem::unavailable("this machine gives no randomness"))
    }
}

/// What is kept of a secret with this prefix; `None` for a text that never was one.
pub(crate) fn kept(text: &str, prefix: &str) -> Option<Digest> {
    let rest = text.strip_prefix(prefix)?;
    let plain = rest.len() == LENGTH
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    plain.then(|| sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_what_is_kept_of_it() {
        let one = Fresh::new(TOKEN_PREFIX, 1, 2).unwrap();
        let other = Fresh::new(TOKEN_PREFIX, 1, 2).unwrap();
        assert_ne!(one.text, other.text);
        assert_eq!(kept(&one.text, TOKEN_PREFIX), Some(one.issued.sha256));
        assert_eq!(one.text.len(), TOKEN_PREFIX.len() + LENGTH);
        for wrong in ["", "swo_", &one.text[1..], &format!("{}=", one.text), &one.text[..46]] {
            assert_eq!(kept(wrong, TOKEN_PREFIX), None, "{wrong}");
        }
    }
}
