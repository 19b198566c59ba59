//! Operators: who calls (`guard`), what each role may do (`access`), logging in and out, and managing who may.
//!
//! A login is needed once the platform listens beyond loopback (`SWELITE_LOGIN`). Until then whoever reaches the port is the
//! operator `local`, an admin. Merchants are not operators: the network is trusted until they have keys, so their calls need
//! no session and leave no audit row.

pub(crate) mod access;
mod accounts;
mod actor;
pub(crate) mod cookie;
pub(crate) mod guard;
mod list;
mod password;
pub mod secret;
mod session;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use actor::{Acting, Actor, Calling, Reasoned};
use engine::operators::OperatorRefusal;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    problem::{Code, Problem},
    state::AppState,
};
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

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(session::get, session::begin, session::end))
        .routes(routes!(password::redeem))
        .routes(routes!(password::change))
        .routes(routes!(list::list, accounts::add))
        .routes(routes!(accounts::change))
        .routes(routes!(accounts::link))
        .routes(routes!(tokens::issue, tokens::end))
}

impl From<OperatorRefusal> for Problem {
    fn from(refusal: OperatorRefusal) -> Self {
        match refusal {
            OperatorRefusal::NotFound => Self::not_found("operator"),
            OperatorRefusal::NameTaken => Self::new(Code::OperatorConflict, "the name is taken"),
            OperatorRefusal::LastAdmin => {
                Self::new(Code::OperatorConflict, "nobody would be left who may manage operators")
            }
            OperatorRefusal::Inactive => {
                Self::new(Code::OperatorConflict, "the operator has no password yet, or is disabled")
            }
            OperatorRefusal::LinkOver => {
                Self::new(Code::Unauthenticated, "the link has been used, has run out, or never was")
                    .with_advice("ask an admin for a new link")
            }
            OperatorRefusal::NameMissing => Self::new(Code::ValidationError, "the first admin needs a name"),
            OperatorRefusal::Store(error) => error.into(),
        }
    }
}
