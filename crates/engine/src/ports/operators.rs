//! Who may run the platform: accounts, what they prove themselves with, and one transaction over all of it.
//!
//! A secret (a session, a token of a program, a one-time link) is known here by its SHA-256 only: who reads the database can
//! log in as nobody.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use domain::{
    id::{OperatorId, OperatorName},
    operator::Role,
    time::Timestamp,
};

use super::{AuditEntry, Digest, StoreError};

/// What a password is checked against, as its own text says how. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub Box<str>);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Someone who may run the platform. Never deleted: the audit log names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Its number.
    pub id: OperatorId,
    /// Its name, which is unique.
    pub name: OperatorName,
    /// What it may do.
    pub role: Role,
    /// `None` until the one-time link has been used.
    pub password: Option<PasswordHash>,
    /// Since when it may do nothing at all.
    pub disabled_at: Option<Timestamp>,
    /// Since when it is known.
    pub created_at: Timestamp,
}

impl Operator {
    /// Whether it can log in.
    pub fn is_active(&self) -> bool {
        self.password.is_some() && self.disabled_at.is_none()
    }

    /// Whether it may say who else may, and can log in to do so.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin && self.is_active()
    }
}

/// What a secret is good for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecretKind {
    /// Sets a password, once.
    Link,
    /// A browser that is logged in.
    Session,
    /// A program that acts for an operator.
    Token,
}

impl SecretKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Link, Self::Session, Self::Token];

    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Session => "session",
            Self::Token => "token",
        }
    }
}

/// Something that proves who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    /// SHA-256 of the secret itself, which only its holder has.
    pub sha256: Digest,
    /// What it is good for.
    pub kind: SecretKind,
    /// Whose; `None` for the link that makes the first admin.
    pub operator: Option<OperatorId>,
    /// What its holder calls it.
    pub label: Option<Box<str>>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// Until when it is good, unless it is used.
    pub expires_at: Timestamp,
    /// Until when it is good at most.
    pub ends_at: Timestamp,
}

/// Tries to log in, counted in a window of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoginAttempts {
    /// How many.
    pub count: u32,
    /// Since when.
    pub since: Timestamp,
}

/// What an operator transaction loads beside the operators.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorKeys {
    /// The secret it is about.
    pub secret: Option<Digest>,
    /// The counters of tries to log in it is about.
    pub attempts: Vec<Digest>,
}

/// What an operator transaction found.
#[derive(Clone, Debug, Default)]
pub struct OperatorState {
    /// The time of this transaction.
    pub now: Timestamp,
    /// Every operator, by name.
    pub operators: Vec<Operator>,
    /// The secret, if it is there and good.
    pub secret: Option<Secret>,
    /// The counters that are there.
    pub attempts: HashMap<Digest, LoginAttempts>,
}

/// Which secrets end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretEnd {
    /// This one.
    One(Digest),
    /// All of a kind of an operator (`None`: of nobody yet), but this one.
    All(SecretKind, Option<OperatorId>, Option<Digest>),
}

/// All an operator transaction writes. What has run out is deleted with it.
#[derive(Clone, Debug, Default)]
pub struct OperatorChanges {
    /// Operators as they are now; one that is not known yet is added.
    pub operators: Vec<Operator>,
    /// Secrets that end; before others begin.
    pub ended: Vec<SecretEnd>,
    /// Secrets as they are now; one that is not known yet is added.
    pub secrets: Vec<Secret>,
    /// Counters as they are now; `None` starts anew.
    pub attempts: Vec<(Digest, Option<LoginAttempts>)>,
    /// Who did what.
    pub audit: Vec<AuditEntry>,
}

/// An open operator transaction: one at a time, over all replicas. Dropping it rolls back.
#[async_trait]
pub trait OperatorBatch: Send {
    /// What was found; taken once.
    fn take_state(&mut self) -> OperatorState;

    /// Writes everything and commits.
    async fn commit(self: Box<Self>, changes: &OperatorChanges) -> Result<(), StoreError>;
}
