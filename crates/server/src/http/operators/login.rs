//! How operators log in: whether they must, how long it lasts, and the page that lets them in.

use crate::password::Passwords;

/// Who must log in, and how long that lasts.
#[derive(Debug)]
pub struct Login {
    /// Whether operators must log in.
    pub required: bool,
    /// Where browsers find this platform, e.g. `https://pay.example`.
    pub public_url: Option<String>,
    /// Whether a proxy of ours says in `X-Forwarded-*` who called and how.
    pub trust_forwarded: bool,
    /// How long a session lasts that is not used.
    pub session_idle_seconds: u32,
    /// How long a session lasts at most.
    pub session_seconds: u32,
    /// How long a one-time link is good.
    pub link_seconds: u32,
    /// What hashes passwords.
    pub passwords: Passwords,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            required: false,
            public_url: None,
            trust_forwarded: false,
            session_idle_seconds: 3600,
            session_seconds: 43_200,
            link_seconds: 86_400,
            passwords: Passwords::default(),
        }
    }
}

/// The page on which a one-time link sets a password. The secret stands in the fragment, which a browser sends to nobody.
pub fn link_path(name: Option<&str>, secret: &str) -> String {
    match name {
        Some(name) => format!("/console/welcome#name={name}&link={secret}"),
        None => format!("/console/welcome#link={secret}"),
    }
}
