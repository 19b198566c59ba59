//! What says who calls: sessions of browsers, tokens of programs.

use domain::{
    id::{OperatorId, OperatorName},
    time::Timestamp,
};

use super::{
    Issued, OperatorRefusal,
    desk::{Desk, object},
    login::{Tried, given_back},
};
use crate::ports::{
    Digest, Operator, OperatorAct, OperatorChanges, OperatorKeys, PasswordHash, Secret, SecretEnd,
    SecretKind, Store, StoreError,
};

/// A session's use is noted when the last note is older than this: reading must not write each time.
const NOTE_EVERY_SECONDS: u32 = 60;

/// Whose session or token it is, if it is good: role and rights are those of now, not of when it began.
pub async fn identify(
    store: &dyn Store,
    sha256: &Digest,
    now: Timestamp,
) -> Result<Option<(Secret, Operator)>, StoreError> {
    let found = store.snapshot().await?.secret_find(sha256).await?;
    let kinds = [SecretKind::Session, SecretKind::Token];
    let found = found.and_then(|(secret, operator)| Some((secret, operator?)));
    Ok(found.filter(|(secret, operator)| {
        kinds.contains(&secret.kind) && secret.expires_at > now && operator.is_active()
    }))
}

/// Whether a use of it should be noted.
pub fn is_stale(secret: &Secret, now: Timestamp) -> bool {
    now.ms_since(secret.used_at) >= i64::from(NOTE_EVERY_SECONDS) * 1000
}

/// Notes that it was used: an idle session is good for `idle_seconds` from now, and never longer than it was made for.
pub async fn note_use(store: &dyn Store, sha256: &Digest, idle_seconds: u32) -> Result<(), OperatorRefusal> {
    let keys = OperatorKeys { secret: Some(*sha256), ..OperatorKeys::default() };
    let desk = Desk::open(store, &keys).await?;
    let now = desk.state.now;
    let Some(secret) = desk.state.secret.clone() else { return Ok(()) };
    let expires_at = match secret.kind {
        SecretKind::Session => now.plus_seconds(idle_seconds).min(secret.ends_at),
        SecretKind::Token | SecretKind::Link => secret.expires_at,
    };
    let secrets = vec![Secret { used_at: now, expires_at, ..secret }];
    desk.commit(OperatorChanges { secrets, ..OperatorChanges::default() }).await
}

/// Begins a session of an operator whose password was right; the try is counted no more.
pub async fn begin(
    store: &dyn Store,
    name: &OperatorName,
    issued: Issued,
    (tried, request_id): (Tried, &str),
) -> Result<Operator, OperatorRefusal> {
    let keys = OperatorKeys { attempts: tried.address.into_iter().collect(), ..OperatorKeys::default() };
    let desk = Desk::open(store, &keys).await?;
    let now = desk.state.now;
    let operator = desk.named(name)?;
    if !operator.is_active() {
        return Err(OperatorRefusal::Inactive);
    }
    let act = OperatorAct {
        actor: operator.name.as_str().into(),
        role: operator.role,
        reason: None,
        request_id: request_id.into(),
    };
    let changes = OperatorChanges {
        secrets: vec![session(operator.id, issued, now)],
        attempts: given_back(&desk, tried),
        audit: vec![act.did("session.begin", object(&operator), "done", now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(operator)
}

/// Ends a session. One that has ended already leaves no row.
pub async fn end(store: &dyn Store, sha256: &Digest, act: &OperatorAct) -> Result<(), OperatorRefusal> {
    let keys = OperatorKeys { secret: Some(*sha256), ..OperatorKeys::default() };
    let desk = Desk::open(store, &keys).await?;
    if desk.state.secret.is_none() {
        return Ok(());
    }
    let object = format!("operator/{}", act.actor);
    let changes = OperatorChanges {
        ended: vec![SecretEnd::One(*sha256)],
        audit: vec![act.did("session.end", object, "done", desk.state.now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await
}

/// Sets another password; every session of the operator but `keep` ends.
pub async fn change_password(
    store: &dyn Store,
    name: &OperatorName,
    (password, keep): (PasswordHash, Option<Digest>),
    act: &OperatorAct,
) -> Result<(), OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let operator = Operator { password: Some(password), ..desk.named(name)? };
    let changes = OperatorChanges {
        ended: vec![
            SecretEnd::All(SecretKind::Session, Some(operator.id), keep),
            SecretEnd::All(SecretKind::Link, Some(operator.id), None),
        ],
        audit: vec![act.did("operator.password", object(&operator), "done", desk.state.now)],
        operators: vec![operator],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await
}

/// Makes a token with which a program acts for an operator.
pub async fn issue_token(
    store: &dyn Store,
    name: &OperatorName,
    (issued, label): (Issued, Option<Box<str>>),
    act: &OperatorAct,
) -> Result<Secret, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let now = desk.state.now;
    let operator = desk.named(name)?;
    if !operator.is_active() {
        return Err(OperatorRefusal::Inactive);
    }
    let token = Secret { label, ..secret(SecretKind::Token, Some(operator.id), issued, now) };
    let changes = OperatorChanges {
        secrets: vec![token.clone()],
        audit: vec![act.did("operator.token", object(&operator), "done", now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(token)
}

/// Ends every token of an operator.
pub async fn end_tokens(
    store: &dyn Store,
    name: &OperatorName,
    act: &OperatorAct,
) -> Result<Operator, OperatorRefusal> {
    let desk = Desk::open(store, &OperatorKeys::default()).await?;
    let operator = desk.named(name)?;
    let changes = OperatorChanges {
        ended: vec![SecretEnd::All(SecretKind::Token, Some(operator.id), None)],
        audit: vec![act.did("operator.tokens_end", object(&operator), "done", desk.state.now)],
        ..OperatorChanges::default()
    };
    desk.commit(changes).await?;
    Ok(operator)
}

/// A session as it is kept.
pub(super) fn session(operator: OperatorId, issued: Issued, now: Timestamp) -> Secret {
    secret(SecretKind::Session, Some(operator), issued, now)
}

/// A secret as it is kept.
pub(super) fn secret(
    kind: SecretKind,
    operator: Option<OperatorId>,
    issued: Issued,
    now: Timestamp,
) -> Secret {
    let ends_at = now.plus_seconds(issued.seconds);
    Secret {
        sha256: issued.sha256,
        kind,
        operator,
        label: None,
        created_at: now,
        used_at: now,
        expires_at: now.plus_seconds(issued.idle_seconds).min(ends_at),
        ends_at,
    }
}
