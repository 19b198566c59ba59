//! Who calls, as an operator.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use domain::{id::OperatorName, operator::Role, text::Reason};
use engine::ports::{Digest, Operator, OperatorAct, Secret, SecretKind};

use crate::http::{
    problem::{Code, Problem},
    request_id::RequestId,
};

/// Whoever reaches the port where nobody has to log in.
const LOCAL: &str = "local";

/// An operator who calls.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    name: Arc<str>,
    pub(crate) role: Role,
    /// Its account; `None` where nobody has to log in.
    pub(crate) operator: Option<OperatorName>,
    /// The session of its browser; `None` for a program.
    pub(crate) session: Option<Digest>,
}

impl Actor {
    /// Whoever calls, where nobody has to log in.
    pub(crate) fn local() -> Self {
        Self { name: LOCAL.into(), role: Role::Admin, operator: None, session: None }
    }

    /// Who a secret says calls.
    pub(crate) fn of(secret: &Secret, operator: &Operator) -> Self {
        Self {
            name: operator.name.as_str().into(),
            role: operator.role,
            operator: Some(operator.name.clone()),
            session: (secret.kind == SecretKind::Session).then_some(secret.sha256),
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// An act of theirs by this call.
    pub(crate) fn act(&self, request_id: &str, reason: Option<&Reason>) -> OperatorAct {
        OperatorAct {
            actor: self.name.as_ref().into(),
            role: self.role,
            reason: reason.map(|reason| reason.as_str().into()),
            request_id: request_id.into(),
        }
    }
}

/// The operator who calls, and by which call: for routes that only operators reach.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    pub(crate) actor: Actor,
    request: RequestId,
}

impl Acting {
    /// An act of theirs.
    pub(crate) fn act(&self, reason: Option<&Reason>) -> OperatorAct {
        self.actor.act(&self.request.0, reason)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Calling { request, actor } = Calling::of(parts);
        let actor = actor.ok_or_else(|| Problem::new(Code::Unauthenticated, "nobody is signed in"))?;
        Ok(Self { actor, request })
    }
}

/// What of a call is not in its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    /// The request's headers.
    pub(crate) headers: &'a HeaderMap,
    /// The call's id.
    pub(crate) request_id: &'a str,
    /// The operator whose act it is; a merchant's call is nobody's.
    pub(crate) actor: Option<&'a Actor>,
}

/// The call, and the operator who makes it, if one does: for routes that merchants reach too.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    request: RequestId,
    actor: Option<Actor>,
}

impl Calling {
    /// What of the call is not in its body.
    pub(crate) fn caller<'a>(&'a self, headers: &'a HeaderMap) -> Caller<'a> {
        Caller { headers, request_id: &self.request.0, actor: self.actor.as_ref() }
    }

    /// Whether an operator calls: a merchant is not told who did what, and why.
    pub(crate) fn is_operator(&self) -> bool {
        self.actor.is_some()
    }

    fn of(parts: &Parts) -> Self {
        let request = parts.extensions.get::<RequestId>().cloned();
        Self {
            // Every call passes the door, which gives it one.
            request: request.unwrap_or_else(|| RequestId("none".into())),
            actor: parts.extensions.get::<Actor>().cloned(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Calling {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
