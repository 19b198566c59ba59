//! Who must log in, and how long that lasts.

use super::{
    fault::{Wrong, wrong},
    section::section,
    value::{Origin, Value},
};

/// When operators must log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginMode {
    /// Beyond loopback.
    Auto,
    /// Always.
    On,
}

impl Value for LoginMode {
    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            _ => Err(wrong(
                "must be `auto` or `on`: beyond loopback operators always log in",
                "`auto`나 `on`이어야 해요. 루프백 밖에서는 운영자가 언제나 로그인해요",
            )),
        }
    }
}

section! {
    /// Who must log in, and how long that lasts.
    Login = "login" {
        /// Whether operators must log in: `auto`, which is when the platform listens beyond loopback, or `on`.
        mode: LoginMode = "SWELITE_LOGIN", "auto";
        /// Where browsers find the platform, such as `https://pay.example`. One-time links begin with it, and with `https` the
        /// session's cookie travels over TLS only.
        public_url: Option<Origin> = "SWELITE_PUBLIC_URL", "";
        /// Whether `X-Forwarded-Proto` and `X-Forwarded-For` are believed: on only where a proxy of ours sets them and nobody
        /// reaches the port past it.
        trust_forwarded: bool = "SWELITE_TRUST_FORWARDED", "off";
        /// How long a session lasts that is not used, in seconds.
        session_idle_seconds: u32 = "SWELITE_SESSION_IDLE_SECONDS", "3600", 60..=604_800;
        /// How long a session lasts at most, in seconds.
        session_seconds: u32 = "SWELITE_SESSION_SECONDS", "43200", 60..=2_592_000;
        /// How long a one-time link is good, in seconds.
        link_seconds: u32 = "SWELITE_LOGIN_LINK_SECONDS", "86400", 60..=2_592_000;
    }
}
