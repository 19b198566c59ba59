//! One-time links: for the first admin, for who is invited, for who lost a password.
//!
//! Invariant: a link sets a password at most once. It is taken and the password is set in one transaction under the lock over all
//! operators; of two who use it at once, or of two first admins on two replicas, one comes too late.

use domain::{
    id::{OperatorId, OperatorName},
    operator::Role,
    time::Timestamp,
};

use super::{
    Issued, OperatorRefusal,
    desk::{Desk, object},
    sessions,
};
use crate::ports::{
    Digest, Operator, OperatorAct, OperatorChanges, OperatorKeys, PasswordHash, Secret, SecretEnd,
    SecretKind, Store, StoreError,
};

/// What marks a link that makes an admin whoever there is already.
const RECOVERY: &str = "recovery";

/// A link that is used.
#[derive(Clone, Debug)]
pub struct Redeem {
    /// SHA-256 of the link's secret.
    pub link: Digest,
    /// Who the first admin is; the link of an invitation knows its operator.
    pub name: Option<OperatorName>,
    /// The password that is set.
    pub password: PasswordHash,
    /// The session that begins with it.
    pub session: Issued,
    /// The call.
    pub request_id: Box<str>,
}

/// Makes a link for the first admin, if there is none who can log in; whether it did. Links that other replicas made stay good
/// until the first of them is used.
pub async fn first(store: &dyn Store, link: Issued) -> Result<bool, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    if desk.has_admin() {
        return Ok(false);
    }
    let secrets = vec![self::link(None, link, desk.state.now)];
    desk.commit(OperatorChanges { secrets, ..OperatorChanges::default() }).await?;
    Ok(true)
}

/// Makes a link that makes an admin even if there is one: for whoever may open the books.
pub async fn recovery(store: &dyn Store, link: Issued, act: &OperatorAct) -> Result<(), OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let now = desk.state.now;
    let secret = Secret { label: Some(RECOVERY.into()), ..self::link(None, link, now) };
    let changes = OperatorChanges {
        secrets: vec![secret],
        audit: vec![act.did("operator.recover", "operators", "done", now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await
}

/// Makes a new link for an operator; the one before is good no more.
pub async fn renew(
    store: &dyn Store,
    name: &OperatorName,
    link: Issued,
    act: &OperatorAct,
) -> Result<Operator, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let now = desk.state.now;
    let operator = desk.named(name)?;
    if operator.disabled_at.is_some() {
        return Err(OperatorRefusal::Inactive);
    }
    let changes = OperatorChanges {
        ended: vec![SecretEnd::All(SecretKind::Link, Some(operator.id), None)],
        secrets: vec![self::link(Some(operator.id), link, now)],
        audit: vec![act.did("operator.link", object(&operator), "done", now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(operator)
}

/// Whether there is such a link now. Only read: whoever has none takes no lock from anybody.
pub async fn is_good(store: &dyn Store, link: &Digest, now: Timestamp) -> Result<bool, StoreError> {
    let found = store.snapshot().await?.secret_find(link).await?;
    Ok(found.is_some_and(|(secret, _)| secret.kind == SecretKind::Link && secret.expires_at > now))
}

/// Sets a password with a link and begins a session. Every session before ends.
pub async fn redeem(store: &dyn Store, redeem: Redeem) -> Result<Operator, OperatorRefusal> {
    let keys = OperatorKeys { secret: Some(redeem.link), ..OperatorKeys::default() };
    let desk = Desk::open(store, &keys).await?;
    let now = desk.state.now;
    let link = desk.state.secret.clone().filter(|secret| secret.kind == SecretKind::Link);
    let link = link.ok_or(OperatorRefusal::LinkOver)?;
    let operator = match link.operator {
        Some(id) => desk.state.operators.iter().find(|operator| operator.id == id).cloned(),
        None => Some(admin_of(&desk, &link, redeem.name.as_ref())?),
    };
    let operator = operator.filter(|operator| link.operator.is_none() || operator.disabled_at.is_none());
    let operator =
        Operator { password: Some(redeem.password.clone()), ..operator.ok_or(OperatorRefusal::LinkOver)? };
    let act = OperatorAct {
        actor: operator.name.as_str().into(),
        role: operator.role,
        reason: None,
        request_id: redeem.request_id,
    };
    let action = if link.operator.is_some() { "operator.password" } else { "operator.first_admin" };
    let changes = OperatorChanges {
        ended: vec![
            SecretEnd::All(SecretKind::Link, link.operator, None),
            SecretEnd::All(SecretKind::Link, Some(operator.id), None),
            SecretEnd::All(SecretKind::Session, Some(operator.id), None),
        ],
        secrets: vec![sessions::session(operator.id, redeem.session, now)],
        audit: vec![act.did(action, object(&operator), "done", now)],
        operators: vec![operator.clone()],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(operator)
}

/// Whom a link makes an admin that belongs to nobody yet.
fn admin_of(desk: &Desk, link: &Secret, name: Option<&OperatorName>) -> Result<Operator, OperatorRefusal> {
    let recovers = link.label.as_deref() == Some(RECOVERY);
    if !recovers && desk.has_admin() {
        return Err(OperatorRefusal::LinkOver);
    }
    let name = name.ok_or(OperatorRefusal::NameMissing)?;
    let known = desk.find(name);
    Ok(match known {
        Some(operator) => Operator { role: Role::Admin, disabled_at: None, ..operator },
        None => Operator {
            id: desk.next_id(),
            name: name.clone(),
            role: Role::Admin,
            password: None,
            disabled_at: None,
            created_at: desk.state.now,
        },
    })
}

/// A link as it is kept.
pub(super) fn link(operator: Option<OperatorId>, issued: Issued, now: Timestamp) -> Secret {
    sessions::secret(SecretKind::Link, operator, issued, now)
}
