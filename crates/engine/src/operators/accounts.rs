//! Adding operators, saying what they may do, and ending that they may do anything.

use domain::{
    id::{OperatorId, OperatorName},
    operator::Role,
};

use super::{
    Issued, OperatorRefusal,
    desk::{Desk, object},
    links,
};
use crate::ports::{
    Operator, OperatorAct, OperatorChanges, OperatorKeys, OperatorState, SecretEnd, SecretKind, Store,
};

/// What is changed about an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// What it may do.
    Role(Role),
    /// That it may do nothing at all. Its sessions, tokens and links end.
    Disable,
    /// That it may again.
    Enable,
}

impl Change {
    fn action(self) -> &'static str {
        match self {
            Self::Role(_) => "operator.role",
            Self::Disable => "operator.disable",
            Self::Enable => "operator.enable",
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Role(role) => role.as_str(),
            Self::Disable | Self::Enable => "done",
        }
    }
}

/// Adds an operator, who sets a password with the link.
pub async fn add(
    store: &dyn Store,
    (name, role): (&OperatorName, Role),
    link: Issued,
    act: &OperatorAct,
) -> Result<Operator, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    if desk.find(name).is_some() {
        return Err(OperatorRefusal::NameTaken);
    }
    let now = desk.state.now;
    let operator = Operator {
        id: desk.next_id(),
        name: name.clone(),
        role,
        password: None,
        disabled_at: None,
        created_at: now,
    };
    let changes = OperatorChanges {
        operators: vec![operator.clone()],
        secrets: vec![links::link(Some(operator.id), link, now)],
        audit: vec![act.did("operator.add", object(&operator), role.as_str(), now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(operator)
}

/// Changes an operator; the operator afterwards. What changes nothing leaves no row.
pub async fn change(
    store: &dyn Store,
    name: &OperatorName,
    change: Change,
    act: &OperatorAct,
) -> Result<Operator, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let now = desk.state.now;
    let before = desk.named(name)?;
    let mut after = before.clone();
    let mut ended = Vec::new();
    match change {
        Change::Role(role) => after.role = role,
        Change::Disable => {
            after.disabled_at = before.disabled_at.or(Some(now));
            ended = SecretKind::ALL.map(|kind| SecretEnd::All(kind, Some(after.id), None)).to_vec();
        }
        Change::Enable => after.disabled_at = None,
    }
    if after == before {
        return Ok(before);
    }
    if before.is_admin() && !after.is_admin() && !has_other_admin(&desk.state, before.id) {
        return Err(OperatorRefusal::LastAdmin);
    }
    let changes = OperatorChanges {
        operators: vec![after.clone()],
        ended,
        audit: vec![act.did(change.action(), object(&after), change.outcome(), now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(after)
}

fn has_other_admin(state: &OperatorState, but: OperatorId) -> bool {
    state.operators.iter().any(|operator| operator.id != but && operator.is_admin())
}
