//! Operators: who calls (`guard`), what each role may do (`access`), logging in and out, and managing who may.
//!
//! A login is needed once the platform listens beyond loopback (`SWELITE_LOGIN`). Until then whoever reaches the port is the
//! operator `local`, an admin. Merchants are not operators: the network is trusted until they have keys, so their calls need
//! no session and leave no audit row.

pub(crate) mod access;
mod accounts;
pub(crate) mod actor;
pub(crate) mod cookie;
pub(crate) mod guard;
mod list;
pub mod login;
mod password;
mod reasoned;
pub mod secret;
mod session;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use actor::{Acting, Calling};
use engine::operators::OperatorRefusal;
pub(crate) use reasoned::Reasoned;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    problem::{Code, Problem},
    state::AppState,
};

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
