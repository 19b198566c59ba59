//! Who may run the platform: accounts, one-time links, sessions, tokens of programs, and what keeps guessing slow.
//!
//! Each use case is one transaction over all operators (there are few), and leaves one row in the audit log, committed with what
//! it changed. Secrets and passwords come in as hashes: neither is ever here.
//!
//! Invariant: once there is an admin who can log in there always is one; only a lost password can lock everyone out, and then
//! [`links::recovery`] helps whoever may open the books.

pub mod accounts;
mod desk;
pub mod links;
pub mod login;
pub mod sessions;

use thiserror::Error;

use crate::ports::{Digest, StoreError};

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum OperatorRefusal {
    /// Nobody has that name.
    #[error("there is no such operator")]
    NotFound,
    /// Somebody has that name.
    #[error("the name is taken")]
    NameTaken,
    /// Nobody would be left who may say who else may.
    #[error("it is the last admin who can log in")]
    LastAdmin,
    /// Its password has not been set, or it has been disabled.
    #[error("it cannot log in")]
    Inactive,
    /// The link was used, has run out, or never was.
    #[error("the link is not good (any more)")]
    LinkOver,
    /// The link is for the first admin, who has to be named.
    #[error("the first admin needs a name")]
    NameMissing,
    /// The store did not do it.
    #[error("change operators")]
    Store(#[from] StoreError),
}

/// A secret that is about to be given to somebody: what is kept of it, and for how long it is good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Issued {
    /// SHA-256 of the secret itself.
    pub sha256: Digest,
    /// How long it is good, unless it is used.
    pub idle_seconds: u32,
    /// How long it is good at most.
    pub seconds: u32,
}
